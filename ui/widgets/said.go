package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Said returns every word that a tree of parts shows now, a part a line. A screen
// reader would say it; tests read it.
func Said(o fyne.CanvasObject) string {
	var b strings.Builder
	said(o, &b)
	return b.String()
}

func said(o fyne.CanvasObject, b *strings.Builder) {
	if o == nil || !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, p := range o.Objects {
			said(p, b)
		}
	case *container.Scroll:
		said(o.Content, b)
	case *Words:
		b.WriteString(o.Text() + "\n")
	case *Button:
		b.WriteString(o.Text() + "\n")
	case *Choice:
		said(o.body, b)
	case *Tick:
		b.WriteString(o.text + "\n")
	case *Entry:
		b.WriteString(o.Text + "\n")
	case *Lines:
		b.WriteString(o.Text() + "\n")
	}
}
