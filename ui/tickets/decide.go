package tickets

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// buildDecide is the line that says that others wait for this person's yes or no.
// It leads into the portal, which shows all that there is to know for it.
func (t *Tickets) buildDecide() fyne.CanvasObject {
	v := &t.view
	v.waits = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium})
	v.decideIt = widgets.NewButton(model.WordsDecide(), widgets.Plain, v.keys, t.decide).Small()
	line := widgets.Pad(widgets.Row(12, 0, v.waits, v.decideIt), 16, 8)
	v.deciding = container.NewBorder(nil, widget.NewSeparator(), nil, nil, container.NewStack(widgets.NewBox(theme.Surface, "", 0), line))
	v.deciding.Hide()
	return v.deciding
}

func (t *Tickets) renderDecide() {
	v := &t.view
	text := model.ApprovalsLine(t.link)
	if t.undecided != nil {
		text = model.Sentence(t.undecided)
	}
	v.waits.Set(text)
	v.decideIt.SetEnabled(!t.opening)
	widgets.Show(v.deciding, len(t.link.Approvals) > 0)
}

// decide opens the portal where decisions are made, signed in.
func (t *Tickets) decide() {
	if t.opening {
		return
	}
	t.opening, t.undecided = true, nil
	t.render()
	t.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		link, err := t.agent.Portal(ctx, wire.PageApprovals)
		if program.Err() != nil {
			return
		}
		t.host.Main(func() {
			if err == nil {
				err = t.host.Open(link.URL)
			}
			t.opening, t.undecided = false, err
			t.render()
		})
	})
}
