package model

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// Guide is the window “Find and fix a problem”: what the employee complains of,
// what was found about it, and what was tried.
type Guide struct {
	Link      local.Status
	Stage     GuideStage
	Complaint diagnostics.Complaint
	Address   string // of a site that does not work, as typed; "" it is not known

	Checkup   *local.Checkup // nil until the first part is there
	Earlier   *local.Checkup // the one before, while it is looked again
	Failed    error          // why there is no check-up
	Site      *local.Site    // nil until the first step
	SiteError error          // why it was not tried
	NotASite  error          // what is wrong with the address

	Mend  Mend
	Tried []Tried // oldest first

	Articles []local.Article
	Reading  string // the id of the one that is unfolded
}

// GuideStage is how far guided help has come.
type GuideStage int

// The stages.
const (
	GuideChoosing GuideStage = iota // the employee says what is wrong
	GuideAsking                     // which site
	GuideChecking
	GuideAnswered
	GuideHelped // it works: nothing is sent
)

// Tried is a fix that was tried, and what came of it.
type Tried struct {
	ID      string
	Title   string
	Outcome local.FixOutcome
	Changes []string
	Helped  *bool // the employee's word
}

// Try notes how a fix stands.
func (g *Guide) Try(f local.Fix) {
	if f.ID == "" || f.Outcome == "" {
		return
	}
	one := Tried{f.ID, Line(f.Title), f.Outcome, changes(f.Before, f.After), f.Helped}
	if i := slices.IndexFunc(g.Tried, func(t Tried) bool { return t.ID == f.ID }); i >= 0 {
		g.Tried[i] = one
		return
	}
	g.Tried = append(g.Tried, one)
}

// Mended reports whether the newest fix has made it work, in the employee's word too.
func (g Guide) Mended() bool {
	if len(g.Tried) == 0 {
		return false
	}
	last := g.Tried[len(g.Tried)-1]
	return last.Outcome == local.FixHelped && last.Helped != nil && *last.Helped
}

// Sections lists what is looked at.
func (g Guide) Sections() []diagnostics.SectionName { return g.Complaint.Sections() }

// checked reports whether all that was to be looked at has been, or never will be.
func (g Guide) checked() bool {
	siteDone := g.Address == "" || g.SiteError != nil || g.Site != nil && g.Site.Done
	return siteDone && (g.Failed != nil || g.Checkup != nil && g.Checkup.Done)
}

// Settle ends the checking once everything is there.
func (g *Guide) Settle() {
	if g.Stage == GuideChecking && g.checked() {
		g.Stage = GuideAnswered
	}
}

// findings are those that can be the reason: what explains itself, and what follows
// from it; and the others.
func (g Guide) findings() (roots, follow, others []Finding) {
	if g.Checkup == nil {
		return nil, nil, nil
	}
	these, rest := g.Complaint.Concerning(g.Checkup.Findings)
	explained := map[diagnostics.Code]bool{}
	for _, f := range these {
		if f.CausedBy != "" && slices.ContainsFunc(these, func(c diagnostics.Finding) bool { return c.Code == f.CausedBy }) {
			explained[f.Code] = true
		}
	}
	for _, f := range FindingsOf(these) {
		f.Mend = f.Mend && g.Checkup.Done && g.Checkup.ID != "" && g.Link.Connection != local.NoAgent
		if explained[f.Code] {
			follow = append(follow, f)
		} else {
			roots = append(roots, f)
		}
	}
	others = FindingsOf(rest)
	for i := range others {
		others[i].Mend = false // one thing at a time: “Check this computer” mends them
	}
	return roots, follow, others
}

// unread lists the parts that could not be read.
func (g Guide) unread() (out []diagnostics.SectionName) {
	if g.Checkup == nil {
		return nil
	}
	for _, s := range g.Checkup.Snapshot.Sections() {
		if slices.Contains(g.Sections(), s.Name) && (s.State == diagnostics.StateFailed || s.State == diagnostics.StateTimeout || s.State == diagnostics.StatePartial) {
			out = append(out, s.Name)
		}
	}
	return out
}

// siteBad reports whether the way to the site ends before it.
func (g Guide) siteBad() bool {
	return g.Site != nil && g.Site.Done && g.Site.Verdict != local.SiteWorks
}

// Asks returns what articles are to be looked for by.
func (g Guide) Asks() string {
	words := []string{g.Title()}
	roots, _, _ := g.findings()
	for _, f := range roots[:min(len(roots), 2)] {
		words = append(words, f.Sentence)
	}
	return strings.Join(words, "\n")
}

// Offer shows the articles that were found.
func (g *Guide) Offer(list []local.Article) {
	g.Articles, g.Reading = list[:min(len(list), 3)], ""
}

// Unfold opens an article in its place, or folds it again.
func (g *Guide) Unfold(id string) {
	if g.Reading == id {
		id = ""
	}
	g.Reading = id
}

// Title is the complaint as the title of a ticket.
func (g Guide) Title() string {
	if g.Complaint == diagnostics.ComplaintSite && g.Address != "" {
		return wordsGuideSite(clip(g.shownAddress(), 120))
	}
	return wordsComplaint(g.Complaint)
}

// shownAddress is the address without what may be a secret in it.
func (g Guide) shownAddress() string {
	if g.Site != nil && g.Site.Address != "" {
		return Line(g.Site.Address)
	}
	address, _, _ := strings.Cut(Line(g.Address), "?")
	return address
}
