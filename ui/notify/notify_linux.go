package notify

import (
	"context"
	"maps"
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
	open      func(key, choice string)

	mu     sync.Mutex
	conn   *dbus.Conn
	markup bool             // the server reads markup in the body
	button bool             // the server has buttons
	notes  map[string]shown // by key
	wait   sync.WaitGroup
}

// shown is a note that is on the screen.
type shown struct {
	id      uint32 // the server's
	choices []Choice
}

// New returns a notifier for a program. icon is the name of an installed icon.
// open is called with the key of a note that was clicked, and the choice when one
// of its buttons was, on a goroutine of its own. It does not connect yet.
func New(app, icon string, open func(key, choice string)) *Notifier {
	return &Notifier{app: app, icon: icon, open: open, notes: map[string]shown{}}
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
	choices := note.Choices
	if !n.button {
		choices = nil
	}
	var id uint32
	err := n.conn.Object(name, where).CallWithContext(ctx, name+".Notify", 0, n.app, n.notes[note.Key].id, n.icon,
		note.Title, body, actions(note.Button, choices), hints, int32(-1)).Store(&id)
	if err != nil {
		n.lost()
		return err
	}
	n.notes[note.Key] = shown{id, choices}
	return nil
}

// actions are the names and the words of what can be clicked. With choices there is
// no button to open: a click on the note does that, and desktops that show few
// buttons show those that matter.
func actions(button string, choices []Choice) []string {
	list := []string{"default", button}
	if len(choices) == 0 {
		return append(list, "open", button)
	}
	for _, c := range choices {
		list = append(list, c.ID, c.Label)
	}
	return list
}

// Withdraw takes a note away that is still shown.
func (n *Notifier) Withdraw(ctx context.Context, key string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	note, ok := n.notes[key]
	if !ok || n.conn == nil {
		return nil
	}
	delete(n.notes, key)
	return n.conn.Object(name, where).CallWithContext(ctx, name+".CloseNotification", 0, note.id).Err
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
	n.conn, n.markup, n.button = conn, slices.Contains(can, "body-markup"), slices.Contains(can, "actions")
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	n.wait.Go(func() { n.listen(signals) })
	return nil
}

// lost forgets a connection that failed. The caller holds mu.
func (n *Notifier) lost() {
	if n.conn != nil && !n.conn.Connected() {
		n.conn, n.notes = nil, map[string]shown{}
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
			action, _ := s.Body[1].(string)
			if key, choice, ok := n.pressed(id, action); ok {
				go n.open(key, choice)
			}
		case name + ".NotificationClosed":
			n.forget(id)
		}
	}
}

// pressed returns which note and which of its choices an action stands for. A
// choice is taken once: who presses a button twice means it once. A choice that
// the note does not offer any more is none.
func (n *Notifier) pressed(id uint32, action string) (key, choice string, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for key, note := range n.notes {
		switch {
		case note.id != id:
		case slices.ContainsFunc(note.choices, func(c Choice) bool { return c.ID == action }):
			n.notes[key] = shown{id: id}
			return key, action, true
		default:
			return key, "", action == "default" || action == "open"
		}
	}
	return "", "", false
}

// forget drops a note that is gone.
func (n *Notifier) forget(id uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.notes, func(_ string, note shown) bool { return note.id == id })
}
