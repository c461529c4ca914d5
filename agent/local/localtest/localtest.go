// Package localtest is an agent for tests of what talks to one: a real server of
// the local API on a real socket, whose answers the test sets, and which keeps
// what it was asked.
package localtest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/pipe"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
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
