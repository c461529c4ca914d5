package model_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
)

func TestParts(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("word ", 60))
	for name, c := range map[string]struct{ question, details, title, body string }{
		"one line":        {"  The printer is dead ", "", "The printer is dead", ""},
		"with details":    {"Printer", "since 9", "Printer", "since 9"},
		"several lines":   {"Printer\nIt smokes\nReally", "since 9", "Printer", "It smokes\nReally\n\nsince 9"},
		"pasted controls": {"Prin\x00ter\x1b[0m\tdead\r\nmore", "", "Printer[0m dead", "more"},
		"too long":        {long, "d", strings.TrimSpace(strings.Repeat("word ", 39)) + "…", long + "\n\nd"},
		"no spaces":       {strings.Repeat("ü", 300), "", strings.Repeat("ü", 199) + "…", strings.Repeat("ü", 300)},
	} {
		t.Run(name, func(t *testing.T) {
			title, body := model.Draft{Question: c.question, Details: c.details}.Parts()
			if title != c.title || body != c.body {
				t.Errorf("title %q, text %q", title, body)
			}
			if n := utf8.RuneCountInString(title); n > wire.MaxTitle {
				t.Errorf("the title has %d characters", n)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		draft model.Draft
		field string
		code  fault.Code
	}{
		"nothing":        {model.Draft{}, "title", fault.Invalid},
		"spaces":         {model.Draft{Question: " \n\t "}, "title", fault.Invalid},
		"only control":   {model.Draft{Question: "\x00\x01"}, "title", fault.Invalid},
		"much text":      {model.Draft{Question: "q", Details: strings.Repeat("x", wire.MaxBody+1)}, "body", fault.Invalid},
		"a huge file":    {model.Draft{Question: "q", Files: []model.File{{Name: "f", Size: wire.MaxBlob + 1}}}, "", fault.TooLarge},
		"an empty file":  {model.Draft{Question: "q", Files: []model.File{{Name: "f"}}}, "", fault.Invalid},
		"enough":         {model.Draft{Question: "q"}, "", ""},
		"as much as may": {model.Draft{Question: "q", Details: strings.Repeat("x", wire.MaxBody)}, "", ""},
	} {
		err := c.draft.Check()
		if fault.CodeOf(err) != c.code || fault.FieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMessage(t *testing.T) {
	all := diagnostics.SectionNames()
	r := model.Ring{Draft: model.Draft{Ref: "R", Question: "q", Details: "d"}, Checkup: &local.Checkup{ID: "C", Done: true}}
	r.Draft.Tick(diagnostics.SectionLog, false)
	r.Draft.Tick(diagnostics.SectionLog, false) // twice is once
	want := local.Draft{Ref: "R", Title: "q", Body: "d", Checkup: "C", Language: "en", Without: []diagnostics.SectionName{diagnostics.SectionLog}}
	if d := cmp.Diff(want, r.Message(nil)); d != "" {
		t.Error(d)
	}
	r.Draft.Tick(diagnostics.SectionLog, true)
	if m := r.Message(nil); len(m.Without) != 0 || m.Checkup != "C" {
		t.Errorf("put in again it is %+v", m)
	}
	for _, n := range all {
		r.Draft.Tick(n, false)
	}
	if m := r.Message(nil); m.Checkup != "" {
		t.Errorf("with nothing ticked it is %+v", m)
	}
	r = model.Ring{Draft: model.Draft{Question: "q"}, Checkup: &local.Checkup{ID: "C"}}
	if m := r.Message(nil); m.Checkup != "" {
		t.Errorf("an unfinished check-up is named: %+v", m)
	}
}

func found(n int) (out []diagnostics.Finding) {
	for i := range n {
		out = append(out, diagnostics.Finding{Code: diagnostics.Code(rune('a' + i)), Severity: diagnostics.Warning, Sentence: string(rune('A' + i))})
	}
	return out
}

func TestRingView(t *testing.T) {
	done := func(n int) *local.Checkup { return &local.Checkup{ID: "C", Done: true, Findings: found(n)} }
	partly := done(0)
	partly.Snapshot.Network.State = diagnostics.StateTimeout
	half := &local.Checkup{ID: "C"}
	half.Snapshot.CPU.State, half.Snapshot.Log.State = diagnostics.StateOK, diagnostics.StateFailed
	q := model.Draft{Question: "q"}
	for name, c := range map[string]struct {
		ring  model.Ring
		check func(model.RingView) bool
	}{
		"typing": {model.Ring{}, func(v model.RingView) bool { return !v.CanSend && v.CanEdit && v.Status == "Enter sends" }},
		"checking": {model.Ring{Draft: q, Checkup: half}, func(v model.RingView) bool {
			return v.CanSend && v.Checking == "Looking at this computer: 2 of 8 parts read" && v.Calm == ""
		}},
		"ready": {model.Ring{Draft: q, Checkup: done(0)}, func(v model.RingView) bool {
			return v.CanSend && v.Checking == "" && strings.HasPrefix(v.Calm, "Nothing wrong found.")
		}},
		"partly read": {model.Ring{Draft: q, Checkup: partly}, func(v model.RingView) bool { return v.Calm == "Nothing wrong found in what could be read." }},
		"three":       {model.Ring{Checkup: done(3)}, func(v model.RingView) bool { return len(v.Findings) == 3 && len(v.Folded) == 0 && v.Calm == "" }},
		"four":        {model.Ring{Checkup: done(4)}, func(v model.RingView) bool { return len(v.Findings) == 3 && v.FoldText == "1 more" }},
		"six":         {model.Ring{Checkup: done(6)}, func(v model.RingView) bool { return len(v.Folded) == 3 && v.FoldText == "3 more" }},
		"no check-up": {model.Ring{Draft: q, Failed: errors.New("x")}, func(v model.RingView) bool {
			return v.CanSend && v.SendText == "Only your words" && v.Checking == "" && len(v.Sections) == 0
		}},
		"sending":       {model.Ring{Draft: q, Checkup: done(0), Stage: model.Sending}, func(v model.RingView) bool { return !v.CanSend && !v.CanEdit && v.Status == "Sending" }},
		"sending early": {model.Ring{Draft: q, Checkup: half, Stage: model.Sending}, func(v model.RingView) bool { return v.Status == "Sending as soon as the check-up is done" }},
		"not saved": {model.Ring{Draft: q, Stage: model.NotSaved, Problem: fault.New(fault.Full, "The disk is full.")}, func(v model.RingView) bool {
			return v.CanSend && v.Bad && v.Status == "Not sent. The disk is full."
		}},
		"an accident": {model.Ring{Draft: q, Stage: model.NotSaved, Problem: errors.New("pipe: secret")}, func(v model.RingView) bool { return v.Bad && !strings.Contains(v.Status, "secret") }},
		"offline": {model.Ring{Link: local.Status{Connection: local.Offline}}, func(v model.RingView) bool {
			return strings.HasPrefix(v.Notice.Text, "You are offline.") && !v.Notice.Urgent
		}},
		"held":    {model.Ring{Link: local.Status{Connection: local.Held}}, func(v model.RingView) bool { return v.Notice.Urgent }},
		"secrets": {model.Ring{Checkup: &local.Checkup{Done: true, Redacted: 1}}, func(v model.RingView) bool { return strings.HasSuffix(v.SendText, "1 password or key was taken out.") }},
	} {
		if v := c.ring.View(); !c.check(v) {
			t.Errorf("%s: the window shows %+v", name, v)
		}
	}
}

func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		receipt local.Receipt
		says    string
		ticket  string
	}{
		{local.Receipt{Ref: "R", Delivery: local.Sent, Ticket: "T", Number: 1042}, "Sent. Number 1042. Answers come here and to the bell.", "T"},
		{local.Receipt{Ref: "R", Delivery: local.Sent}, "Sent. Answers come here and to the bell.", "R"},
		{local.Receipt{Ref: "R", Delivery: local.Saved}, "Saved. It will be sent when you are connected.", "R"},
		{local.Receipt{Ref: "R", Delivery: local.Refused, Sentence: "Too long."}, "Your help desk’s server did not take it.", ""},
	} {
		r := model.Ring{Stage: model.StageOf(c.receipt), Receipt: c.receipt}
		if o := r.Outcome(); o.Sentence != c.says || o.Ticket != c.ticket {
			t.Errorf("%+v says %+v", c.receipt, o)
		}
	}
}
