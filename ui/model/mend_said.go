package model

import (
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
)

// said is a sentence of the agent's in the reader's language: the text whose English
// it is came along.
func said(texts []tongue.Text, english string) string {
	if english == "" || tongue.Current() == tongue.English {
		return english
	}
	for _, t := range texts {
		if t.English() == english {
			return t.Or(english)
		}
	}
	return english
}

func saidPlan(p local.FixPlan) local.FixPlan {
	p.Title, p.What, p.Cannot, p.Undo = said(p.Said, p.Title), said(p.Said, p.What), said(p.Said, p.Cannot), said(p.Said, p.Undo)
	steps := make([]local.FixStep, 0, len(p.Steps))
	for _, s := range p.Steps {
		s.Says, s.Cannot = said(p.Said, s.Says), said(p.Said, s.Cannot)
		steps = append(steps, s)
	}
	p.Steps = steps
	return p
}

func saidFix(f local.Fix) local.Fix {
	f.Title, f.Doing, f.Sentence, f.Undo = said(f.Said, f.Title), said(f.Said, f.Doing), said(f.Said, f.Sentence), said(f.Said, f.Undo)
	did := make([]string, 0, len(f.Did))
	for _, s := range f.Did {
		did = append(did, said(f.Said, s))
	}
	f.Did = did
	return f
}
