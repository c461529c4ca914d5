package ring

import (
	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/page"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Said is every word that the window shows now.
func (r *Ring) Said() string { return widgets.Said(r.root) }

// Question is what stands in the question's box.
func (r *Ring) Question() string { return r.question.Text }

// SendButton is the button “Send”.
func (r *Ring) SendButton() *widgets.Button { return r.sendIt }

// Need is the choice “I need something”, and Broken the other one.
func (r *Ring) Need() *widgets.Tick { return r.need }

// Broken is the choice that is made already.
func (r *Ring) Broken() *widgets.Tick { return r.broken }

// HostOf is what the window has of the program around it.
func (r *Ring) HostOf() *page.Host { return &r.host }

// AttachButton is the button “Attach a file”.
func (r *Ring) AttachButton() *widgets.Button { return r.attachIt }

// SectionTick is a section's tick.
func (r *Ring) SectionTick(n diagnostics.SectionName) *widgets.Tick { return r.sections.Tick(n) }

// SectionOpen is the button that opens a section.
func (r *Ring) SectionOpen(n diagnostics.SectionName) *widgets.Button { return r.sections.Open(n) }

// SectionLines is what an open section shows.
func (r *Ring) SectionLines(n diagnostics.SectionName) string { return r.sections.Lines(n).Text() }

// RecordedTick is the flight recorder's tick.
func (r *Ring) RecordedTick() *widgets.Tick { return r.recorded.Tick(model.SectionRecorder) }

// RecordedOpen is the button that shows what was recorded.
func (r *Ring) RecordedOpen() *widgets.Button { return r.recorded.Open(model.SectionRecorder) }

// RecordedLines is what it shows.
func (r *Ring) RecordedLines() string { return r.recorded.Lines(model.SectionRecorder).Text() }

// ChangedTick is the tick of what has changed.
func (r *Ring) ChangedTick() *widgets.Tick { return r.changed.Tick(model.SectionChanges) }

// ChangedOpen is the button that shows what has changed.
func (r *Ring) ChangedOpen() *widgets.Button { return r.changed.Open(model.SectionChanges) }

// ChangedLines is what it shows.
func (r *Ring) ChangedLines() string { return r.changed.Lines(model.SectionChanges).Text() }

// Offset is how far the window is scrolled.
func (r *Ring) Offset() float32 { return r.scroll.Offset.Y }

// Articles are the buttons in the part with the articles, in their order.
func (r *Ring) Articles() []*widgets.Button { return buttons(r.articles) }

func buttons(c *fyne.Container) (out []*widgets.Button) {
	for _, o := range c.Objects {
		switch o := o.(type) {
		case *widgets.Button:
			out = append(out, o)
		case *fyne.Container:
			out = append(out, buttons(o)...)
		}
	}
	return out
}

// GuidedTick is the tick of what guided help found.
func (r *Ring) GuidedTick() *widgets.Tick { return r.guided.Tick(model.SectionGuided) }

// GuidedOpen is the button that shows it.
func (r *Ring) GuidedOpen() *widgets.Button { return r.guided.Open(model.SectionGuided) }

// PictureButton is the button “Add a picture of the screen”.
func (r *Ring) PictureButton() *widgets.Button { return r.pictureIt }

// FileOff is the button that takes a file out.
func (r *Ring) FileOff(n int) *widgets.Button {
	return r.files.Objects[n].(*fyne.Container).Objects[1].(*widgets.Button)
}
