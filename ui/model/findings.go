package model

import (
	"github.com/deskbell/deskbell/diagnostics"
)

// Finding is one thing that is wrong, as the employee reads it.
type Finding struct {
	Code     diagnostics.Code
	Severity diagnostics.Severity
	Word     string // the severity in words
	Sentence string
	Advice   string // what to do; may be empty
	Detail   string // exact, for whoever opens it
	Evidence []string
	Mend     bool // this computer may be able to mend it itself
}

// FindingsOf returns the findings in the order in which they are read.
func FindingsOf(found []diagnostics.Finding) []Finding {
	sorted := append([]diagnostics.Finding(nil), found...)
	diagnostics.SortFindings(sorted)
	out := make([]Finding, 0, len(sorted))
	for _, f := range sorted {
		v := Finding{
			Code: f.Code, Mend: f.Fix != nil,
			Severity: f.Severity, Word: SeverityWord(f.Severity),
			Sentence: Line(f.Sentence), Advice: Line(f.Advice), Detail: Plain(f.Detail),
		}
		for _, e := range f.Evidence {
			v.Evidence = append(v.Evidence, wordsEvidence(Line(e.What), Line(e.Value)))
		}
		out = append(out, v)
	}
	return out
}

// Worst returns the worst severity among the findings, or "" for none.
func Worst(found []Finding) diagnostics.Severity {
	var worst diagnostics.Severity
	for _, f := range found {
		if f.Severity.Rank() > worst.Rank() {
			worst = f.Severity
		}
	}
	return worst
}

// shownFindings is how many findings a window shows before the fold.
const shownFindings = 3

// FoldFindings splits findings into those that are shown and the rest.
func FoldFindings(all []Finding) (shown, folded []Finding) {
	if len(all) <= shownFindings {
		return all, nil
	}
	return all[:shownFindings], all[shownFindings:]
}
