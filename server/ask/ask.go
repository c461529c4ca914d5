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
	if !slices.Contains(wire.AskKinds(), r.Kind) || r.Kind == wire.AskCheck { // which checks ask alone
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

// Part is what watchers of an ask are sent.
type Part struct {
	Ask    string      `json:"ask"`
	Ticket string      `json:"ticket,omitempty"`
	State  State       `json:"state"`
	Part   wire.Answer `json:"part"`
}
