package localapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/announcements"
	"github.com/deskbell/deskbell/agent/checkups"
	"github.com/deskbell/deskbell/agent/ledger"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/agent/localapi"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/people"
	"github.com/deskbell/deskbell/agent/recorder"
	"github.com/deskbell/deskbell/agent/tickets"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/wire"
)

// house is a local API on a real socket, whose callers are whom the test says.
type house struct {
	dir    string
	box    *outbox.Box
	shelf  *tickets.Shelf
	ledger *ledger.Ledger
	flight *recorder.Recorder
	prober *fakeProber
	room   *checkups.Room
	server *localapi.Server
	desk   *people.Desk
	stop   func()

	mu       sync.Mutex
	caller   string
	enrolled bool
	link     people.Link
}

// fakeProber finds what the test wants, section by section, when it is let.
type fakeProber struct {
	step chan struct{} // one receive a section; nil: at once
}

func (p *fakeProber) Collect(ctx context.Context, _ probe.Request, on func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot {
	s := diagnostics.Snapshot{Version: 1}
	pending := []diagnostics.SectionName{diagnostics.SectionSystem, diagnostics.SectionDisks}
	for len(pending) > 0 {
		if p.step != nil {
			select {
			case <-p.step:
			case <-ctx.Done():
				return s
			}
		}
		switch pending[0] {
		case diagnostics.SectionSystem:
			s.System = diagnostics.Section[diagnostics.System]{State: diagnostics.StateOK, Data: &diagnostics.System{Hostname: "pc-17"}}
		case diagnostics.SectionDisks:
			s.Disks = diagnostics.Section[diagnostics.Disks]{State: diagnostics.StateOK, Data: &diagnostics.Disks{FileSystems: []diagnostics.FileSystem{
				{Mount: "/", Type: "ext4", Total: 100 << 30, Free: 1 << 20, UsedPct: 99.9},
			}}}
		}
		pending = pending[1:]
		on(s, pending)
	}
	return s
}

func open(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	h := &house{dir: dir, prober: &fakeProber{}, enrolled: true}
	var err1, err2, err3 error
	h.box, err1 = outbox.Open(filepath.Join(dir, "outbox"), outbox.Options{})
	h.shelf, err2 = tickets.Open(filepath.Join(dir, "people"), "e1", quiet)
	h.ledger, err3 = ledger.Open(filepath.Join(dir, "looks.jsonl"))
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	h.flight = recorder.Open(filepath.Join(dir, "recorder"), recorder.Options{Read: func(time.Time) probe.Vitals {
		return probe.Vitals{CPU: 99.5, Top: []probe.Task{{PID: 17, Name: "busy", CPUPct: 150.04, RSS: 5 << 20}}}
	}})
	recording := make(chan struct{})
	flying, land := context.WithCancel(t.Context())
	go func() { defer close(recording); h.flight.Run(flying) }()
	t.Cleanup(func() { land(); <-recording })
	changed := make(chan struct{})
	h.room = checkups.New(h.prober, func() *probe.Server { return nil }, nil)
	desk := people.New(people.Config{
		Box: h.box, Shelf: h.shelf, Ledger: h.ledger, Recorder: h.flight, Room: h.room, Outages: announcements.Open(filepath.Join(h.dir, "announcements.json"), "PC-17", slog.New(slog.DiscardHandler)),
		Link: func() people.Link { h.mu.Lock(); defer h.mu.Unlock(); return h.link },
		Status: func() local.Status {
			h.mu.Lock()
			defer h.mu.Unlock()
			return local.Status{Version: 1, Enrolled: h.enrolled, Connection: local.Offline}
		},
		StatusChanged: func() <-chan struct{} { return changed },
		Account:       func(uid string) wire.Account { return wire.Account{UID: uid, Name: "user" + uid} },
		Temp:          dir, Log: quiet,
	})
	h.desk = desk
	h.server = localapi.New(desk, quiet)
	h.server.PeerOf = func(net.Conn) (pipe.Caller, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.caller == "" {
			return pipe.Caller{}, errors.New("nobody knows")
		}
		return pipe.Caller{UID: h.caller, Root: h.caller == "0"}, nil
	}
	l, err := pipe.Listen(pipe.Address(dir))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ctx, l) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serving ended with %v", err)
		}
		h.ledger.Close()
	})
	t.Cleanup(h.stop)
	return h
}

// as returns a client whose connection is the person's.
func (h *house) as(t *testing.T, uid string) *local.Client {
	t.Helper()
	h.mu.Lock()
	h.caller = uid
	h.mu.Unlock()
	c := local.NewClient(h.dir)
	t.Cleanup(c.Close)
	if _, err := c.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// theirs makes a ticket, an attachment, a receipt and a check-up of 1000's.
func (h *house) theirs(t *testing.T) (ticket, ref, sha, checkup string) {
	t.Helper()
	c := h.as(t, "1000")
	a, err := c.Attach(t.Context(), "secret.txt", strings.NewReader("theirs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.shelf.Put("1000", wire.TicketView{ID: "T1", Number: 1042, Title: "Theirs", Version: 1, Unread: 1, Messages: []wire.MessageView{{ID: "M1", Body: "x"}}}); err != nil {
		t.Fatal(err)
	}
	r, err := c.Ring(t.Context(), local.Draft{Title: "Also theirs", Attachments: []wire.Attachment{a}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Checkup(t.Context(), local.CheckupRequest{}, func(x local.Checkup) { checkup = x.ID }); err != nil {
		t.Fatal(err)
	}
	return "T1", r.Ref, a.SHA256, checkup
}
