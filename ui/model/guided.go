package model

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// SectionGuided is the place of what guided help found among the parts of what is
// sent. It is none of the check-up's.
const SectionGuided diagnostics.SectionName = "guided_help"

// Guided is what guided help found and tried, as it goes with a ticket. It is kept
// with the draft, so its JSON form is stable.
type Guided struct {
	Complaint diagnostics.Complaint `json:"complaint"`
	Lines     []string              `json:"lines"`
}

// Bounds of what goes along: it is read by people.
const (
	maxGuidedLines = 60
	maxGuidedLine  = 400
)

// Guided returns what goes with the ticket: the complaint, what was looked at, what
// was found, and what was tried.
func (g Guide) Guided() Guided {
	if g.Earlier != nil && (g.Checkup == nil || !g.Checkup.Done) {
		g.Checkup = g.Earlier // who is in a hurry takes along what was found before
	}
	out := Guided{Complaint: g.Complaint}
	say := func(line string) {
		if len(out.Lines) < maxGuidedLines {
			out.Lines = append(out.Lines, clip(line, maxGuidedLine))
		}
	}
	say(wordsGuidedComplaint(g.Title()))
	var read, unread []string
	for _, n := range g.Sections() {
		switch {
		case g.Checkup == nil || !g.sectionRead(n):
			unread = append(unread, SectionLabel(n))
		default:
			read = append(read, SectionLabel(n))
		}
	}
	if len(read) > 0 {
		say(wordsGuidedChecked(strings.Join(read, ", ")))
	}
	if len(unread) > 0 {
		say(wordsGuidedUnread(strings.Join(unread, ", ")))
	}
	for _, a := range g.Known() {
		say(wordsGuidedKnown(clip(a.Title, 160)))
	}
	roots, follow, _ := g.findings()
	for _, f := range append(slices.Clone(roots), follow...) {
		say(wordsGuidedFound(string(f.Code), f.Sentence))
	}
	if len(roots) == 0 && len(read) > 0 {
		say(wordsGuidedNothing())
	}
	if g.Site != nil {
		verdict, _ := wordsSiteVerdict(g.Site.Verdict)
		say(wordsGuidedSite(g.shownAddress(), verdict))
		for _, s := range g.Site.Steps {
			say(wordsGuidedStep(wordsSitePhase(s.Phase), wordsSiteState(s.State), Line(s.Detail)))
		}
	}
	for _, t := range g.Tried {
		say(wordsGuideTried(t.Title, wordsMendResult(t.Outcome)))
		for _, c := range t.Changes {
			say(c)
		}
		if t.Helped != nil && !*t.Helped {
			say(wordsGuidedNotYet())
		}
	}
	return out
}

func (g Guide) sectionRead(n diagnostics.SectionName) bool {
	for _, s := range g.Checkup.Snapshot.Sections() {
		if s.Name == n {
			return s.Data != nil
		}
	}
	return false
}

// Draft puts what guided help found into what is being written. Words that stand
// there already stay.
func (g Guide) Draft(d Draft) Draft {
	guided := g.Guided()
	before := d.Guided
	d.Guided, d.Ref = &guided, ""
	own := strings.TrimSpace(d.Question)
	if own == "" || before != nil && own == wordsComplaint(before.Complaint) {
		d.Question = ""
		if g.Complaint != diagnostics.ComplaintOther { // there is nothing to say for them
			d.Question = g.Title()
		}
	}
	return d
}

// sendsGuided reports whether it goes along.
func (d Draft) sendsGuided() bool {
	return d.Guided != nil && !slices.Contains(d.Without, SectionGuided)
}

// sectionOfGuided is what guided help found as one of the parts that are sent.
func sectionOfGuided(d Draft) Section {
	return Section{Name: SectionGuided, Label: WordsGuided(), HasData: true, Ticked: d.sendsGuided(), Summary: wordsComplaint(d.Guided.Complaint)}
}

// GuidedText is what guided help found, as it is sent.
func (d Draft) GuidedText() []string {
	if d.Guided == nil {
		return nil
	}
	return lines(d.Guided.Lines)
}

// withGuided puts it below the words that are sent.
func (d Draft) withGuided(body string) string {
	if !d.sendsGuided() {
		return body
	}
	return strings.TrimSpace(body + "\n\n" + WordsGuided() + "\n" + strings.Join(d.GuidedText(), "\n"))
}
