package remote

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// doer counts what it is told.
type doer struct {
	did []string
	err error
}

func (d *doer) EndProcess(_ context.Context, id string, p wire.EndProcessParams) (string, error) {
	d.did = append(d.did, id+" "+p.Name)
	return "“" + p.Name + "” has closed.", d.err
}

func (d *doer) Service(_ context.Context, id string, k wire.AskKind, p wire.ServiceParams) (string, error) {
	d.did = append(d.did, id+" "+string(k)+" "+p.Name)
	return "Done.", d.err
}

var process = wire.EndProcessParams{PID: 4312, Started: time.Unix(1, 0), Name: "firefox"}

func paramsOf(k wire.AskKind) any {
	if k == wire.ActEndProcess {
		return process
	}
	return wire.ServiceParams{Name: "cups"}
}

// Nothing is done that the machine's own policy does not name, whatever the server
// asks and in whatever words.
func TestActsAreOffUnlessNamedHere(t *testing.T) {
	for _, kind := range wire.ActKinds() {
		for name, p := range map[string]Policy{
			"nothing said":  {},
			"forbidden":     {Allow: map[wire.AskKind]bool{kind: false}},
			"another named": {Allow: map[wire.AskKind]bool{wire.AskLog: true}},
			"only":          {Only: true},
		} {
			var told looks
			d := &doer{}
			a := do(t, New(Options{Policy: p, Hands: d, OnLook: told.add}), ask(t, kind, paramsOf(kind)))
			if a.last.Code != fault.Forbidden || len(d.did) != 0 || !strings.Contains(a.last.Sentence, "own settings") {
				t.Errorf("%s, %s: %s %q, did %v", kind, name, a.last.Code, a.last.Sentence, d.did)
			}
			if len(told.all) != 1 || told.all[0].Result != "refused" {
				t.Errorf("%s, %s: the employee is told %+v", kind, name, told.all)
			}
		}
		var told looks
		d := &doer{}
		r := New(Options{Policy: Policy{Allow: map[wire.AskKind]bool{kind: true}}, Hands: d, OnLook: told.add})
		if a := only[wire.ActPart](t, do(t, r, ask(t, kind, paramsOf(kind)))); a.Says == "" || len(d.did) != 1 || !strings.HasPrefix(d.did[0], "01JD0000000000000000000000 ") {
			t.Errorf("%s allowed: %+v, did %v", kind, a, d.did)
		}
		if len(told.all) != 2 || told.all[0].Result != "" || told.all[1].Result != "done" || told.all[1].Who == "" || !strings.Contains(told.all[1].What, "“") {
			t.Errorf("%s: the employee is told %+v", kind, told.all)
		}
	}
}

func TestWhatTheServerIsToldOfThePolicy(t *testing.T) {
	p := Policy{Allow: map[wire.AskKind]bool{wire.AskLog: false, wire.ActEndProcess: true, wire.ActStopService: false}}.Told()
	if len(p.Allow) != 1 || p.Allow[0] != wire.ActEndProcess || len(p.Forbid) != 1 || p.Forbid[0] != wire.AskLog {
		t.Errorf("%+v", p)
	}
}

func TestActsWithBadParameters(t *testing.T) {
	all := map[wire.AskKind]bool{}
	for _, k := range wire.ActKinds() {
		all[k] = true
	}
	for _, c := range []struct {
		kind   wire.AskKind
		params any
		field  string
	}{
		{wire.ActEndProcess, nil, "pid"}, {wire.ActEndProcess, wire.EndProcessParams{PID: -1, Started: process.Started, Name: "x"}, "pid"},
		{wire.ActEndProcess, wire.EndProcessParams{PID: 4312, Name: "x"}, "started"}, {wire.ActEndProcess, wire.EndProcessParams{PID: 4312, Started: process.Started}, "name"},
		{wire.ActEndProcess, `{"pid":"4312"}`, "pid"}, {wire.ActEndProcess, `{"pid":99999999999}`, "pid"},
		{wire.ActStopService, nil, "name"}, {wire.ActStopService, wire.ServiceParams{Name: "-x"}, "name"}, {wire.ActStopService, wire.ServiceParams{Name: "a;b"}, "name"},
		{wire.ActStopService, wire.ServiceParams{Name: "a\x1b[2Jb"}, "name"}, {wire.ActStopService, wire.ServiceParams{Name: strings.Repeat("x", 300)}, "name"},
	} {
		d := &doer{}
		a := do(t, New(Options{Policy: Policy{Allow: all}, Hands: d}), ask(t, c.kind, c.params))
		if a.last.Code != fault.Invalid || !strings.Contains(a.last.Sentence, c.field) || len(d.did) != 0 {
			t.Errorf("%s %+v: %s %q, did %v", c.kind, c.params, a.last.Code, a.last.Sentence, d.did)
		}
	}
}

func TestActsThatEndUnknown(t *testing.T) {
	var told looks
	d := &doer{err: fault.New(fault.Unknown, "Nobody knows.")}
	a := do(t, New(Options{Policy: Policy{Allow: map[wire.AskKind]bool{wire.ActEndProcess: true}}, Hands: d, OnLook: told.add}), ask(t, wire.ActEndProcess, process))
	if a.last.Code != fault.Unknown || told.all[1].Result != "unknown" {
		t.Errorf("%+v, %+v", a.last, told.all)
	}
}
