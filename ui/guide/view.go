package guide

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/known"
	"github.com/deskbell/deskbell/ui/mend"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// view is the parts of the window.
type view struct {
	root    fyne.CanvasObject
	settler *widgets.Settler
	keys    *widgets.Keys
	notice  *widgets.Notice
	scroll  *container.Scroll

	heading *widgets.Words
	choices *fyne.Container
	first   *widgets.Choice

	asking  *fyne.Container
	address *widgets.Entry
	wrong   *widgets.Words
	try     *widgets.Button

	result       *fyne.Container
	known        *known.Part
	back         *widgets.Button
	sign, answer *widgets.Words
	mark         *fyne.Container
	more         *widgets.Words
	checking     *widgets.Words
	problem      *widgets.Words
	mend         *mend.Part
	below        *fyne.Container // what a fix stands in the place of
	findings     *widgets.Findings
	found        fyne.CanvasObject
	follow       *fold
	steps        *rows
	siteCard     fyne.CanvasObject
	articles     *fyne.Container
	offered      []model.ArticleView
	tried        *widgets.Words
	triedPart    *fyne.Container
	others       *fold
	checked      *rows
	looked       *widgets.Button
	lookedCard   fyne.CanvasObject
	lookedOpen   bool

	foot        fyne.CanvasObject
	again, help *widgets.Button

	done        *fyne.Container
	other, shut *widgets.Button
}

func (g *Guide) build() {
	v := &g.view
	v.keys = &widgets.Keys{Escape: g.host.Close}
	v.notice = widgets.NewNotice()
	v.heading = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true})
	v.choices = widgets.Column(6)
	for _, c := range (model.Guide{}).View().Choices {
		choice := widgets.NewChoice(c.Label, c.Hint, v.keys, func() { g.choose(c.Complaint) })
		if v.first == nil {
			v.first = choice
		}
		v.choices.Add(choice)
	}
	v.scroll = container.NewVScroll(widgets.Pad(widgets.Column(12, g.buildBack(), v.heading, v.choices, g.buildAsking(), g.buildResult(), g.buildDone()), 16, 14))
	v.keys.Focused = func(o fyne.CanvasObject) { widgets.Reveal(v.scroll, v.foot, o) }
	v.again = widgets.NewButton(model.WordsCheckupAgain(), widgets.Plain, v.keys, g.look).WithIcon(theme.IconRefresh)
	v.help = widgets.NewButton(model.WordsGuideHelp(), widgets.Main, v.keys, g.handOver)
	bar := widgets.Pad(widgets.FlowEnd(8, v.again, v.help), 16, 10)
	v.foot = container.NewBorder(widgets.Separator(), nil, nil, nil, container.NewStack(widgets.NewBox(theme.Surface, "", 0), bar))
	v.root = container.NewBorder(v.notice.Container, v.foot, nil, nil, v.scroll)
	v.settler = widgets.NewSettler(v.root)
}

func (g *Guide) buildBack() fyne.CanvasObject {
	g.back = widgets.NewButton(model.WordsGuideBack(), widgets.Quiet, g.keys, g.begin).Small()
	return widgets.Row(0, -1, g.back)
}

func (g *Guide) buildAsking() fyne.CanvasObject {
	v := &g.view
	v.address = widgets.NewEntry(model.WordsGuideAddress(), 1, v.keys, g.tryAddress)
	v.wrong = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Critical})
	v.try = widgets.NewButton(model.WordsGuideTry(), widgets.Main, v.keys, g.tryAddress)
	without := widgets.NewButton(model.WordsGuideNoSite(), widgets.Plain, v.keys, g.withoutAddress)
	v.asking = widgets.Column(12, v.address, v.wrong, widgets.Flow(8, v.try, without))
	return v.asking
}

func (g *Guide) buildResult() fyne.CanvasObject {
	v := &g.view
	small := widgets.Style{Size: theme.SizeMedium, Color: theme.Muted}
	v.sign = widgets.NewWords("", widgets.Style{Bold: true, Clip: true})
	v.mark = widgets.FixedWidth(20, v.sign)
	v.answer = widgets.NewWords("", widgets.Style{Bold: true})
	v.more, v.checking = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium}), widgets.NewWords("", small)
	v.problem = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	v.mend = mend.New(mend.Around{Host: g.host, Agent: g.agent, Keys: v.keys, Back: model.WordsGuideResults(), Render: g.render, Left: g.leftMend})
	v.findings = widgets.NewFindings(v.keys, true)
	v.findings.Mend = func(f model.Finding) {
		if c := g.state.Checkup; c != nil && c.Done {
			v.mend.Offer(c.ID, f)
		}
	}
	v.follow, v.others = g.newFold(), g.newFold()
	v.found = widgets.Card(widgets.Column(10, v.findings.Container, v.follow.Container))
	v.steps, v.checked = newRows(), newRows()
	v.siteCard = widgets.Card(v.steps.Container)
	v.articles = widgets.Column(4)
	v.tried = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	v.triedPart = widgets.Column(4, heading(model.WordsGuideTried()), v.tried)
	v.looked = widgets.NewButton(model.WordsGuideLooked(), widgets.Quiet, v.keys, func() {
		v.lookedOpen = !v.lookedOpen
		g.render()
		widgets.Relayout(v.root)
	}).Small()
	v.lookedCard = widgets.Card(v.checked.Container)
	v.below = widgets.Column(14, v.found, v.siteCard, v.triedPart, v.articles, v.others.Container, widgets.Column(6, widgets.Row(0, -1, v.looked), v.lookedCard))
	v.known = known.New(g.host, g.agent, v.keys, true, func() {
		g.render()
		widgets.Relayout(v.root)
	})
	v.result = widgets.Column(14, v.known.Box, widgets.Column(6, widgets.TopRow(8, 1, v.mark, v.answer), v.more, v.checking, v.problem), v.mend.Box, v.below)
	return v.result
}

func heading(text string) fyne.CanvasObject {
	return widgets.NewWords(text, widgets.Style{Size: theme.SizeMedium, Color: theme.Muted, Bold: true})
}

func (g *Guide) buildDone() fyne.CanvasObject {
	v := &g.view
	sign := widgets.NewWords(theme.SeverityGlyph(""), widgets.Style{Size: theme.SizeTitle, Bold: true, Color: theme.Healthy})
	v.shut = widgets.NewButton(model.WordsClose(), widgets.Main, v.keys, g.host.Close)
	v.other = widgets.NewButton(model.WordsGuideBack(), widgets.Plain, v.keys, g.begin)
	v.done = widgets.Pad(widgets.Column(16, sign, widgets.NewWords(model.WordsGuideDone(), widgets.Style{Size: theme.SizeHeading, Bold: true}),
		widgets.NewWords(model.WordsGuideDoneIs(), widgets.Style{}), widgets.Flow(8, v.shut, v.other)), 8, 34)
	return v.done
}

// render shows the state. It touches only what differs.
func (g *Guide) render() {
	if g.root == nil {
		return
	}
	defer g.settler.Settle()
	g.state.Mend = g.mend.State()
	g.state.Try(g.state.Mend.Fix)
	s, v := g.state.View(), &g.view
	v.notice.Set(s.Notice)
	v.heading.SetOrHide(s.Heading)
	choosing, asked := len(s.Choices) > 0, g.state.Stage == model.GuideChecking || g.state.Stage == model.GuideAnswered
	widgets.Show(v.choices, choosing)
	widgets.Show(v.back, (asked || s.Asking) && !s.Mend.Shown)
	widgets.Show(v.asking, s.Asking)
	widgets.Show(v.result, asked)
	widgets.Show(v.foot, asked)
	widgets.Show(v.done, s.Helped)
	v.wrong.SetOrHide("")
	if s.Asking {
		v.wrong.SetOrHide(s.Problem)
	}
	if !asked {
		return
	}
	if s.Mend.Shown { // one thing at a time
		s.Answer, s.More, s.Problem, s.Checking = "", "", "", ""
	}
	var outages []local.Announcement
	if !s.Mend.Shown {
		outages = g.state.Known()
	}
	v.known.Set(outages)
	v.sign.Set(theme.SeverityGlyph(s.Severity))
	v.sign.SetColor(theme.SeverityToken(s.Severity))
	widgets.Show(v.mark, s.Known && s.Answer != "")
	v.answer.SetOrHide(s.Answer)
	v.more.SetOrHide(s.More)
	v.checking.SetOrHide(s.Checking)
	v.problem.SetOrHide(s.Problem)
	v.mend.Set(s.Mend)
	widgets.Show(v.below, !s.Mend.Shown)
	v.findings.Set(s.Findings)
	widgets.Show(v.found, len(s.Findings) > 0)
	v.follow.set(s.FollowText, s.Follow)
	v.steps.set(s.Steps)
	widgets.Show(v.siteCard, len(s.Steps) > 0)
	v.tried.Set(strings.Join(s.Tried, "\n"))
	widgets.Show(v.triedPart, len(s.Tried) > 0)
	g.renderArticles(s.Articles)
	v.others.set(s.OthersText, s.Others)
	v.looked.SetIcon(chevron(v.lookedOpen))
	v.checked.set(s.Checked)
	widgets.Show(v.lookedCard, v.lookedOpen && len(s.Checked) > 0)
	v.again.SetEnabled(s.CanAgain)
	v.help.SetEnabled(s.CanHelp)
}

func chevron(open bool) theme.Icon {
	if open {
		return theme.IconDown
	}
	return theme.IconRight
}

// focus puts the keyboard where one goes on.
func (g *Guide) focus() {
	canvas, v := g.host.Window.Canvas(), &g.view
	v.scroll.ScrollToTop()
	switch g.state.Stage {
	case model.GuideChoosing:
		canvas.Focus(v.first)
	case model.GuideAsking:
		canvas.Focus(v.address)
	case model.GuideHelped:
		canvas.Focus(v.shut)
	default:
		if v.mend.State().Stage == model.MendNone {
			canvas.Focus(v.help)
		}
	}
}

// unfold folds everything again: another trouble has other answers.
func (g *Guide) unfold() {
	g.lookedOpen, g.follow.open, g.others.open = false, false, false
}

// renderArticles shows titles; the one that is unfolded with its text.
func (g *Guide) renderArticles(list []model.ArticleView) {
	v := &g.view
	widgets.Show(v.articles, len(list) > 0)
	if slices.Equal(v.offered, list) {
		return
	}
	v.offered = list
	v.articles.RemoveAll()
	if len(list) > 0 {
		v.articles.Add(heading(model.WordsRingArticles()))
	}
	for _, a := range list {
		title := widgets.NewButton(a.Title, widgets.Quiet, v.keys, func() {
			g.state.Unfold(a.ID)
			g.render()
			widgets.Relayout(v.root)
		}).WithIcon(chevron(a.Text != "")).Small()
		v.articles.Add(widgets.Row(0, -1, title))
		if a.Text != "" {
			helped := widgets.NewButton(model.WordsRingHelped(), widgets.Plain, v.keys, func() { g.articleHelped(a.ID) }).Small()
			v.articles.Add(widgets.Card(widgets.Column(8, widgets.NewWords(a.Text, widgets.Style{}), widgets.Row(0, -1, helped))))
		}
	}
	widgets.Relayout(v.root)
}

// rows lists what was looked at: sign, name, what was read.
type rows struct {
	*fyne.Container
	shown []model.GuideStep
}

func newRows() *rows { return &rows{Container: widgets.Column(8)} }

func (r *rows) set(all []model.GuideStep) {
	if slices.Equal(all, r.shown) {
		return
	}
	r.shown = slices.Clone(all)
	r.RemoveAll()
	for _, s := range all {
		glyph, token := theme.SeverityGlyph(s.Severity), theme.SeverityToken(s.Severity)
		if s.Unknown && s.Severity == "" {
			glyph, token = theme.SeverityGlyph(diagnostics.Severity("unknown")), theme.Unknown
		}
		sign := widgets.NewWords(glyph, widgets.Style{Size: theme.SizeMedium, Color: token, Bold: true})
		r.Add(widgets.TopRow(8, 1, widgets.FixedWidth(16, sign),
			widgets.Column(0, widgets.NewWords(s.Label, widgets.Style{Size: theme.SizeMedium, Bold: true}), widgets.NewWords(s.Text, widgets.Style{Size: theme.SizeSmall, Color: theme.Muted}))))
	}
}

// fold is a list of findings behind a button.
type fold struct {
	*fyne.Container
	button *widgets.Button
	list   *widgets.Findings
	open   bool
}

func (g *Guide) newFold() *fold {
	f := &fold{list: widgets.NewFindings(g.keys, true)}
	f.button = widgets.NewButton("", widgets.Quiet, g.keys, func() {
		f.open = !f.open
		g.render()
		widgets.Relayout(g.root)
	}).Small()
	f.Container = widgets.Column(6, widgets.Row(0, -1, f.button), f.list.Container)
	return f
}

func (f *fold) set(text string, all []model.Finding) {
	f.button.SetText(text)
	f.button.SetIcon(chevron(f.open))
	f.list.Set(all)
	widgets.Show(f.list.Container, f.open && len(all) > 0)
	widgets.Show(f.Container, len(all) > 0)
}
