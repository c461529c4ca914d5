package tickets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// view is the parts of the window.
type view struct {
	root   fyne.CanvasObject
	settle *widgets.Settler
	keys   *widgets.Keys
	notice *widgets.Notice

	deciding *fyne.Container
	waits    *widgets.Words
	decideIt *widgets.Button

	shown   []model.TicketRow
	rows    *widgets.List
	asOf    *widgets.Words
	nothing *fyne.Container // stands in the list's place
	why     *widgets.Words
	retry   *widgets.Button
	ring    *widgets.Button
	ghost   *fyne.Container // while the list is being asked for
	ghostly func()          // cancels its coming

	hint     *fyne.Container // stands in the conversation's place
	talk     *fyne.Container
	title    *widgets.Words
	heading  *widgets.Words
	aside    *fyne.Container // what can be done and is not asked
	scroll   *container.Scroll
	messages *fyne.Container
	said     []model.Message // what messages shows
	toEnd    bool            // scroll to the newest message

	question *fyne.Container
	asked    *widgets.Words
	buttons  *fyne.Container
	offered  []model.Action
	rating   *fyne.Container
	rated    *widgets.Words
	remark   *fyne.Container // a word about the rating
	comment  *widgets.Entry
	addIt    *widgets.Button
	box      *fyne.Container
	bar      *fyne.Container // what has become of sending; also where nothing can be written
	reply    *widgets.Entry
	noReply  *widgets.Words
	trouble  *widgets.Words
	status   *widgets.Words
	sendIt   *widgets.Button
}

// listWidth is the width of the list; the conversation takes the rest.
const listWidth = 280

func (t *Tickets) build() {
	v := &t.view
	v.keys = &widgets.Keys{Escape: t.host.Close, Send: t.answer}
	v.notice = widgets.NewNotice()
	list := container.NewStack(widgets.NewBox(theme.Surface, "", 0), t.buildList())
	v.hint = widgets.Pad(widgets.NewWords(model.WordsTicketsChoose(), widgets.Style{Color: theme.Muted}), 24, 24)
	v.talk = t.buildTalk()
	right := container.NewBorder(nil, nil, widget.NewSeparator(), nil, container.NewStack(v.hint, v.talk))
	v.root = container.NewBorder(widgets.Column(0, v.notice.Container, t.buildDecide()), nil, nil, nil, container.New(sideLayout{}, list, right))
	v.settle = widgets.NewSettler(v.root)
}

// sideLayout gives the list its width, and less where the window is narrow.
type sideLayout struct{}

func (sideLayout) MinSize(parts []fyne.CanvasObject) fyne.Size { return fyne.NewSize(480, 320) }

func (sideLayout) Layout(parts []fyne.CanvasObject, s fyne.Size) {
	width := min(listWidth*theme.Scale(), s.Width*0.4)
	parts[0].Resize(fyne.NewSize(width, s.Height))
	parts[1].Move(fyne.NewPos(width, 0))
	parts[1].Resize(fyne.NewSize(s.Width-width, s.Height))
}

func (t *Tickets) buildList() fyne.CanvasObject {
	v := &t.view
	v.rows = widgets.NewList(v.keys, func() int { return len(v.shown) },
		func() fyne.CanvasObject { return newRow() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if r, ok := o.(*row); ok && i < len(v.shown) {
				r.set(v.shown[i])
			}
		})
	v.rows.OnSelected = func(i widget.ListItemID) {
		if i < len(v.shown) {
			t.open(v.shown[i].Key)
		}
	}
	v.asOf = widgets.NewWords("", widgets.Style{Size: theme.SizeSmall, Color: theme.Muted})
	v.why = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	v.retry = widgets.NewButton(model.WordsTryAgain(), widgets.Plain, v.keys, t.ask)
	v.ring = widgets.NewButton(model.WordsGetHelp(), widgets.Main, v.keys, func() { t.host.Show(session.Request{Show: session.Ring}) })
	v.nothing = widgets.Pad(widgets.Column(16, v.why, widgets.Flow(8, v.retry, v.ring)), 16, 24)
	v.ghost = widgets.Pad(widgets.Skeleton(5), 16, 20)
	v.ghost.Hide()
	body := container.NewStack(v.rows, v.nothing, v.ghost)
	return container.NewBorder(nil, widgets.Pad(v.asOf, 16, 8), nil, nil, body)
}

func (t *Tickets) buildTalk() *fyne.Container {
	v := &t.view
	v.title = widgets.NewWords("", widgets.Style{Size: theme.SizeHeading, Bold: true})
	v.heading = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	v.aside = widgets.Row(4, -1)
	head := container.NewBorder(nil, widget.NewSeparator(), nil, nil, widgets.Pad(widgets.Column(4, v.title, widgets.Row(8, 0, v.heading, v.aside)), 16, 12))
	v.messages = widgets.Column(12)
	v.scroll = container.NewVScroll(widgets.Pad(v.messages, 16, 16))
	foot := container.NewStack(widgets.NewBox(theme.Surface, "", 0), widgets.Pad(t.buildFoot(), 16, 12))
	return container.NewBorder(head, container.NewBorder(widget.NewSeparator(), nil, nil, nil, foot), nil, nil, v.scroll)
}

func (t *Tickets) buildFoot() fyne.CanvasObject {
	v := &t.view
	v.asked = widgets.NewWords("", widgets.Style{Bold: true})
	v.buttons = widgets.Flow(8)
	v.question = widgets.Column(8, v.asked, v.buttons)
	v.rating = widgets.Flow(4)
	for i, word := range model.RatingLabels() {
		v.rating.Add(widgets.NewButton(word, widgets.Plain, v.keys, func() { t.act(wire.ActRate, i+1) }).Small())
	}
	rate := widgets.Column(6, widgets.NewWords(model.WordsTicketRate(), widgets.Style{Size: theme.SizeMedium, Color: theme.Muted}), v.rating)
	v.rating = rate
	v.rated = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	v.comment = widgets.NewEntry(model.WordsTicketComment(), 1, v.keys, t.remarked)
	v.comment.OnChanged = t.remarking
	v.addIt = widgets.NewButton(model.WordsTicketAdd(), widgets.Plain, v.keys, t.remarked)
	v.remark = widgets.Row(8, 0, v.comment, v.addIt)
	v.reply = widgets.NewEntry("", 2, v.keys, nil)
	v.reply.OnChanged = t.typed
	v.trouble = widgets.NewWords(theme.SeverityGlyph(diagnostics.Critical), widgets.Style{Size: theme.SizeMedium, Color: theme.Critical, Bold: true, Clip: true})
	v.status = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	v.sendIt = widgets.NewButton(model.WordsSend(), widgets.Main, v.keys, t.answer)
	v.box = widgets.Column(0, v.reply)
	v.bar = widgets.Row(8, 1, v.trouble, v.status, v.sendIt)
	v.noReply = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	return widgets.Column(12, v.question, v.rating, v.rated, v.remark, widgets.Column(8, v.box, v.bar), v.noReply)
}

// render shows the state. It touches only what differs.
func (t *Tickets) render() {
	defer t.settle.Settle()
	s, v := model.TicketsOf(t.link, t.list, t.err, t.host.Now()), &t.view
	v.notice.Set(s.Notice)
	t.renderDecide()
	if !slices.Equal(s.Rows, v.shown) {
		v.shown = s.Rows
		v.rows.Refresh()
	}
	t.renderChosen()
	v.asOf.SetOrHide(s.AsOf)
	text := s.Empty + s.Problem
	widgets.Show(v.nothing, text != "")
	v.why.Set(text)
	widgets.Show(v.retry, s.Problem != "")
	widgets.Show(v.ring, s.Empty != "")
	widgets.Show(v.rows, text == "")
	t.renderGhost(s.Loading)
	t.renderTalk()
	t.focus()
}

// focus puts the keyboard where it is needed next: who opens one ticket comes to
// answer it, everybody else to choose one.
func (t *Tickets) focus() {
	v, c := &t.view, t.host.Window.Canvas()
	switch {
	case !t.visible || c == nil:
	case t.came && t.ticket != nil:
		t.came = false
		if v.box.Visible() {
			c.Focus(v.reply)
		}
	case c.Focused() == nil && v.rows.Visible():
		c.Focus(v.rows)
	}
}

// renderChosen marks the open ticket in the list, wherever it stands now.
func (t *Tickets) renderChosen() {
	v := &t.view
	i := slices.IndexFunc(v.shown, func(r model.TicketRow) bool { return r.Key == t.chosen })
	if i < 0 {
		return
	}
	chosen := v.rows.OnSelected
	v.rows.OnSelected = nil
	v.rows.Select(i)
	v.rows.OnSelected = chosen
}

// renderGhost shows that the list is being asked for, but not to somebody who has
// it in the blink of an eye.
func (t *Tickets) renderGhost(loading bool) {
	v := &t.view
	if !loading {
		if v.ghostly != nil {
			v.ghostly()
			v.ghostly = nil
		}
		widgets.Show(v.ghost, false)
		return
	}
	if v.ghostly == nil {
		v.ghostly = t.host.After(200_000_000, func() {
			widgets.Show(v.ghost, true)
			v.settle.Settle()
		})
	}
}

func (t *Tickets) renderTalk() {
	v := &t.view
	widgets.Show(v.talk, t.ticket != nil)
	widgets.Show(v.hint, t.ticket == nil && len(v.shown) > 0)
	if t.ticket == nil {
		return
	}
	c := model.ConversationOf(*t.ticket, t.host.Now())
	v.title.Set(c.Title)
	v.heading.Set(model.TicketHeading(c.Number, c.State))
	t.renderMessages(c.Messages)
	v.asked.SetOrHide(c.Ask)
	t.renderActions(c.Actions)
	widgets.Show(v.rating, c.CanRate)
	v.rated.SetOrHide(c.Rated)
	widgets.Show(v.remark, c.Rating > 0)
	v.addIt.SetEnabled(!t.busy)
	widgets.Show(v.box, c.CanReply)
	v.noReply.SetOrHide(c.NoReply)
	if v.reply.PlaceHolder != c.Hint {
		v.reply.SetPlaceHolder(c.Hint)
	}
	v.status.Set(model.TicketStatus(t.busy, t.problem))
	widgets.Show(v.trouble, t.problem != nil)
	widgets.Show(v.bar, c.CanReply || t.busy || t.problem != nil)
	widgets.Show(v.sendIt, c.CanReply)
	v.sendIt.SetEnabled(!t.busy)
}

func (t *Tickets) renderActions(actions []model.Action) {
	v := &t.view
	if !slices.Equal(actions, v.offered) {
		v.offered = actions
		v.buttons.RemoveAll()
		v.aside.RemoveAll()
		for _, a := range actions {
			do := func() { t.act(a.Act, 0) }
			switch {
			case a.Aside:
				v.aside.Add(widgets.NewButton(a.Label, widgets.Quiet, v.keys, do).Small())
			case a.Main:
				v.buttons.Add(widgets.NewButton(a.Label, widgets.Main, v.keys, do))
			default:
				v.buttons.Add(widgets.NewButton(a.Label, widgets.Plain, v.keys, do))
			}
		}
	}
	for _, o := range slices.Concat(v.buttons.Objects, v.aside.Objects) {
		if b, ok := o.(*widgets.Button); ok {
			b.SetEnabled(!t.busy)
		}
	}
	widgets.Show(v.question, len(v.buttons.Objects) > 0 || v.asked.Visible())
	widgets.Show(v.aside, len(v.aside.Objects) > 0)
}
