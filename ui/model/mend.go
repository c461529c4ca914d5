package model

import (
	"slices"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// MendStage is how far a fix has come in the window.
type MendStage int

// The stages.
const (
	MendNone    MendStage = iota // findings are shown
	MendLooking                  // the agent looks what it would do
	MendOffered                  // the employee decides
	MendRunning
	MendDone
	MendFailed // there is no plan, or no word of what came of it
)

// Mend is a fix of one finding, from the offer to the employee's own word.
type Mend struct {
	Stage   MendStage
	Finding Finding
	Plan    local.FixPlan
	Fix     local.Fix
	Err     error
}

// MendView is what the window shows of it.
type MendView struct {
	Shown    bool
	Title    string
	About    string   // the finding
	What     string   // what it will do
	Figures  []string // what it would free or restart
	Left     []string // what is left out, and why
	Progress string
	Severity diagnostics.Severity // of the result's sign
	Result   string
	Did      []string
	Changes  []string // before → after
	Question string   // whether it helped
	Thanks   string
	Problem  string

	Do, Leave, Answer, Undo, Back bool // which buttons there are
}

// MendOf returns what the window shows.
func MendOf(m Mend) MendView {
	m.Plan, m.Fix = saidPlan(m.Plan), saidFix(m.Fix)
	v := MendView{Shown: m.Stage != MendNone, Title: Line(m.Plan.Title), About: m.Finding.Sentence}
	if v.Title == "" {
		v.Title = WordsMend()
	}
	switch m.Stage {
	case MendLooking:
		v.Progress, v.Leave = wordsMendLooking(), true
	case MendOffered:
		v.offer(m.Plan)
	case MendRunning:
		v.What, v.Progress = Line(m.Plan.What), Line(m.Fix.Doing)
		if v.Progress == "" {
			v.Progress = wordsMendRunning()
		}
		v.Did = lines(m.Fix.Did)
	case MendDone:
		v.done(m.Fix)
		if m.Err != nil {
			v.Problem = sentence(m.Err)
		}
	case MendFailed:
		v.Problem, v.Back = sentence(m.Err), true
	}
	return v
}

func (v *MendView) offer(p local.FixPlan) {
	v.What = Line(p.What)
	for _, s := range p.Steps {
		if s.Cannot == "" {
			v.Figures = append(v.Figures, Line(s.Says))
		} else if p.Cannot == "" {
			v.Left = append(v.Left, Line(s.Cannot))
		}
	}
	if p.Cannot != "" {
		v.Problem, v.Back = Line(p.Cannot), true
		return
	}
	if p.Undo == "" {
		v.Left = append(v.Left, wordsMendNoUndo())
	}
	v.Do, v.Leave = true, true
}

func (v *MendView) done(f local.Fix) {
	v.Did, v.Back = lines(f.Did), true
	v.Severity = wordsMendSeverity(f.Outcome)
	v.Result = wordsMendResult(f.Outcome)
	if f.Outcome != local.FixHelped {
		v.Left = []string{Line(f.Sentence)}
	}
	v.Changes = changes(f.Before, f.After)
	v.Undo = f.Undo != "" && f.UndoneAt.IsZero()
	if v.Undo {
		v.Left = append(v.Left, Line(f.Undo))
	}
	switch {
	case f.Helped != nil:
		v.Thanks = wordsMendThanks(*f.Helped)
	case f.Outcome == local.FixHelped || f.Outcome == local.FixNoHelp || f.Outcome == local.FixUncertain:
		v.Question, v.Answer = wordsMendQuestion(), true
	}
}

// changes sets what was read after beside what was read before.
func changes(before, after []diagnostics.Evidence) []string {
	var out []string
	for _, b := range before {
		now := ""
		if i := slices.IndexFunc(after, func(a diagnostics.Evidence) bool { return a.What == b.What }); i >= 0 {
			_, now = evidenceOf(after[i])
		}
		what, value := evidenceOf(b)
		out = append(out, wordsMendChange(what, value, now))
	}
	for _, a := range after {
		if !slices.ContainsFunc(before, func(b diagnostics.Evidence) bool { return a.What == b.What }) {
			what, value := evidenceOf(a)
			out = append(out, wordsMendChange(what, "", value))
		}
	}
	return out
}

func lines(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, Line(s))
	}
	return out
}
