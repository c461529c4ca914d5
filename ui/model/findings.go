package model

import (
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
)

// Finding is one thing that is wrong, as the employee reads it.
type Finding struct {
	Code     diagnostics.Code
	Severity diagnostics.Severity
	Word     string // the severity in words
	Title    string // two or three words
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
			Title: titleOf(f.Code), Sentence: Line(f.Said.Sentence.Or(f.Sentence)), Advice: Line(adviceOf(f)), Detail: Plain(f.Detail),
		}
		for _, e := range f.Evidence {
			v.Evidence = append(v.Evidence, wordsEvidence(evidenceOf(e)))
		}
		out = append(out, v)
	}
	return out
}

// titleOf is "" for a finding that a newer agent has made.
func titleOf(c diagnostics.Code) string {
	title, ok := tongue.Current().Render(diagnostics.Title(c))
	if !ok {
		return ""
	}
	return title
}

// adviceOf is what to do, in the reader's language. It is said in one language: if
// a sentence of it is not known here, in English.
func adviceOf(f diagnostics.Finding) string {
	if tongue.Current() == tongue.English || len(f.Said.Advice) == 0 {
		return f.Advice
	}
	var all []string
	for _, a := range f.Said.Advice {
		s, ok := tongue.Current().Render(a)
		if !ok {
			return f.Advice
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

// evidenceOf is a reading in the reader's language.
func evidenceOf(e diagnostics.Evidence) (what, value string) {
	what, value = e.What, e.Value
	if e.SaidWhat != nil {
		what = e.SaidWhat.Or(what)
	}
	if e.SaidValue != nil {
		value = e.SaidValue.Or(value)
	}
	return Line(what), Line(value)
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
