package ring

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/known"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// view is the parts of the window.
type view struct {
	root     fyne.CanvasObject
	settle   *widgets.Settler
	keys     *widgets.Keys
	notice   *widgets.Notice
	form     *fyne.Container
	scroll   *container.Scroll
	question *widgets.Entry
	long     *widgets.Words
	details  *widgets.Entry
	broken   *widgets.Tick // of these two one is chosen
	need     *widgets.Tick
	known    *known.Part
	articles *fyne.Container
	offered  []model.ArticleView

	checking *widgets.Words
	calm     *widgets.Words
	findings *widgets.Findings
	folded   *widgets.Findings
	fold     *widgets.Button
	open     bool // the fold is

	along        *widgets.Words
	sections     *widgets.Sections
	parts        *fyne.Container
	recorded     *widgets.Sections // the flight recorder, as one more part
	recordedPart *fyne.Container
	changed      *widgets.Sections // what has changed, as one more part
	changedPart  *fyne.Container
	guided       *widgets.Sections // what guided help found, as one more part
	guidedPart   *fyne.Container
	files        *fyne.Container
	listed       []string
	attachIt     *widgets.Button
	pictureIt    *widgets.Button

	trouble *widgets.Words
	status  *widgets.Words
	sendIt  *widgets.Button

	outcome        *fyne.Container
	sign           *widgets.Words
	sentence, more *widgets.Words
	main, again    *widgets.Button
}

func (r *Ring) build() {
	v := &r.view
	v.keys = &widgets.Keys{Escape: r.host.Close, Send: r.send}
	v.notice = widgets.NewNotice()
	v.question = widgets.NewEntry(model.WordsRingPlaceholder(), 2, v.keys, r.send)
	v.long = widgets.NewWords("", widgets.Style{Size: theme.SizeSmall, Color: theme.Muted})
	v.details = widgets.NewEntry(model.WordsRingDetails(), 2, v.keys, nil)
	v.question.OnChanged = func(s string) { r.edited(func(d *model.Draft) { d.Question = s }) }
	v.details.OnChanged = func(s string) { r.edited(func(d *model.Draft) { d.Details = s }) }
	v.known = known.New(r.host, r.agent, v.keys, true, r.renderKnown)
	v.scroll = container.NewVScroll(widgets.Pad(widgets.Column(20,
		widgets.Column(8, widgets.NewWords(model.WordsRingQuestion(), widgets.Style{Size: theme.SizeHeading, Bold: true}), v.question, v.long, v.known.Box, v.buildArticles(), v.details, r.buildKind(), r.buildGuide()),
		r.buildFindings(),
		r.buildAlong(),
	), 16, 16))
	bar := r.buildBar()
	v.keys.Focused = func(o fyne.CanvasObject) { widgets.Reveal(v.scroll, bar, o) }
	v.form = container.NewBorder(nil, bar, nil, nil, v.scroll)
	v.outcome = r.buildOutcome()
	v.root = container.NewBorder(v.notice.Container, nil, nil, nil, container.NewStack(v.form, v.outcome))
	v.settle = widgets.NewSettler(v.root)
}

// buildKind offers the choice below the words: the keyboard stands in the question,
// and who is in a hurry passes it by.
func (r *Ring) buildKind() fyne.CanvasObject {
	v := &r.view
	v.broken = widgets.NewOption(model.WordsRingBroken(), v.keys, func() { r.edited(func(d *model.Draft) { d.Request = false }) })
	v.need = widgets.NewOption(model.WordsRingNeed(), v.keys, func() { r.edited(func(d *model.Draft) { d.Request = true }) })
	return widgets.Flow(20, v.broken, v.need)
}

// buildGuide leads to guided help: it may be mended at once.
func (r *Ring) buildGuide() fyne.CanvasObject {
	return widgets.Row(0, -1, widgets.NewButton(model.WordsGuide(), widgets.Quiet, r.keys, func() {
		r.host.Show(session.Request{Show: session.Guide})
		r.host.Close()
	}).Small().WithIcon(theme.IconRight))
}

func heading(text string) fyne.CanvasObject {
	return widgets.NewWords(text, widgets.Style{Size: theme.SizeMedium, Color: theme.Muted, Bold: true})
}

func (r *Ring) buildFindings() fyne.CanvasObject {
	v := &r.view
	v.checking = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	v.calm = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	v.findings, v.folded = widgets.NewFindings(v.keys, false), widgets.NewFindings(v.keys, false)
	v.fold = widgets.NewButton("", widgets.Quiet, v.keys, func() {
		v.open = !v.open
		r.render()
		widgets.Relayout(v.root)
	}).Small()
	return widgets.Column(8, heading(model.WordsRingFound()),
		widgets.Card(widgets.Column(10, v.checking, v.calm, v.findings.Container, v.folded.Container, widgets.Row(0, -1, v.fold))))
}

func (r *Ring) buildAlong() fyne.CanvasObject {
	v := &r.view
	v.along = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	v.sections = widgets.NewSections(v.keys,
		func(n diagnostics.SectionName) []string { return model.SectionText(r.state.Checkup, n) },
		r.tick, func(s string) { fyne.CurrentApp().Clipboard().SetContent(s) })
	v.parts = widgets.Card(v.sections.Container)
	v.recorded = widgets.NewSectionsOf([]diagnostics.SectionName{model.SectionRecorder}, v.keys,
		func(diagnostics.SectionName) []string { return model.RecordingText(r.state.Recording, time.Local) },
		r.tick, func(s string) { fyne.CurrentApp().Clipboard().SetContent(s) })
	v.recordedPart = widgets.Card(v.recorded.Container)
	v.changed = widgets.NewSectionsOf([]diagnostics.SectionName{model.SectionChanges}, v.keys,
		func(diagnostics.SectionName) []string { return model.ChangesText(r.state.Changes, time.Local) },
		r.tick, func(s string) { fyne.CurrentApp().Clipboard().SetContent(s) })
	v.changedPart = widgets.Card(v.changed.Container)
	v.guided = widgets.NewSectionsOf([]diagnostics.SectionName{model.SectionGuided}, v.keys,
		func(diagnostics.SectionName) []string { return r.state.Draft.GuidedText() },
		r.tick, func(s string) { fyne.CurrentApp().Clipboard().SetContent(s) })
	v.guidedPart = widgets.Card(v.guided.Container)
	v.files = widgets.Column(4)
	v.attachIt = widgets.NewButton(model.WordsAttach(), widgets.Plain, v.keys, r.choose).WithIcon(theme.IconClip).Small()
	v.pictureIt = widgets.NewButton(model.WordsRingPicture(), widgets.Plain, v.keys, r.picture).WithIcon(theme.IconCamera).Small()
	return widgets.Column(8, heading(model.WordsRingAlong()), v.along,
		v.guidedPart, v.parts, v.recordedPart, v.changedPart, v.files,
		widgets.Flow(8, v.pictureIt, v.attachIt),
		widgets.NewWords(model.WordsRingDrop(), widgets.Style{Size: theme.SizeSmall, Color: theme.Muted}))
}

func (r *Ring) buildBar() fyne.CanvasObject {
	v := &r.view
	v.status = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	v.sendIt = widgets.NewButton(model.WordsSend(), widgets.Main, v.keys, r.send)
	v.trouble = widgets.NewWords(theme.SeverityGlyph(diagnostics.Critical), widgets.Style{Size: theme.SizeMedium, Color: theme.Critical, Bold: true, Clip: true})
	bar := widgets.Pad(widgets.Row(8, 1, v.trouble, v.status, v.sendIt), 16, 10)
	return container.NewBorder(widgets.Separator(), nil, nil, nil, container.NewStack(widgets.NewBox(theme.Surface, "", 0), bar))
}

func (r *Ring) buildOutcome() *fyne.Container {
	v := &r.view
	v.sign = widgets.NewWords("", widgets.Style{Size: theme.SizeTitle, Bold: true})
	v.sentence = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true})
	v.more = widgets.NewWords("", widgets.Style{})
	v.main = widgets.NewButton(model.WordsRingOpen(), widgets.Main, v.keys, r.act)
	v.again = widgets.NewButton(model.WordsRingAnother(), widgets.Plain, v.keys, func() {
		r.another()
		r.Shown("")
	})
	shut := widgets.NewButton(model.WordsClose(), widgets.Quiet, v.keys, r.host.Close)
	c := widgets.Pad(widgets.Column(16, v.sign, v.sentence, v.more, widgets.Flow(8, v.main, v.again, shut)), 24, 48)
	c.Hide()
	return c
}

// act is the main button after sending.
func (r *Ring) act() {
	if r.state.Stage == model.Refused { // back to the words
		r.state.Stage, r.state.Draft.Ref = model.Writing, ""
		r.render()
		r.host.Window.Canvas().Focus(r.question)
		return
	}
	r.host.Show(session.Request{Show: session.Tickets, Ticket: r.state.Outcome().Ticket})
	r.host.Close()
}

// renderKnown shows the state after the employee has said that an outage hits them.
func (r *Ring) renderKnown() {
	r.render()
	widgets.Relayout(r.root)
}

// fill puts the draft into the boxes.
func (r *Ring) fill() {
	d := r.state.Draft
	for e, text := range map[*widgets.Entry]string{r.question: d.Question, r.details: d.Details} {
		changed := e.OnChanged
		e.OnChanged = nil
		e.SetText(text)
		e.OnChanged = changed
	}
}

// render shows the state. It touches only what differs.
func (r *Ring) render() {
	defer r.settle.Settle()
	s, v := r.state.View(), &r.view
	v.notice.Set(s.Notice)
	done := r.state.Stage.Done()
	widgets.Show(v.form, !done)
	widgets.Show(v.outcome, done)
	if done {
		r.renderOutcome()
		return
	}
	v.long.SetOrHide(s.Title)
	v.known.Set(r.state.Known())
	r.renderArticles(s.Articles)
	v.broken.Set(!r.state.Draft.Request)
	v.need.Set(r.state.Draft.Request)
	v.broken.SetEnabled(s.CanEdit)
	v.need.SetEnabled(s.CanEdit)
	v.checking.SetOrHide(s.Checking)
	v.calm.SetOrHide(s.Calm)
	v.findings.Set(s.Findings)
	v.folded.Set(s.Folded)
	widgets.Show(v.findings.Container, len(s.Findings) > 0)
	widgets.Show(v.folded.Container, v.open && len(s.Folded) > 0)
	widgets.Show(v.fold, len(s.Folded) > 0)
	v.fold.SetText(s.FoldText)
	v.fold.SetIcon(theme.IconRight)
	if v.open {
		v.fold.SetText(model.WordsHide())
		v.fold.SetIcon(theme.IconDown)
	}
	v.along.Set(s.SendText)
	v.sections.Set(s.Sections, s.CanEdit)
	widgets.Show(v.parts, len(s.Sections) > 0)
	v.recorded.Set(s.Recorded, s.CanEdit)
	widgets.Show(v.recordedPart, len(s.Recorded) > 0)
	v.changed.Set(s.Changed, s.CanEdit)
	widgets.Show(v.changedPart, len(s.Changed) > 0)
	v.guided.Set(s.Guided, s.CanEdit)
	widgets.Show(v.guidedPart, len(s.Guided) > 0)
	r.renderFiles(s.Files, s.CanEdit)
	v.attachIt.SetEnabled(s.CanEdit && !r.choosing)
	v.pictureIt.SetEnabled(s.CanEdit && !r.state.Picturing)
	setEnabled(v.question, s.CanEdit)
	setEnabled(v.details, s.CanEdit)
	v.status.Set(s.Status)
	widgets.Show(v.trouble, s.Bad)
	v.status.SetColor(theme.Muted)
	if s.Bad {
		v.status.SetColor(theme.Text)
	}
	v.sendIt.SetEnabled(s.CanSend)
}

func setEnabled(e *widgets.Entry, on bool) {
	if on == !e.Disabled() {
		return
	}
	if on {
		e.Enable()
	} else {
		e.Disable()
	}
}

func (r *Ring) renderOutcome() {
	o, v := r.state.Outcome(), &r.view
	v.sign.Set(theme.SeverityGlyph(o.Severity))
	v.sign.SetColor(theme.SeverityToken(o.Severity))
	v.sentence.Set(o.Sentence)
	v.more.SetOrHide(o.More)
	widgets.Show(v.main, o.Ticket != "" || r.state.Stage == model.Refused)
	v.main.SetText(model.WordsRingOpen())
	if r.state.Stage == model.Refused {
		v.main.SetText(model.WordsRingEdit())
	}
	widgets.Show(v.again, r.state.Stage != model.Refused)
}
