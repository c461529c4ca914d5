package fix

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// runaway is a real program that uses a whole core.
func runaway(t *testing.T, script string, as *syscall.Credential) (EndProcess, chan error) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	pid := int32(cmd.Process.Pid)
	p, err := readProc(pid)
	if err != nil {
		t.Fatal(err)
	}
	at, err := p.startedAt()
	if err != nil {
		t.Fatal(err)
	}
	return EndProcess{PID: pid, Name: p.name, Started: at.Truncate(time.Second), Seen: time.Now()}, ended
}

const spin = "while :; do :; done"

func TestEndProcess(t *testing.T) {
	for name, c := range map[string]struct{ script, says string }{
		"listens":  {spin, "has closed"},
		"does not": {`trap "" TERM; ` + spin, "was ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step, ended := runaway(t, c.script, nil)
			waitTrapped(t, step.PID, strings.Contains(c.script, "trap"))
			plan, err := step.Plan(t.Context())
			if err != nil || !strings.Contains(plan.Says, fmt.Sprint(step.PID)) {
				t.Fatalf("planned %+v, %v", plan, err)
			}
			done, err := step.Do(t.Context(), plan)
			if err != nil || !strings.Contains(done.Says, c.says) {
				t.Fatalf("done %+v, %v", done, err)
			}
			<-ended
			if _, err := step.Do(t.Context(), plan); !fault.Is(err, fault.Stale) {
				t.Errorf("the second time: %v", err)
			}
		})
	}
}

// waitTrapped waits until the shell has set its trap, which /proc shows.
func waitTrapped(t *testing.T, pid int32, trapped bool) {
	t.Helper()
	for range 2000 {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(b)) {
			if mask, ok := strings.CutPrefix(l, "SigIgn:"); ok {
				n, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
				if err == nil && (n&(1<<(syscall.SIGTERM-1)) != 0) == trapped {
					return
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the shell does not set its trap")
}

// A number alone is nobody: with another start, another name, or a start after the
// check-up it is a later process with the same number, and lives on.
func TestNumberOfAnother(t *testing.T) {
	step, ended := runaway(t, spin, nil)
	plan, err := step.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*EndProcess, *Plan){
		"another start":         func(e *EndProcess, _ *Plan) { e.Started = e.Started.Add(-time.Hour) },
		"another name":          func(e *EndProcess, _ *Plan) { e.Name = "firefox" },
		"began after the look":  func(e *EndProcess, _ *Plan) { e.Started, e.Seen = time.Time{}, e.Seen.Add(-time.Hour) },
		"another than planned":  func(_ *EndProcess, p *Plan) { p.Mark += "1" },
		"a plan without a mark": func(_ *EndProcess, p *Plan) { p.Mark = "" },
	} {
		s, p := step, plan
		change(&s, &p)
		if _, err := s.Do(t.Context(), p); !fault.Is(err, fault.Stale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	select {
	case <-ended:
		t.Error("it was ended all the same")
	default:
	}
}

// Never ended are the first process, what carries the desktop, oneself, and what
// is somebody else's.
func TestNeverEnded(t *testing.T) {
	other, _ := runaway(t, spin, &syscall.Credential{Uid: 65534, Gid: 65534})
	all := map[string]EndProcess{"somebody else's": other}
	for name, pid := range map[string]int{"the first": 1, "oneself": os.Getpid(), "the agent": os.Getppid()} {
		p, err := readProc(int32(pid))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = EndProcess{PID: int32(pid), Name: p.name, Seen: time.Now()}
	}
	for name, step := range all {
		if _, err := step.Plan(t.Context()); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s, planned: %v", name, err)
		}
		p, err := readProc(step.PID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := step.Do(t.Context(), Plan{Mark: fmt.Sprint(p.started)}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s, done: %v", name, err)
		}
	}
	for _, p := range []proc{{name: "gnome-shell", owners: []string{"0", "0", "0", "0"}}, {name: "kworker/0:1", parent: 2, owners: []string{"0", "0", "0", "0"}}, {name: "x"}} {
		if err := (EndProcess{PID: 99}).allowed(p); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}
