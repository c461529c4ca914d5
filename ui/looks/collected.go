package looks

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// tabs choose between who looked and what is collected.
func (l *Looks) tabs() fyne.CanvasObject {
	turn := func(second bool) func() {
		return func() {
			l.second = second
			l.looked.Set(!second)
			l.collected.Set(second)
			l.render()
		}
	}
	l.looked = widgets.NewOption(model.WordsTabLooks(), l.keys, turn(false))
	l.collected = widgets.NewOption(model.WordsTabCollected(), l.keys, turn(true))
	l.looked.Set(true)
	l.settings = widgets.NewButton(model.WordsSettingsMenu(), widgets.Quiet, l.keys, func() { l.host.Show(session.Request{Show: session.Settings}) }).Small()
	return widgets.Row(16, 0, widgets.Flow(16, l.looked, l.collected), l.settings)
}

// list holds what is collected.
func (l *Looks) list() fyne.CanvasObject {
	l.things = widgets.Column(16)
	l.scroll = container.NewVScroll(widgets.Pad(l.things, 20, 16))
	l.scroll.Hide()
	return l.scroll
}

// showThings shows what is collected, if that is what is looked at.
func (l *Looks) showThings(rows []model.CollectedRow) {
	if !slices.Equal(rows, l.shownThings) {
		l.shownThings = rows
		l.things.Objects = nil
		for _, r := range rows {
			l.things.Add(widgets.Column(4,
				widgets.NewWords(r.Name, widgets.Style{Bold: true}),
				widgets.NewWords(r.How, widgets.Style{Size: theme.SizeMedium}),
				widgets.NewWords(r.What, widgets.Style{Size: theme.SizeSmall, Color: theme.Muted}),
			))
		}
		widgets.Relayout(l.things)
	}
	widgets.Show(l.scroll, len(rows) > 0)
}
