// Package ask is how somebody looks into a machine from afar: a named diagnostic
// with typed parameters, written down before it is sent, answered in parts that
// are shown as they come, and kept with the ticket. A machine that is offline is
// asked when it comes back, if that is not too late.
package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

// Asker sends questions to endpoints and takes their answers in.
type Asker struct {
	store Store
	line  Line
	files Files
	live  *live.Hub
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	running map[string]*running // by the ask's id
	keeping sync.WaitGroup      // files that are being written

	decoding sync.Mutex // one picture of a screen
	pictures sync.Mutex // one is kept with its ticket
}

// New returns an asker. SetLine completes it.
func New(store Store, hub *live.Hub, now func() time.Time, log *slog.Logger) *Asker {
	return &Asker{store: store, live: hub, now: now, log: log, running: map[string]*running{}}
}

// SetLine says how endpoints are reached. It is called once, before anything is
// asked: the hub that reaches them hands their answers to the asker in turn.
func (a *Asker) SetLine(l Line) { a.line = l }

// Line reaches endpoints.
type Line interface {
	// Ask sends a question; fault.Unavailable when the endpoint is not connected.
	Ask(endpoint, id string, q wire.Ask) error
	// Frame sends an endpoint a frame of a terminal. It may wait.
	Frame(endpoint string, frame []byte) error
	// Cancel tells an endpoint that nobody waits any more.
	Cancel(endpoint, id string)
}

// Store is what the asker needs kept.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	Ask(ctx context.Context, id string) (Ask, error)
	// Waiting returns the asks of an endpoint that are still to be sent.
	Waiting(ctx context.Context, endpoint string) ([]Ask, error)
	// Asks returns the newest asks of an endpoint or of a ticket, without answers.
	Asks(ctx context.Context, q Query) ([]Ask, error)
}

// Query selects asks, newest first.
type Query struct {
	Endpoint string
	Ticket   string
	Before   string // an id
	Limit    int
}

// Tx is a write.
type Tx interface {
	AddAsk(a Ask) error
	SaveAsk(a Ask) error
	// LoseAsks marks what was running when the server went down: nobody knows
	// what became of it. It returns what it has marked.
	LoseAsks(now time.Time) ([]Ask, error)
	// ExpireAsks ends what waited too long, and returns it.
	ExpireAsks(now time.Time) ([]Ask, error)
	EndpointName(endpoint string) (string, error)
	Ticket(id string) (ticket.Ticket, error)
	Save(before, after ticket.Ticket, events []ticket.Event) error
	Audit(e audit.Entry) error
}

// State is how far an ask has come.
type State string

// The states.
const (
	Waiting   State = "waiting" // the endpoint is offline
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed" // Code and Sentence say why
	Expired   State = "expired"
	Cancelled State = "cancelled"
	Unknown   State = "unknown" // the server went down meanwhile
)

// Ended reports whether nothing more will come.
func (s State) Ended() bool { return s != Waiting && s != Running }

// Ask is a question and its answer.
type Ask struct {
	ID        string
	Endpoint  string
	Ticket    string // id; empty when it belongs to none
	Number    int64  // the ticket's
	Kind      wire.AskKind
	Params    json.RawMessage
	AskerID   string
	AskerName string
	AskerUID  string // set when a requester asks about their own machine
	State     State
	Code      fault.Code
	Sentence  string
	Answer    []json.RawMessage // the parts that were kept
	AskedAt   time.Time
	ExpiresAt time.Time
	EndedAt   time.Time
}

// Request is what somebody wants to know.
type Request struct {
	Endpoint string
	Ticket   string
	Kind     wire.AskKind
	Params   json.RawMessage
	reviewed bool          // it comes from the library of scripts
	Wait     time.Duration // how long an offline endpoint may take to come back; 0: not at all
}

const (
	maxParams = 4 << 10
	maxWait   = 7 * 24 * time.Hour
	// runFor is how long an answer may take once the question is sent.
	runFor = 90 * time.Second
	// maxAnswer bounds what is kept of one answer.
	maxAnswer = 4 << 20
)

type running struct {
	ask   Ask
	bytes int
	timer *time.Timer
	term  *terminal    // nil unless it is one
	file  *fetch       // nil unless one is fetched
	table *table       // nil unless all processes were asked for
	shot  *shot        // nil unless it is a picture on its way
	log   *followed    // nil unless a log is followed
	speed *Measurement // nil unless the speed is measured
}

// Ask writes a question down, tells the ticket's history and the audit log, and
// sends it. When the endpoint is offline and Wait allows it, it stays for later.
func (a *Asker) Ask(ctx context.Context, actor auth.Actor, r Request) (Ask, error) {
	if err := a.authorise(actor, &r); err != nil {
		return Ask{}, err
	}
	if !slices.Contains(wire.AskKinds(), r.Kind) {
		return Ask{}, fault.Field("kind", "There is no diagnostic of that name.")
	}
	if err := a.admitSpeed(r); err != nil {
		return Ask{}, err
	}
	return a.order(ctx, actor, r)
}

// order writes a question or an order down, and sends it.
func (a *Asker) order(ctx context.Context, actor auth.Actor, r Request) (Ask, error) {
	if len(r.Params) > maxParams && !r.reviewed || (len(r.Params) > 0 && !json.Valid(r.Params)) {
		return Ask{}, fault.Field("params", "The parameters are not JSON, or longer than 4 KiB.")
	}
	if r.Wait < 0 || r.Wait > maxWait {
		return Ask{}, fault.Field("wait", "A question waits at most seven days.")
	}
	now := a.now()
	q := Ask{
		ID: ulid.MustNewDefault(now).String(), Endpoint: r.Endpoint, Ticket: r.Ticket, Kind: r.Kind, Params: r.Params,
		AskerID: actor.Person, AskerName: actor.Name, State: Waiting, AskedAt: now, ExpiresAt: now.Add(max(r.Wait, runFor)),
	}
	if actor.Kind == auth.Requester {
		q.AskerUID = actor.UID
	}
	err := a.store.Update(ctx, func(tx Tx) error {
		name, err := tx.EndpointName(r.Endpoint)
		if err != nil {
			return err
		}
		if r.Ticket != "" {
			if err := a.record(tx, actor, &q); err != nil {
				return err
			}
		}
		if err := tx.AddAsk(q); err != nil {
			return err
		}
		return tx.Audit(audit.Entry{
			At: now, Actor: auth.AuditActor(actor), Action: auditOf(q.Kind), Object: "endpoint:" + r.Endpoint,
			Detail: map[string]any{"ask": q.ID, "kind": q.Kind, "name": name, "ticket": q.Number, "params": told(q.Kind, q.Params)},
		})
	})
	if err != nil {
		return Ask{}, err
	}
	return a.send(ctx, actor, q, r.Wait > 0)
}

func (a *Asker) authorise(actor auth.Actor, r *Request) error {
	if actor.Kind != auth.Requester {
		return auth.Authorise(actor, auth.EndpointsAsk, auth.Object{Endpoint: r.Endpoint})
	}
	// A requester may have their own machine check itself, and nothing else.
	if r.Endpoint != actor.Endpoint || r.Kind != wire.AskSnapshot || r.Ticket != "" {
		return fault.New(fault.Forbidden, "You can only check the computer that you came from.")
	}
	return auth.Authorise(actor, auth.OwnCheckup, auth.Object{})
}

// record writes the look into the ticket's history.
func (a *Asker) record(tx Tx, actor auth.Actor, q *Ask) error {
	before, err := tx.Ticket(q.Ticket)
	if err != nil {
		return err
	}
	if before.Endpoint != q.Endpoint {
		return fault.Field("ticket", "The ticket is about another machine.")
	}
	q.Number = before.Number
	by := ticket.Actor{Person: ticket.Person{ID: actor.Person, Name: actor.Name}, Side: ticket.Staff}
	after, events, err := ticket.Apply(before, ticket.RecordAsk{Ask: q.ID, What: string(q.Kind)}, by, a.now())
	if err != nil {
		return err
	}
	return tx.Save(before, after, events)
}

// send hands a question to the endpoint. The note that it runs comes first: after
// a crash it is known that it may have run.
func (a *Asker) send(ctx context.Context, actor auth.Actor, q Ask, mayWait bool) (Ask, error) {
	q.State = Running
	if err := a.store.Update(ctx, func(tx Tx) error { return tx.SaveAsk(q) }); err != nil {
		return q, err
	}
	params, speed := q.Params, newMeasurement(q)
	if speed != nil {
		var err error
		if params, err = speed.sent(params); err != nil {
			return q, err
		}
	}
	a.mu.Lock()
	r := &running{ask: q, table: newTable(q), log: newFollowed(q), speed: speed, timer: time.AfterFunc(patienceWith(q.Kind), func() { a.giveUp(q.ID) })}
	if q.Kind.Terminal() {
		r.term = newTerminal(q.Params, func() { a.abandoned(q.ID) })
	}
	if q.Kind == wire.ActFetchFile {
		r.file = &fetch{actor: actor}
	}
	if q.Kind == wire.ActScreen {
		r.shot = &shot{}
	}
	a.running[q.ID] = r
	a.mu.Unlock()
	err := a.line.Ask(q.Endpoint, q.ID, wire.Ask{
		Kind: q.Kind, Params: params, Who: whoOf(q), Ticket: q.Number, ExpiresAt: q.ExpiresAt,
	})
	if err == nil {
		return q, nil
	}
	a.forget(q.ID)
	switch {
	case fault.Is(err, fault.Unavailable) && mayWait:
		q.State = Waiting
	default:
		q.State, q.Code, q.Sentence, q.EndedAt = Failed, fault.CodeOf(err), fault.Sentence(err), a.now()
	}
	if err := a.store.Update(ctx, func(tx Tx) error { return tx.SaveAsk(q) }); err != nil {
		return q, err
	}
	return q, nil
}

func whoOf(q Ask) wire.Asker {
	if q.AskerUID != "" {
		return wire.Asker{ID: q.AskerID, Name: q.AskerName, Role: "you", UID: q.AskerUID}
	}
	return wire.Asker{ID: q.AskerID, Name: q.AskerName, Role: "technician"}
}

func (a *Asker) forget(id string) (*running, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.running[id]
	if ok {
		r.timer.Stop()
		if r.term != nil {
			r.term.alone.Stop()
		}
		if r.speed != nil {
			r.speed.stop()
		}
		delete(a.running, id)
	}
	return r, ok
}

// Connected sends an endpoint what has waited for it.
func (a *Asker) Connected(ctx context.Context, endpoint string) error {
	list, err := a.store.Waiting(ctx, endpoint)
	if err != nil {
		return err
	}
	now := a.now()
	for _, q := range list {
		if now.Before(q.ExpiresAt) {
			if _, err := a.send(ctx, auth.Actor{}, q, true); err != nil {
				return fmt.Errorf("sending what waited: %w", err)
			}
		}
	}
	return nil
}

// Disconnected ends what an endpoint was doing when its session ended.
func (a *Asker) Disconnected(ctx context.Context, endpoint string) {
	a.mu.Lock()
	var ids []string
	for id, r := range a.running {
		if r.ask.Endpoint == endpoint {
			ids = append(ids, id)
		}
	}
	a.mu.Unlock()
	for _, id := range ids {
		a.lost(ctx, id, "The machine went offline before it had answered.")
	}
}

// Answer takes one part of an answer in. Parts of what is not running are late,
// or forged, and forgotten.
func (a *Asker) Answer(ctx context.Context, endpoint, id string, part wire.Answer) {
	a.mu.Lock()
	r, ok := a.running[id]
	if !ok || r.ask.Endpoint != endpoint {
		a.mu.Unlock()
		return
	}
	patience := patienceWith(r.ask.Kind)
	switch {
	case len(part.Data) == 0:
	case r.table != nil:
		var understood bool
		if part.Data, understood = r.table.fold(part.Part, part.Data); !understood {
			r.keep(part.Data)
		}
	case r.log != nil:
		part.Data = r.log.fold(part.Part, part.Data)
	case r.term != nil:
		r.term.part(part.Data, a.now())
		patience = terminalFor
	case r.file != nil:
		r.file.take(part.Data)
		r.ask.Answer = r.file.shown()
		part.Data = r.ask.Answer[0] // who watches is told how far it is, and not sent the file
	case r.shot != nil:
		r.shot.take(part.Data)
		r.ask.Answer = r.shot.shown()
		part.Data = r.ask.Answer[0]
	default:
		r.keep(part.Data)
	}
	tooMuch := r.bytes > maxAnswer
	r.timer.Reset(patience)
	a.mu.Unlock()
	if len(part.Data) > 0 { // the end of the answer is told once it is stored
		a.publish(id, r.ask.Ticket, wire.Answer{Part: part.Part, Data: part.Data}, Running)
	}
	switch {
	case tooMuch:
		a.line.Cancel(endpoint, id)
		a.end(ctx, id, Failed, fault.TooLarge, "The answer is larger than 4 MiB; the rest was cut off.")
	case part.Done && part.Code == fault.Unknown:
		a.end(ctx, id, Unknown, part.Code, part.Sentence)
	case part.Done && part.Code != "" && r.term != nil && r.term.lines() != nil: // it was open, and somebody or something ended it
		a.end(ctx, id, Done, "", part.Sentence)
	case part.Done && part.Code != "":
		a.end(ctx, id, Failed, part.Code, part.Sentence)
	case part.Done && r.file != nil:
		a.arrived(ctx, id)
	case part.Done && r.shot != nil:
		a.pictured(ctx, id)
	case r.shot != nil && r.shot.bad != "":
		a.line.Cancel(endpoint, id)
		a.end(ctx, id, Failed, fault.Invalid, r.shot.bad)
	case r.file != nil && r.file.bad != "":
		a.line.Cancel(endpoint, id)
		a.end(ctx, id, Failed, fault.Invalid, r.file.bad)
	case part.Done:
		a.end(ctx, id, Done, "", "")
	}
}

// keep stores a part: of those that replace the one before only the newest.
func (r *running) keep(data json.RawMessage) {
	switch r.ask.Kind {
	case wire.AskSnapshot, wire.AskProcesses, wire.AskSpeed:
		r.ask.Answer, r.bytes = []json.RawMessage{data}, len(data)
	default:
		r.ask.Answer = append(r.ask.Answer, data)
		r.bytes += len(data)
	}
}

// Cancel ends a question that nobody waits for any more.
func (a *Asker) Cancel(ctx context.Context, actor auth.Actor, id string) error {
	q, err := a.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if q.State.Ended() {
		return nil
	}
	if !q.Kind.Withdrawable() {
		return fault.New(fault.Conflict, "What is being done on a machine is not stopped half way. Wait until it has ended.")
	}
	if q.State == Waiting {
		q.State, q.EndedAt = Cancelled, a.now()
		return a.store.Update(ctx, func(tx Tx) error { return tx.SaveAsk(q) })
	}
	a.line.Cancel(q.Endpoint, id)
	if q.Kind.Script() {
		a.end(ctx, id, Unknown, fault.Unknown, "The script was stopped half way. Look before you run it again.")
		return nil
	}
	a.end(ctx, id, Cancelled, "", "")
	return nil
}

func (a *Asker) giveUp(id string) {
	a.mu.Lock()
	r, ok := a.running[id]
	a.mu.Unlock()
	if ok {
		a.line.Cancel(r.ask.Endpoint, id)
		a.lost(context.Background(), id, fmt.Sprintf("The machine did not answer within %d seconds.", int(patienceWith(r.ask.Kind).Seconds())))
	}
}

// patienceWith is how long a machine may say nothing. A script may work all its time
// and be silent.
func patienceWith(k wire.AskKind) time.Duration {
	if k.Script() {
		return runFor + wire.MaxScriptTime*time.Second
	}
	return runFor
}

// end stores what became of a question and tells who watches.
func (a *Asker) end(ctx context.Context, id string, s State, code fault.Code, sentence string) {
	if r, ok := a.forget(id); ok {
		a.settle(ctx, r, s, code, sentence)
	}
}

// settle stores what became of a question that runs no more.
func (a *Asker) settle(ctx context.Context, r *running, s State, code fault.Code, sentence string) {
	q, id := r.ask, r.ask.ID
	q.Answer = r.parts()
	if r.file != nil {
		q.Answer = r.file.shown()
	}
	if r.shot != nil {
		q.Answer = nil // half a picture is none
	}
	q.State, q.Code, q.Sentence, q.EndedAt = s, code, sentence, a.now()
	if r.term != nil {
		q.Answer = r.term.lines()
		defer r.term.end(sentence)
	}
	err := a.store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
		if err := tx.SaveAsk(q); err != nil || !q.Kind.Acts() {
			return err
		}
		return a.recordEnd(tx, q)
	})
	if err != nil {
		a.log.Error("an answer was not stored", "ask", id, "err", err)
	}
	a.publish(id, q.Ticket, wire.Answer{Done: true, Code: code, Sentence: sentence}, s)
}

// Part is what watchers of an ask are sent.
type Part struct {
	Ask    string      `json:"ask"`
	Ticket string      `json:"ticket,omitempty"`
	State  State       `json:"state"`
	Part   wire.Answer `json:"part"`
}

func (a *Asker) publish(id, ticketID string, p wire.Answer, s State) {
	if !a.live.Wanted(live.Asks, id) {
		return
	}
	data, err := json.Marshal(Part{Ask: id, Ticket: ticketID, State: s, Part: p})
	if err != nil {
		a.log.Error("an answer's part was not published", "ask", id, "err", err)
		return
	}
	a.live.Publish(live.Event{Topic: live.Asks, Key: id, Data: data})
}

// Get returns a question with what has come of its answer.
func (a *Asker) Get(ctx context.Context, actor auth.Actor, id string) (Ask, error) {
	q, err := a.store.Ask(ctx, id)
	if err != nil {
		return Ask{}, err
	}
	if actor.Kind == auth.Requester {
		if q.AskerID != actor.Person || q.AskerUID == "" {
			return Ask{}, fault.New(fault.NotFound, "There is no such question.")
		}
		err = auth.Authorise(actor, auth.OwnCheckup, auth.Object{})
	} else {
		err = auth.Authorise(actor, auth.EndpointsAsk, auth.Object{Endpoint: q.Endpoint})
	}
	if err != nil {
		return Ask{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.running[id]; ok {
		q = r.ask
		q.Answer = r.parts()
		if r.term != nil {
			q.Answer = r.term.lines()
		}
	}
	if (q.Kind.Terminal() || q.Kind == wire.ActScreen) && !auth.May(actor, auth.EndpointsAct) {
		q.Answer = nil // what was typed and shown is for those who may open one themselves
	}
	return q, nil
}

// List returns the newest questions to an endpoint or of a ticket.
func (a *Asker) List(ctx context.Context, actor auth.Actor, q Query) ([]Ask, error) {
	if err := auth.Authorise(actor, auth.EndpointsAsk, auth.Object{Endpoint: q.Endpoint}); err != nil {
		return nil, err
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.Limit < 1 || q.Limit > 200 {
		return nil, fault.Field("limit", "A page holds 1 to 200 questions.")
	}
	return a.store.Asks(ctx, q)
}

// Recover names what the server's last end has left open. It is called before any
// endpoint connects. Of an order the ticket's history and the audit log learn it too:
// who reads there that it was given must not think that nothing came of it.
func (a *Asker) Recover(ctx context.Context) error {
	return a.store.Update(ctx, func(tx Tx) error {
		lost, err := tx.LoseAsks(a.now())
		if err != nil {
			return err
		}
		for _, q := range lost {
			if !q.Kind.Acts() {
				continue
			}
			if err := a.recordEnd(tx, q); err != nil {
				return fmt.Errorf("writing down an order that was lost: %w", err)
			}
		}
		return nil
	})
}

// Run ends what waits too long, until ctx ends.
func (a *Asker) Run(ctx context.Context) error {
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	defer a.keeping.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var ended []Ask
		err := a.store.Update(ctx, func(tx Tx) (err error) {
			ended, err = tx.ExpireAsks(a.now())
			return err
		})
		if err != nil && ctx.Err() == nil {
			a.log.Error("questions that waited too long were not ended", "err", err)
		}
		for _, q := range ended {
			a.publish(q.ID, q.Ticket, wire.Answer{Done: true, Code: fault.Expired, Sentence: "The machine did not come back in time."}, Expired)
		}
	}
}
