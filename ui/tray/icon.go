//go:build linux || windows || (darwin && cgo)

package tray

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"fyne.io/systray"

	"github.com/deskbell/deskbell/ui/model"
)

// icon is the bell in the panel and its menu. The library under it is one for the
// whole process, so there is one icon.
type icon struct {
	chosen chan model.Item
	log    *slog.Logger

	mu    sync.Mutex
	ready bool
	now   model.Tray
	lines map[model.Item]*systray.MenuItem
	panel panel
}

func newIcon(log *slog.Logger, first model.Tray) *icon {
	return &icon{chosen: make(chan model.Item, 8), log: log, now: first, lines: map[model.Item]*systray.MenuItem{}}
}

// run shows the icon until quit is called.
func (i *icon) run(ctx context.Context) {
	systray.SetOnTapped(func() { i.choose(model.ItemHelp) })
	systray.Run(func() { i.build(ctx) }, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.ready = false // from here on there is nothing to draw on
	})
}

func (i *icon) quit() { systray.Quit() }

func (i *icon) choose(item model.Item) {
	select {
	case i.chosen <- item:
	default: // eight clicks wait already
	}
}

// build makes the menu, once: from then on its lines only change.
func (i *icon) build(ctx context.Context) {
	i.mu.Lock()
	defer i.mu.Unlock()
	systray.SetTitle("Deskbell")
	i.panel.first(i.now)
	for _, m := range i.now.Items {
		if m.ID == model.ItemStatus || m.ID == model.ItemQuit {
			systray.AddSeparator()
		}
		line := systray.AddMenuItem(m.Label, "")
		if !m.Enabled {
			line.Disable()
		}
		i.lines[m.ID] = line
		go func() {
			for range line.ClickedCh {
				i.choose(m.ID)
			}
		}()
	}
	i.ready = true
	i.panel.start(ctx, i.log, i.now)
}

// set changes what differs from what is shown.
func (i *icon) set(next model.Tray) {
	i.mu.Lock()
	defer i.mu.Unlock()
	before := i.now
	i.now = next
	if !i.ready {
		return // build shows it, or the icon is gone
	}
	for n, m := range next.Items {
		if slices.Contains(before.Items, m) {
			continue
		}
		line := i.lines[m.ID]
		if before.Items[n].Label != m.Label {
			line.SetTitle(m.Label)
		}
		if m.Enabled == line.Disabled() {
			if m.Enabled {
				line.Enable()
			} else {
				line.Disable()
			}
		}
	}
	if before.Bell != next.Bell || before.Tooltip != next.Tooltip {
		i.panel.show(next)
	}
}
