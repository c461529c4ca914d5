package widgets

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
)

// Findings lists findings: sign, sentence, what to do. With details each can be
// opened to the exact words and the evidence.
type Findings struct {
	*fyne.Container
	// Mend is called when somebody wants a finding mended; nil offers none.
	Mend func(model.Finding)

	details bool
	keys    *Keys
	shown   []model.Finding
}

// NewFindings returns an empty list.
func NewFindings(keys *Keys, details bool) *Findings {
	return &Findings{Container: Column(12), details: details, keys: keys}
}

// Set shows these findings. Nothing is touched when they are shown already.
func (f *Findings) Set(all []model.Finding) {
	if slices.EqualFunc(all, f.shown, func(a, b model.Finding) bool {
		return a.Severity == b.Severity && a.Sentence == b.Sentence && a.Advice == b.Advice && a.Detail == b.Detail && a.Code == b.Code && a.Mend == b.Mend && slices.Equal(a.Evidence, b.Evidence)
	}) {
		return
	}
	f.shown = slices.Clone(all)
	f.RemoveAll()
	for _, one := range all {
		f.Add(f.row(one))
	}
}

func (f *Findings) row(one model.Finding) fyne.CanvasObject {
	sign := NewWords(theme.SeverityGlyph(one.Severity), Style{Color: theme.SeverityToken(one.Severity), Bold: true})
	text := Column(2, NewWords(one.Sentence, Style{Bold: true}))
	text.Add(NewWords(one.Advice, Style{Size: theme.SizeMedium, Lead: one.Word}))
	if f.Mend != nil && one.Mend {
		text.Add(Flow(8, NewButton(model.WordsMend(), Plain, f.keys, func() { f.Mend(one) }).Small()))
	}
	if !f.details || one.Detail == "" && len(one.Evidence) == 0 {
		return TopRow(10, 1, FixedWidth(16, sign), text)
	}
	exact := Column(4, NewWords(strings.TrimSpace(one.Detail+"\n"+strings.Join(one.Evidence, "\n")), Style{Size: theme.SizeTiny, Mono: true}))
	exact.Hide()
	text.Add(exact)
	var open *Button
	open = NewButton(model.WordsDetails(), Quiet, f.keys, func() {
		Show(exact, !exact.Visible())
		open.SetIcon(chevron(exact.Visible()))
		Relayout(f.Container)
	}).Small().WithIcon(theme.IconRight)
	text.Add(Row(4, 1, open, NewWords("", Style{})))
	return TopRow(10, 1, FixedWidth(16, sign), text)
}

func chevron(open bool) theme.Icon {
	if open {
		return theme.IconDown
	}
	return theme.IconRight
}

// FixedWidth gives a part a width, which grows with the text.
func FixedWidth(width float32, part fyne.CanvasObject) *fyne.Container {
	return container.New(widthLayout{width}, part)
}

type widthLayout struct{ width float32 }

func (w widthLayout) MinSize(parts []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(w.width*theme.Scale(), parts[0].MinSize().Height)
}

func (w widthLayout) Layout(parts []fyne.CanvasObject, s fyne.Size) { parts[0].Resize(s) }

// Relayout lays a tree out again after parts of it were shown or hidden, and
// whatever scrolls around it.
func Relayout(o fyne.CanvasObject) {
	o.Refresh()
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.Content() != nil {
		c.Content().Refresh()
	}
}
