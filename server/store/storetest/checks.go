package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/server/synthetic"
)

// testChecks keeps services that are looked at, their lives by place and their log over a
// restart, with hostile text in all of it; and leaves nothing of one that goes.
func testChecks(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	s := w.DB.Checks()
	at := w.Now().Truncate(time.Millisecond).UTC()
	one, two := synthetic.Usual(), synthetic.Usual()
	one.ID, one.Version, one.Name, one.Sealed = "c1", 1, "Zürich\x00 „1“", []byte{0, 1, 255}
	one.Spec.Contains, one.Spec.Headers = "a\x00b", []check.Header{{Name: "A", Value: "b"}}
	two.ID = "c2"
	lives := map[string]synthetic.Life{synthetic.Server: {Known: true, Down: true, Since: at, LastAt: at, Last: check.Result{Outcome: check.Failed, Says: "„no“\x00", Took: time.Second, Expires: at}}}
	line := func(n int64) synthetic.Line {
		return synthetic.Line{N: n, At: at, From: synthetic.Server, Did: synthetic.WentDown, Says: "It answered 503."}
	}
	hostile := line(3)
	hostile.Says = "a\x00„b“"
	must(t, s.Update(ctx, func(tx synthetic.Tx) error {
		must(t, tx.SaveCheck(one))
		must(t, tx.SaveCheck(two))
		must(t, tx.SaveLives("c1", lives))
		for _, l := range []synthetic.Line{line(1), line(2), hostile} {
			must(t, tx.AddLine("c1", l))
		}
		return tx.AddLine("c2", line(1))
	}))
	one.Version = 2
	must(t, s.Update(ctx, func(tx synthetic.Tx) error {
		must(t, tx.SaveCheck(one)) // and its lives stay
		return tx.DropLines("c1", 1)
	}))
	w.Reopen(t)
	s = w.DB.Checks()
	rows, err := s.Checks(ctx)
	must(t, err)
	if diff := cmp.Diff([]synthetic.Row{{Check: one, Lives: lives, Lines: 3}, {Check: two, Lives: map[string]synthetic.Life{}, Lines: 1}}, rows); diff != "" {
		t.Error(diff)
	}
	hostile.Says = "a„b“"
	lines, err := s.Log(ctx, "c1", 10)
	must(t, err)
	if diff := cmp.Diff([]synthetic.Line{hostile, line(2)}, lines); diff != "" {
		t.Error(diff)
	}
	must(t, s.Update(ctx, func(tx synthetic.Tx) error { return tx.DeleteCheck("c1") }))
	if lines, err = s.Log(ctx, "c1", 10); err != nil || len(lines) != 0 {
		t.Errorf("lines of one that is gone: %v, %v", lines, err)
	}
	if rows, err = s.Checks(ctx); err != nil || len(rows) != 1 {
		t.Errorf("%v, %v", rows, err)
	}
}
