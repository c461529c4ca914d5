package power

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// logind is what of systemd-logind we talk to, on a bus of its own.
type logind struct {
	t    *testing.T
	conn *dbus.Conn
	bus  string

	mu    sync.Mutex
	locks [][2]*os.File // both ends of each pipe whose second was handed out
	asked []string
	taken chan struct{}
}

// Inhibit hands out a lock: it is released when nobody has it open any more.
func (l *logind) Inhibit(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	l.mu.Lock()
	fd := dbus.UnixFD(int32(write.Fd()))
	l.locks, l.asked = append(l.locks, [2]*os.File{read, write}), append(l.asked, what+" "+mode)
	l.mu.Unlock()
	l.taken <- struct{}{}
	l.t.Cleanup(func() { read.Close() })
	return fd, nil
}

// released waits until the newest lock is nobody's any more.
func (l *logind) released() {
	l.t.Helper()
	l.mu.Lock()
	read, ours := l.locks[len(l.locks)-1][0], l.locks[len(l.locks)-1][1]
	l.mu.Unlock()
	ours.Close() // its copy was handed out long ago
	if err := read.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		l.t.Fatal(err)
	}
	if _, err := read.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		l.t.Fatalf("the lock is not released: %v", err)
	}
}

func (l *logind) emit(member string, begins bool) {
	l.t.Helper()
	if err := l.conn.Emit(loginPath, manager+"."+member, begins); err != nil {
		l.t.Fatal(err)
	}
}

func newLogind(t *testing.T) *logind {
	t.Helper()
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", "--address=unix:path="+filepath.Join(t.TempDir(), "bus"))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the bus did not start")
	}
	l := &logind{t: t, bus: lines.Text(), taken: make(chan struct{}, 8)}
	if l.conn, err = dbus.Connect(l.bus); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.conn.Close() })
	if err := l.conn.Export(l, loginPath, manager); err != nil {
		t.Fatal(err)
	}
	if _, err := l.conn.RequestName(login, 0); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSleepAndShutdown goes through what logind says, and sees that it is made to
// wait until the goodbye is said, and no longer.
func TestSleepAndShutdown(t *testing.T) {
	l := newLogind(t)
	events := make(chan Event)
	w := Watcher{On: func(e Event) { events <- e }, Log: slog.New(slog.DiscardHandler), address: l.bus}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	<-l.taken
	next := func(want Event) {
		t.Helper()
		select {
		case got := <-events:
			if got != want {
				t.Fatalf("%v, want %v", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%v was not heard", want)
		}
	}
	if err := l.conn.Emit(loginPath, manager+".SessionNew", "c1"); err != nil { // nothing of ours
		t.Fatal(err)
	}
	l.emit("PrepareForSleep", true)
	next(Sleep)
	l.released()
	l.emit("PrepareForSleep", false)
	next(Wake)
	<-l.taken // for the next time
	l.emit("PrepareForShutdown", true)
	next(Shutdown)
	l.released()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.asked, []string{"sleep:shutdown delay", "sleep:shutdown delay"}) {
		t.Errorf("it was asked for %v", l.asked)
	}
}

// TestNoLogind: a system without one, and a bus that goes, end the watch and nothing
// else.
func TestNoLogind(t *testing.T) {
	w := Watcher{On: func(Event) { t.Error("an event") }, Log: slog.New(slog.DiscardHandler), address: "unix:path=" + filepath.Join(t.TempDir(), "none")}
	w.Run(t.Context())
}
