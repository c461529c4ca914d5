package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/consent"
	"github.com/deskbell/deskbell/agent/local"
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
		if kind.Withdrawable() {
			continue // terminals and files have tests of their own
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

// person is somebody at the machine, who is asked.
type person struct {
	asked  []consent.Question
	err    error
	before bool // they agreed earlier, and are not asked
}

func (p *person) Ask(_ context.Context, q consent.Question, asking func()) (string, error) {
	p.asked = append(p.asked, q)
	if !p.before {
		asking()
	}
	return "1000", p.err
}

// shells count what is opened.
type shells struct{ opened []string }

func (s *shells) Open(_ context.Context, id, uid string, administrator bool, p wire.TerminalParams, opened func(string) error) (int, error) {
	s.opened = append(s.opened, fmt.Sprint(id, " ", uid, " ", administrator, " ", p.Cols, "x", p.Rows))
	return 7, opened("mia")
}

// A terminal opens only where the machine names it and the person says yes, with
// the rights of whoever has agreed.
func TestTerminalsNeedThePolicyAndAYes(t *testing.T) {
	for _, kind := range []wire.AskKind{wire.ActTerminal, wire.ActRootTerminal} {
		allowed := Policy{Allow: map[wire.AskKind]bool{kind: true}}
		for name, c := range map[string]struct {
			policy Policy
			says   error
			code   fault.Code
			asked  int
			result string
		}{
			"yes":     {allowed, nil, "", 1, "ended"},
			"no":      {allowed, consent.ErrRefused, fault.Forbidden, 1, "refused"},
			"not set": {Policy{}, nil, fault.Forbidden, 0, "refused"},
		} {
			var told looks
			p, s := &person{err: c.says}, &shells{}
			a := do(t, New(Options{Policy: c.policy, Consent: p, Terminals: s, OnLook: told.add}), ask(t, kind, wire.TerminalParams{Cols: 100, Rows: 30}))
			if a.last.Code != c.code || len(p.asked) != c.asked || (len(s.opened) == 1) != (name == "yes") {
				t.Errorf("%s, %s: %+v, asked %v, opened %v", kind, name, a.last, p.asked, s.opened)
			}
			last := told.all[len(told.all)-1]
			if last.Result != c.result || (last.Consent == local.ConsentGiven) != (name == "yes") || (last.Consent == local.ConsentRefused) != (name == "no") {
				t.Errorf("%s, %s: the ledger says %+v", kind, name, last)
			}
			if name == "yes" {
				if want := fmt.Sprint("01JD0000000000000000000000 1000 ", kind == wire.ActRootTerminal, " 100x30"); s.opened[0] != want {
					t.Errorf("opened %q, want %q", s.opened[0], want)
				}
				if q := p.asked[0]; q.Ticket != 1042 || q.Who != "Tess Technician" || q.For == 0 || q.What == "" {
					t.Errorf("asked %+v", q)
				}
			}
		}
		s := &shells{}
		if a := do(t, New(Options{Policy: allowed, Terminals: s}), ask(t, kind, nil)); a.last.Code == "" || len(s.opened) != 0 {
			t.Errorf("%s with nobody who could ask: %+v, opened %v", kind, a.last, s.opened)
		}
	}
}

// The ledger has a line when somebody is asked, before they answer, and one that
// says what they said.
func TestTheLedgerSaysWhatWasAsked(t *testing.T) {
	const asked, given = local.ConsentAsked, local.ConsentGiven
	for name, c := range map[string]struct {
		person person
		want   []local.ConsentOutcome
	}{
		"yes":      {person{}, []local.ConsentOutcome{asked, given, given}},
		"no":       {person{err: consent.ErrRefused}, []local.ConsentOutcome{asked, local.ConsentRefused}},
		"silence":  {person{err: consent.ErrUnanswered}, []local.ConsentOutcome{asked, local.ConsentUnanswered}},
		"away":     {person{err: fault.New(fault.Forbidden, "Not signed in."), before: true}, []local.ConsentOutcome{local.ConsentImpossible}},
		"long ago": {person{before: true}, []local.ConsentOutcome{local.ConsentBefore, local.ConsentBefore}},
	} {
		var told looks
		policy := Policy{Allow: map[wire.AskKind]bool{wire.ActTerminal: true}}
		do(t, New(Options{Policy: policy, Consent: &c.person, Terminals: &shells{}, OnLook: told.add}), ask(t, wire.ActTerminal, wire.TerminalParams{Cols: 100, Rows: 30}))
		var got []local.ConsentOutcome
		for i, k := range told.all {
			got = append(got, k.Consent)
			if last := i == len(told.all)-1; k.Ended.IsZero() == last || k.Asking() != (k.Consent == asked) {
				t.Errorf("%s, line %d: %+v", name, i, k)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: the ledger says %q, not %q", name, got, c.want)
		}
	}
}

// What the machine's settings say is asked for first is asked for first.
func TestActsThatAreAskedForFirst(t *testing.T) {
	for _, says := range []error{nil, fault.New(fault.Forbidden, "Not now.")} {
		d, p := &doer{}, &person{err: says}
		policy := Policy{Allow: map[wire.AskKind]bool{wire.ActEndProcess: true}, AskFirst: map[wire.AskKind]bool{wire.ActEndProcess: true}}
		a := do(t, New(Options{Policy: policy, Hands: d, Consent: p}), ask(t, wire.ActEndProcess, process))
		if len(p.asked) != 1 || p.asked[0].What != "end the program “firefox” (4312)" || (len(d.did) == 1) != (says == nil) || (a.last.Code == "") != (says == nil) {
			t.Errorf("%v: asked %+v, did %v, %+v", says, p.asked, d.did, a.last)
		}
	}
}
