package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
)

// Sections lists the parts of a check-up. Each can be opened to exactly what is
// in it, and taken out when the list has ticks.
type Sections struct {
	*fyne.Container
	text func(diagnostics.SectionName) []string
	copy func(string)
	keys *Keys
	rows map[diagnostics.SectionName]*sectionRow
}

type sectionRow struct {
	tick    *Tick
	summary *Words
	open    *Button
	lines   *Lines
	box     *fyne.Container
}

// NewSections returns a list of all sections. text gives what is in one; ticked is
// called when one is put in or taken out, and nil makes a list without ticks; copy
// puts text where it can be pasted from.
func NewSections(keys *Keys, text func(diagnostics.SectionName) []string, ticked func(diagnostics.SectionName, bool), copy func(string)) *Sections {
	return NewSectionsOf(diagnostics.SectionNames(), keys, text, ticked, copy)
}

// NewSectionsOf is NewSections with these parts.
func NewSectionsOf(names []diagnostics.SectionName, keys *Keys, text func(diagnostics.SectionName) []string, ticked func(diagnostics.SectionName, bool), copy func(string)) *Sections {
	s := &Sections{Container: Column(0), text: text, copy: copy, keys: keys, rows: map[diagnostics.SectionName]*sectionRow{}}
	for _, name := range names {
		r := &sectionRow{lines: NewLines(keys), summary: NewWords("", Style{Size: theme.SizeMedium, Color: theme.Muted, Clip: true, Right: true})}
		var label fyne.CanvasObject = NewWords(model.SectionLabel(name), Style{Size: theme.SizeMedium, Clip: true})
		if ticked != nil {
			r.tick = NewTick(model.SectionLabel(name), true, keys, func(on bool) { ticked(name, on) })
			label = r.tick
		} else {
			label = FixedWidth(140, label)
		}
		r.open = NewButton(model.WordsShow(), Quiet, keys, func() { s.toggle(name) }).Small().WithIcon(theme.IconRight)
		exact := container.NewStack(NewBox(theme.Ground, theme.Line, theme.Radius), Pad(Fixed(190, r.lines), 4, 6))
		tools := Row(4, 0, NewWords("", Style{}), NewButton(model.WordsCopy(), Quiet, keys, func() { copy(r.lines.Text()) }).Small().WithIcon(theme.IconCopy))
		r.box = Column(0, exact, tools)
		r.box.Hide()
		s.Add(Column(4, Row(8, 1, label, r.summary, r.open), r.box))
		s.rows[name] = r
	}
	return s
}

// Set shows the state of the sections.
func (s *Sections) Set(all []model.Section, enabled bool) {
	for _, v := range all {
		r := s.rows[v.Name]
		if r == nil {
			continue
		}
		r.summary.Set(v.Summary)
		if r.tick != nil {
			r.tick.Set(v.Ticked)
			r.tick.SetEnabled(enabled)
		}
		if r.box.Visible() {
			r.lines.Set(s.text(v.Name))
		}
	}
}

func (s *Sections) toggle(name diagnostics.SectionName) {
	r := s.rows[name]
	opening := !r.box.Visible()
	if opening {
		r.lines.Set(s.text(name))
		r.open.SetText(model.WordsHide())
	} else {
		r.open.SetText(model.WordsShow())
	}
	r.open.SetIcon(chevron(opening))
	Show(r.box, opening)
	Relayout(s.Container)
	if opening {
		s.keys.focused(r.box)
	}
}

// Tick returns a section's tick, Open its button, Text what its open area holds.
// They are for tests.
func (s *Sections) Tick(name diagnostics.SectionName) *Tick { return s.rows[name].tick }

// Open returns a section's button.
func (s *Sections) Open(name diagnostics.SectionName) *Button { return s.rows[name].open }

// Lines returns what a section's open area holds.
func (s *Sections) Lines(name diagnostics.SectionName) *Lines { return s.rows[name].lines }
