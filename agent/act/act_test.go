package act

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hands count what they do; do decides what comes of it.
type hands struct {
	mu   sync.Mutex
	uids []string
	did  []fix.Step
	do   func(context.Context) (fix.Done, error)
}

func (h *hands) Plan(context.Context, string, fix.Step) (fix.Plan, error) { return fix.Plan{}, nil }

func (h *hands) Do(ctx context.Context, uid string, s fix.Step, _ fix.Plan) (fix.Done, error) {
	h.mu.Lock()
	h.uids, h.did = append(h.uids, uid), append(h.did, s)
	h.mu.Unlock()
	return h.do(ctx)
}

func (h *hands) times() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.did)
}

func doer(t *testing.T, file string, h *hands) *Doer {
	t.Helper()
	d, err := Open(Options{Journal: file, Hands: h, OwnerOf: func(int32) (string, error) { return "1000", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func done(string) func(context.Context) (fix.Done, error) {
	return func(context.Context) (fix.Done, error) { return fix.Done{Says: "It was done."}, nil }
}

var cups = wire.ServiceParams{Name: "cups"}

// The same order again, before a restart or after it, has the same answer and no
// second effect.
func TestAnOrderIsDoneOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acts.json")
	h := &hands{do: done("")}
	d := doer(t, file, h)
	for range 3 {
		says, err := d.Service(t.Context(), "order-1", wire.ActRestartService, cups)
		if err != nil || says != "It was done." {
			t.Fatalf("%q, %v", says, err)
		}
	}
	d.Close()
	d = doer(t, file, h)
	if says, err := d.Service(t.Context(), "order-1", wire.ActRestartService, cups); err != nil || says != "It was done." {
		t.Errorf("after a restart: %q, %v", says, err)
	}
	if h.times() != 1 || h.uids[0] != "0" {
		t.Errorf("it was done %d times, as %v", h.times(), h.uids)
	}
	if _, err := d.Service(t.Context(), "order-2", wire.ActStopService, cups); err != nil || h.times() != 2 {
		t.Errorf("another order: %d times, %v", h.times(), err)
	}
	if s, ok := h.did[1].(fix.ControlService); !ok || s != (fix.ControlService{Name: "cups", Act: fix.StopIt}) {
		t.Errorf("it did %+v", h.did[1])
	}
}

// What a crash has cut short is unknown, and is not done again: that it began is
// on the disk before hands are told.
func TestWhatACrashCutShortIsUnknown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acts.json")
	copied := make(chan []byte, 1)
	h := &hands{do: func(context.Context) (fix.Done, error) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		copied <- b // the disk at the moment of the crash
		return fix.Done{Says: "It was done."}, nil
	}}
	if _, err := doer(t, file, h).EndProcess(t.Context(), "order-1", wire.EndProcessParams{PID: 4312, Started: time.Now(), Name: "firefox"}); err != nil {
		t.Fatal(err)
	}
	if h.uids[0] != "1000" {
		t.Errorf("hands were %v, not the process's owner's", h.uids)
	}
	crashed := filepath.Join(t.TempDir(), "acts.json")
	if err := os.WriteFile(crashed, <-copied, 0o600); err != nil {
		t.Fatal(err)
	}
	d := doer(t, crashed, h)
	_, err := d.EndProcess(t.Context(), "order-1", wire.EndProcessParams{PID: 4312, Started: time.Now(), Name: "firefox"})
	if !fault.Is(err, fault.Unknown) || h.times() != 1 {
		t.Errorf("after the crash: %v, done %d times", err, h.times())
	}
}

// An order goes on to its end when whoever asked is gone; meanwhile nothing else
// is done, and the same order is not begun again.
func TestOneAtATimeAndToItsEnd(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	h := &hands{do: func(context.Context) (fix.Done, error) {
		close(begun)
		<-finish
		return fix.Done{Says: "It was done."}, nil
	}}
	d := doer(t, filepath.Join(t.TempDir(), "acts.json"), h)
	ctx, gone := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := d.Service(ctx, "order-1", wire.ActRestartService, cups)
		first <- err
	}()
	<-begun
	for _, id := range []string{"order-1", "order-2"} {
		if _, err := d.Service(t.Context(), id, wire.ActRestartService, cups); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s meanwhile: %v", id, err)
		}
	}
	gone()
	if err := <-first; err == nil {
		t.Error("whoever is gone gets an answer")
	}
	close(finish)
	d.wait.Wait()
	if says, err := d.Service(t.Context(), "order-1", wire.ActRestartService, cups); err != nil || says == "" || h.times() != 1 {
		t.Errorf("later: %q, %v, %d times", says, err, h.times())
	}
}

// An agent that is stopped in the middle says that nobody knows.
func TestStoppedInTheMiddle(t *testing.T) {
	begun := make(chan struct{})
	h := &hands{do: func(ctx context.Context) (fix.Done, error) {
		close(begun)
		<-ctx.Done()
		return fix.Done{}, ctx.Err()
	}}
	d := doer(t, filepath.Join(t.TempDir(), "acts.json"), h)
	answer := make(chan error, 1)
	go func() {
		_, err := d.Service(t.Context(), "order-1", wire.ActRestartService, cups)
		answer <- err
	}()
	<-begun
	d.Close()
	if err := <-answer; !fault.Is(err, fault.Unknown) || !strings.Contains(fault.Sentence(err), "nobody knows") {
		t.Errorf("%v", err)
	}
}

// A journal that cannot be written means that nothing is done.
func TestNothingIsDoneThatCannotBeWrittenDown(t *testing.T) {
	h := &hands{do: done("")}
	d := doer(t, filepath.Join(t.TempDir(), "no such folder", "acts.json"), h)
	if _, err := d.Service(t.Context(), "order-1", wire.ActRestartService, cups); err == nil || h.times() != 0 {
		t.Errorf("%v, done %d times", err, h.times())
	}
}
