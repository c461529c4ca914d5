package localapi_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent/checkups"
	"github.com/deskbell/deskbell/agent/ledger"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/agent/localapi"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/people"
	"github.com/deskbell/deskbell/agent/tickets"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// house is a local API on a real socket, whose callers are whom the test says.
type house struct {
	dir    string
	box    *outbox.Box
	shelf  *tickets.Shelf
	ledger *ledger.Ledger
	prober *fakeProber
	server *localapi.Server
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
	changed := make(chan struct{})
	desk := people.New(people.Config{
		Box: h.box, Shelf: h.shelf, Ledger: h.ledger, Room: checkups.New(h.prober, func() *probe.Server { return nil }, nil),
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

// Nobody reaches what is somebody else's, root included: to them it is not there.
func TestEveryoneSeesTheirOwn(t *testing.T) {
	h := open(t)
	ticket, ref, sha, checkup := h.theirs(t)
	tests := map[string]func(context.Context, *local.Client) error{
		"ticket":  func(ctx context.Context, c *local.Client) error { _, err := c.Ticket(ctx, ticket); return err },
		"ring":    func(ctx context.Context, c *local.Client) error { _, err := c.Ticket(ctx, ref); return err },
		"receipt": func(ctx context.Context, c *local.Client) error { _, err := c.Receipt(ctx, ref); return err },
		"reply": func(ctx context.Context, c *local.Client) error {
			_, err := c.Reply(ctx, ticket, local.Reply{Body: "x"})
			return err
		},
		"reply, ref": func(ctx context.Context, c *local.Client) error {
			_, err := c.Reply(ctx, ref, local.Reply{Body: "x"})
			return err
		},
		"act": func(ctx context.Context, c *local.Client) error {
			_, err := c.Act(ctx, ticket, local.Act{Act: wire.ActConfirm})
			return err
		},
		"read":       func(ctx context.Context, c *local.Client) error { return c.Read(ctx, ticket, "M1") },
		"attachment": func(ctx context.Context, c *local.Client) error { return drain(c.Attachment(ctx, ref, sha)) },
		"attach it": func(ctx context.Context, c *local.Client) error {
			_, err := c.Ring(ctx, local.Draft{Title: "x", Attachments: []wire.Attachment{{SHA256: sha, Name: "x"}}})
			return err
		},
		"send it": func(ctx context.Context, c *local.Client) error {
			_, err := c.Ring(ctx, local.Draft{Title: "x", Checkup: checkup})
			return err
		},
		"its ref": func(ctx context.Context, c *local.Client) error {
			_, err := c.Ring(ctx, local.Draft{Title: "x", Ref: ref})
			return err
		},
	}
	for name, act := range tests {
		for _, uid := range []string{"1001", "0"} {
			if err := act(t.Context(), h.as(t, uid)); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
				t.Errorf("%s by %s: %v", name, uid, err)
			}
		}
		if name == "its ref" || name == "act" {
			continue
		}
		if err := act(t.Context(), h.as(t, "1000")); err != nil {
			t.Errorf("%s by its owner: %v", name, err)
		}
	}
	for _, uid := range []string{"1001", "0"} {
		c := h.as(t, uid)
		if l, err := c.Tickets(t.Context()); err != nil || len(l.Items) != 0 {
			t.Errorf("%s sees %d tickets, %v", uid, len(l.Items), err)
		}
		if s, err := c.Status(t.Context()); err != nil || s.Unread != 0 || s.Waiting != 0 || len(s.News) != 0 {
			t.Errorf("%s has the status %+v, %v", uid, s, err)
		}
	}
}

func drain(r io.ReadCloser, err error) error {
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

// What is wrong with a request is said with the field's name, and nothing is kept.
func TestInput(t *testing.T) {
	h := open(t)
	h.theirs(t)
	c := h.as(t, "1000")
	before := len(h.box.Of("1000"))
	ring := func(d local.Draft) func() error {
		return func() error { _, err := c.Ring(t.Context(), d); return err }
	}
	reply := func(r local.Reply) func() error {
		return func() error { _, err := c.Reply(t.Context(), "T1", r); return err }
	}
	act := func(a local.Act) func() error {
		return func() error { _, err := c.Act(t.Context(), "T1", a); return err }
	}
	tests := []struct {
		name  string
		do    func() error
		code  fault.Code
		field string
	}{
		{"no title", ring(local.Draft{Body: "x"}), fault.Invalid, "title"},
		{"white title", ring(local.Draft{Title: " \t\n "}), fault.Invalid, "title"},
		{"201 characters", ring(local.Draft{Title: strings.Repeat("ü", 201)}), fault.Invalid, "title"},
		{"1 MiB of title", ring(local.Draft{Title: strings.Repeat("x", 1<<20)}), fault.Invalid, "title"},
		{"line break in the title", ring(local.Draft{Title: "a\nb"}), fault.Invalid, "title"},
		{"escape in the title", ring(local.Draft{Title: "a\x1b[31mb"}), fault.Invalid, "title"},
		{"C1 control in the title", ring(local.Draft{Title: "a\u0085b"}), fault.Invalid, "title"},
		{"64 KiB and a byte", ring(local.Draft{Title: "x", Body: strings.Repeat("x", wire.MaxBody+1)}), fault.Invalid, "body"},
		{"zero byte in the body", ring(local.Draft{Title: "x", Body: "a\x00b"}), fault.Invalid, "body"},
		{"3 MiB of body", ring(local.Draft{Title: "x", Body: strings.Repeat("x", 3<<20)}), fault.TooLarge, ""},
		{"no such check-up", ring(local.Draft{Title: "x", Checkup: "none"}), fault.Invalid, "checkup"},
		{"no such attachment", ring(local.Draft{Title: "x", Attachments: []wire.Attachment{{SHA256: "none"}}}), fault.Invalid, "attachments"},
		{"eleven attachments", ring(local.Draft{Title: "x", Attachments: make([]wire.Attachment, 11)}), fault.Invalid, "attachments"},
		{"a ref that is none", ring(local.Draft{Title: "x", Ref: "../../etc/passwd"}), fault.Invalid, "ref"},
		{"an empty reply", reply(local.Reply{Body: "  "}), fault.Invalid, "body"},
		{"a reply too long", reply(local.Reply{Body: strings.Repeat("x", wire.MaxBody+1)}), fault.Invalid, "body"},
		{"no such act", act(local.Act{Act: "delete"}), fault.Invalid, "act"},
		{"a rating without stars", act(local.Act{Act: wire.ActRate}), fault.Invalid, "rating"},
		{"six stars", act(local.Act{Act: wire.ActRate, Rating: 6}), fault.Invalid, "rating"},
		{"stars on a confirmation", act(local.Act{Act: wire.ActConfirm, Rating: 5}), fault.Invalid, "rating"},
		{"an endless comment", act(local.Act{Act: wire.ActConfirm, Comment: strings.Repeat("x", wire.MaxBody+1)}), fault.Invalid, "comment"},
		{"no such section", func() error {
			return c.Checkup(t.Context(), local.CheckupRequest{Sections: []diagnostics.SectionName{"secrets"}}, func(local.Checkup) {})
		}, fault.Invalid, "sections"},
		{"an attachment too large", func() error {
			_, err := c.Attach(t.Context(), "big", bytes.NewReader(make([]byte, wire.MaxBlob+1)))
			return err
		}, fault.TooLarge, ""},
		{"offline, no portal", func() error { _, err := c.Portal(t.Context()); return err }, fault.Unavailable, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do()
			if !fault.Is(err, tt.code) || fault.FieldOf(err) != tt.field {
				t.Errorf("got %s, field %q: %v", fault.CodeOf(err), fault.FieldOf(err), err)
			}
		})
	}
	if got := len(h.box.Of("1000")); got != before {
		t.Errorf("%d entries were kept", got-before)
	}
}

// What is good gets through, whatever it says.
func TestGoodInput(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	for _, title := range []string{"x", strings.Repeat("ü", 200), "<script>alert(1)</script>", "' OR 1=1 --", "日本語 العربية 👩‍👩‍👧", "a\u202eb"} {
		r, err := c.Ring(t.Context(), local.Draft{Title: title, Body: "two\nlines\tand <b>\r\n" + title})
		if err != nil || r.Delivery != local.Saved || r.Ref == "" {
			t.Errorf("%q: %+v, %v", title, r, err)
			continue
		}
		got, err := c.Ticket(t.Context(), r.Ref)
		if err != nil || got.Title != title || got.Delivery != local.Saved {
			t.Errorf("%q reads %q, %v", title, got.Title, err)
		}
	}
}

func TestRates(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	for range 10 {
		if _, err := c.Ring(t.Context(), local.Draft{Title: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Ring(t.Context(), local.Draft{Title: "x"}); !fault.Is(err, fault.TooMany) {
		t.Errorf("the eleventh in a minute: %v", err)
	}
	if _, err := h.as(t, "1001").Ring(t.Context(), local.Draft{Title: "x"}); err != nil {
		t.Errorf("another person has to wait: %v", err)
	}
}

// A person's files come in a few at a time.
func TestFilesAtOnce(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	var slow []*io.PipeWriter
	results := make(chan error, 3)
	for range 3 {
		r, w := io.Pipe()
		slow = append(slow, w)
		go func() {
			_, err := c.Attach(t.Context(), "slow", r)
			results <- err
		}()
		if _, err := w.Write(make([]byte, 64<<10)); err != nil { // more than is buffered on the way
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if coming, _ := filepath.Glob(filepath.Join(h.dir, "outbox", "files", ".new-*")); len(coming) == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("three files do not come in")
		}
	}
	if _, err := c.Attach(t.Context(), "one more", strings.NewReader("y")); !fault.Is(err, fault.TooMany) {
		t.Errorf("a fourth file: %v", err)
	}
	if _, err := h.as(t, "1001").Attach(t.Context(), "x", strings.NewReader("y")); err != nil {
		t.Errorf("another person has to wait: %v", err)
	}
	for _, w := range slow {
		w.Close()
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Attach(t.Context(), "one more", strings.NewReader("y")); err != nil {
		t.Errorf("it goes on being refused: %v", err)
	}
}

// Who lost the answer asks again, and there is one ticket.
func TestSameRefAgain(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	d := local.Draft{Title: "x", Ref: ulid.Make().String()}
	var last local.Receipt
	for i := range 15 { // more than a minute's allowance
		r, err := c.Ring(t.Context(), d)
		if err != nil || r.Ref != d.Ref || i > 0 && r != last {
			t.Fatalf("receipt %+v, %v", r, err)
		}
		last = r
	}
	if n := len(h.box.Of("1000")); n != 1 {
		t.Errorf("%d entries", n)
	}
	reply := local.Reply{Body: "x", Ref: ulid.Make().String()}
	for range 2 {
		if _, err := c.Reply(t.Context(), d.Ref, reply); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Ticket(t.Context(), d.Ref)
	if err != nil || len(got.Pending) != 1 || got.Pending[0].Body != "x" || got.Pending[0].Delivery != local.Saved {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNotEnrolled(t *testing.T) {
	h := open(t)
	h.mu.Lock()
	h.enrolled = false
	h.mu.Unlock()
	c := h.as(t, "1000")
	if _, err := c.Ring(t.Context(), local.Draft{Title: "x"}); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Sentence(err), "nothing was saved") {
		t.Errorf("got %v", err)
	}
	if len(h.box.Of("1000")) != 0 {
		t.Error("something was kept that nobody would ever fetch")
	}
}

func TestCheckup(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	h.prober.step = make(chan struct{})
	var parts []local.Checkup
	done := make(chan error, 1)
	first := make(chan struct{})
	go func() {
		done <- c.Checkup(t.Context(), local.CheckupRequest{}, func(x local.Checkup) {
			if parts = append(parts, x); len(parts) == 1 {
				close(first)
			}
		})
	}()
	h.prober.step <- struct{}{}
	<-first // it streams: the first part is here before the second is read
	if err := h.as(t, "1000").Checkup(t.Context(), local.CheckupRequest{}, func(local.Checkup) {}); !fault.Is(err, fault.TooMany) {
		t.Errorf("a second one at the same time: %v", err)
	}
	h.prober.step <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	last := parts[len(parts)-1]
	if len(parts) != 2 || parts[0].Done || len(parts[0].Pending) != 1 || !last.Done || last.ID != parts[0].ID {
		t.Fatalf("parts %+v", parts)
	}
	if len(last.Findings) == 0 {
		t.Fatal("a full disk is no finding")
	}
	close(h.prober.step)
	for without, findings := range map[diagnostics.SectionName]bool{diagnostics.SectionSystem: true, diagnostics.SectionDisks: false} {
		r, err := c.Ring(t.Context(), local.Draft{Title: "x", Checkup: last.ID, Without: []diagnostics.SectionName{without}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := h.box.Read(r.Ref)
		if err != nil {
			t.Fatal(err)
		}
		var o wire.TicketOpen
		if err := (wire.Envelope{Body: e.Body}).Into(&o); err != nil {
			t.Fatal(err)
		}
		if o.Snapshot == nil || (len(o.Findings) > 0) != findings || o.Account.UID != "1000" || o.Account.Name != "user1000" {
			t.Errorf("without %s: %d findings, account %+v", without, len(o.Findings), o.Account)
		}
		for _, s := range o.Snapshot.Sections() {
			if s.Name == without && s.State != diagnostics.StateRemoved {
				t.Errorf("without %s, and it is %s", without, s.State)
			}
		}
		if without == diagnostics.SectionDisks && bytes.Contains(e.Body, []byte("ext4")) {
			t.Error("a section that was taken out is sent")
		}
	}
}

func TestWatch(t *testing.T) {
	h := open(t)
	h.server.Heartbeat = 20 * time.Millisecond
	c := h.as(t, "1000")
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan local.Status, 1000)
	done := make(chan error, 1)
	go func() { done <- c.Watch(ctx, func(s local.Status) { got <- s }) }()
	if s := <-got; s.Waiting != 0 || !s.Enrolled {
		t.Errorf("first %+v", s)
	}
	other := h.as(t, "1001")
	if _, err := other.Ring(t.Context(), local.Draft{Title: "somebody else's"}); err != nil {
		t.Fatal(err)
	}
	me := h.as(t, "1000")
	for range 5 {
		if _, err := me.Ring(t.Context(), local.Draft{Title: "mine"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.shelf.Put("1000", wire.TicketView{ID: "T1", Version: 1, Unread: 1, Messages: []wire.MessageView{{ID: "M1", Body: "hello"}}}); err != nil {
		t.Fatal(err)
	}
	var last local.Status
	n := 0
	for deadline := time.After(10 * time.Second); last.Waiting != 5 || last.Unread != 1; n++ {
		select {
		case s := <-got:
			if s.Tickets < last.Tickets {
				t.Errorf("the number falls from %d to %d", last.Tickets, s.Tickets)
			}
			last = s
		case <-deadline:
			t.Fatalf("it stands at %+v", last)
		}
	}
	if n > 7 {
		t.Errorf("%d statuses for six changes", n)
	}
	if len(last.News) != 1 || last.News[0].Text != "hello" {
		t.Errorf("news %+v", last.News)
	}
	select {
	case s := <-got:
		t.Errorf("nothing has changed, and there is %+v", s)
	case <-time.After(100 * time.Millisecond): // five heartbeats
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the watch ended with %v", err)
	}
}

// Those who watch are hung up on when the agent stops.
func TestStopEndsWatches(t *testing.T) {
	h := open(t)
	c := h.as(t, "1000")
	seen := make(chan struct{}, 10)
	done := make(chan error, 1)
	go func() { done <- c.Watch(t.Context(), func(local.Status) { seen <- struct{}{} }) }()
	<-seen
	start := time.Now()
	h.stop()
	<-done
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("it took %v", d)
	}
}

// raw sends bytes to the socket and returns the first line of the answer.
func (h *house) raw(t *testing.T, request string) string {
	t.Helper()
	c, err := net.Dial("unix", pipe.Address(h.dir))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, request)
	line, _ := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line)
}

func TestMalformed(t *testing.T) {
	h := open(t)
	h.as(t, "1000")
	post := func(path, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: agent\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", path, len(body), body)
	}
	for request, want := range map[string]string{
		post("/v1/tickets", `{"title":`): "422",
		post("/v1/tickets", `[]`):        "422",
		post("/v1/tickets", ``):          "422",
		post("/v1/tickets", `{"title":"x","uid":"0","account":{"uid":"0"}}`): "200",
		post("/v1/nothing", `{}`):                                                                  "404",
		"DELETE /v1/tickets HTTP/1.1\r\nHost: agent\r\n\r\n":                                       "404",
		"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: agent\r\n\r\n":                                 "307",
		"GET /v1/tickets/..%2f..%2fetc HTTP/1.1\r\nHost: agent\r\n\r\n":                            "404",
		"GET /v1/status HTTP/1.1\r\nHost: agent\r\nX: " + strings.Repeat("x", 32<<10) + "\r\n\r\n": "431",
		"hello\r\n\r\n": "400",
	} {
		if got := h.raw(t, request); !strings.Contains(got, " "+want+" ") {
			t.Errorf("%.60q: %q, want %s", request, got, want)
		}
	}
	if n := len(h.box.Of("0")); n != 0 {
		t.Error("a request said who it came from, and was believed")
	}
}

// Whom the system cannot name is not heard, and nobody takes all connections.
func TestConnections(t *testing.T) {
	h := open(t)
	h.as(t, "1000")
	var open []net.Conn
	t.Cleanup(func() {
		for _, c := range open {
			c.Close()
		}
	})
	hungUp := func(c net.Conn) bool {
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, "GET /v1/status HTTP/1.1\r\nHost: agent\r\n\r\n")
		_, err := c.Read(make([]byte, 1))
		return err != nil
	}
	refused := 0
	for range 60 {
		c, err := net.Dial("unix", pipe.Address(h.dir))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		if hungUp(c) {
			refused++
		}
	}
	if refused < 10 || refused > 15 {
		t.Errorf("%d of 60 connections of one person were refused", refused)
	}
	if _, err := h.as(t, "1001").Status(t.Context()); err != nil {
		t.Errorf("another person is kept out: %v", err)
	}
	h.mu.Lock()
	h.caller = ""
	h.mu.Unlock()
	c := local.NewClient(h.dir)
	defer c.Close()
	if _, err := c.Status(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("somebody without a name: %v", err)
	}
}

// A problem is an RFC 9457 one.
func TestProblem(t *testing.T) {
	h := open(t)
	h.as(t, "1000")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return pipe.Dial(ctx, pipe.Address(h.dir))
	}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://agent/v1/tickets/none")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if ct := resp.Header.Get("Content-Type"); ct != "application/problem+json" || resp.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", resp.StatusCode, ct)
	}
	if want := `{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such ticket of yours.","code":"not_found"}`; strings.TrimSpace(string(b)) != want {
		t.Errorf("got %s", b)
	}
}
