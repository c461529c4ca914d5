package terminal

import (
	"errors"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/internal/fault"
)

// supported says why there are no terminals here.
func supported() error {
	if windows.NewLazySystemDLL("kernel32.dll").NewProc("CreatePseudoConsole").Find() != nil {
		return fault.New(fault.Unsupported, "This Windows is older than Windows 10 of October 2018 (1809), so no terminal can be opened on it. Update Windows.")
	}
	return nil
}

// console is a pseudo console with a shell in it. What is read and written is UTF-8
// with the codes of a terminal, whatever the shell's code page is.
// https://learn.microsoft.com/windows/console/creating-a-pseudoconsole-session
type console struct {
	*os.File                // what it shows
	keys     *os.File       // what is typed
	pseudo   windows.Handle // the console itself
	job      windows.Handle // holds the shell and all that it starts
	process  windows.Handle
}

// openConsole starts the shell. The job has all that is started in there end when its
// last handle is closed, and so at the latest when this process ends.
func openConsole(line, dir string, cols, rows int) (c *console, err error) {
	c = &console{}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.job, err = newJob(); err != nil {
		return c, err
	}
	var in, out, typed, shown windows.Handle
	if err = windows.CreatePipe(&in, &typed, nil, 0); err != nil {
		return c, err
	}
	defer windows.CloseHandle(in) // the console has its own
	c.keys = os.NewFile(uintptr(typed), "keys")
	if err = windows.CreatePipe(&shown, &out, nil, 0); err != nil {
		return c, err
	}
	defer windows.CloseHandle(out)
	c.File = os.NewFile(uintptr(shown), "screen")
	if err = windows.CreatePseudoConsole(coord(cols, rows), in, out, 0, &c.pseudo); err != nil {
		return c, err
	}
	return c, c.start(line, dir)
}

func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		windows.CloseHandle(job)
		return 0, err
	}
	return job, nil
}

// start starts the shell asleep, so that it is in the job before it can start others.
func (c *console) start(line, dir string) error {
	attributes, err := windows.NewProcThreadAttributeList(1)
	if err != nil {
		return err
	}
	defer attributes.Delete()
	// The attribute's value is the handle itself, not where it is.
	if err := attributes.Update(windows.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, *(*unsafe.Pointer)(unsafe.Pointer(&c.pseudo)), unsafe.Sizeof(c.pseudo)); err != nil {
		return err
	}
	command, err := windows.UTF16PtrFromString(line)
	if err != nil {
		return err
	}
	folder, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	info := windows.StartupInfoEx{ProcThreadAttributeList: attributes.List()}
	info.Cb = uint32(unsafe.Sizeof(info))
	// Without this the shell would take over our own standard streams, which are the
	// agent's pipes. Who is given none takes the console's.
	info.Flags = windows.STARTF_USESTDHANDLES
	var p windows.ProcessInformation
	const flags = windows.EXTENDED_STARTUPINFO_PRESENT | windows.CREATE_UNICODE_ENVIRONMENT | windows.CREATE_SUSPENDED
	if err := windows.CreateProcess(nil, command, nil, nil, false, flags, nil, folder, &info.StartupInfo, &p); err != nil {
		return err
	}
	defer windows.CloseHandle(p.Thread)
	c.process = p.Process
	err = windows.AssignProcessToJobObject(c.job, p.Process)
	if err == nil {
		_, err = windows.ResumeThread(p.Thread)
	}
	if err != nil {
		windows.TerminateProcess(p.Process, 1) // it has not begun
	}
	return err
}

// resize is refused by sizes that the console does not take; it stays as it was then.
func (c *console) resize(cols, rows int) { windows.ResizePseudoConsole(c.pseudo, coord(cols, rows)) }

// wait waits for the shell and returns its status.
func (c *console) wait() int {
	if _, err := windows.WaitForSingleObject(c.process, windows.INFINITE); err != nil {
		return -1
	}
	var code uint32
	if windows.GetExitCodeProcess(c.process, &code) != nil {
		return -1
	}
	return statusOf(code)
}

// end ends all that was started in the console.
func (c *console) end() error { return windows.TerminateJobObject(c.job, 1) }

// hangUp closes the console, which says its last words and then no more. It may wait
// for them to be read.
func (c *console) hangUp() {
	if c.pseudo != 0 {
		windows.ClosePseudoConsole(c.pseudo)
	}
}

// close lets go of a console that did not come about.
func (c *console) close() {
	c.hangUp()
	for _, f := range []*os.File{c.keys, c.File} {
		if f != nil {
			f.Close()
		}
	}
	for _, h := range []windows.Handle{c.process, c.job} {
		if h != 0 {
			windows.CloseHandle(h)
		}
	}
}

func coord(cols, rows int) windows.Coord { return windows.Coord{X: int16(cols), Y: int16(rows)} }

// begin is shell. Wine gives programs in a pseudo console no standard streams, so that
// the tests put something before it there.
var begin = shell

// shell is the command line of this person's shell, and where it begins. Programs that
// do not ask for Unicode get UTF-8 too.
func shell() (line, dir string, err error) {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return "", "", err
	}
	path := filepath.Join(system, "cmd.exe")
	if _, err := os.Stat(path); err != nil {
		return "", "", errors.New("there is no " + path)
	}
	dir = os.Getenv("USERPROFILE")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		dir = system
	}
	return shellLine(path), dir, nil
}
