//go:build windows || (darwin && cgo)

package tray

import (
	"context"
	"log/slog"

	"fyne.io/systray"

	"github.com/deskbell/deskbell/ui/model"
)

// panel is the icon's part that differs between systems.
type panel struct{}

func (p *panel) first(t model.Tray) { p.show(t) }

func (p *panel) start(context.Context, *slog.Logger, model.Tray) {}

// show changes the picture and the tooltip.
func (p *panel) show(t model.Tray) {
	systray.SetIcon(picture(t.Bell.Name()))
	systray.SetTooltip(t.Tooltip)
}
