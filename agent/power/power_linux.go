package power

import (
	"context"
	"os"

	"github.com/godbus/dbus/v5"
)

// logind's interface, https://www.freedesktop.org/software/systemd/man/org.freedesktop.login1.html
const (
	login     = "org.freedesktop.login1"
	loginPath = "/org/freedesktop/login1"
	manager   = login + ".Manager"
)

// Run hears of events until ctx ends. A system without logind tells nothing, and Run
// returns at once.
func (w *Watcher) Run(ctx context.Context) {
	conn, err := w.connect(ctx)
	if err != nil {
		w.Log.Info("nobody here tells when the computer sleeps or is switched off", "err", err)
		return
	}
	defer conn.Close()
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	lock := w.inhibit(ctx, conn)
	defer func() { lock.release() }()
	for {
		select {
		case <-ctx.Done():
			return
		case s, ok := <-signals:
			if !ok {
				w.Log.Warn("the system's bus is gone: nobody tells when the computer sleeps or is switched off")
				return
			}
			begins, ok := starts(s)
			if !ok {
				continue
			}
			switch {
			case !begins:
				w.On(Wake)
				lock.release()
				lock = w.inhibit(ctx, conn)
			case s.Name == manager+".PrepareForSleep":
				w.On(Sleep)
				lock.release()
			default:
				w.On(Shutdown)
				lock.release()
			}
		}
	}
}

// starts reads whether something begins or is over.
func starts(s *dbus.Signal) (begins, ok bool) {
	if s.Name != manager+".PrepareForSleep" && s.Name != manager+".PrepareForShutdown" || len(s.Body) != 1 {
		return false, false
	}
	begins, ok = s.Body[0].(bool)
	return begins, ok
}

func (w *Watcher) connect(ctx context.Context) (*dbus.Conn, error) {
	address := w.address
	var conn *dbus.Conn
	var err error
	if address == "" {
		conn, err = dbus.ConnectSystemBus(dbus.WithContext(ctx))
	} else {
		conn, err = dbus.Connect(address, dbus.WithContext(ctx))
	}
	if err != nil {
		return nil, err
	}
	for _, member := range []string{"PrepareForSleep", "PrepareForShutdown"} {
		if err := conn.AddMatchSignal(dbus.WithMatchSender(login), dbus.WithMatchInterface(manager), dbus.WithMatchMember(member)); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// lock is logind's promise to wait for us, until it is released.
type lock struct{ file *os.File }

func (l *lock) release() {
	if l != nil && l.file != nil {
		l.file.Close() // it carries nothing
		l.file = nil
	}
}

// inhibit asks logind to wait, as long as it does for anybody: five seconds, unless
// its administrator says otherwise. Without it the goodbye is as fast as it is.
func (w *Watcher) inhibit(ctx context.Context, conn *dbus.Conn) *lock {
	var fd dbus.UnixFD
	err := conn.Object(login, loginPath).CallWithContext(ctx, manager+".Inhibit", 0, "sleep:shutdown", "Deskbell", "Tells the help desk that this computer goes away", "delay").Store(&fd)
	if err != nil {
		w.Log.Info("the computer does not wait for a goodbye before it sleeps", "err", err)
		return nil
	}
	return &lock{os.NewFile(uintptr(fd), "inhibitor")}
}
