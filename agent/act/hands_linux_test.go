package act

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"context"

	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// here are hands in this process: steps that really end processes.
type here struct{}

func (here) Plan(ctx context.Context, _ string, s fix.Step) (fix.Plan, error) {
	return s.(fix.Doer).Plan(ctx)
}
func (here) Do(ctx context.Context, _ string, s fix.Step, p fix.Plan) (fix.Done, error) {
	return s.(fix.Doer).Do(ctx, p)
}

// A real process, named as the list of processes names it, is ended; the same
// number with another start, or another name, is not.
func TestARealProcessIsEnded(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "while :; do :; done") // in the list, as the busiest are
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	listed := listedAs(t, int32(cmd.Process.Pid))
	d, err := Open(Options{Journal: filepath.Join(t.TempDir(), "acts.json"), Hands: here{}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	right := wire.EndProcessParams{PID: listed.PID, Started: listed.Started, Name: listed.Name}
	reused, renamed := right, right
	reused.Started = right.Started.Add(-time.Minute)
	renamed.Name = "firefox"
	for id, p := range map[string]wire.EndProcessParams{"reused": reused, "renamed": renamed} {
		if _, err := d.EndProcess(t.Context(), id, p); !fault.Is(err, fault.Stale) || !strings.Contains(fault.Sentence(err), "nothing was done") {
			t.Errorf("%s: %v", id, err)
		}
	}
	select {
	case <-ended:
		t.Fatal("another process's number has ended it")
	default:
	}
	says, err := d.EndProcess(t.Context(), "right", right)
	if err != nil || !strings.Contains(says, "has closed") {
		t.Fatalf("%q, %v", says, err)
	}
	<-ended
}

func listedAs(t *testing.T, pid int32) diagnostics.Process {
	t.Helper()
	var found diagnostics.Process
	looks := 0
	err := probe.New(probe.Options{}).WatchProcesses(t.Context(), 50*time.Millisecond, func(l diagnostics.Processes) bool {
		for _, p := range l.Top {
			if p.PID == pid {
				found = p
			}
		}
		looks++
		return found.PID == 0 && looks < 200
	})
	if err != nil || found.PID == 0 {
		t.Fatalf("the process is not in the list: %v", err)
	}
	return found
}
