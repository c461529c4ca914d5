package notify_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/ui/notify"
	"github.com/deskbell/deskbell/ui/traytest"
)

var errReplaces = errors.New("it is still known")

func TestNotes(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	desk := traytest.NewDesktop(t, traytest.Options{NoScreen: true})
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", desk.Bus)
	host, err := traytest.NewHost(desk.Bus)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan string, 4)
	n := notify.New("Deskbell", "com.deskbell.Deskbell", func(key, choice string) { opened <- key + choice })
	defer n.Close()
	show := func(note notify.Note) traytest.Note {
		t.Helper()
		if err := n.Show(t.Context(), note); err != nil {
			t.Fatal(err)
		}
		return traytest.Receive(t, "a notification", host.Notes)
	}

	first := show(notify.Note{Key: "T1", Title: "<b>&", Body: `<a href="x">&</a> $(touch x)`, Button: "Open"})
	if first.Title != "<b>&" || first.Body != `&lt;a href="x"&gt;&amp;&lt;/a&gt; $(touch x)` {
		t.Errorf("it shows %q and %q", first.Title, first.Body)
	}
	if len(first.Actions) != 4 || first.Actions[0] != "default" || first.Actions[3] != "Open" {
		t.Errorf("its actions are %q", first.Actions)
	}
	if again := show(notify.Note{Key: "T1", Body: "2"}); again.Replaces != first.ID {
		t.Errorf("the second does not take the first's place: %+v", again)
	}
	other := show(notify.Note{Key: "T2"})
	if other.Replaces != 0 {
		t.Errorf("another ticket's takes its place: %+v", other)
	}
	for _, action := range []string{"default", "open"} {
		if err := host.Invoke(other.ID, action); err != nil {
			t.Fatal(err)
		}
		if key := traytest.Receive(t, "a click", opened); key != "T2" {
			t.Errorf("a click opens %q", key)
		}
	}
	asked := show(notify.Note{Key: "T2", Button: "Open", Choices: []notify.Choice{{ID: "yes", Label: "It works"}, {ID: "no", Label: "Not yet"}}})
	if fmt.Sprint(asked.Actions) != "[default Open yes It works no Not yet]" {
		t.Errorf("its actions are %q", asked.Actions)
	}
	for _, action := range []string{"yes", "yes", "no", "other"} { // of which only the first means something
		if err := host.Invoke(other.ID, action); err != nil {
			t.Fatal(err)
		}
	}
	if key := traytest.Receive(t, "a choice", opened); key != "T2yes" {
		t.Errorf("the choice is %q", key)
	}
	if err := host.Invoke(99, "default"); err != nil { // somebody else's
		t.Fatal(err)
	}
	if err := host.Dismiss(first.ID); err != nil {
		t.Fatal(err)
	}
	traytest.Until(t, "a forgotten note", func() error {
		if x := show(notify.Note{Key: "T1"}); x.Replaces != 0 {
			return errReplaces
		}
		return nil
	})
	if err := n.Withdraw(t.Context(), "T2"); err != nil {
		t.Fatal(err)
	}
	if id := traytest.Receive(t, "the end of a notification", host.Closed); id != other.ID {
		t.Errorf("%d is taken away, not %d", id, other.ID)
	}
	select {
	case key := <-opened:
		t.Errorf("a click on a stranger opens %q", key)
	default:
	}

	// The daemon is started anew, as on an update of the desktop.
	host.Close()
	if err := n.Show(t.Context(), notify.Note{Key: "T3"}); err == nil {
		t.Error("without a daemon it says that it is shown")
	}
	if host, err = traytest.NewHost(desk.Bus); err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	show(notify.Note{Key: "T3"})
}

func TestWithoutButtons(t *testing.T) {
	desk := traytest.NewDesktop(t, traytest.Options{NoScreen: true})
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", desk.Bus)
	host := desk.Host(t)
	host.WithoutButtons()
	n := notify.New("Deskbell", "", nil)
	defer n.Close()
	if err := n.Show(t.Context(), notify.Note{Key: "T", Button: "Open", Choices: []notify.Choice{{ID: "yes", Label: "It works"}}}); err != nil {
		t.Fatal(err)
	}
	if note := traytest.Receive(t, "a notification", host.Notes); slices.Contains(note.Actions, "yes") {
		t.Errorf("its actions are %q", note.Actions)
	}
}

func TestNoBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	n := notify.New("Deskbell", "", nil)
	defer n.Close()
	if err := n.Show(t.Context(), notify.Note{Key: "T"}); err == nil {
		t.Error("without a bus it says that it is shown")
	}
}
