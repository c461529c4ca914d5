// Package localtest is an agent for tests of what talks to one: a real server of
// the local API on a real socket, whose answers the test sets, and which keeps
// what it was asked.
package localtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Agent is a fake agent. Its zero answers are those of a healthy, connected one
// without tickets.
type Agent struct {
	Dir string // its state folder

	mu       sync.Mutex
	status   local.Status
	tickets  []local.Ticket
	asOf     time.Time
	receipts map[string]local.Receipt
	looks    []local.Look
	ledger   local.Ledger
	about    local.About
	checkup  []Step
	mending  Mending
	agreed   map[string]local.ConsentAnswer
	ended    []string
	screens  map[string][]byte
	failing  map[string]error // by the pattern of the route
	files    map[string][]byte
	recorded *diagnostics.Recording
	changes  *inventory.Changes
	delivery local.Delivery // of what comes next
	next     int
	changed  chan struct{} // closed and replaced when the status changes

	Rings   []local.Draft            // guarded by mu; read them by Asked
	Replies map[string][]local.Reply // by ticket
	Acts    map[string][]local.Act   // by ticket
	Reads   map[string]string        // ticket → message
	Portals int

	Checkups []local.CheckupRequest // guarded by mu
	Sites    []string               // guarded by mu
	site     []local.Site
	Marks    []diagnostics.Mark
	Helps    []string               // articles that helped
	Hits     []string               // announcements that hit the caller too
	Fixed    map[string]local.Fixed // question → answer
	AskedOf  map[string]bool        // questions that the caller was told of
	Told     map[string]int64       // announcement → revision that the caller was told of
	Offers   []local.Article        // what is suggested for any question; guarded by mu

	server *http.Server
	stop   context.CancelFunc
	done   chan struct{}
}

// Step is one part of a check-up, and how long it takes to come.
type Step struct {
	After time.Duration
	Value local.Checkup
}

// New starts an agent with a state folder of its own, and stops it with the test.
func New(t testing.TB) *Agent {
	t.Helper()
	a := Make(t.TempDir())
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Stop)
	return a
}

// Make returns an agent that does not answer yet.
func Make(dir string) *Agent {
	return &Agent{
		Dir:      dir,
		status:   local.Status{Version: local.Version, Agent: "test", Enrolled: true, Organisation: "Acme", Site: "Head office", Endpoint: "PC-17", Connection: local.Connected},
		receipts: map[string]local.Receipt{}, failing: map[string]error{}, files: map[string][]byte{},
		Replies: map[string][]local.Reply{}, Acts: map[string][]local.Act{}, Reads: map[string]string{}, Told: map[string]int64{}, Fixed: map[string]local.Fixed{}, AskedOf: map[string]bool{},
		delivery: local.Sent, next: 1041, changed: make(chan struct{}),
	}
}

// Start lets the agent answer. It may be started again after Stop.
func (a *Agent) Start() error {
	l, err := pipe.Listen(pipe.Address(a.Dir))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.stop, a.done = cancel, make(chan struct{})
	a.server = &http.Server{Handler: a.routes(), BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() {
		defer close(a.done)
		a.server.Serve(l)
	}()
	return nil
}

// Stop makes the agent fall silent, at once: also those who watch are cut off.
func (a *Agent) Stop() {
	if a.server == nil {
		return
	}
	a.stop()
	a.server.Close()
	<-a.done
	a.server = nil
}

// Set changes the status and tells those who watch.
func (a *Agent) Set(change func(*local.Status)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.status)
	a.tell()
}

// tell wakes those who watch. The caller holds mu.
func (a *Agent) tell() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// SetTickets sets the caller's tickets, newest change first.
func (a *Agent) SetTickets(tickets ...local.Ticket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tickets, a.asOf = tickets, time.Now()
	a.status.Tickets++
	a.tell()
}

// SetAbout sets how the machine is set up.
func (a *Agent) SetAbout(about local.About) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.about = about
}

// SetLedger sets how far the list of looks can be believed.
func (a *Agent) SetLedger(k local.Ledger) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ledger = k
}

// SetLooks sets who looked, newest first.
func (a *Agent) SetLooks(looks ...local.Look) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.looks = looks
}

// SetCheckup sets what a check-up answers.
func (a *Agent) SetCheckup(steps ...Step) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checkup = steps
}

// SetRecording sets what was recorded around a mark; nil: nothing was marked.
func (a *Agent) SetRecording(r *diagnostics.Recording) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.recorded = r
}

// SetChanges sets what has changed on the machine; nil: nobody keeps it.
func (a *Agent) SetChanges(c *inventory.Changes) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changes = c
}

// Deliver sets how far what is sent from now on gets.
func (a *Agent) Deliver(d local.Delivery) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delivery = d
}

// Fail lets a route fail, until err is nil. Routes are written as in net/http's
// mux: "POST /v1/tickets".
func (a *Agent) Fail(route string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failing[route] = err
}

// Settle changes the receipt of something that was saved, and tells those who watch.
func (a *Agent) Settle(ref string, r local.Receipt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.Ref = ref
	a.receipts[ref] = r
	a.status.Tickets++
	a.tell()
}

// Asked calls on with the agent held still, to look at what it was asked.
func (a *Agent) Asked(on func(*Agent)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	on(a)
}

// File returns the bytes of an attachment that was handed over.
func (a *Agent) File(sha string) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.files[sha]
}

func (a *Agent) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(route string, h func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			a.mu.Lock()
			err := a.failing[route]
			a.mu.Unlock()
			if err == nil {
				err = h(w, r)
			}
			if err != nil {
				problem(w, err)
			}
		})
	}
	handle("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) error { return write(w, a.currently()) })
	handle("GET /v1/watch", a.watch)
	handle("POST /v1/checkup", a.runCheckup)
	handle("POST /v1/site", a.trySite)
	handle("POST /v1/attachments", a.attach)
	handle("POST /v1/tickets", a.ring)
	handle("GET /v1/tickets", a.list)
	handle("GET /v1/tickets/{id}", a.one)
	handle("GET /v1/receipts/{ref}", a.receipt)
	handle("POST /v1/tickets/{id}/replies", a.reply)
	handle("POST /v1/tickets/{id}/acts", a.act)
	handle("POST /v1/tickets/{id}/read", a.read)
	handle("GET /v1/tickets/{id}/attachments/{sha}", func(w http.ResponseWriter, r *http.Request) error {
		b := a.File(r.PathValue("sha"))
		if b == nil {
			return fault.New(fault.NotFound, "There is no such file.")
		}
		_, err := w.Write(b)
		return err
	})
	handle("GET /v1/looks", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		return write(w, append([]local.Look{}, a.looks...))
	})
	handle("GET /v1/about", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		return write(w, a.about)
	})
	handle("GET /v1/ledger", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		k := a.ledger
		k.Looks = append([]local.Look{}, a.looks...)
		return write(w, k)
	})
	handle("POST /v1/looks/{id}/end", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.ended = append(a.ended, r.PathValue("id"))
		return write(w, struct{}{})
	})
	handle("POST /v1/consents/{id}", a.consent)
	handle("PUT /v1/screens/{id}", a.screen)
	handle("POST /v1/fixes/plan", a.planFix)
	handle("POST /v1/fixes", a.fix)
	handle("POST /v1/fixes/{id}/helped", a.fixHelped)
	handle("POST /v1/fixes/{id}/undo", a.undoFix)
	handle("POST /v1/articles/suggest", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		return write(w, append([]local.Article{}, a.Offers...))
	})
	handle("POST /v1/announcements/{id}/told", func(w http.ResponseWriter, r *http.Request) error {
		var q local.Told
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Told[r.PathValue("id")] = q.Revision
		return write(w, struct{}{})
	})
	handle("POST /v1/questions/{id}/told", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.AskedOf[r.PathValue("id")] = true
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle("POST /v1/questions/{id}/answer", func(w http.ResponseWriter, r *http.Request) error {
		var q local.Fixed
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Fixed[r.PathValue("id")] = q
		return write(w, local.Receipt{Ref: "answer", Delivery: local.Sent})
	})
	handle("POST /v1/announcements/{id}/hit", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Hits = append(a.Hits, r.PathValue("id"))
		return write(w, local.Receipt{Ref: "01HIT", Delivery: a.delivery})
	})
	handle("POST /v1/articles/{id}/helped", func(w http.ResponseWriter, r *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Helps = append(a.Helps, r.PathValue("id"))
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle("POST /v1/recorder/marks", func(w http.ResponseWriter, r *http.Request) error {
		var m diagnostics.Mark
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Marks = append(a.Marks, m)
		return write(w, m)
	})
	handle("GET /v1/changes", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.changes == nil {
			return fault.New(fault.NotFound, "This computer does not keep what has changed on it.")
		}
		return write(w, a.changes)
	})
	handle("GET /v1/recorder/around", func(w http.ResponseWriter, _ *http.Request) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.recorded == nil {
			return fault.New(fault.NotFound, "Nothing was marked in the last hour.")
		}
		return write(w, a.recorded)
	})
	handle("POST /v1/portal", func(w http.ResponseWriter, r *http.Request) error {
		var in local.PortalRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.Portals++
		return write(w, local.Portal{URL: fmt.Sprintf("https://desk.example/portal/%d%s", a.Portals, in.Page), ExpiresAt: time.Now().Add(time.Minute)})
	})
	return mux
}

func (a *Agent) currently() local.Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.status
}

func (a *Agent) watch(w http.ResponseWriter, r *http.Request) error {
	for {
		a.mu.Lock()
		s, changed := a.status, a.changed
		a.mu.Unlock()
		if err := write(w, s); err != nil {
			return err
		}
		w.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return nil
		}
	}
}

func (a *Agent) runCheckup(w http.ResponseWriter, r *http.Request) error {
	var q local.CheckupRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return err
	}
	a.mu.Lock()
	a.Checkups = append(a.Checkups, q)
	steps := a.checkup
	a.mu.Unlock()
	if steps == nil {
		steps = []Step{{Value: local.Checkup{ID: "C1", Done: true}}}
	}
	for _, s := range steps {
		select {
		case <-time.After(s.After):
		case <-r.Context().Done():
			return nil
		}
		if err := write(w, s.Value); err != nil {
			return err
		}
		w.(http.Flusher).Flush()
	}
	return nil
}

func (a *Agent) attach(w http.ResponseWriter, r *http.Request) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	at := wire.Attachment{SHA256: hex.EncodeToString(sum[:]), Name: r.URL.Query().Get("name"), Size: int64(len(b)), Type: http.DetectContentType(b)}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[at.SHA256] = b
	return write(w, at)
}

func (a *Agent) ring(w http.ResponseWriter, r *http.Request) error {
	var d local.Draft
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Rings = append(a.Rings, d)
	a.next++
	ref := fmt.Sprintf("R%d", a.next)
	t := local.Ticket{Delivery: a.delivery}
	t.Ref, t.Title, t.Body, t.CreatedAt, t.UpdatedAt = ref, d.Title, d.Body, time.Now(), time.Now()
	rec := local.Receipt{Ref: ref, Delivery: a.delivery}
	switch a.delivery {
	case local.Sent:
		rec.Ticket, rec.Number = fmt.Sprintf("T%d", a.next), int64(a.next)
		t.ID, t.Number, t.State = rec.Ticket, rec.Number, "new"
	case local.Refused:
		rec.Code, rec.Sentence = fault.TooLarge, "The title is longer than 200 characters."
		t.Problem = rec.Sentence
	}
	a.tickets = slices.Insert(a.tickets, 0, t)
	a.receipts[ref] = rec
	a.status.Tickets++
	a.tell()
	return write(w, rec)
}

func (a *Agent) list(w http.ResponseWriter, _ *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return write(w, local.Tickets{Items: append([]local.Ticket{}, a.tickets...), AsOf: a.asOf})
}

// find returns a ticket by its id or its ref. The caller holds mu.
func (a *Agent) find(id string) (*local.Ticket, error) {
	for i := range a.tickets {
		if t := &a.tickets[i]; t.ID == id || t.Ref == id {
			return t, nil
		}
	}
	return nil, fault.Say(fault.NotFound, "error.no_ticket")
}

func (a *Agent) one(w http.ResponseWriter, r *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	return write(w, *t)
}

func (a *Agent) receipt(w http.ResponseWriter, r *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	rec, ok := a.receipts[r.PathValue("ref")]
	if !ok {
		return fault.New(fault.NotFound, "There is no such receipt.")
	}
	return write(w, rec)
}

// took settles something on a ticket as Deliver has set it. The caller holds mu.
func (a *Agent) took(w http.ResponseWriter, t *local.Ticket, p local.PendingMessage) error {
	a.next++
	p.Ref, p.At, p.Delivery = fmt.Sprintf("R%d", a.next), time.Now(), a.delivery
	if p.Delivery == local.Sent {
		if p.Act == "" {
			t.Messages = append(t.Messages, wire.MessageView{ID: p.Ref, At: p.At, Author: "You", Mine: true, Body: p.Body})
		}
	} else {
		t.Pending = append(t.Pending, p)
	}
	t.UpdatedAt = p.At
	rec := local.Receipt{Ref: p.Ref, Delivery: p.Delivery, Ticket: t.ID, Number: t.Number}
	a.receipts[p.Ref] = rec
	a.status.Tickets++
	a.tell()
	return write(w, rec)
}

func (a *Agent) reply(w http.ResponseWriter, r *http.Request) error {
	var in local.Reply
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	a.Replies[t.ID] = append(a.Replies[t.ID], in)
	return a.took(w, t, local.PendingMessage{Body: in.Body})
}

func (a *Agent) act(w http.ResponseWriter, r *http.Request) error {
	var in local.Act
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	a.Acts[t.ID] = append(a.Acts[t.ID], in)
	if a.delivery == local.Sent {
		switch in.Act {
		case wire.ActConfirm:
			t.State = "closed"
		case wire.ActReopen:
			t.State = "in_progress"
		case wire.ActRate:
			t.Rating, t.Comment = in.Rating, in.Comment
		case wire.ActCancel:
			t.State = "cancelled"
		}
	}
	return a.took(w, t, local.PendingMessage{Act: in.Act, Body: in.Comment})
}

func (a *Agent) read(w http.ResponseWriter, r *http.Request) error {
	var in local.Read
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	a.Reads[t.ID] = in.Message
	if t.Unread > 0 {
		t.Unread = 0
		a.status.News = slices.DeleteFunc(slices.Clone(a.status.News), func(n local.News) bool { return n.Ticket == t.ID })
		a.status.Unread = len(a.status.News)
		a.status.Tickets++
		a.tell()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func write(w http.ResponseWriter, v any) error { return json.NewEncoder(w).Encode(v) }

func problem(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if f, ok := errors.AsType[*fault.Error](err); ok {
		status = cmp.Or(map[fault.Code]int{fault.NotFound: 404, fault.Full: 507, fault.Invalid: 422, fault.Unavailable: 503}[f.Code], 400)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(local.Problem{Title: http.StatusText(status), Status: status, Detail: fault.Sentence(err), Code: fault.CodeOf(err), Said: fault.TextOf(err), Field: fault.FieldOf(err)})
}
