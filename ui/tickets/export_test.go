package tickets

import (
	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/ui/widgets"
)

// Said is every word that the window shows now, the list left out.
func (t *Tickets) Said() string { return widgets.Said(t.root) }

// Reply is the box for the answer.
func (t *Tickets) Reply() *widgets.Entry { return t.reply }

// Comment is the box for a word about a rating.
func (t *Tickets) Comment() *widgets.Entry { return t.comment }

// Rows is the list.
func (t *Tickets) Rows() *widgets.List { return t.rows }

// Titles are the titles in the list, in order.
func (t *Tickets) Titles() (out []string) {
	for _, r := range t.shown {
		out = append(out, r.Title)
	}
	return out
}

// Button finds a visible button by its words.
func (t *Tickets) Button(text string) *widgets.Button { return button(t.root, text) }

func button(o fyne.CanvasObject, text string) *widgets.Button {
	if !o.Visible() {
		return nil
	}
	if b, ok := o.(*widgets.Button); ok && b.Text() == text {
		return b
	}
	if c, ok := o.(*fyne.Container); ok {
		for _, p := range c.Objects {
			if b := button(p, text); b != nil {
				return b
			}
		}
	}
	return nil
}

// MessageButton finds a button in the conversation.
func (t *Tickets) MessageButton(text string) *widgets.Button { return button(t.messages, text) }

// AtEnd reports whether the newest message is seen.
func (t *Tickets) AtEnd() bool {
	return t.scroll.Offset.Y+t.scroll.Size().Height >= t.scroll.Content.Size().Height-1
}

// Talk is every word of the conversation.
func (t *Tickets) Talk() string { return widgets.Said(t.messages) }
