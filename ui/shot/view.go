package shot

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/shot/edit"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// tools lists the tools in the order in which they stand.
var tools = []edit.Tool{edit.Crop, edit.Arrow, edit.Blur}

// view is the parts of the window.
type view struct {
	root   fyne.CanvasObject
	settle *widgets.Settler
	keys   *widgets.Keys

	tools   []*widgets.Tick // as in tools
	screens *fyne.Container
	hint    *widgets.Words
	board   *board

	apply, undo, redo *widgets.Button
	trouble           *widgets.Words
	status            *widgets.Words
	discard, addIt    *widgets.Button
}

func (e *Editor) build() {
	v := &e.view
	v.keys = keysOf(e)
	var ticks []fyne.CanvasObject
	for _, t := range tools {
		tick := widgets.NewOption(model.WordsShotTool(t), v.keys, func() { e.change(func(s *model.Shot) { s.Choose(t) }) })
		v.tools = append(v.tools, tick)
		ticks = append(ticks, tick)
	}
	v.undo = widgets.NewButton(model.WordsShotUndo(), widgets.Plain, v.keys, v.keys.Undo).WithIcon(theme.IconUndo).Small()
	v.redo = widgets.NewButton(model.WordsShotRedo(), widgets.Plain, v.keys, v.keys.Redo).WithIcon(theme.IconRedo).Small()
	v.apply = widgets.NewButton(model.WordsShotApply(), widgets.Plain, v.keys, func() { e.change((*model.Shot).Apply) }).WithIcon(theme.IconCheck).Small()
	v.screens = widgets.Flow(8)
	v.hint = widgets.NewWords("", widgets.Style{Size: theme.SizeSmall, Color: theme.Muted})
	v.board = newBoard(e)
	top := widgets.Column(8,
		widgets.Flow(16, append(ticks, v.apply, v.undo, v.redo)...),
		v.screens, v.hint)
	v.status = widgets.NewWords("", widgets.Style{Size: theme.SizeMedium, Color: theme.Muted})
	v.trouble = widgets.NewWords(theme.SeverityGlyph(diagnostics.Critical), widgets.Style{Size: theme.SizeMedium, Color: theme.Critical, Bold: true, Clip: true})
	v.discard = widgets.NewButton(model.WordsShotDiscard(), widgets.Quiet, v.keys, func() { e.host.Close() })
	v.addIt = widgets.NewButton(model.WordsShotAdd(), widgets.Main, v.keys, e.add)
	bar := widgets.Pad(widgets.Row(8, 1, v.trouble, v.status, v.discard, v.addIt), 16, 10)
	bottom := container.NewBorder(widgets.Separator(), nil, nil, nil, container.NewStack(widgets.NewBox(theme.Surface, "", 0), bar))
	v.root = container.NewBorder(widgets.Pad(top, 16, 12), bottom, nil, nil, widgets.Pad(v.board, 16, 4))
	v.settle = widgets.NewSettler(v.root)
}

// renderScreens makes a button for each screen there is to choose.
func (e *Editor) renderScreens() {
	v := &e.view
	v.screens.RemoveAll()
	for i, name := range e.state.View().Screens {
		v.screens.Add(widgets.NewButton(name, widgets.Plain, v.keys, func() {
			e.change(func(s *model.Shot) { s.Screen(i - 1) })
		}).Small())
	}
	widgets.Show(v.screens, len(v.screens.Objects) > 0)
}

// render shows the state.
func (e *Editor) render() {
	defer e.settle.Settle()
	s, v := e.state.View(), &e.view
	for i, t := range tools {
		v.tools[i].Set(e.state.Tool == t)
		v.tools[i].SetEnabled(s.CanEdit)
	}
	for _, o := range v.screens.Objects {
		o.(*widgets.Button).SetEnabled(s.CanEdit)
	}
	v.hint.Set(s.Hint)
	v.apply.SetEnabled(s.CanApply)
	v.undo.SetEnabled(s.CanUndo)
	v.redo.SetEnabled(s.CanRedo)
	v.addIt.SetEnabled(s.CanEdit)
	v.status.Set(s.Status)
	v.status.SetColor(theme.Muted)
	if s.Bad {
		v.status.SetColor(theme.Text)
	}
	widgets.Show(v.trouble, s.Bad)
	v.board.Refresh()
}
