package model

import (
	"slices"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// GuideChoice is one of the complaints that can be chosen.
type GuideChoice struct {
	Complaint diagnostics.Complaint
	Label     string
	Hint      string
}

// GuideView is what the window shows.
type GuideView struct {
	Notice  Notice
	Heading string
	Choices []GuideChoice

	Asking  bool   // for the site's address
	Problem string // with the address, or why there is no check-up

	Checking string // progress; "" when it is over
	Known    bool   // there is an answer
	Severity diagnostics.Severity
	Answer   string
	More     string // what follows for the employee

	Findings   []Finding // that can be the reason
	Follow     []Finding // that follow from these; folded
	FollowText string
	Others     []Finding // that have nothing to do with it; folded
	OthersText string
	Steps      []GuideStep // of the way to the site
	Checked    []GuideStep // what was looked at; folded
	Tried      []string
	Articles   []ArticleView

	Mend     MendView
	CanAgain bool
	CanHelp  bool // “Still need help” leads on
	Helped   bool // it works
}

// GuideStep is one thing that was looked at.
type GuideStep struct {
	Severity diagnostics.Severity // of its sign; "" is well
	Unknown  bool                 // it was not, or could not be looked at
	Label    string
	Text     string
}

// View returns what the window shows.
func (g Guide) View() GuideView {
	v := GuideView{Notice: NoticeOf(g.Link), Heading: WordsGuideAsk(), Mend: MendOf(g.Mend)}
	switch g.Stage {
	case GuideChoosing:
		for _, c := range diagnostics.Complaints() {
			v.Choices = append(v.Choices, GuideChoice{c, wordsComplaint(c), wordsComplaintHint(c)})
		}
		return v
	case GuideAsking:
		v.Heading, v.Asking = WordsGuideWhich(), true
		if g.NotASite != nil {
			v.Problem = sentence(g.NotASite)
		}
		return v
	case GuideHelped:
		v.Heading, v.Helped = "", true
		return v
	}
	v.Heading = g.Title()
	v.CanHelp = g.Mend.Stage != MendRunning
	v.Steps, v.Checked = g.steps(), g.looked()
	for _, t := range g.Tried {
		v.Tried = append(v.Tried, wordsGuideTried(t.Title, wordsMendResult(t.Outcome)))
	}
	v.Findings, v.Follow, v.Others = g.findings()
	v.FollowText, v.OthersText = wordsGuideFollow(len(v.Follow)), wordsGuideOthers(len(v.Others))
	if g.Stage == GuideChecking {
		done := 0
		for _, c := range v.Checked {
			if !c.Unknown {
				done++
			}
		}
		v.Checking = wordsGuideChecking(done, len(v.Checked))
		v.Answer = wordsGuideLooking()
		return v
	}
	v.Known, v.CanAgain = true, !v.Mend.Shown
	v.Articles = articleViews(g.Articles, g.Reading)
	v.Severity, v.Answer, v.More = g.answer(v.Findings)
	switch {
	case g.Failed != nil:
		v.Problem = sentence(g.Failed)
	case g.SiteError != nil:
		v.Problem = sentence(g.SiteError)
	}
	return v
}

// answer says what it comes to, and how to go on.
func (g Guide) answer(roots []Finding) (diagnostics.Severity, string, string) {
	mend := slices.ContainsFunc(roots, func(f Finding) bool { return f.Mend })
	switch {
	case len(roots) > 0 && mend:
		return Worst(roots), wordsGuideFound(len(roots)), wordsGuideFoundMend()
	case len(roots) > 0:
		return Worst(roots), wordsGuideFound(len(roots)), wordsGuideFoundMore()
	case g.siteBad():
		sentence, advice := wordsSiteVerdict(g.Site.Verdict)
		return diagnostics.Warning, sentence, advice
	case g.Failed != nil:
		return diagnostics.Warning, wordsGuideFailed(), wordsGuideFailedMore()
	case len(g.unread()) > 0:
		return diagnostics.Info, wordsGuidePartly(), wordsGuideNothingMore()
	case g.Site != nil && g.Site.Done:
		sentence, advice := wordsSiteVerdict(g.Site.Verdict)
		return "", sentence, advice
	}
	return "", wordsGuideNothing(), wordsGuideNothingMore()
}

// steps are those of the way to the site, as far as it went.
func (g Guide) steps() (out []GuideStep) {
	if g.Site == nil {
		return nil
	}
	for _, s := range g.Site.Steps {
		step := GuideStep{Label: wordsSitePhase(s.Phase), Text: wordsSiteState(s.State)}
		switch s.State {
		case local.SiteFailed:
			step.Severity = diagnostics.Warning
		case local.SiteSkipped, "":
			step.Unknown = true
		}
		out = append(out, step)
	}
	return out
}

// looked lists what was looked at of this computer.
func (g Guide) looked() (out []GuideStep) {
	var snapshot diagnostics.Snapshot
	done := false
	if g.Checkup != nil {
		snapshot, done = g.Checkup.Snapshot, g.Checkup.Done
	}
	roots, follow, _ := g.findings()
	about := map[diagnostics.SectionName]diagnostics.Severity{}
	for _, r := range diagnostics.Rules() {
		for _, f := range append(slices.Clone(roots), follow...) {
			if f.Code == r.Code && f.Severity.Rank() > about[r.Section].Rank() {
				about[r.Section] = f.Severity
			}
		}
	}
	for _, s := range snapshot.Sections() {
		if !slices.Contains(g.Sections(), s.Name) {
			continue
		}
		pending := s.State == diagnostics.StateMissing && !done && g.Failed == nil
		out = append(out, GuideStep{
			Severity: about[s.Name], Unknown: s.Data == nil, Label: SectionLabel(s.Name), Text: sectionSummary(s, pending),
		})
	}
	return out
}

func articleViews(all []local.Article, reading string) (out []ArticleView) {
	for _, a := range all {
		v := ArticleView{ID: a.ID, Title: clip(a.Title, 120)}
		if a.ID == reading {
			v.Text = Plain(a.Text)
		}
		out = append(out, v)
	}
	return out
}
