// Package traytest drives a desktop session in tests: it is the panel that shows
// tray icons, the daemon that shows notifications, and the person who clicks and
// types. It needs the programs dbus-daemon, Xvfb, openbox, xdotool and import
// (ImageMagick), starts them on private addresses, and ends them with the test.
package traytest

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/introspect"
	"github.com/godbus/dbus/v5/prop"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = dbus.ObjectPath("/StatusNotifierWatcher")
	itemName    = "org.kde.StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
	notifyName  = "org.freedesktop.Notifications"
	notifyPath  = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// Note is a notification that was shown.
type Note struct {
	ID       uint32
	Replaces uint32 // the id of the one whose place it took; 0 for a new one
	App      string
	Icon     string
	Title    string
	Body     string // with its markup
	Actions  []string
}

// Host is a panel and a notification daemon on one session bus.
type Host struct {
	Notes  chan Note   // what was shown, in order
	Closed chan uint32 // ids of notifications that their program took away

	conn  *dbus.Conn
	props *prop.Properties
	items chan item

	mu   sync.Mutex
	seen []string
	last uint32
	deaf int // registrations still to be refused
	bare bool
}

type item struct {
	bus  string
	path dbus.ObjectPath
}

// NewHost becomes the panel and the notification daemon of a session bus.
func NewHost(address string) (*Host, error) { return NewHostRefusing(address, 0) }

// NewHostRefusing is NewHost for a panel that refuses the first n icons, as one
// does that has its name and is not ready.
func NewHostRefusing(address string, n int) (*Host, error) {
	c, err := dbus.Connect(address)
	if err != nil {
		return nil, err
	}
	h := &Host{conn: c, items: make(chan item, 16), Notes: make(chan Note, 64), Closed: make(chan uint32, 64), deaf: n}
	if err := h.export(); err != nil {
		c.Close()
		return nil, err
	}
	return h, nil
}

// Close leaves the bus: for programs the panel is gone.
func (h *Host) Close() error { return h.conn.Close() }

func (h *Host) export() error {
	if err := h.conn.Export(watcher{h}, watcherPath, watcherName); err != nil {
		return err
	}
	if err := h.conn.Export(notifier{h}, notifyPath, notifyName); err != nil {
		return err
	}
	var err error
	h.props, err = prop.Export(h.conn, watcherPath, prop.Map{watcherName: {
		"RegisteredStatusNotifierItems":  {Value: []string{}, Emit: prop.EmitTrue},
		"IsStatusNotifierHostRegistered": {Value: true, Emit: prop.EmitTrue},
		"ProtocolVersion":                {Value: int32(0), Emit: prop.EmitTrue},
	}})
	if err != nil {
		return err
	}
	node := introspect.NewIntrospectable(&introspect.Node{Name: string(watcherPath)})
	if err := h.conn.Export(node, watcherPath, "org.freedesktop.DBus.Introspectable"); err != nil {
		return err
	}
	// The names come last: whoever waits for them asks at once.
	for _, n := range []string{notifyName, watcherName} {
		r, err := h.conn.RequestName(n, dbus.NameFlagDoNotQueue)
		if err != nil {
			return err
		}
		if r != dbus.RequestNameReplyPrimaryOwner {
			return fmt.Errorf("the name %s is taken on this bus", n)
		}
	}
	return nil
}

// WithoutButtons makes the notification daemon one that has none. Programs ask at
// their first notification.
func (h *Host) WithoutButtons() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bare = true
}

// Invoke does what a click on an action of a notification does. The click on its
// body is the action "default".
func (h *Host) Invoke(id uint32, action string) error {
	return h.conn.Emit(notifyPath, notifyName+".ActionInvoked", id, action)
}

// Dismiss does what closing a notification does.
func (h *Host) Dismiss(id uint32) error {
	return h.conn.Emit(notifyPath, notifyName+".NotificationClosed", id, uint32(2))
}

// WaitTray waits for the next icon that registers.
func (h *Host) WaitTray(ctx context.Context) (*Tray, error) {
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("no icon has registered: %w", ctx.Err())
	case it := <-h.items:
		o := h.conn.Object(it.bus, it.path)
		v, err := o.GetProperty(itemName + ".Menu")
		if err != nil {
			return nil, err
		}
		menu, ok := v.Value().(dbus.ObjectPath)
		if !ok {
			return nil, fmt.Errorf("the icon’s menu is a %T", v.Value())
		}
		return &Tray{host: h, bus: it.bus, item: o, menu: h.conn.Object(it.bus, menu)}, nil
	}
}

type watcher struct{ h *Host }

func (w watcher) RegisterStatusNotifierItem(service string, sender dbus.Sender) *dbus.Error {
	it := item{bus: string(sender), path: "/StatusNotifierItem"}
	if strings.HasPrefix(service, "/") {
		it.path = dbus.ObjectPath(service)
	} else if service != "" {
		it.bus = service
	}
	w.h.mu.Lock()
	if w.h.deaf > 0 {
		w.h.deaf--
		w.h.mu.Unlock()
		return dbus.MakeFailedError(fmt.Errorf("not ready"))
	}
	w.h.seen = append(w.h.seen, it.bus+string(it.path))
	seen := append([]string(nil), w.h.seen...)
	w.h.mu.Unlock()
	w.h.props.SetMust(watcherName, "RegisteredStatusNotifierItems", seen)
	w.h.conn.Emit(watcherPath, watcherName+".StatusNotifierItemRegistered", it.bus+string(it.path))
	w.h.items <- it
	return nil
}

func (w watcher) RegisterStatusNotifierHost(string) *dbus.Error { return nil }

type notifier struct{ h *Host }

func (n notifier) Notify(app string, replaces uint32, icon, title, body string, actions []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.h.mu.Lock()
	id := replaces
	if id == 0 {
		n.h.last++
		id = n.h.last
	}
	n.h.mu.Unlock()
	n.h.Notes <- Note{id, replaces, app, icon, title, body, actions}
	return id, nil
}

func (n notifier) GetCapabilities() ([]string, *dbus.Error) {
	n.h.mu.Lock()
	defer n.h.mu.Unlock()
	if n.h.bare {
		return []string{"body"}, nil
	}
	return []string{"body", "body-markup", "actions"}, nil
}

func (n notifier) GetServerInformation() (string, string, string, string, *dbus.Error) {
	return "traytest", "Deskbell", "1", "1.2", nil
}

func (n notifier) CloseNotification(id uint32) *dbus.Error {
	n.h.Closed <- id
	n.h.conn.Emit(notifyPath, notifyName+".NotificationClosed", id, uint32(3))
	return nil
}
