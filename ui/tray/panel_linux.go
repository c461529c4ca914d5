package tray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"fyne.io/systray"
	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"

	"github.com/deskbell/deskbell/ui/assets"
	"github.com/deskbell/deskbell/ui/model"
)

// The names of the tray icon's specification, and where systray puts ours.
const (
	itemName    = "org.kde.StatusNotifierItem"
	itemPath    = dbus.ObjectPath("/StatusNotifierItem")
	menuPath    = dbus.ObjectPath("/StatusNotifierItem/menu")
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = dbus.ObjectPath("/StatusNotifierWatcher")
)

// panel is the icon's part that systray does too little of here. It publishes a
// picture of one size, which panels then scale into a blur, and it registers once
// when a panel appears, which fails when the panel is not ready yet. Both are done
// over the bus connection that systray shares with the process.
type panel struct {
	mu    sync.Mutex
	conn  *dbus.Conn
	props *prop.Properties
	now   model.Tray
}

// pixmap is a picture as the specification wants it: ARGB, big-endian.
type pixmap struct {
	W, H int32
	Pix  []byte
}

// tooltip is the specification's ToolTip: icon name, pictures, title, text.
type tooltip struct {
	Icon     string
	Pictures []pixmap
	Title    string
	Text     string
}

// first gives systray something to show until start has taken over.
func (p *panel) first(t model.Tray) {
	systray.SetIcon(assets.Bell(t.Bell.Name(), 24))
	systray.SetTooltip(t.Tooltip)
}

// start takes the icon's properties over, in the background.
func (p *panel) start(ctx context.Context, log *slog.Logger, t model.Tray) {
	p.mu.Lock()
	p.now = t
	p.mu.Unlock()
	go func() {
		if err := p.takeOver(ctx); err != nil {
			if ctx.Err() == nil {
				log.Info("there is no session bus, so there is no icon; “Get help” in the menu of programs works without it", "error", err)
			}
			return
		}
		p.stayRegistered(ctx, log)
	}()
}

// takeOver waits until systray has put its own properties on the bus, and puts
// ours in their place.
func (p *panel) takeOver(ctx context.Context) error {
	conn, err := dbus.SessionBus()
	if err != nil {
		return err
	}
	self := conn.Object(conn.Names()[0], menuPath)
	// systray exports this last.
	for self.CallWithContext(ctx, "org.freedesktop.DBus.Introspectable.Introspect", 0).Err != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// Changes are told by the specification’s own signals. The library’s would panic
	// when the bus goes away.
	fixed := func(v any) *prop.Prop { return &prop.Prop{Value: v, Emit: prop.EmitFalse} }
	p.props, err = prop.Export(conn, itemPath, prop.Map{itemName: {
		"Category":      fixed("ApplicationStatus"),
		"Id":            fixed("com.deskbell.Deskbell"),
		"Title":         fixed("Deskbell"),
		"Status":        fixed("Active"),
		"IconName":      fixed(""),
		"IconThemePath": fixed(""),
		"IconPixmap":    fixed(pixmaps(p.now.Bell.Name())),
		"ItemIsMenu":    fixed(false),
		"Menu":          fixed(menuPath),
		"ToolTip":       fixed(tooltip{Title: p.now.Tooltip}),
	}})
	if err != nil {
		return err
	}
	p.conn = conn
	return p.emit("NewIcon", "NewToolTip")
}

// show changes the picture and the tooltip.
func (p *panel) show(t model.Tray) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.now
	p.now = t
	if p.props == nil {
		return
	}
	if before.Bell != t.Bell {
		p.props.SetMust(itemName, "IconPixmap", pixmaps(t.Bell.Name()))
		p.emit("NewIcon")
	}
	if before.Tooltip != t.Tooltip {
		p.props.SetMust(itemName, "ToolTip", tooltip{Title: t.Tooltip})
		p.emit("NewToolTip")
	}
}

func (p *panel) emit(signals ...string) error {
	for _, s := range signals {
		if err := p.conn.Emit(itemPath, itemName+"."+s); err != nil {
			return err
		}
	}
	return nil
}

// stayRegistered makes sure that each panel that appears knows the icon.
func (p *panel) stayRegistered(ctx context.Context, log *slog.Logger) {
	err := p.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcherName))
	if err != nil {
		return
	}
	signals := make(chan *dbus.Signal, 8)
	p.conn.Signal(signals)
	defer p.conn.RemoveSignal(signals)
	for {
		p.register(ctx, log)
		if !nextWatcher(ctx, signals) {
			return
		}
	}
}

// nextWatcher waits until another watcher has appeared.
func nextWatcher(ctx context.Context, signals <-chan *dbus.Signal) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case s, ok := <-signals:
			if !ok {
				return false
			}
			if s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) < 3 || s.Body[0] != watcherName {
				continue
			}
			if owner, _ := s.Body[2].(string); owner != "" {
				return true
			}
		}
	}
}

// register looks whether the watcher has the icon, and offers it again until it
// does. Some watchers take their name before they can answer.
func (p *panel) register(ctx context.Context, log *slog.Logger) {
	watcher := p.conn.Object(watcherName, watcherPath)
	ours := []string{p.conn.Names()[0], fmt.Sprintf("%s-%d-1", itemName, os.Getpid())}
	for wait := time.Second; wait < 2*time.Minute; wait *= 2 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		v, err := watcher.GetProperty(watcherName + ".RegisteredStatusNotifierItems")
		if e, ok := errors.AsType[dbus.Error](err); ok && e.Name == "org.freedesktop.DBus.Error.ServiceUnknown" {
			return // gone; the signal tells when there is one
		}
		items, _ := v.Value().([]string)
		if slices.ContainsFunc(items, func(s string) bool {
			return slices.ContainsFunc(ours, func(o string) bool { return strings.HasPrefix(s, o) })
		}) {
			return
		}
		if err := watcher.CallWithContext(ctx, watcherName+".RegisterStatusNotifierItem", 0, string(itemPath)).Err; err != nil {
			log.Debug("the panel did not take the icon", "error", err)
		}
	}
}

// pixmaps are a bell in all its sizes.
func pixmaps(name string) []pixmap {
	var out []pixmap
	for _, size := range assets.Sizes() {
		img, err := png.Decode(bytes.NewReader(assets.Bell(name, size)))
		if err != nil {
			panic(err) // our own pictures
		}
		b := img.Bounds()
		px := pixmap{int32(b.Dx()), int32(b.Dy()), make([]byte, 0, b.Dx()*b.Dy()*4)}
		for y := range b.Dy() {
			for x := range b.Dx() {
				red, green, blue, alpha := img.At(x, y).RGBA()
				if alpha > 0 { // the specification wants colours that alpha has not dimmed
					red, green, blue = red*0xffff/alpha, green*0xffff/alpha, blue*0xffff/alpha
				}
				px.Pix = append(px.Pix, byte(alpha>>8), byte(red>>8), byte(green>>8), byte(blue>>8))
			}
		}
		out = append(out, px)
	}
	return out
}
