package ring

import (
	"os"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// choose lets the employee pick files: in the desktop's dialog, else in Fyne's.
func (r *Ring) choose() {
	if r.host.Choose == nil {
		r.chooseHere()
		return
	}
	r.choosing = true
	r.render()
	r.host.Choose(func(paths []string, err error) {
		r.host.Main(func() {
			r.choosing = false
			r.render()
			if err != nil {
				r.chooseHere()
			}
			for _, path := range paths {
				r.AddFile(path)
			}
		})
	})
}

func (r *Ring) chooseHere() {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil || f == nil {
			return
		}
		path := f.URI().Path()
		f.Close()
		r.AddFile(path)
	}, r.host.Window)
	d.Show()
	d.Resize(r.host.Window.Canvas().Size())
}

// Dropped takes files that were dropped onto the window.
func (r *Ring) Dropped(uris []fyne.URI) {
	for _, u := range uris {
		if u.Scheme() == "file" {
			r.AddFile(u.Path())
		}
	}
}

// AddFile attaches a file, or says why it cannot be.
func (r *Ring) AddFile(path string) {
	if !r.state.View().CanEdit || slices.ContainsFunc(r.state.Draft.Files, func(f model.File) bool { return f.Path == path }) {
		return
	}
	file := model.File{Path: path, Name: filepath.Base(path)}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		err = fault.Wrap(err, fault.Invalid, model.WordsFileGone(file))
	case !info.Mode().IsRegular():
		err = fault.New(fault.Invalid, model.WordsFileNone(file))
	default:
		file.Size = info.Size()
		err = model.CheckFile(file)
	}
	if err != nil {
		r.failed(err)
		return
	}
	r.edited(func(d *model.Draft) { d.Files = append(d.Files, file) })
	widgets.Relayout(r.root)
}

// renderFiles lists the attached files, each with a button that takes it off.
func (r *Ring) renderFiles(labels []string, enabled bool) {
	v := &r.view
	if slices.Equal(labels, v.listed) && len(labels) == len(v.files.Objects) {
		return
	}
	v.listed = slices.Clone(labels)
	v.files.RemoveAll()
	for i, label := range labels {
		off := widgets.NewButton(model.WordsRemove(), widgets.Quiet, v.keys, func() {
			r.edited(func(d *model.Draft) { d.Files = slices.Delete(slices.Clone(d.Files), i, i+1) })
			widgets.Relayout(r.root)
		}).Small().WithIcon(theme.IconX)
		off.SetEnabled(enabled)
		v.files.Add(widgets.Row(8, 0, widgets.NewWords(label, widgets.Style{Size: theme.SizeMedium}), off))
	}
	widgets.Show(v.files, len(labels) > 0)
}
