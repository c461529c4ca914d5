package model

import (
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// CheckupView is the window “Check this computer”.
type CheckupView struct {
	Notice   Notice
	Severity diagnostics.Severity // of the answer's sign; "" is healthy
	Known    bool                 // there is an answer
	Answer   string
	More     string // what the answer lacks
	Checking string // progress; "" when it is over
	Findings []Finding
	Sections []Section
	Problem  string // why there is no check-up
}

// CheckupOf returns what the window shows. c is nil until the first part is there;
// err is why the check-up ended early.
func CheckupOf(link local.Status, c *local.Checkup, err error) CheckupView {
	v := CheckupView{Sections: SectionsOf(c, nil)}
	if link.Connection == local.NoAgent {
		v.Notice = Notice{Text: wordsCheckupNoAgent(), Urgent: true}
	}
	if c != nil {
		v.Findings = FindingsOf(c.Findings)
		for i := range v.Findings { // the agent mends what a finished check-up of it has found
			v.Findings[i].Mend = v.Findings[i].Mend && c.Done && c.ID != "" && link.Connection != local.NoAgent
		}
	}
	switch {
	case err != nil:
		v.Problem, v.Answer, v.Severity = sentence(err), wordsCheckupFailed(), diagnostics.Warning
		return v
	case c == nil || !c.Done:
		read, all := Progress(c)
		v.Checking, v.Answer = wordsRingChecking(read, all), wordsCheckupRunning()
		return v
	}
	v.Known, v.Severity = true, Worst(v.Findings)
	v.Answer = wordsCheckupAnswer(v.Severity, len(v.Findings))
	unread := 0
	for _, s := range c.Snapshot.Sections() {
		switch s.State {
		case diagnostics.StateFailed, diagnostics.StateTimeout:
			unread++
		}
	}
	v.More = wordsCheckupUnread(unread)
	return v
}
