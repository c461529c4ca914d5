package fix

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// house is an engine whose hands and check-ups the test leads.
type house struct {
	*Engine
	path string

	mu    sync.Mutex
	acts  []string // what hands did
	do    func(ctx context.Context, s Step) (Done, error)
	look  func(n int) (local.Checkup, error) // the n-th look after a fix
	extra []diagnostics.Finding              // found beside what the machine has
	anew  error                              // of restarting the connection
	looks int
	told  []local.Fix
}

func (h *house) Plan(_ context.Context, uid string, s Step) (Plan, error) {
	h.note("plan " + kindOf(s) + " " + uid)
	if q, ok := s.(RestartService); ok && q.Name == "cups" {
		return Plan{}, fault.New(fault.Unsupported, "No systemd here.")
	}
	return Plan{Says: "3 files would be deleted.", Count: 3}, nil
}

func (h *house) Do(ctx context.Context, uid string, s Step, _ Plan) (Done, error) {
	h.note("do " + kindOf(s) + " " + uid)
	if h.do != nil {
		return h.do(ctx, s)
	}
	return Done{Says: "3 files deleted."}, nil
}

func (h *house) Undo(_ context.Context, uid string, s Step, d Done) (Done, error) {
	h.note("undo " + kindOf(s) + " " + uid + " " + d.Back)
	return Done{Says: "The clock is where it was."}, nil
}

func (h *house) note(act string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.acts = append(h.acts, act)
}

func (h *house) did(prefix string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, a := range h.acts {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

// machine is one with a full disk, a print queue that is stuck and a wrong clock.
func machine() diagnostics.Snapshot {
	ok := diagnostics.StateOK
	return diagnostics.Snapshot{
		TakenAt:  time.Now(),
		System:   diagnostics.Section[diagnostics.System]{State: ok, Data: &diagnostics.System{OS: "linux"}},
		Disks:    diagnostics.Section[diagnostics.Disks]{State: ok, Data: &diagnostics.Disks{FileSystems: []diagnostics.FileSystem{{Mount: "/", Type: "ext4", Total: 100e9, Free: 1e6, UsedPct: 99.9}}}},
		Services: diagnostics.Section[diagnostics.Services]{State: ok, Data: &diagnostics.Services{Printers: []diagnostics.Printer{{Name: "Office", State: "stopped", Jobs: 2}}}},
		Network:  diagnostics.Section[diagnostics.Network]{State: ok, Data: &diagnostics.Network{TimeSources: []diagnostics.TimeSource{{Address: "time.example", Answers: true, SkewMS: 3_600_000}}}},
	}
}

// mended is the machine after all was mended.
func mended() diagnostics.Snapshot {
	s := machine()
	s.Disks.Data.FileSystems[0].Free, s.Disks.Data.FileSystems[0].UsedPct = 50e9, 50
	s.Services.Data.Printers[0] = diagnostics.Printer{Name: "Office", State: "idle"}
	s.Network.Data.TimeSources[0].SkewMS = 3
	return s
}

func checkup(s diagnostics.Snapshot) local.Checkup {
	return local.Checkup{Done: true, Snapshot: s, Findings: diagnostics.Judge(s)}
}

func (h *house) Take(owner, id string, _ []diagnostics.SectionName) (*diagnostics.Snapshot, []diagnostics.Finding, error) {
	if owner != "1000" && owner != "1001" || id != "C1" {
		return nil, nil, fault.Field("checkup", "no such check-up")
	}
	s := machine()
	return &s, append(diagnostics.Judge(s), h.extra...), nil
}

func (h *house) Look(ctx context.Context) (local.Checkup, error) {
	h.mu.Lock()
	h.looks++
	n := h.looks
	h.mu.Unlock()
	if h.look != nil {
		return h.look(n)
	}
	return checkup(mended()), ctx.Err()
}

func begin(t *testing.T, path string) *house {
	t.Helper()
	h := &house{path: path}
	e, err := Open(Options{
		Journal: path, Hands: h, Room: h, Home: func(string) string { return "/home/ann" },
		Parts: map[string]func() error{local.PartConnection: func() error { h.note("restart"); return h.anew }},
		Told:  func(_ string, f local.Fix) error { h.told = append(h.told, f); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Engine = e
	return h
}

// run plans and does, and returns what the last word was.
func (h *house) run(t *testing.T, owner string, code diagnostics.Code) (local.Fix, error) {
	t.Helper()
	p, err := h.Engine.Plan(t.Context(), owner, local.FixRequest{Checkup: "C1", Finding: code})
	if err != nil {
		return local.Fix{}, err
	}
	var last local.Fix
	err = h.Engine.Do(t.Context(), owner, p.ID, func(f local.Fix) { last = f })
	return last, err
}

func inBubble(t *testing.T, on func(*testing.T, *house)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fixes.json")
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, path)
		defer h.Close()
		on(t, h)
	})
}

// Helped is only what a new check-up does not find any more.
func TestOutcomes(t *testing.T) {
	still, gone := checkup(machine()), checkup(mended())
	unread := checkup(mended())
	unread.Snapshot.Disks = diagnostics.Section[diagnostics.Disks]{State: diagnostics.StateTimeout}
	milder := mended()
	milder.Disks.Data.FileSystems[0].Free, milder.Disks.Data.FileSystems[0].UsedPct = 3e9, 97
	for name, c := range map[string]struct {
		do   func(context.Context, Step) (Done, error)
		look func(int) (local.Checkup, error)
		want local.FixOutcome
		says string
	}{
		"gone at once":       {nil, func(int) (local.Checkup, error) { return gone, nil }, local.FixHelped, "gone"},
		"gone a little late": {nil, func(n int) (local.Checkup, error) { return []local.Checkup{still, still, gone}[n-1], nil }, local.FixHelped, "gone"},
		"still there":        {nil, func(int) (local.Checkup, error) { return still, nil }, local.FixNoHelp, "did not help: Your disk is full"},
		"milder":             {nil, func(int) (local.Checkup, error) { return checkup(milder), nil }, local.FixNoHelp, "nearly full"},
		"cannot be read":     {nil, func(int) (local.Checkup, error) { return unread, nil }, local.FixUncertain, "could not be read"},
		"no look":            {nil, func(int) (local.Checkup, error) { return local.Checkup{}, errors.New("x") }, local.FixUncertain, "could not be read"},
		"refused": {func(context.Context, Step) (Done, error) {
			return Done{}, fault.New(fault.Unavailable, "The disk is gone.")
		}, nil, local.FixCouldNot, "The disk is gone."},
		"hands that died":  {func(context.Context, Step) (Done, error) { return Done{}, errLost() }, nil, local.FixUncertain, "nobody knows"},
		"hands that panic": {func(context.Context, Step) (Done, error) { panic("x") }, nil, local.FixUncertain, "our side"},
		"too slow": {func(ctx context.Context, _ Step) (Done, error) {
			<-ctx.Done()
			return Done{}, ctx.Err()
		}, nil, local.FixCouldNot, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *house) {
				h.do, h.look = c.do, c.look
				f, err := h.run(t, "1000", diagnostics.DiskFull)
				if err != nil || f.Outcome != c.want || !strings.Contains(f.Sentence, c.says) || f.Running() {
					t.Errorf("%+v, %v", f, err)
				}
				if len(f.Before) != 1 || f.Before[0].What != "free on /" {
					t.Errorf("before: %+v", f.Before)
				}
				if c.want == local.FixHelped && (len(f.After) != 1 || f.After[0].Value != "50 of 100 GB") {
					t.Errorf("after: %+v", f.After)
				}
				if c.want == local.FixCouldNot && h.looks != 0 {
					t.Error("it looked whether it had helped, though nothing was done")
				}
			})
		})
	}
}

// One at a time: the second is told which one runs, and can begin when it is over.
func TestOneAtATime(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		release := make(chan struct{})
		h.do = func(context.Context, Step) (Done, error) {
			<-release
			return Done{Says: "Done."}, nil
		}
		first := make(chan local.Fix, 1)
		go func() {
			f, _ := h.run(t, "1000", diagnostics.DiskFull)
			first <- f
		}()
		synctest.Wait()
		if _, err := h.run(t, "1001", diagnostics.PrintingStuck); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "“Clear caches and temporary files”") {
			t.Errorf("the second: %v", err)
		}
		if h.did("do") != 1 {
			t.Error("two were done at once")
		}
		close(release)
		if f := <-first; f.Outcome != local.FixHelped {
			t.Errorf("the first: %+v", f)
		}
		if f, err := h.run(t, "1001", diagnostics.PrintingStuck); err != nil || f.Outcome != local.FixHelped {
			t.Errorf("afterwards: %+v, %v", f, err)
		}
		// What cannot be done beside the first step is named, and left out.
		if h.did("do restart_service") != 0 {
			t.Error("a step was taken that cannot be")
		}
	})
}

// Whoever started it may go away; it goes on.
func TestItGoesOnAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		p, err := h.Engine.Plan(t.Context(), "1000", local.FixRequest{Checkup: "C1", Finding: diagnostics.DiskFull})
		if err != nil {
			t.Fatal(err)
		}
		h.do = func(ctx context.Context, _ Step) (Done, error) { return Done{Says: "Done."}, pause(ctx, time.Second) }
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := h.Engine.Do(ctx, "1000", p.ID, func(local.Fix) {}); err == nil {
			t.Error("it waited")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if all := h.Of("1000"); len(all) != 1 || all[0].Outcome != local.FixHelped {
			t.Errorf("%+v", all)
		}
	})
}

// After a crash in the middle it is unknown what happened, and nothing is done
// again by itself.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fixes.json")
	synctest.Test(t, func(t *testing.T) {
		h := begin(t, path)
		h.do = func(ctx context.Context, _ Step) (Done, error) {
			<-ctx.Done()
			return Done{}, ctx.Err()
		}
		p, err := h.Engine.Plan(t.Context(), "1000", local.FixRequest{Checkup: "C1", Finding: diagnostics.DiskFull})
		if err != nil {
			t.Fatal(err)
		}
		go h.Engine.Do(t.Context(), "1000", p.ID, func(local.Fix) {})
		synctest.Wait()
		// Another agent opens the file as the first one left it on the disk.
		after := begin(t, path)
		all := after.Of("1000")
		if len(all) != 1 || all[0].Outcome != local.FixUncertain || all[0].Running() {
			t.Errorf("after the crash: %+v", all)
		}
		if after.did("do") != 0 {
			t.Error("it was done again")
		}
		if err := after.Engine.Do(t.Context(), "1000", p.ID, func(local.Fix) {}); !fault.Is(err, fault.Stale) {
			t.Errorf("the old yes: %v", err)
		}
		after.Close()
		h.Close()
		synctest.Wait()
		if f := h.Of("1000")[0]; f.Outcome != local.FixUncertain || !strings.Contains(f.Sentence, "stopped") {
			t.Errorf("an agent that is stopped: %+v", f)
		}
	})
}

// A ticket was spared when what was found is gone and the person says so, and not
// otherwise.
func TestDeflection(t *testing.T) {
	for _, gone := range []bool{true, false} {
		for _, agrees := range []bool{true, false} {
			inBubble(t, func(t *testing.T, h *house) {
				if !gone {
					h.look = func(int) (local.Checkup, error) { return checkup(machine()), nil }
				}
				f, err := h.run(t, "1000", diagnostics.DiskFull)
				if err != nil || f.Deflected {
					t.Fatalf("%+v, %v", f, err)
				}
				if _, err := h.Helped("1001", f.ID, true); !fault.Is(err, fault.NotFound) {
					t.Errorf("somebody else's word: %v", err)
				}
				if f, err = h.Helped("1000", f.ID, agrees); err != nil || f.Deflected != (gone && agrees) || f.Helped == nil || *f.Helped != agrees {
					t.Errorf("gone %v, agrees %v: %+v, %v", gone, agrees, f, err)
				}
				if len(h.told) != 1 || h.told[0].ID != f.ID || *h.told[0].Helped != agrees {
					t.Errorf("told: %+v", h.told)
				}
				if again, err := h.Helped("1000", f.ID, agrees); err != nil || *again.Helped != agrees {
					t.Errorf("the same word again: %+v, %v", again, err)
				}
				if _, err := h.Helped("1000", f.ID, !agrees); !fault.Is(err, fault.Conflict) || len(h.told) != 1 {
					t.Errorf("another word: %v, told %d times", err, len(h.told))
				}
				if kept := begin(t, h.path).Of("1000"); len(kept) != 1 || kept[0].Deflected != (gone && agrees) {
					t.Errorf("kept: %+v", kept)
				}
			})
		}
	}
}

func TestWhoMay(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		p, err := h.Engine.Plan(t.Context(), "1000", local.FixRequest{Checkup: "C1", Finding: diagnostics.DiskFull})
		if err != nil {
			t.Fatal(err)
		}
		nothing := func(local.Fix) { t.Error("something was done") }
		if err := h.Engine.Do(t.Context(), "1001", p.ID, nothing); !fault.Is(err, fault.Stale) {
			t.Errorf("another's plan: %v", err)
		}
		if _, err := h.Engine.Plan(t.Context(), "1002", local.FixRequest{Checkup: "C1", Finding: diagnostics.DiskFull}); !fault.Is(err, fault.Invalid) {
			t.Errorf("another's check-up: %v", err)
		}
		if _, err := h.Engine.Plan(t.Context(), "1000", local.FixRequest{Checkup: "C1", Finding: diagnostics.DiskReadOnly}); !fault.Is(err, fault.Invalid) {
			t.Errorf("what was not found: %v", err)
		}
		time.Sleep(planFor + time.Second)
		if err := h.Engine.Do(t.Context(), "1000", p.ID, nothing); !fault.Is(err, fault.Stale) {
			t.Errorf("a plan of long ago: %v", err)
		}
		h.o.Policy.Forbid = map[diagnostics.Recipe]bool{diagnostics.FreeSpace: true}
		if p, err := h.Engine.Plan(t.Context(), "1000", local.FixRequest{Checkup: "C1", Finding: diagnostics.DiskFull}); err != nil || !strings.Contains(p.Cannot, "switched this fix off") {
			t.Errorf("what is forbidden: %+v, %v", p, err)
		}
		if h.did("do") != 0 {
			t.Error("something was done")
		}
	})
}

// What does not help is not tried over and over.
func TestNotOverAndOver(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		for range perHour {
			if _, err := h.run(t, "1000", diagnostics.DiskFull); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.run(t, "1001", diagnostics.DiskFull); !fault.Is(err, fault.TooMany) {
			t.Errorf("once more: %v", err)
		}
		if _, err := h.run(t, "1000", diagnostics.PrintingStuck); err != nil {
			t.Errorf("something else: %v", err)
		}
		time.Sleep(time.Hour + time.Minute)
		if _, err := h.run(t, "1000", diagnostics.DiskFull); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestTakeItBack(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.do = func(context.Context, Step) (Done, error) { return Done{Says: "Set.", Back: "1h"}, nil }
		f, err := h.run(t, "1000", diagnostics.ClockSkew)
		if err != nil || f.Undo == "" || f.Outcome != local.FixHelped {
			t.Fatalf("%+v, %v", f, err)
		}
		if _, err := h.Engine.Undo(t.Context(), "1001", f.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("by somebody else: %v", err)
		}
		f, err = h.Engine.Undo(t.Context(), "1000", f.ID)
		if err != nil || f.UndoneAt.IsZero() || h.did("undo set_clock 1000 1h") != 1 {
			t.Errorf("%+v, %v, %q", f, err, h.acts)
		}
		if _, err := h.Engine.Undo(t.Context(), "1000", f.ID); !fault.Is(err, fault.Conflict) || h.did("undo") != 1 {
			t.Errorf("a second time: %v", err)
		}
		g, err := h.run(t, "1000", diagnostics.PrintingStuck)
		if err != nil || g.Undo != "" {
			t.Fatalf("%+v, %v", g, err)
		}
		if _, err := h.Engine.Undo(t.Context(), "1000", g.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("what cannot be taken back: %v", err)
		}
	})
}

// Where the journal cannot be written nothing is begun.
func TestJournalThatCannotBeWritten(t *testing.T) {
	h := begin(t, filepath.Join(t.TempDir(), "gone", "fixes.json"))
	defer h.Close()
	if _, err := h.run(t, "1000", diagnostics.DiskFull); err == nil || h.did("do") != 0 {
		t.Errorf("%v, done %d", err, h.did("do"))
	}
}

// The agent's own parts are restarted by the agent, not by hands.
func TestRestartPart(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.extra = []diagnostics.Finding{{Code: diagnostics.ServerUnreachable, Fix: &diagnostics.Fix{Recipe: local.RestartPart, Target: local.PartConnection}}}
		f, err := h.run(t, "1000", diagnostics.ServerUnreachable)
		if err != nil || f.Outcome != local.FixHelped || h.did("restart") != 1 || h.did("do") != 0 {
			t.Errorf("%+v, %v, %q", f, err, h.acts)
		}
		h.anew = fault.New(fault.Conflict, "It is up by now.")
		if f, err := h.run(t, "1000", diagnostics.ServerUnreachable); err != nil || f.Outcome != local.FixCouldNot || f.Sentence != "It is up by now." {
			t.Errorf("%+v, %v", f, err)
		}
		h.extra[0].Fix.Target = "engine"
		if p, err := h.Engine.Plan(t.Context(), "1000", local.FixRequest{Checkup: "C1", Finding: diagnostics.ServerUnreachable}); err != nil || p.Cannot == "" {
			t.Errorf("a part that is none: %+v, %v", p, err)
		}
	})
}

// What the log tells of has happened, and no look takes it back.
func TestWhatHasBeen(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		h.extra = []diagnostics.Finding{{Code: diagnostics.CrashLoop, Fix: &diagnostics.Fix{Recipe: diagnostics.RestartService, Target: "cron"}}}
		h.look = func(int) (local.Checkup, error) {
			s := mended()
			s.Log = diagnostics.Section[diagnostics.Log]{State: diagnostics.StateOK, Data: &diagnostics.Log{}}
			return checkup(s), nil
		}
		f, err := h.run(t, "1000", diagnostics.CrashLoop)
		if err != nil || f.Outcome != local.FixUncertain || h.did("do restart_service") != 1 {
			t.Errorf("%+v, %v, %q", f, err, h.acts)
		}
	})
}
