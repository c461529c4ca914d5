package terminal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func host() *Host {
	return New(Options{
		Start: func(string, bool) (*exec.Cmd, error) {
			cmd := exec.Command("/proc/self/exe", "terminal-hand")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			cmd.Stderr = os.Stderr
			return cmd, nil
		},
		Kill: func(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) },
	})
}

func TestTerminal(t *testing.T) {
	d := open(t, host())
	d.typeIn("echo $((6*7))answer; stty size; tty; echo $TERM\n")
	d.says("42answer")
	d.says("24 80")
	d.says("/dev/pts/")
	d.says("xterm-256color")
	d.host.Take(wire.AppendTerminal(nil, "T1", wire.TerminalSize, wire.Numbers(120, 40)))
	d.typeIn("stty size\n")
	d.says("40 120")
	d.typeIn("exit 7\n")
	if r := d.ended(t); r.err != nil || r.status != 7 {
		t.Errorf("it ended with %+v", r)
	}
}

// What the shell shows before the server knows of the terminal would be lost there.
func TestNothingIsShownBeforeItIsOpen(t *testing.T) {
	early := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var opened atomic.Bool
	over := make(chan result, 1)
	go func() {
		status, err := host().Run(ctx, Order{ID: "T1", Cols: 80, Rows: 24, Send: func([]byte) error {
			if opened.Load() {
				cancel()
				return nil
			}
			select {
			case early <- struct{}{}:
			default:
			}
			return nil
		}, Opened: func() error {
			select { // a prompt is there long before
			case <-early:
				t.Error("something is shown of a terminal that is not open")
			case <-time.After(500 * time.Millisecond):
			}
			opened.Store(true)
			return nil
		}})
		over <- result{status, err}
	}()
	select {
	case <-over: // ended by what was shown after it was opened
	case <-time.After(20 * time.Second):
		t.Error("nothing is shown after it was opened either")
	}
}

// What a program asks for without showing it is not recorded either.
func TestPasswordsAreNotRecorded(t *testing.T) {
	d := open(t, host())
	d.typeIn("stty -echo; echo go''on; read p; stty echo; echo got''${#p}\n")
	d.says("goon")
	d.typeIn("hunter2\n")
	d.says("got7")
	d.mu.Lock()
	typed := d.typed.String()
	d.mu.Unlock()
	if strings.Contains(typed, "hunter2") || !strings.Contains(typed, "••••••••") || !strings.Contains(typed, "stty -echo") {
		t.Errorf("recorded is %q", typed)
	}
	d.stop()
	d.ended(t)
}

// A slow reader makes the shell wait: there are never more bytes on their way than
// agreed, and none is lost.
func TestTenMebibytesToASlowReader(t *testing.T) {
	d := open(t, host())
	d.mu.Lock()
	d.slow = true
	d.mu.Unlock()
	const lines = 10 << 20 / 64
	d.typeIn(fmt.Sprintf("stty -echo -onlcr; PS1=; yes %s | head -n %d; echo the''end\n", strings.Repeat("x", 63), lines))
	d.until("the window is full", func(string) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.untake > wire.TerminalWindow-wire.TerminalChunk
	})
	for {
		d.mu.Lock()
		n := d.untake
		d.untake = 0
		whole := strings.Contains(d.shown.String()[max(0, d.shown.Len()-100):], "theend")
		d.mu.Unlock()
		if whole {
			break
		}
		if n > 0 {
			d.host.Take(wire.AppendTerminal(nil, "T1", wire.TerminalTaken, wire.Numbers(n)))
			continue
		}
		<-d.news
	}
	d.mu.Lock() // the shell's next prompt may still come
	if n := strings.Count(d.shown.String(), strings.Repeat("x", 63)+"\n"); n != lines {
		t.Errorf("%d of %d lines came", n, lines)
	}
	t.Logf("%d frames", d.frames)
	d.mu.Unlock()
	d.stop()
	d.ended(t)
}

var number = regexp.MustCompile(`pid=(\d+)\.`)

// children starts programs in the terminal that would like to stay: in the
// background, without ears, and in a session of their own.
func (d *desk) children() (pids []int) {
	d.t.Helper()
	d.typeIn("stty -echo; sleep 1001 & echo pid=$!.; nohup sleep 1002 >/dev/null 2>&1 & echo pid=$!.; setsid sh -c 'echo pid=$$.; exec sleep 1003' & \n")
	shown := d.until("three programs", func(s string) bool { return len(number.FindAllString(s, -1)) == 3 })
	for _, m := range number.FindAllStringSubmatch(shown, -1) {
		pid, err := strconv.Atoi(m[1])
		if err != nil {
			d.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// A terminal that is left open when the network goes, or that somebody at the
// machine ends, ends with everything that was started in it.
func TestNothingIsLeftBehind(t *testing.T) {
	for name, end := range map[string]func(*desk){
		"the network goes": func(d *desk) { d.stop() },
		"somebody ends it": func(d *desk) {
			if !d.host.End("T1") {
				t.Error("there is no such terminal")
			}
		},
		"the reader is gone too": func(d *desk) {
			d.mu.Lock()
			d.slow = true
			d.mu.Unlock()
			d.typeIn("yes\n")
			d.until("the window is full", func(string) bool {
				d.mu.Lock()
				defer d.mu.Unlock()
				return d.untake > wire.TerminalWindow-wire.TerminalChunk
			})
			d.stop()
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, host())
			pids := d.children()
			end(d)
			r := d.ended(t) // Run returns when all have ended
			for _, pid := range pids {
				if alive(pid) {
					t.Errorf("%d lives on", pid)
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			if r.err == nil || name == "somebody ends it" && !fault.Is(r.err, fault.Forbidden) {
				t.Errorf("it ended with %+v", r)
			}
			if d.host.End("T1") {
				t.Error("it is still there")
			}
		})
	}
}

// Bytes that are no text, and codes that would do something, pass unchanged: what
// shows them has to bear them.
func TestAnyBytesPass(t *testing.T) {
	d := open(t, host())
	d.typeIn("stty -echo; printf '\\377\\376\\033]0;title\\007\\033[2Jx\\000y'; echo the''end\n")
	if shown := d.says("theend"); !strings.Contains(shown, "\xff\xfe\x1b]0;title\x07\x1b[2Jx\x00y") {
		t.Errorf("%q", shown)
	}
	d.stop()
	d.ended(t)
}

func TestNotMoreThanAreTaken(t *testing.T) {
	h := host()
	first := open(t, h)
	if _, err := h.Run(t.Context(), Order{ID: "T1"}); !fault.Is(err, fault.TooMany) {
		t.Errorf("the same again: %v", err)
	}
	first.stop()
	first.ended(t)
	for _, frame := range [][]byte{nil, {4}, {4, 1, 'x'}, {4, 65}, {4, 2, 'T', '1', 9}, wire.AppendTerminal(nil, "T2", wire.TerminalData, []byte("x")), wire.AppendTerminal(nil, "T1", wire.TerminalTaken, nil)} {
		h.Take(frame) // late, or not the protocol's
	}
}
