package tickets

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// renderMessages shows the conversation. Who reads further up stays there when a
// message comes; who is at the end sees it.
func (t *Tickets) renderMessages(all []model.Message) {
	v := &t.view
	if reflect.DeepEqual(all, v.said) {
		return
	}
	atEnd := v.scroll.Offset.Y+v.scroll.Size().Height >= v.scroll.Content.MinSize().Height-8
	same := 0 // what is shown already stays as it is
	for same < min(len(all), len(v.said)) && reflect.DeepEqual(all[same], v.said[same]) {
		same++
	}
	v.messages.Objects = v.messages.Objects[:same]
	for _, m := range all[same:] {
		v.messages.Objects = append(v.messages.Objects, t.message(m))
	}
	v.said = all
	v.messages.Refresh()
	widgets.Relayout(v.root)
	if t.toEnd || atEnd {
		v.scroll.ScrollToBottom()
		t.toEnd = false
		// Heights are known for sure once all is drawn.
		t.host.After(60*time.Millisecond, v.scroll.ScrollToBottom)
	}
}

// message draws one message: the person's own to the right and on another ground.
func (t *Tickets) message(m model.Message) fyne.CanvasObject {
	body := widgets.Column(6, container.New(splitLayout{},
		widgets.NewWords(m.Author, widgets.Style{Size: theme.SizeSmall, Bold: true, Clip: true}), widgets.NewWhen(m.When)))
	body.Add(widgets.NewWords(m.Body, widgets.Style{}))
	for _, f := range m.Files {
		body.Add(t.file(f))
	}
	if m.State != "" {
		color := theme.Muted
		if m.Bad {
			color = theme.Critical
		}
		body.Add(widgets.NewWords(m.State, widgets.Style{Size: theme.SizeSmall, Color: color}))
	}
	fill, line := theme.Surface, theme.Line
	switch {
	case m.Solution:
		line = theme.Healthy
	case m.Mine:
		fill = theme.Raised
	}
	card := container.NewStack(widgets.NewBox(fill, line, theme.CardRadius), widgets.Pad(body, 12, 10))
	return container.New(sidedLayout{m.Mine}, card)
}

// file is an attachment with a button that saves it.
func (t *Tickets) file(a wire.Attachment) fyne.CanvasObject {
	f := model.File{Name: a.Name, Size: a.Size}
	label := widgets.NewWords(f.Label(), widgets.Style{Size: theme.SizeMedium})
	var save *widgets.Button
	save = widgets.NewButton(model.WordsSaveFile(), widgets.Quiet, t.keys, func() {
		save.SetEnabled(false)
		t.save(a, func(name string, err error) {
			save.SetEnabled(true)
			label.Set(model.FileSaved(f, name, err))
			widgets.Relayout(t.root)
		})
	}).Small().WithIcon(theme.IconDownload)
	return widgets.Row(8, 0, label, save)
}

// sidedLayout leaves some room at one side, so that it is seen who speaks.
type sidedLayout struct{ right bool }

const sideRoom = 40

func (s sidedLayout) MinSize(parts []fyne.CanvasObject) fyne.Size {
	return parts[0].MinSize().AddWidthHeight(sideRoom, 0)
}

func (s sidedLayout) Layout(parts []fyne.CanvasObject, size fyne.Size) {
	if s.right {
		parts[0].Move(fyne.NewPos(sideRoom, 0))
	} else {
		parts[0].Move(fyne.NewPos(0, 0))
	}
	parts[0].Resize(size.SubtractWidthHeight(sideRoom, 0))
}

// splitLayout puts a name at the left and a time at the right, each as wide as it
// needs to be: the exact time is longer than “7 min ago”.
type splitLayout struct{}

func (splitLayout) MinSize(parts []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(160, max(parts[0].MinSize().Height, parts[1].MinSize().Height))
}

func (splitLayout) Layout(parts []fyne.CanvasObject, s fyne.Size) {
	left := min(s.Width*0.45, 200*theme.Scale())
	parts[0].Resize(fyne.NewSize(left, parts[0].MinSize().Height))
	parts[1].Move(fyne.NewPos(left, 0))
	parts[1].Resize(fyne.NewSize(s.Width-left, parts[1].MinSize().Height))
}
