package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/internal/wire"
)

// supported says why there are no terminals here: there are.
func supported() error { return nil }

// RunHand is the other end of Host: a process with the rights of the person whose
// terminal it is. It opens the terminal, starts their shell in it, and when its
// input ends, or the shell does, it ends everything that was started in there.
func RunHand(stdin io.Reader, stdout, stderr io.Writer) int {
	// What has lost its parent becomes ours, so that nothing gets away.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	what, b, err := read(stdin)
	dims, bad := wire.ReadNumbers(b, 2, wire.MaxColumns)
	if err != nil || what != size || bad != nil {
		fmt.Fprintln(stderr, "This command is started by the agent itself.")
		return 2
	}
	out := &locked{w: stdout}
	cmd := shell()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(dims[0]), Rows: uint16(dims[1])})
	if err != nil {
		write(out, cause, []byte("The shell could not be started: "+err.Error()))
		return 1
	}
	write(out, ready, nil)
	gone := make(chan struct{}, 2)
	go func() { // until the agent says no more
		serve(stdin, tty, out)
		gone <- struct{}{}
	}()
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		show(tty, out)
	}()
	over := make(chan int, 1)
	go func() { over <- status(cmd.Process.Wait()) }()
	code := -1
	select {
	case code = <-over:
		select { // what the shell wrote last; a child may hold the terminal open
		case <-shown:
		case <-time.After(lastWords):
		}
	case <-gone:
	}
	EndAll()
	write(out, ended, wire.Numbers(max(code, 0)))
	return 0
}

// serve types what it is told, and tells what was typed.
func serve(in io.Reader, tty *os.File, out io.Writer) {
	for {
		what, b, err := read(in)
		if err != nil {
			return
		}
		switch what {
		case data:
			heard := b
			if secret(tty) {
				heard = bytes.Repeat([]byte("•"), len(b))
			}
			// Told first: what the shell makes of it comes after it in the recording.
			for chunk := range slices.Chunk(heard, wire.TerminalChunk) {
				if write(out, typed, chunk) != nil {
					return
				}
			}
			if _, err := tty.Write(b); err != nil {
				return
			}
		case size:
			if d, err := wire.ReadNumbers(b, 2, wire.MaxColumns); err == nil {
				pty.Setsize(tty, &pty.Winsize{Cols: uint16(d[0]), Rows: uint16(d[1])}) // a size that is refused stays as it was
			}
		}
	}
}

// secret reports whether the terminal asks for something that it does not show, as
// for a password. Programs that draw themselves do not count: they read each key.
func secret(tty *os.File) bool {
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	return err == nil && t.Lflag&unix.ECHO == 0 && t.Lflag&unix.ICANON != 0
}

// shell is this person's own, as at the start of a session.
func shell() *exec.Cmd {
	name, home, path := account()
	cmd := exec.Command(path) //nolint:noctx // it ends with the hand
	cmd.Args = []string{"-" + filepath.Base(path)}
	cmd.Dir = home
	if info, err := os.Stat(home); err != nil || !info.IsDir() {
		cmd.Dir = "/"
	}
	cmd.Env = []string{
		"HOME=" + home, "USER=" + name, "LOGNAME=" + name, "SHELL=" + path, "TERM=xterm-256color", "LANG=C.UTF-8",
		"PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
	}
	return cmd
}

// account is who this process is, as the system's list has it.
func account() (name, home, path string) {
	me := strconv.Itoa(os.Getuid())
	name, home, path = me, "/", "/bin/sh"
	b, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return name, home, path
	}
	for l := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(l), ":")
		if len(f) != 7 || f[2] != me {
			continue
		}
		if info, err := os.Stat(f[6]); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 && !strings.HasSuffix(f[6], "nologin") && !strings.HasSuffix(f[6], "false") {
			path = f[6]
		}
		return f[0], f[5], path
	}
	return name, home, path
}

func status(s *os.ProcessState, err error) int {
	if err != nil {
		return -1
	}
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return s.ExitCode()
}

// EndAll ends whatever descends from this process, until nothing does.
func EndAll() {
	for end := time.Now().Add(firmly); time.Now().Before(end); {
		below := descendants(os.Getpid())
		for _, pid := range below {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		for { // those who have ended are ours to bury
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 || err != nil && !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		if len(below) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

const firmly = 800 * time.Millisecond

// descendants are the processes below one, zombies not counted.
func descendants(of int) (out []int) {
	children := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(f) < 2 || f[0] == "Z" || f[0] == "X" {
			continue
		}
		if parent, err := strconv.Atoi(f[1]); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	for next := []int{of}; len(next) > 0; next = next[1:] {
		out = append(out, children[next[0]]...)
		next = append(next, children[next[0]]...)
	}
	return out
}
