package remote

import (
	"context"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// shelf runs scripts by saying what the test wants.
type shelf struct {
	says    []string
	exit    int
	refuses error
	ran     []string // whose rights
	during  func()
}

func (s *shelf) Allows(wire.RunScriptParams) error { return s.refuses }

func (s *shelf) Run(ctx context.Context, uid string, _ wire.RunScriptParams, each func([]byte)) (int, error) {
	s.ran = append(s.ran, uid)
	for _, x := range s.says {
		each([]byte(x))
	}
	if s.during != nil {
		s.during()
	}
	return s.exit, ctx.Err()
}

// once does everything once, by the order's id.
type once struct{ done map[string]bool }

func (o *once) Script(ctx context.Context, id, _ string, run func(context.Context) (int, error)) (int, error) {
	if o.done[id] {
		return 0, fault.New(fault.Conflict, "This order was carried out before.")
	}
	o.done[id] = true
	exit, err := run(ctx)
	if ctx.Err() != nil { // as act.Doer has it
		err = fault.New(fault.Unknown, "It was stopped half way.")
	}
	return exit, err
}

func scripted(s *shelf, c Consent) (*Runner, *looks) {
	told := &looks{}
	all := map[wire.AskKind]bool{wire.ActRunScript: true, wire.ActRunRootScript: true}
	return New(Options{Policy: Policy{Allow: all}, Scripts: s, Once: &once{map[string]bool{}}, Consent: c, OnLook: told.add}), told
}

func anOrder(root bool) wire.RunScriptParams {
	s := wire.Script{Interpreter: "sh", Root: root, Seconds: 5, Body: "true"}
	return wire.RunScriptParams{Name: "Clear\x1b[2J the cache", SHA256: s.Hash(), Script: s}
}

func TestAScriptIsRunOnceAndToldWithoutSecrets(t *testing.T) {
	s := &shelf{says: []string{"user=anna\npass", "word=hunter2\n-----BEGIN PRIVATE KEY-----\nMIIE", "SECRET\n-----END PRIVATE KEY-----\n", "no line's end"}, exit: 3}
	r, told := scripted(s, nil)
	a := do(t, r, ask(t, wire.ActRunRootScript, anOrder(true)))
	var all strings.Builder
	var end wire.ScriptPart
	for _, p := range a.parts {
		end = decode[wire.ScriptPart](t, p)
		all.WriteString(end.Out)
	}
	out := all.String()
	if a.last.Code != "" || !end.Ended || end.Exit != 3 || end.Cut || strings.Contains(out, "hunter2") || strings.Contains(out, "SECRET") || !strings.HasPrefix(out, "user=anna\n") || !strings.HasSuffix(out, "no line's end") {
		t.Errorf("%+v, %+v: %q", a.last, end, out)
	}
	if len(told.all) != 2 || told.all[1].Result != "done" || strings.Contains(told.all[1].What, "\x1b") || !strings.Contains(told.all[1].What, "the cache") {
		t.Errorf("the employee is told %+v", told.all)
	}
	if a := do(t, r, ask(t, wire.ActRunRootScript, anOrder(true))); a.last.Code != fault.Conflict || len(s.ran) != 1 {
		t.Errorf("the same order again: %+v, ran %d times", a.last, len(s.ran))
	}
}

func TestTooMuchOutputIsCut(t *testing.T) {
	r, _ := scripted(&shelf{says: []string{strings.Repeat("a line of it\n", wire.MaxScriptOutput/13), strings.Repeat("more of it\n", 1000)}}, nil)
	a := do(t, r, ask(t, wire.ActRunRootScript, anOrder(true)))
	size := 0
	for _, p := range a.parts {
		size += len(decode[wire.ScriptPart](t, p).Out)
	}
	if end := decode[wire.ScriptPart](t, a.parts[len(a.parts)-1]); !end.Cut || size > wire.MaxScriptOutput || size < wire.MaxScriptOutput-100 {
		t.Errorf("%d bytes, %+v, %+v", size, end, a.last)
	}
}

// Whoever ends a script half way is not told that nothing was done.
func TestAScriptThatIsEndedHalfWayIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &shelf{says: []string{"begun\n"}, during: cancel}
	r, told := scripted(s, nil)
	var last wire.Answer
	r.Do(ctx, "order-1", ask(t, wire.ActRunRootScript, anOrder(true)), func(a wire.Answer) { last = a })
	if last.Code != fault.Unknown || told.all[1].Result != "unknown" {
		t.Errorf("%+v, the employee is told %+v", last, told.all)
	}
}

// With the requester's rights it needs the requester's yes, and runs as them.
func TestAScriptWithTheRequestersRights(t *testing.T) {
	s, yes := &shelf{}, &asked{}
	r, _ := scripted(s, yes)
	if a := do(t, r, ask(t, wire.ActRunScript, anOrder(false))); a.last.Code != "" || len(yes.asked) != 1 || len(s.ran) != 1 || s.ran[0] != "1000" {
		t.Errorf("%+v, asked %+v, ran as %v", a.last, yes.asked, s.ran)
	}
	for _, c := range []Consent{nil, &asked{err: fault.New(fault.Forbidden, "not now")}} {
		s := &shelf{}
		r, _ := scripted(s, c)
		if a := do(t, r, ask(t, wire.ActRunScript, anOrder(false))); a.last.Code != fault.Forbidden || len(s.ran) != 0 {
			t.Errorf("%+v, ran as %v", a.last, s.ran)
		}
	}
}

func TestScriptsThatAreRefused(t *testing.T) {
	s := &shelf{refuses: fault.New(fault.Forbidden, "It is not listed.")}
	r, told := scripted(s, &asked{})
	if a := do(t, r, ask(t, wire.ActRunRootScript, anOrder(true))); a.last.Code != fault.Forbidden || len(s.ran) != 0 || told.all[0].Result != "refused" {
		t.Errorf("%+v", a.last)
	}
	s.refuses = nil
	for kind, root := range map[wire.AskKind]bool{wire.ActRunScript: true, wire.ActRunRootScript: false} {
		if a := do(t, r, ask(t, kind, anOrder(root))); a.last.Code != fault.Invalid || len(s.ran) != 0 {
			t.Errorf("%s with root %v: %+v", kind, root, a.last)
		}
	}
}
