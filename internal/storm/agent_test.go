//go:build linux

package storm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

// agent is a deskbell-agent that is started and ended many times on the same state.
type agent struct {
	t       *testing.T
	program string
	state   string
	cmd     *exec.Cmd
	log     *buffer
}

func newAgent(t *testing.T, enrolment string) *agent {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent-") // short: a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{t: t, program: filepath.Join(bin, "deskbell-agent"), state: filepath.Join(dir, "state")}
	t.Cleanup(func() {
		a.end(syscall.SIGKILL)
		os.RemoveAll(dir)
		if t.Failed() && a.log != nil {
			t.Logf("the agent's log ends with:\n%s", a.log.tail())
		}
	})
	if _, err := run(a.program, "enrol", enrolment, "--state", a.state); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *agent) start() {
	a.t.Helper()
	a.log = &buffer{}
	a.cmd = exec.Command(a.program, "run", "--state", a.state)
	a.cmd.Stdout, a.cmd.Stderr = a.log, a.log
	a.cmd.Env = append(os.Environ(), "DESKBELL_CONFIG=")
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := a.cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
}

func (a *agent) end(signal syscall.Signal) error {
	if a.cmd == nil {
		return nil
	}
	cmd := a.cmd
	a.cmd = nil
	cmd.Process.Signal(signal) // one that is gone already is what we want
	return cmd.Wait()
}

// await waits until the agent's status is as wanted.
func (a *agent) await(what string, ok func(local.Status) bool) {
	a.t.Helper()
	c := local.NewClient(a.state)
	defer c.Close()
	var s local.Status
	var err error
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if s, err = c.Status(a.t.Context()); err == nil && ok(s) {
			return
		}
		if time.Now().After(deadline) {
			a.t.Fatalf("never %s: %+v, %v", what, s, err)
		}
	}
}

// ringers are people at the machine who ring without rest.
type ringers struct {
	told    *told
	tries   atomic.Int64
	refused atomic.Int64 // told that it was not saved
	enough  chan struct{}
	wg      sync.WaitGroup
}

func (r *ringers) add(name string, ring func(title string) (local.Receipt, error), t *testing.T) {
	r.wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-r.enough:
				return
			default:
			}
			pause(60 * time.Millisecond) // an agent takes ten messages a minute from a person: spread them over its short life
			title := fmt.Sprintf("%s, ticket %d", name, n)
			r.tries.Add(1)
			receipt, err := ring(title)
			switch {
			case err != nil:
				r.refused.Add(1)
			case receipt.Delivery == local.Saved || receipt.Delivery == local.Sent:
				r.told.ticket(title)
			default:
				t.Errorf("%s: %+v", title, receipt)
			}
		}
	})
}

// window rings as a window does: over the local API, and again under the same name
// when the answer is lost.
func window(state string) func(string) (local.Receipt, error) {
	c := local.NewClient(state)
	return func(title string) (local.Receipt, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		draft := local.Draft{Ref: ulid.Make().String(), Title: title}
		for {
			receipt, err := c.Ring(ctx, draft)
			if err == nil || ctx.Err() != nil || fault.CodeOf(err) != fault.Unavailable && fault.CodeOf(err) != fault.Unknown && fault.CodeOf(err) != fault.Internal {
				return receipt, err
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// command rings as a person does who types, and does not try again.
func command(a *agent) func(string) (local.Receipt, error) {
	program, state := a.program, a.state
	return func(title string) (local.Receipt, error) {
		var receipt local.Receipt
		out, err := run(program, "ring", "--title", title, "--no-checkup", "--json", "--state", state)
		if err == nil {
			err = json.Unmarshal([]byte(out), &receipt)
		}
		return receipt, err
	}
}

// However often the agent is killed, and at whatever moment: every ticket of which
// somebody was told “saved” or “sent” is on the server once.
func TestAgentKilled(t *testing.T) {
	t.Parallel()
	s := newServer(t, "deskbell-server", t.TempDir())
	s.start()
	s.ready()
	a := newAgent(t, s.enrolment(1))
	r := &ringers{told: newTold(), enough: make(chan struct{})}
	for n := range 2 {
		r.add(fmt.Sprintf("window %d", n), window(a.state), t)
	}
	r.add("command", command(a), t)
	for range kills {
		a.start()
		pause(450 * time.Millisecond)
		err := a.end(syscall.SIGKILL)
		if x, ok := errors.AsType[*exec.ExitError](err); !ok || !x.Sys().(syscall.WaitStatus).Signaled() {
			t.Errorf("the agent ended by itself: %v\n%s", err, a.log.tail())
		}
	}
	a.start()
	close(r.enough)
	r.wg.Wait()
	a.await("is all sent", func(s local.Status) bool { return s.Connection == local.Connected && s.Waiting == 0 })
	if err := a.end(syscall.SIGTERM); err != nil {
		t.Errorf("the agent ended with %v", err)
	}
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	k := read(t, s.data, false)
	t.Logf("%d kills: %d tickets were rung, %d told saved or sent, %d told not, %d are there", kills, r.tries.Load(), r.told.count(), r.refused.Load(), len(k.titles))
	if lost := r.told.lost(k); len(lost) > 0 {
		t.Errorf("%d are lost: %.20q", len(lost), lost)
	}
	if twice := k.doubled(); len(twice) > 0 {
		t.Errorf("%d are there twice: %.20q", len(twice), twice)
	}
	if r.told.count() < kills {
		t.Error("too little happened for this test to show anything")
	}
}
