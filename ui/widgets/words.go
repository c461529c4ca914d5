package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
)

// Words is text that wraps. It is shown as it is: no markup in it means anything.
type Words struct {
	widget.BaseWidget
	box  *fyne.Container
	rich *widget.RichText
	seg  *widget.TextSegment
	text string
	lead string
}

// Style is how words look. The zero Style is body text.
type Style struct {
	Size  fyne.ThemeSizeName
	Color theme.Token
	Bold  bool
	Mono  bool
	Right bool
	Clip  bool   // one line, cut with an ellipsis
	Lead  string // bold, muted words before the text, in the same line
}

// NewWords returns words.
func NewWords(text string, s Style) *Words {
	if s.Size == "" {
		s.Size = theme.SizeBody
	}
	if s.Color == "" {
		s.Color = theme.Text
	}
	style := widget.RichTextStyle{ColorName: s.Color, SizeName: s.Size, TextStyle: fyne.TextStyle{Bold: s.Bold, Monospace: s.Mono}}
	if s.Right {
		style.Alignment = fyne.TextAlignTrailing
	}
	w := &Words{seg: &widget.TextSegment{Style: style}}
	w.rich = widget.NewRichText(w.seg)
	if s.Lead != "" {
		lead := style
		lead.TextStyle.Bold, lead.ColorName, lead.Inline = true, theme.Muted, true
		w.rich.Segments = []widget.RichTextSegment{&widget.TextSegment{Style: lead, Text: s.Lead + "  "}, w.seg}
		w.lead = s.Lead + " "
	}
	w.rich.Wrapping = fyne.TextWrapWord
	if s.Clip {
		w.rich.Wrapping, w.rich.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	}
	// Fyne puts room around every text; here layouts do.
	w.box = container.New(padLayout{-8, -8}, w.rich)
	w.set(text)
	w.ExtendBaseWidget(w)
	return w
}

// CreateRenderer is for Fyne.
func (w *Words) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.box) }

// Set changes the text, when it differs.
func (w *Words) Set(text string) {
	if text == w.text {
		return
	}
	w.set(text)
	w.rich.Refresh()
}

func (w *Words) set(text string) {
	w.text = text
	w.seg.Text = model.Breakable(text)
}

// SetColor changes the colour.
func (w *Words) SetColor(t theme.Token) {
	if w.seg.Style.ColorName != t {
		w.seg.Style.ColorName = t
		w.rich.Refresh()
	}
}

// Text is what is shown.
func (w *Words) Text() string { return w.lead + w.text }

// SetOrHide changes the text, and hides the words when it is empty.
func (w *Words) SetOrHide(text string) {
	w.Set(text)
	show(w, text != "")
}

func show(o fyne.CanvasObject, visible bool) {
	if o.Visible() == visible {
		return
	}
	if visible {
		o.Show()
	} else {
		o.Hide()
	}
}

// Show shows or hides a part, when that changes anything.
func Show(o fyne.CanvasObject, visible bool) { show(o, visible) }
