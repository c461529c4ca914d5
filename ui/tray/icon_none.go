//go:build darwin && !cgo

package tray

import (
	"context"
	"log/slog"

	"github.com/deskbell/deskbell/ui/model"
)

// icon stands in where the tray cannot be built: on macOS it needs Apple's own
// libraries, which only a build on a Mac has. This program then opens windows and
// tells of news, and shows no bell.
type icon struct {
	chosen chan model.Item
	stop   chan struct{}
}

func newIcon(log *slog.Logger, _ model.Tray) *icon {
	log.Warn("this build has no icon: on macOS it must be built with cgo")
	return &icon{chosen: make(chan model.Item), stop: make(chan struct{})}
}

func (i *icon) run(context.Context) { <-i.stop }

func (i *icon) quit() { close(i.stop) }

func (i *icon) set(model.Tray) {}
