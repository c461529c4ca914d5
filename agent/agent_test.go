package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/agent"
	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var me = strconv.Itoa(os.Getuid())

// house is an agent that runs, and a client of its.
type house struct {
	*local.Client
	dir  state.Dir
	stop func()
}

func start(t *testing.T, dir state.Dir, with ...func(*agent.Options)) *house {
	t.Helper()
	ready := make(chan struct{}, 10)
	o := agent.Options{
		State: dir, Version: "1.2.3", Log: slog.New(slog.DiscardHandler), Ready: func() { ready <- struct{}{} },
		Tune: func(c *uplink.Config) { c.Random = func() float64 { return 0.01 } },
	}
	for _, change := range with {
		change(&o)
	}
	a := agent.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	h := &house{Client: local.NewClient(string(dir)), dir: dir}
	h.stop = sync.OnceFunc(func() {
		h.Close()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the agent ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the agent does not stop")
		}
	})
	t.Cleanup(h.stop)
	select {
	case <-ready:
	case err := <-done:
		done <- err
		t.Fatalf("the agent did not start: %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("the agent is not ready")
	}
	return h
}

func enrolled(t *testing.T, s *uplinktest.Server) state.Dir {
	t.Helper()
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	enrolIn(t, s, dir, false)
	return dir
}

func enrolIn(t *testing.T, s *uplinktest.Server, dir state.Dir, force bool) *enrol.Identity {
	t.Helper()
	id, err := enrol.Enrol(t.Context(), dir, s.Enrolment(1, time.Hour), enrol.Options{Force: force, Machine: wire.Machine{Hostname: "pc-17", Agent: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// until watches the status until ok.
func (h *house) until(t *testing.T, what string, ok func(local.Status) bool) local.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var last local.Status
	for ctx.Err() == nil {
		inner, stop := context.WithCancel(ctx)
		h.Watch(inner, func(s local.Status) {
			if last = s; ok(s) {
				stop()
			}
		})
		stop()
		if ok(last) {
			return last
		}
		time.Sleep(50 * time.Millisecond) // the agent starts over
	}
	t.Fatalf("%s: it stands at %+v", what, last)
	return last
}

func connected(s local.Status) bool { return s.Connection == local.Connected }

func TestTheFlow(t *testing.T) {
	s := uplinktest.New(t)
	h := start(t, enrolled(t, s))
	st := h.until(t, "connected", connected)
	if st.Organisation != "Test organisation" || st.Site != "Test site" || st.Agent != "1.2.3" || st.Server != s.URL() {
		t.Errorf("status %+v", st)
	}
	data := bytes.Repeat([]byte("x"), 100<<10)
	a, err := h.Attach(t.Context(), "x.txt", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Ring(t.Context(), local.Draft{Title: "No sound", Body: "since this morning", Attachments: []wire.Attachment{a}})
	if err != nil || r.Delivery != local.Sent || r.Number != 1000 {
		t.Fatalf("receipt %+v, %v", r, err)
	}
	m := s.Messages(wire.TypeTicketOpen)
	var open wire.TicketOpen
	if len(m) != 1 || m[0].ID != r.Ref || m[0].Into(&open) != nil || open.Account.UID != me || open.Account.Name == "" || len(open.Attachments) != 1 {
		t.Fatalf("the server has %+v", open)
	}
	if got, _ := s.Blob(a.SHA256); !bytes.Equal(got, data) {
		t.Error("the attachment is not there")
	}
	answer := s.Answer(r.Ticket, "Kim", "Is it plugged in?")
	st = h.until(t, "news", func(s local.Status) bool { return s.Unread == 1 })
	if len(st.News) != 1 || st.News[0].ID != answer || st.News[0].Author != "Kim" {
		t.Errorf("news %+v", st.News)
	}
	if err := h.Read(t.Context(), r.Ticket, answer); err != nil {
		t.Fatal(err)
	}
	h.until(t, "read", func(s local.Status) bool { return s.Unread == 0 })
	s.Wait("the server knows", func() bool { return len(s.Messages(wire.TypeTicketRead)) == 1 })
	if r, err := h.Reply(t.Context(), r.Ref, local.Reply{Body: "It is."}); err != nil || r.Delivery != local.Sent {
		t.Errorf("reply %+v, %v", r, err)
	}
	if r, err := h.Act(t.Context(), r.Ticket, local.Act{Act: wire.ActRate, Rating: 5}); err != nil || r.Delivery != local.Sent {
		t.Errorf("act %+v, %v", r, err)
	}
	if got, err := h.Ticket(t.Context(), r.Ticket); err != nil || got.Delivery != local.Sent || got.Number != 1000 {
		t.Errorf("ticket %+v, %v", got, err)
	}
	if p, err := h.Portal(t.Context(), ""); err != nil || !strings.HasPrefix(p.URL, s.URL()) {
		t.Errorf("portal %+v, %v", p, err)
	}
}

// What is written while the server is away is saved, goes in order when it is
// back, and can be read all the while.
func TestServerAway(t *testing.T) {
	s := uplinktest.New(t)
	dir := enrolled(t, s)
	s.Stop()
	h := start(t, dir)
	r, err := h.Ring(t.Context(), local.Draft{Title: "first"})
	if err != nil || r.Delivery != local.Saved {
		t.Fatalf("receipt %+v, %v", r, err)
	}
	reply, err := h.Reply(t.Context(), r.Ref, local.Reply{Body: "and more"})
	if err != nil || reply.Delivery != local.Saved {
		t.Fatalf("reply %+v, %v", reply, err)
	}
	if _, err := h.Ring(t.Context(), local.Draft{Title: "second"}); err != nil {
		t.Fatal(err)
	}
	st := h.until(t, "offline", func(s local.Status) bool { return s.Connection == local.Offline })
	if st.Waiting != 3 || st.Problem == "" {
		t.Errorf("status %+v", st)
	}
	l, err := h.Tickets(t.Context())
	if err != nil || len(l.Items) != 2 || l.Items[1].Title != "first" || len(l.Items[1].Pending) != 1 || l.Items[1].Delivery != local.Saved {
		t.Errorf("tickets %+v, %v", l, err)
	}
	h.stop()
	h = start(t, dir) // the machine is started again meanwhile
	s.Start()
	h.until(t, "all sent", func(s local.Status) bool { return connected(s) && s.Waiting == 0 })
	var got []string
	for _, m := range s.Messages(wire.TypeTicketOpen, wire.TypeTicketReply) {
		var b struct{ Title, Body, Ticket string }
		m.Into(&b)
		got = append(got, b.Title+b.Body)
	}
	if strings.Join(got, ", ") != "first, and more, second" {
		t.Errorf("arrived %q", got)
	}
	if r, err := h.Receipt(t.Context(), reply.Ref); err != nil || r.Delivery != local.Sent {
		t.Errorf("the reply's receipt: %+v, %v", r, err)
	}
	h.stop()
	s.Stop()
	h = start(t, dir) // and reading goes on without a server
	if l, err := h.Tickets(t.Context()); err != nil || len(l.Items) != 2 {
		t.Errorf("%d tickets, %v", len(l.Items), err)
	}
}

// A restored server asks for what it lacks, and gets it once.
func TestRestoredServer(t *testing.T) {
	s := uplinktest.New(t)
	h := start(t, enrolled(t, s))
	h.until(t, "connected", connected)
	var refs []string
	for _, title := range []string{"a", "b", "c"} {
		r, err := h.Ring(t.Context(), local.Draft{Title: title})
		if err != nil || r.Delivery != local.Sent {
			t.Fatalf("%+v, %v", r, err)
		}
		refs = append(refs, r.Ref)
	}
	s.Stop()
	s.Forget(refs[1:]...)
	s.Start()
	s.Wait("three tickets", func() bool { return len(s.Tickets()) == 3 })
	h.until(t, "connected", connected)
	for _, m := range s.Messages(wire.TypeTicketOpen) {
		if m.Times != 1 || m.Conflicts != 0 {
			t.Errorf("%s came %d times", m.ID, m.Times)
		}
	}
}

func TestEnrolledWhileItRuns(t *testing.T) {
	s := uplinktest.New(t)
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	h := start(t, dir)
	st := h.until(t, "not enrolled", func(s local.Status) bool { return s.Connection == local.NotEnrolled })
	if st.Enrolled || !strings.Contains(st.Problem, "not enrolled") {
		t.Errorf("status %+v", st)
	}
	if _, err := h.Ring(t.Context(), local.Draft{Title: "x"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("ring: %v", err)
	}
	if err := h.Checkup(t.Context(), local.CheckupRequest{}, func(local.Checkup) {}); err != nil {
		t.Errorf("a check-up needs no server: %v", err)
	}
	first := enrolIn(t, s, dir, false)
	if st := h.until(t, "connected", connected); st.Endpoint != first.Endpoint {
		t.Errorf("status %+v", st)
	}
	if r, err := h.Ring(t.Context(), local.Draft{Title: "of the first identity"}); err != nil || r.Delivery != local.Sent {
		t.Fatalf("%+v, %v", r, err)
	}
	s.Give(first.Endpoint, me, wire.TicketView{ID: "T", Title: "of the first identity", Version: 1})
	second := enrolIn(t, s, dir, true)
	h.until(t, "the new identity", func(s local.Status) bool { return connected(s) && s.Endpoint == second.Endpoint })
	if l, err := h.Tickets(t.Context()); err != nil || len(l.Items) != 1 { // the outbox remembers it for a day
		t.Errorf("the new identity shows %d tickets, %v", len(l.Items), err)
	}
	if p := s.Open().Prove; len(p.Recent) != 0 {
		t.Errorf("the new identity says that it sent %v", p.Recent)
	}
	if n := len(s.Messages(wire.TypeTicketOpen)); n != 1 {
		t.Errorf("%d tickets: the new identity has sent the old one's again", n)
	}
}

func TestOneAgentAState(t *testing.T) {
	dir := state.Dir(filepath.Join(t.TempDir(), "s"))
	start(t, dir)
	err := agent.New(agent.Options{State: dir, Log: slog.New(slog.DiscardHandler)}).Run(t.Context())
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("a second agent: %v", err)
	}
}

func TestAttachmentFromTheServer(t *testing.T) {
	s := uplinktest.New(t)
	dir := enrolled(t, s)
	h := start(t, dir)
	h.until(t, "connected", connected)
	data := bytes.Repeat([]byte("picture"), 100<<10)
	sha := s.AddBlob(data)
	s.Give(s.Endpoints()[0].ID, me, wire.TicketView{ID: "T", Number: 7, Version: 1, Unread: 1, Messages: []wire.MessageView{
		{ID: "M", Author: "Kim", Attachments: []wire.Attachment{{SHA256: sha, Name: "a.png", Size: int64(len(data))}}},
	}})
	h.until(t, "the ticket", func(s local.Status) bool { return s.Unread == 1 })
	r, err := h.Attachment(t.Context(), "T", sha)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	r.Close()
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if _, err := h.Attachment(t.Context(), "T", strings.Repeat("0", 64)); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that is not on the ticket: %v", err)
	}
	s.Stop()
	h.until(t, "away", func(s local.Status) bool { return !connected(s) })
	if _, err := h.Attachment(t.Context(), "T", sha); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a server: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir.People(), ".new-*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The server learns what the machine is made of once, and again when it asks.
func TestInventory(t *testing.T) {
	s := uplinktest.New(t)
	s.Behave(uplinktest.Behaviour{WantInventory: true})
	h := start(t, enrolled(t, s))
	h.until(t, "connected", connected)
	s.Wait("the inventory", func() bool { return len(s.Messages(wire.TypeInventory)) == 1 })
	var i wire.Inventory
	if err := s.Messages(wire.TypeInventory)[0].Into(&i); err != nil || i.Hash == "" || i.Address != "127.0.0.1" || !strings.HasPrefix(i.Agent, "deskbell-agent/1.2.3 ") {
		t.Errorf("inventory %+v, %v", i, err)
	}
	s.Behave(uplinktest.Behaviour{})
	s.Drop()
	h.until(t, "back", connected)
	s.Wait("a second session", func() bool { return len(s.Sessions()) == 2 })
	if p := s.Sessions()[1].Prove; p.Inventory != i.Hash || p.Hostname == "" || p.Boot == "" {
		t.Errorf("prove %+v, want the hash %s", p, i.Hash)
	}
	if n := len(s.Messages(wire.TypeInventory)); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

// Looks are written down for everybody at the machine to read.
func TestLooks(t *testing.T) {
	s := uplinktest.New(t)
	dir := enrolled(t, s)
	h := start(t, dir)
	h.until(t, "connected", connected)
	s.Wait("a session", func() bool { return s.Open() != nil })
	id := s.Open().Ask(wire.Ask{Kind: wire.AskServices, Who: wire.Asker{Name: "Kim", Role: "technician"}, Ticket: 7, ExpiresAt: time.Now().Add(time.Minute)})
	s.Wait("the answer", func() bool {
		a := s.Answers(id)
		return len(a) > 0 && a[len(a)-1].Done
	})
	k, err := h.Looks(t.Context())
	if err != nil || len(k) != 1 || k[0].ID != id || k[0].Who != "Kim" || k[0].Ended.IsZero() {
		t.Errorf("looks %+v, %v", k, err)
	}
	b, err := os.ReadFile(dir.Looks())
	var first local.Look
	line, _, _ := strings.Cut(string(b), "\n")
	if err != nil || json.Unmarshal([]byte(line), &first) != nil || first.Who != "Kim" {
		t.Errorf("the file says %q, %v", line, err)
	}
}
