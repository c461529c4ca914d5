package probe

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// A process that is started appears under its parent with what it is, is told of
// again while it works, and is gone when it has ended.
func TestWatchAllProcesses(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var table diagnostics.ProcessTable
	rowOf := func(pid int) (diagnostics.ProcessRow, bool) {
		for _, r := range table.Whole().Rows {
			if int(r.PID) == pid {
				return r, true
			}
		}
		return diagnostics.ProcessRow{}, false
	}
	var child *exec.Cmd
	var saw struct{ begin, appeared, busy, gone bool }
	err := New(Options{}).WatchAllProcesses(ctx, 100*time.Millisecond, func(c diagnostics.ProcessChanges) bool {
		table.Fold(c)
		switch {
		case child == nil:
			self, there := rowOf(os.Getpid())
			if !c.Begin || !there || self.RSS == 0 || self.Name == "" || self.Command == "" || self.Started.IsZero() || self.IO == nil || c.Total < len(c.Rows) || c.LeftOut != 0 {
				t.Errorf("the first table has %+v of us: %+v", self, c)
			}
			saw.begin = true
			child = exec.Command("/bin/sh", "-c", "while :; do :; done")
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
		case !saw.appeared:
			r, there := rowOf(child.Process.Pid)
			if there && (r.Parent != int32(os.Getpid()) || r.Name != "sh" || r.Command == "" || c.Begin) {
				t.Errorf("it appeared as %+v", r)
			}
			saw.appeared = there
		case !saw.busy:
			r, _ := rowOf(child.Process.Pid)
			if saw.busy = r.CPUPct > 5; saw.busy {
				child.Process.Kill()
				child.Wait()
			}
		default:
			_, there := rowOf(child.Process.Pid)
			saw.gone = !there
		}
		return !saw.gone
	})
	if err != nil || !saw.gone {
		t.Errorf("%+v: %v", saw, err)
	}
	cancel()
	if err := New(Options{}).WatchAllProcesses(ctx, time.Second, func(diagnostics.ProcessChanges) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

// What is told between two readings is what has changed, whatever numbers are used
// again, and never more rows than a table holds.
func TestAllTasksTellChanges(t *testing.T) {
	w := allTasks{known: map[int32]*knownTask{}}
	start := time.Now()
	round := 0
	turn := func(all ...taskNow) diagnostics.ProcessChanges {
		for _, one := range all {
			w.see(&one)
		}
		round++
		w.turn(start.Add(time.Duration(round) * time.Second))
		return w.tell(t.Context())
	}
	a := taskNow{pid: 1 << 30, parent: 1, state: 'S', started: 5, rss: 1 << 20, name: "a", hasIO: true}
	b := taskNow{pid: 1<<30 + 1, parent: 1 << 30, state: 'S', started: 6, rss: 1 << 20, name: "b"}
	if c := turn(a, b); !c.Begin || len(c.Rows) != 2 || c.Total != 2 || c.Rows[0].Name != "a" {
		t.Errorf("%+v", c)
	}
	if c := turn(a, b); c.Begin || len(c.Rows)+len(c.Now)+len(c.Gone) != 0 {
		t.Errorf("nothing has changed, and told is %+v", c)
	}
	a.seconds, a.state, a.io, b.rss, b.state = 0.5, 'R', 8192, b.rss+4096, 'R'
	if c := turn(a, b); len(c.Now) != 1 || c.Now[0].CPUPct != 50 || *c.Now[0].IO != 8192 || c.Running != 2 {
		t.Errorf("%+v", c)
	}
	b.started, b.seconds = 9, 100 // another process of that number
	if c := turn(a, b); len(c.Rows) != 1 || c.Rows[0].CPUPct != 0 || len(c.Now) != 1 || c.Now[0].CPUPct != 0 {
		t.Errorf("a number that is used again: %+v", c)
	}
	if c := turn(b); len(c.Gone) != 1 || c.Gone[0] != a.pid {
		t.Errorf("%+v", c)
	}
	var many []taskNow
	for i := range diagnostics.MaxProcessRows + 500 {
		many = append(many, taskNow{pid: int32(1<<30 + i), started: 1, rss: uint64(i), name: "many"})
	}
	if c := turn(many...); c.Total != len(many) || c.LeftOut != 500 || w.listed != diagnostics.MaxProcessRows || len(c.Rows) != diagnostics.MaxProcessRows {
		t.Errorf("%d rows, %d left out of %d", len(c.Rows), c.LeftOut, c.Total)
	}
	if c := turn(many[500:]...); c.LeftOut != 0 || w.listed != diagnostics.MaxProcessRows {
		t.Errorf("after some have ended: %d left out, %d listed", c.LeftOut, w.listed)
	}
}
