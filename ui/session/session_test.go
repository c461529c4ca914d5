package session_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a program's line and returns what was asked of it.
func serve(t *testing.T, state string, answer error) (asked chan session.Request) {
	t.Helper()
	l, err := session.Listen(session.Tray, state)
	if err != nil {
		t.Fatal(err)
	}
	asked = make(chan session.Request, 8)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- l.Serve(ctx, func(_ context.Context, r session.Request) error {
			asked <- r
			return answer
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return asked
}

func own(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return dir
}

func TestASecondStartForwards(t *testing.T) {
	own(t)
	asked := serve(t, "", nil)
	if _, err := session.Listen(session.Tray, ""); !errors.Is(err, session.ErrTaken) {
		t.Fatalf("a second program may listen: %v", err)
	}
	want := session.Request{Show: session.Tickets, Ticket: "T1"}
	if err := session.Send(t.Context(), session.Tray, "", want); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != want {
		t.Errorf("asked for %v, want %v", got, want)
	}
}

func TestAnErrorComesBackAsItsSentence(t *testing.T) {
	own(t)
	serve(t, "", fault.New(fault.Unavailable, "No window can be drawn."))
	err := session.Send(t.Context(), session.Tray, "", session.Request{Show: session.Ring})
	if fault.Sentence(err) != "No window can be drawn." {
		t.Errorf("got %v", err)
	}
}

func TestInstancesAndSessionsAreApart(t *testing.T) {
	own(t)
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("DISPLAY", ":1")
	serve(t, "", nil)
	for name, try := range map[string]func() string{
		"another state folder": func() string { return "/var/lib/other" },
		"another display":      func() string { t.Setenv("DISPLAY", ":2"); return "" },
	} {
		l, err := session.Listen(session.Tray, try())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		l.Close()
	}
	t.Setenv("DISPLAY", ":1.0")
	if _, err := session.Listen(session.Tray, ""); !errors.Is(err, session.ErrTaken) {
		t.Errorf("the first screen of the display counts as another session: %v", err)
	}
}

// A program that was killed leaves its socket behind; the next one starts.
func TestAStaleSocketIsNoHindrance(t *testing.T) {
	own(t)
	l, err := session.Listen(session.Window, "")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	again, err := session.Listen(session.Window, "")
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestNobodyListens(t *testing.T) {
	own(t)
	if err := session.Send(t.Context(), session.Tray, "", session.Request{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// Of programs that start at the same moment exactly one gets the line.
func TestOneWinsARace(t *testing.T) {
	own(t)
	var won atomic.Int32
	start := make(chan struct{})
	results := make(chan *session.Listener)
	for range 16 {
		go func() {
			<-start
			l, err := session.Listen(session.Tray, "")
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, session.ErrTaken) {
				t.Error(err)
			}
			results <- l
		}()
	}
	close(start)
	var held []*session.Listener
	for range 16 {
		if l := <-results; l != nil {
			held = append(held, l)
		}
	}
	for _, l := range held {
		l.Close()
	}
	if won.Load() != 1 {
		t.Errorf("%d programs got the line", won.Load())
	}
}

func TestAHungProgramIsGivenUp(t *testing.T) {
	own(t)
	l, err := session.Listen(session.Window, "")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := session.Send(ctx, session.Window, "", session.Request{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}
