package script

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/agent/terminal"
	"github.com/deskbell/deskbell/internal/wire"
)

// RunHand is the other end of Runner: a process with the script's rights. When its
// input ends, the time is over or the script ends, it ends all that was started.
func RunHand(stdin io.Reader, stdout, stderr io.Writer) int {
	// What has lost its parent becomes ours, so that nothing gets away.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	in := bufio.NewReaderSize(stdin, maxOrder)
	b, err := in.ReadSlice('\n')
	var o order
	if err != nil || json.Unmarshal(b, &o) != nil || o.Seconds < 1 || o.Seconds > wire.MaxScriptTime {
		fmt.Fprintln(stderr, "This command is started by the agent itself.")
		return 2
	}
	say := teller(stdout)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, in)
	}()
	cmd, out, err := begin(o)
	if err != nil {
		say(word{Cause: err.Error()})
		return 1
	}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		buf := make([]byte, 16<<10)
		for {
			n, err := out.Read(buf)
			if n > 0 {
				say(word{Out: buf[:n]})
			}
			if err != nil {
				return
			}
		}
	}()
	over := make(chan int, 1)
	go func() { over <- statusOf(cmd.Process.Wait()) }()
	timer := time.NewTimer(time.Duration(o.Seconds) * time.Second)
	defer timer.Stop()
	w := word{Ended: true}
	select {
	case w.Exit = <-over:
		select { // what it said last; a child may hold the pipe open
		case <-heard:
		case <-time.After(lastWords):
		}
	case <-timer.C:
		w = word{Late: true}
	case <-gone:
	}
	terminal.EndAll()
	say(w)
	return 0
}

const (
	lastWords = 300 * time.Millisecond
	// maxOrder is more than a script and its values are as JSON, of which each byte
	// may become six.
	maxOrder = 6*(wire.MaxScript+wire.MaxScriptParams*wire.MaxScriptValue) + 16<<10
)

// teller says words as lines, one at a time.
func teller(to io.Writer) func(word) {
	var mu sync.Mutex
	return func(w word) {
		mu.Lock()
		defer mu.Unlock()
		if b, err := json.Marshal(w); err == nil {
			to.Write(append(b, '\n')) // an agent that is gone ends us by the end of the input
		}
	}
}

// begin starts the interpreter with the script as a file that has no name anywhere:
// the text is handed over whole, and values never become a part of it.
func begin(o order) (*exec.Cmd, *os.File, error) {
	argv := []string{"/bin/sh", "/proc/self/fd/3"}
	if o.Interpreter == "powershell" {
		pwsh, err := exec.LookPath("pwsh")
		if err != nil {
			return nil, nil, err
		}
		argv = []string{pwsh, "-NoProfile", "-NonInteractive", "-Command", "& ([ScriptBlock]::Create([IO.File]::ReadAllText('/proc/self/fd/3')))"}
	}
	fd, err := unix.MemfdCreate("deskbell-script", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	text := os.NewFile(uintptr(fd), "script")
	defer text.Close()
	if _, err := text.WriteString(o.Body); err != nil {
		return nil, nil, err
	}
	if _, err := text.Seek(0, io.SeekStart); err != nil {
		return nil, nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // it ends with the hand
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = w, w, []*os.File{text}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LANG=C.UTF-8"}, o.Env...)
	cmd.Dir = "/"
	if u, err := user.LookupId(strconv.Itoa(os.Getuid())); err == nil {
		cmd.Env = append(cmd.Env, "HOME="+u.HomeDir, "USER="+u.Username, "LOGNAME="+u.Username)
		if info, err := os.Stat(u.HomeDir); err == nil && info.IsDir() {
			cmd.Dir = u.HomeDir
		}
	}
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, nil, err
	}
	return cmd, r, nil
}

func statusOf(s *os.ProcessState, err error) int {
	if err != nil {
		return -1
	}
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return s.ExitCode()
}
