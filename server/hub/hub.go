// Package hub holds the sessions of all agents: the protocol on one side, the use
// cases on the other. It translates, and decides nothing about tickets or health.
package hub

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/internal/wire/socket"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/noc"
	"github.com/deskbell/deskbell/server/ticket"
)

// Options are what a hub works with.
type Options struct {
	Key          ed25519.PrivateKey // the server's identity
	Organisation string
	PublicURL    func() string // where browsers find the portal
	Registry     Registry
	Desk         Desk
	Fleet        Fleet
	Peers        Peers
	Asks         Asks
	Portal       Portal
	Articles     Articles
	// Announcements are what employees are told of known outages; nil: nothing.
	Announcements Announcements
	// Outages asks people whether what is said to be over is over; nil: nobody is asked.
	Outages Outages
	Now     func() time.Time
	Log     *slog.Logger
	Stats   *Stats
}

// Registry knows which machines are endpoints.
type Registry interface {
	Enrol(ctx context.Context, q wire.Enrol) (enrol.Identity, error)
	Identity(ctx context.Context, endpoint string) (enrol.Identity, error)
	Connect(ctx context.Context, endpoint string, shown []byte) (enrol.Identity, []byte, error)
	Stored(endpoint string, step []byte)
	Hold(ctx context.Context, endpoint, reason string) error
}

// Desk takes in what requesters do on their machines.
type Desk interface {
	Ring(ctx context.Context, m desk.Message, d desk.Draft) (desk.Outcome, error)
	Act(ctx context.Context, m desk.Message, idOrRef string, c ticket.Command) (desk.Outcome, error)
	Mended(ctx context.Context, m desk.Message, f desk.Mended) error
	Missing(ctx context.Context, endpoint string, acknowledged []string) ([]string, error)
	PersonOf(ctx context.Context, endpoint, uid string) (auth.Actor, error)
	Resolve(ctx context.Context, endpoint, idOrRef string) (string, error)
	List(ctx context.Context, actor auth.Actor, q desk.Query) ([]desk.Row, *desk.Position, error)
	Get(ctx context.Context, actor auth.Actor, id string) (desk.Detail, error)
	Accounts(ctx context.Context, person string) ([]desk.Account, error)
	Approvals(ctx context.Context, actor auth.Actor) ([]desk.Approval, error)
	Approvers(ctx context.Context, ticket string) ([]string, error)
	BlobHave(ctx context.Context, sha string, size int64) (int64, error)
	BlobPut(ctx context.Context, sha string, size, offset int64, data []byte) (bool, error)
	Attachment(ctx context.Context, actor auth.Actor, ticketID, sha string) (ticket.Attachment, io.Reader, error)
}

// Fleet takes in health and presence.
type Fleet interface {
	Enrolled(i enrol.Identity, m wire.Machine)
	Joined(j noc.Join)
	Left(endpoint, session string, why wire.GoodbyeReason)
	SetState(endpoint string, state enrol.State)
	Ingest(endpoint string, h *wire.Health)
	SetFindings(ctx context.Context, endpoint string, f wire.Findings) error
	SetInventory(ctx context.Context, endpoint string, inv wire.Inventory, doc json.RawMessage) error
	InventoryHash(endpoint string) string
}

// Peers takes in the facts by which machines are compared.
type Peers interface {
	Want(endpoint, hash string) bool
	Take(ctx context.Context, endpoint string, m wire.Stock) error
}

// Asks takes in answers to technicians' questions.
type Asks interface {
	Connected(ctx context.Context, endpoint string) error
	Disconnected(ctx context.Context, endpoint string)
	Answer(ctx context.Context, endpoint, id string, part wire.Answer)
	TerminalFrame(ctx context.Context, endpoint string, frame []byte) error
	Measure(id, pass string) (*ask.Measurement, error)
}

// Portal makes links into the portal.
type Portal interface {
	MakePortalLink(ctx context.Context, actor auth.Actor, uid, login, full string) (string, time.Time, error)
}

// Articles is the knowledge base, as employees use it.
type Articles interface {
	Suggest(ctx context.Context, actor auth.Actor, text string, limit int) ([]kb.Hit, error)
	Get(ctx context.Context, actor auth.Actor, id string) (kb.Article, error)
	Deflect(ctx context.Context, actor auth.Actor, id, question string) error
}

// Announcements are what employees are told of known outages.
type Announcements interface {
	// For returns what a machine is told, and a key that is the same for machines that
	// are told the same.
	For(endpoint string) (key string, list []wire.Announcement)
	Hit(ctx context.Context, m desk.Message, id string) error
}

// Outages asks those whom an outage hit whether it is fixed.
type Outages interface {
	// Questions are what the people of a machine are asked now.
	Questions(endpoint string) []wire.OutageQuestion
	Fixed(ctx context.Context, m desk.Message, f wire.OutageFixed) error
}

// Hub holds the sessions.
type Hub struct {
	Options
	upgrader *websocket.Upgrader
	door     *door
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu       sync.RWMutex
	sessions map[string]*session // by the endpoint's id
	barred   map[string]int      // endpoints that were sent away since the start, and the close code that says why
}

// New returns a hub without sessions.
func New(o Options) *Hub {
	ctx, stop := context.WithCancel(context.Background())
	return &Hub{
		Options: o, upgrader: socket.Upgrader(), door: newDoor(maxEntering, patience, time.Now),
		ctx: ctx, stop: stop, sessions: map[string]*session{}, barred: map[string]int{},
	}
}

// ServeHTTP accepts an agent. An agent is a program: whatever a browser or a
// person's client would send along is refused, so that no credential of theirs
// ever opens a session.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, header := range []string{"Origin", "Cookie", "Authorization"} {
		if r.Header.Get(header) != "" {
			h.Stats.Refused(fault.Forbidden)
			http.Error(w, "Agents connect here. A browser or an API token does not.", http.StatusForbidden)
			return
		}
	}
	if r.TLS == nil && !loopback(r) {
		h.Stats.Refused(fault.Forbidden)
		http.Error(w, "Without TLS only this machine itself may connect.", http.StatusForbidden)
		return
	}
	if !slices.Contains(websocket.Subprotocols(r), wire.Subprotocol) {
		h.Stats.Refused(fault.Unsupported)
		http.Error(w, "Name the subprotocol "+wire.Subprotocol+": this is no place for other clients.", http.StatusBadRequest)
		return
	}
	v := h.door.enter(addressOf(r.RemoteAddr))
	if v == nil {
		h.Stats.Refused(fault.Unavailable)
		w.Header().Set("Retry-After", strconv.Itoa(int(busyFor/time.Second)))
		http.Error(w, "Too many machines are connecting at this moment. Come back in a few seconds.", http.StatusServiceUnavailable)
		return
	}
	binding, err := wire.Binding(r.TLS)
	if err != nil {
		h.door.leave(v)
		h.Stats.Refused(fault.Unsupported)
		http.Error(w, "The TLS connection is of a kind that proofs cannot be bound to: TLS 1.3 is needed.", http.StatusBadRequest)
		return
	}
	ws, err := h.upgrader.Upgrade(w, r, nil) // answers the request when it fails
	if err != nil {
		h.door.leave(v)
		h.Stats.Refused(fault.Invalid)
		return
	}
	// A new goroutine: net/http's has grown a large stack by now, which a
	// connection that lives for weeks would keep.
	conn := socket.New(ws)
	h.wg.Go(func() { h.serve(conn, binding, v) })
}

// busyFor is how long a machine waits that found the door crowded.
const busyFor = 5 * time.Second

// serve is the life of a connection.
func (h *Hub) serve(conn *socket.Conn, binding []byte, v *visitor) {
	away := func() { conn.Close(wire.CloseUnavailable, "too slow while others wait, or the server is stopping") }
	if !h.door.attach(v, away) {
		away()
		h.Stats.Refused(fault.Unavailable)
		return
	}
	s := h.enter(conn, binding, v)
	if s == nil {
		return
	}
	// A new goroutine again: letting it in has used the database, and its reader
	// waits for weeks.
	h.wg.Go(func() { h.leave(s, s.read()) })
}

// join makes a session the endpoint's own. It reports false when the endpoint has
// another meanwhile, which has to be looked after first.
func (h *Hub) join(s *session) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return false, fault.New(fault.Unavailable, "The server is stopping.")
	}
	if code, ok := h.barred[s.endpoint]; ok { // sent away while it was let in
		return false, refusalOf(code)
	}
	if h.sessions[s.endpoint] != nil {
		return false, nil
	}
	h.sessions[s.endpoint] = s
	h.Stats.Sessions.Set(float64(len(h.sessions)))
	return true, nil
}

func (h *Hub) leave(s *session, why wire.GoodbyeReason) {
	h.mu.Lock()
	current := h.sessions[s.endpoint] == s
	if current {
		delete(h.sessions, s.endpoint)
		h.Stats.Sessions.Set(float64(len(h.sessions)))
	}
	h.mu.Unlock()
	if current {
		if why != "" || h.ctx.Err() == nil { // who is sent away because the server stops is not gone
			h.Fleet.Left(s.endpoint, s.id, why)
		}
		h.Asks.Disconnected(context.WithoutCancel(h.ctx), s.endpoint)
	}
}

func (h *Hub) session(endpoint string) *session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.sessions[endpoint]
}

// Connected returns how many sessions there are.
func (h *Hub) Connected() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.sessions)
}

// Ask sends an endpoint a question.
func (h *Hub) Ask(endpoint, id string, q wire.Ask) error {
	offline := fault.New(fault.Unavailable, "The machine is offline.")
	s := h.session(endpoint)
	if s == nil {
		return offline
	}
	if err := s.conn.Post(wire.TypeAsk, id, "", q); err != nil {
		return offline
	}
	return nil
}

// Frame sends an endpoint a frame of a terminal. It waits while much else is on
// its way.
func (h *Hub) Frame(endpoint string, frame []byte) error {
	s := h.session(endpoint)
	if s == nil {
		return fault.New(fault.Unavailable, "The machine is offline.")
	}
	return s.conn.SendFrame(frame)
}

// Cancel tells an endpoint that nobody waits for an answer any more.
func (h *Hub) Cancel(endpoint, id string) {
	if s := h.session(endpoint); s != nil {
		s.conn.Post(wire.TypeAskCancel, "", id, nil) // a dead connection cancels by itself
	}
}

// Live asks an endpoint for live readings.
func (h *Hub) Live(endpoint string, l wire.Live) {
	if s := h.session(endpoint); s != nil {
		s.conn.Post(wire.TypeLive, "", "", l) // asked again before it runs out
	}
}

// Disconnect ends an endpoint's session, because its identity was held or
// withdrawn: code is wire.CloseHeld or wire.CloseRevoked. One that is about to
// begin does not, until Readmit.
func (h *Hub) Disconnect(endpoint string, code int) {
	h.mu.Lock()
	h.barred[endpoint] = code
	s := h.sessions[endpoint]
	h.mu.Unlock()
	if s != nil {
		s.conn.Dismiss(code, "the administrator has decided so")
	}
}

// Readmit lets an endpoint in again that was sent away.
func (h *Hub) Readmit(endpoint string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.barred, endpoint)
}

// Close ends all sessions and waits for them. Agents are told to come back.
func (h *Hub) Close() {
	h.stop()
	h.door.close()
	h.mu.RLock()
	for _, s := range h.sessions {
		h.wg.Go(func() { s.conn.Dismiss(websocket.CloseGoingAway, "the server is stopping") })
	}
	h.mu.RUnlock()
	h.wg.Wait()
}
