package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
)

// Notice is a line above the content that says what does not work now.
type Notice struct {
	*fyne.Container
	sign, text *Words
}

// NewNotice returns a notice that is not shown.
func NewNotice() *Notice {
	n := &Notice{sign: NewWords("", Style{Size: theme.SizeMedium, Bold: true}), text: NewWords("", Style{Size: theme.SizeMedium})}
	n.Container = container.NewStack(NewBox(theme.Raised, "", 0), Pad(TopRow(8, 1, FixedWidth(16, n.sign), n.text), 16, 8))
	n.Hide()
	return n
}

// Set shows a notice, or none.
func (n *Notice) Set(v model.Notice) {
	severity := diagnostics.Info
	if v.Urgent {
		severity = diagnostics.Warning
	}
	n.sign.Set(theme.SeverityGlyph(severity))
	n.sign.SetColor(theme.SeverityToken(severity))
	n.text.Set(v.Text)
	Show(n.Container, v.Text != "")
}

// Text is what the notice says; "" when it is not shown.
func (n *Notice) Text() string {
	if !n.Visible() {
		return ""
	}
	return n.text.Text()
}

// Skeleton stands in the place of rows that are being asked for.
func Skeleton(rows int) *fyne.Container {
	c := Column(20)
	for range rows {
		c.Add(Column(8, Fixed(14, NewBox(theme.Raised, "", 4)), Pad(Fixed(10, NewBox(theme.Raised, "", 4)), 24, 0)))
	}
	return c
}

// Separator is a line of one pixel.
func Separator() fyne.CanvasObject { return widget.NewSeparator() }
