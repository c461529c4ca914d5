package notify

import (
	"context"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"
)

const (
	name  = "org.freedesktop.Notifications"
	where = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// Notifier shows notifications over the session bus. It connects at the first
// one, and again after the bus was lost.
type Notifier struct {
	app, icon string
	open      func(key string)

	mu     sync.Mutex
	conn   *dbus.Conn
	markup bool              // the server reads markup in the body
	ids    map[string]uint32 // key → the server's id of what is shown
	wait   sync.WaitGroup
}

// New returns a notifier for a program. icon is the name of an installed icon.
// open is called with the key of a note that was clicked, on a goroutine of its
// own. It does not connect yet.
func New(app, icon string, open func(key string)) *Notifier {
	return &Notifier{app: app, icon: icon, open: open, ids: map[string]uint32{}}
}

// Close lets go of the bus. What is shown stays.
func (n *Notifier) Close() {
	n.mu.Lock()
	if n.conn != nil {
		n.conn.Close()
		n.conn = nil
	}
	n.mu.Unlock()
	n.wait.Wait()
}

// Show shows a note, in the place of one with the same key.
func (n *Notifier) Show(ctx context.Context, note Note) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.connect(ctx); err != nil {
		return err
	}
	body := note.Body
	if n.markup {
		body = escape(body)
	}
	hints := map[string]dbus.Variant{
		"desktop-entry": dbus.MakeVariant("com.deskbell.Deskbell"),
		"category":      dbus.MakeVariant("im.received"),
	}
	var id uint32
	err := n.conn.Object(name, where).CallWithContext(ctx, name+".Notify", 0, n.app, n.ids[note.Key], n.icon,
		note.Title, body, []string{"default", note.Button, "open", note.Button}, hints, int32(-1)).Store(&id)
	if err != nil {
		n.lost()
		return err
	}
	n.ids[note.Key] = id
	return nil
}

// Withdraw takes a note away that is still shown.
func (n *Notifier) Withdraw(ctx context.Context, key string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, ok := n.ids[key]
	if !ok || n.conn == nil {
		return nil
	}
	delete(n.ids, key)
	return n.conn.Object(name, where).CallWithContext(ctx, name+".CloseNotification", 0, id).Err
}

// connect opens the bus unless it is open. The caller holds mu.
func (n *Notifier) connect(ctx context.Context) error {
	if n.conn != nil && n.conn.Connected() {
		return nil
	}
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		return err
	}
	var can []string
	if err := conn.Object(name, where).CallWithContext(ctx, name+".GetCapabilities", 0).Store(&can); err != nil {
		conn.Close()
		return err
	}
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(name), dbus.WithMatchObjectPath(where)); err != nil {
		conn.Close()
		return err
	}
	n.conn, n.markup = conn, slices.Contains(can, "body-markup")
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	n.wait.Go(func() { n.listen(signals) })
	return nil
}

// lost forgets a connection that failed. The caller holds mu.
func (n *Notifier) lost() {
	if n.conn != nil && !n.conn.Connected() {
		n.conn, n.ids = nil, map[string]uint32{}
	}
}

// listen reads what happens to notes until the connection closes.
func (n *Notifier) listen(signals <-chan *dbus.Signal) {
	for s := range signals {
		if len(s.Body) < 2 {
			continue
		}
		id, _ := s.Body[0].(uint32)
		switch s.Name {
		case name + ".ActionInvoked":
			if key, ok := n.key(id, false); ok {
				go n.open(key)
			}
		case name + ".NotificationClosed":
			n.key(id, true)
		}
	}
}

// key returns the key of a note by the server's id, and forgets it when told.
func (n *Notifier) key(id uint32, forget bool) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for key, have := range n.ids {
		if have == id {
			if forget {
				delete(n.ids, key)
			}
			return key, true
		}
	}
	return "", false
}
