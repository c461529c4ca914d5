package courier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/courier"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is an outbox whose courier runs over real sessions with a test server.
type desk struct {
	*outbox.Box
	dir    string
	server *uplinktest.Server
	up     *uplink.Uplink
}

func start(t *testing.T, s *uplinktest.Server) *desk {
	t.Helper()
	d := &desk{dir: filepath.Join(t.TempDir(), "outbox"), server: s}
	var err error
	if d.Box, err = outbox.Open(d.dir, outbox.Options{}); err != nil {
		t.Fatal(err)
	}
	dialer, err := uplink.NewDialer(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	c := courier.New(d.Box, "e1", slog.New(slog.DiscardHandler))
	d.up = uplink.New(uplink.Config{
		Dialer: dialer, Endpoint: "e1", Key: s.AddEndpoint("e1"), Ratchet: &ratchet{},
		Prove:   func() wire.Prove { return wire.Prove{Recent: d.Recent("e1")} },
		Sample:  func(now time.Time) diagnostics.Sample { return diagnostics.Sample{At: now} },
		Changed: func(wire.TicketChanged) {},
		Attend:  func(ctx context.Context, l *uplink.Link) { c.Run(ctx, l) },
		Network: func(string) uplink.Network { return uplink.Network{} },
		Random:  func() float64 { return 0.01 },
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { d.up.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return d
}

type ratchet struct{ secret []byte }

func (r *ratchet) Secret() []byte       { return r.secret }
func (r *ratchet) Store(s []byte) error { r.secret = s; return nil }

func (d *desk) write(t *testing.T, owner string, n int, change func(*outbox.Entry)) string {
	t.Helper()
	body, err := json.Marshal(wire.TicketOpen{Account: wire.Account{UID: owner}, Title: fmt.Sprintf("%s %d", owner, n)})
	if err != nil {
		t.Fatal(err)
	}
	e := outbox.Entry{Owner: owner, Type: wire.TypeTicketOpen, Body: body}
	if change != nil {
		change(&e)
	}
	i, err := d.Append(e)
	if err != nil {
		t.Fatal(err)
	}
	return i.ID
}

// settled waits until every entry of these people is sent or refused.
func (d *desk) settled(t *testing.T, owners ...string) {
	t.Helper()
	for deadline := time.After(time.Minute); ; {
		changed := d.Changed()
		if !slices.ContainsFunc(owners, func(o string) bool { return d.Waiting(o) > 0 }) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatal("entries wait for ever")
		}
	}
}

// titles returns the titles of what the server took in, in its order.
func titles(s *uplinktest.Server, owner string) []string {
	var out []string
	for _, m := range s.Messages(wire.TypeTicketOpen) {
		var o wire.TicketOpen
		m.Into(&o)
		if o.Account.UID == owner {
			out = append(out, o.Title)
		}
	}
	return out
}

// Whatever the server does about acknowledgements, everything arrives, once, in
// each person's order, and the content of an id never changes.
func TestEverythingArrivesOnceInOrder(t *testing.T) {
	s := uplinktest.New(t)
	var n int
	s.Behave(uplinktest.Behaviour{React: func(r uplinktest.Received) uplinktest.Reaction {
		if r.Type != wire.TypeTicketOpen {
			return uplinktest.Reaction{}
		}
		n++
		switch n % 7 {
		case 1:
			return uplinktest.Reaction{Do: uplinktest.Lose}
		case 3:
			return uplinktest.Reaction{Do: uplinktest.Drop}
		case 4:
			return uplinktest.Reaction{Do: uplinktest.AckTwice}
		}
		return uplinktest.Reaction{}
	}})
	d := start(t, s)
	var want []string
	for i := range 15 {
		for _, owner := range []string{"1000", "1001"} {
			d.write(t, owner, i, nil)
		}
		want = append(want, fmt.Sprintf("1000 %d", i))
	}
	d.settled(t, "1000", "1001")
	if got := titles(s, "1000"); !slices.Equal(got, want) {
		t.Errorf("arrived %q", got)
	}
	again := 0
	for _, m := range s.Messages(wire.TypeTicketOpen) {
		if m.Conflicts > 0 {
			t.Errorf("%s came with other content", m.ID)
		}
		again += m.Times - 1
	}
	if again == 0 {
		t.Error("the server lost no acknowledgement: this test shows nothing")
	}
	if len(s.Tickets()) != 30 {
		t.Errorf("%d tickets", len(s.Tickets()))
	}
}

func TestRefusedAndFailed(t *testing.T) {
	s := uplinktest.New(t)
	s.Behave(uplinktest.Behaviour{React: func(r uplinktest.Received) uplinktest.Reaction {
		var o wire.TicketOpen
		r.Into(&o)
		switch {
		case strings.HasSuffix(o.Title, " 0"):
			return uplinktest.Reaction{Do: uplinktest.Refuse, Code: fault.Invalid, Sentence: "No."}
		case strings.HasSuffix(o.Title, " 1") && r.Times == 1 && r.Type == wire.TypeTicketOpen && tries(o.Title) == 1:
			return uplinktest.Reaction{Do: uplinktest.Fail, Code: fault.Unavailable, Sentence: "Later."}
		}
		return uplinktest.Reaction{}
	}})
	d := start(t, s)
	bad, later := d.write(t, "1000", 0, nil), d.write(t, "1000", 1, nil)
	d.settled(t, "1000")
	if i, _ := d.Item(bad); i.State != outbox.Refused || i.Ack.Sentence != "No." {
		t.Errorf("refused: %+v", i)
	}
	if i, _ := d.Item(later); i.State != outbox.Sent || i.Ack.Number == 0 {
		t.Errorf("failed once: %+v", i)
	}
}

var tried sync.Map

func tries(title string) int {
	n, _ := tried.LoadOrStore(title, new(int))
	*n.(*int)++
	return *n.(*int)
}

// One person's huge or stubborn message keeps nobody else waiting, and one that
// ends every session is passed in the end.
func TestNobodyWaitsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uplinktest.NewMemory(t)
		s.Behave(uplinktest.Behaviour{React: func(r uplinktest.Received) uplinktest.Reaction {
			var o wire.TicketOpen
			r.Into(&o)
			if o.Title == "1000 0" {
				return uplinktest.Reaction{Do: uplinktest.Drop}
			}
			return uplinktest.Reaction{}
		}})
		d := start(t, s)
		poison := d.write(t, "1000", 0, nil)
		other, same := d.write(t, "1001", 1, nil), d.write(t, "1000", 2, nil)
		time.Sleep(time.Hour)
		for name, id := range map[string]string{"another person's": other, "the same person's": same} {
			if i, _ := d.Item(id); i.State != outbox.Sent {
				t.Errorf("%s message is %s after an hour", name, i.State)
			}
		}
		if i, _ := d.Item(poison); i.State != outbox.Waiting {
			t.Errorf("the message that ends sessions is %s", i.State)
		}
		if n := len(s.Sessions()); n > 60 {
			t.Errorf("it ended %d sessions in an hour", n)
		}
	})
}

func TestAttachmentsGoFirst(t *testing.T) {
	s := uplinktest.New(t)
	missing := ""
	s.Behave(uplinktest.Behaviour{React: func(r uplinktest.Received) uplinktest.Reaction {
		var o wire.TicketOpen
		if r.Type == wire.TypeTicketOpen && r.Into(&o) == nil {
			for _, a := range o.Attachments {
				if data, _ := s.Blob(a.SHA256); data == nil {
					missing = a.Name
				}
			}
		}
		return uplinktest.Reaction{}
	}})
	d := start(t, s)
	data := bytes.Repeat([]byte("x"), 200<<10)
	with := func(e *outbox.Entry) {
		a, err := d.Put(e.Owner, "x.txt", bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Put(e.Owner, "y.txt", strings.NewReader(e.Owner))
		if err != nil {
			t.Fatal(err)
		}
		e.Attachments = []wire.Attachment{a, b}
		e.Body, _ = json.Marshal(wire.TicketOpen{Account: wire.Account{UID: e.Owner}, Attachments: e.Attachments})
	}
	for n := range 3 {
		d.write(t, "1000", n, with)
	}
	d.settled(t, "1000")
	if missing != "" {
		t.Errorf("a ticket came before its attachment %s", missing)
	}
	d.write(t, "1001", 0, func(e *outbox.Entry) {
		with(e)
		files, _ := filepath.Glob(filepath.Join(d.dir, "files", "*.1001"))
		for _, f := range files {
			if err := os.WriteFile(f, bytes.Repeat([]byte("y"), 200<<10), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	d.settled(t, "1001")
	if i := d.Of("1001")[0]; i.State != outbox.Refused || !strings.Contains(i.Ack.Sentence, "send it again") {
		t.Errorf("a damaged attachment: %+v", i)
	}
}

// An entry that cannot be read is refused, and the next one goes.
func TestDamagedEntry(t *testing.T) {
	s := uplinktest.New(t)
	s.Stop()
	d := start(t, s)
	d.write(t, "1000", 0, nil)
	good := d.write(t, "1000", 1, nil)
	files, _ := filepath.Glob(filepath.Join(d.dir, "entries", "*"))
	if err := os.Truncate(files[0], 30); err != nil {
		t.Fatal(err)
	}
	s.Start()
	d.settled(t, "1000")
	if i, _ := d.Item(good); i.State != outbox.Sent {
		t.Errorf("the good one is %s", i.State)
	}
}

// A server that was restored from a backup gets back what it lacks.
func TestRestoredServer(t *testing.T) {
	s := uplinktest.New(t)
	d := start(t, s)
	var ids []string
	for n := range 5 {
		ids = append(ids, d.write(t, "1000", n, nil))
	}
	d.settled(t, "1000")
	s.Forget(ids[2], ids[3])
	if err := d.Requeue("e1", ids[2:4], d.Recent("e1")); err != nil {
		t.Fatal(err)
	}
	d.settled(t, "1000")
	if n := len(s.Tickets()); n != 5 {
		t.Errorf("%d tickets", n)
	}
}
