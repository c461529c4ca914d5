package remote

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestPath(t *testing.T) {
	kept := &looks{}
	r := New(Options{OnLook: kept.add})
	a := do(t, r, ask(t, wire.AskPath, wire.PathParams{Host: "127.0.0.1", Rounds: 2}))
	if a.last.Code != "" || len(a.parts) != 2 {
		t.Fatalf("%d parts, %+v", len(a.parts), a.last)
	}
	p := decode[wire.PathPart](t, a.parts[1])
	if p.Address != "127.0.0.1" || p.Round != 2 || p.Rounds != 2 || len(p.Hops) != 1 || !p.Hops[0].End || p.Hops[0].Received != 2 || p.Hops[0].Addresses[0] != "127.0.0.1" {
		t.Errorf("%+v", p)
	}
	if p.Verdict().State != wire.PathWhole {
		t.Errorf("%+v", p.Verdict())
	}
	if len(kept.all) != 2 || kept.all[0].What != "the way to “127.0.0.1”" {
		t.Errorf("the employee reads %+v", kept.all)
	}
	for params, want := range map[string]string{
		`{}`:                                  "host",
		`{"host":"127.0.0.1","rounds":61}`:    "rounds",
		`{"host":"127.0.0.1","family":5}`:     "family",
		`{"host":"-rf \u001b[31m"}`:           "host",
		`{"host":"127.0.0.1","rounds":"ten"}`: "rounds",
	} {
		if a := do(t, r, ask(t, wire.AskPath, params)); a.last.Code != fault.Invalid || !strings.Contains(a.last.Sentence, "“"+want+"”") {
			t.Errorf("%s: %+v", params, a.last)
		}
	}
	if a := do(t, r, ask(t, wire.AskPath, `{"host":"127.0.0.1","family":6}`)); a.last.Code != fault.NotFound {
		t.Errorf("%+v", a.last)
	}
	forbids := New(Options{Policy: Policy{Allow: map[wire.AskKind]bool{wire.AskPath: false}}})
	if a := do(t, forbids, ask(t, wire.AskPath, `{"host":"127.0.0.1"}`)); a.last.Code != fault.Forbidden {
		t.Errorf("%+v", a.last)
	}
}
