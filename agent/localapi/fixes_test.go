package localapi_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// tidyHands free the disk that fakeProber finds full, in words.
type tidyHands struct{}

func (tidyHands) Plan(context.Context, string, fix.Step) (fix.Plan, error) {
	return fix.Plan{Says: "3 files would be deleted.", Count: 3}, nil
}

func (tidyHands) Do(context.Context, string, fix.Step, fix.Plan) (fix.Done, error) {
	return fix.Done{}, fault.New(fault.Unavailable, "The disk is gone.")
}

func (tidyHands) Undo(context.Context, string, fix.Step, fix.Done) (fix.Done, error) {
	return fix.Done{}, nil
}

// From a check-up over the socket to the person's word; nobody else's check-up,
// plan or fix is reached.
func TestFixes(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	if _, err := c.PlanFix(t.Context(), local.FixRequest{}); !fault.Is(err, fault.Unsupported) {
		t.Errorf("an agent that mends nothing: %v", err)
	}
	engine, err := fix.Open(fix.Options{Journal: filepath.Join(h.dir, "fixes.json"), Hands: tidyHands{}, Room: h.room})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	h.server.Fixes = engine
	var found local.Checkup
	if err := c.Checkup(t.Context(), local.CheckupRequest{}, func(x local.Checkup) { found = x }); err != nil {
		t.Fatal(err)
	}
	request := local.FixRequest{Checkup: found.ID, Finding: diagnostics.DiskFull}
	plan, err := c.PlanFix(t.Context(), request)
	if err != nil || plan.Cannot != "" || len(plan.Steps) != 1 || plan.Steps[0].Count != 3 {
		t.Fatalf("%+v, %v", plan, err)
	}
	for _, uid := range []string{"1001", "0"} {
		other := h.as(t, uid)
		if _, err := other.PlanFix(t.Context(), request); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s plans: %v", uid, err)
		}
		if err := other.Fix(t.Context(), plan.ID, func(local.Fix) { t.Errorf("%s does it", uid) }); !fault.Is(err, fault.Stale) {
			t.Errorf("%s starts: %v", uid, err)
		}
	}
	var last local.Fix
	parts := 0
	if err := h.as(t, "1000").Fix(t.Context(), plan.ID, func(f local.Fix) { last, parts = f, parts+1 }); err != nil || last.Outcome != local.FixCouldNot || last.Sentence != "The disk is gone." {
		t.Errorf("%+v, %v", last, err)
	}
	if parts < 1 {
		t.Error("nothing was told of it")
	}
	for _, uid := range []string{"1001", "0"} {
		other := h.as(t, uid)
		if all, err := other.Fixes(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%s sees %+v, %v", uid, all, err)
		}
		if _, err := other.FixHelped(t.Context(), last.ID, true); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s answers: %v", uid, err)
		}
		if _, err := other.UndoFix(t.Context(), last.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s takes it back: %v", uid, err)
		}
	}
	c = h.as(t, "1000")
	if f, err := c.FixHelped(t.Context(), last.ID, true); err != nil || f.Deflected {
		t.Errorf("what was not done has spared a ticket: %+v, %v", f, err)
	}
	if all, err := c.Fixes(t.Context()); err != nil || len(all) != 1 || all[0].Helped == nil {
		t.Errorf("%+v, %v", all, err)
	}
}
