package survey

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
)

// Keeper keeps the surveys. Those that are open are in memory.
type Keeper struct {
	store Store
	fleet Fleet
	line  Line
	live  *live.Hub
	now   func() time.Time
	log   *slog.Logger

	asking sync.Mutex // one survey begins at a time, so that the limits hold

	mu     sync.Mutex
	open   map[string]*open
	turn   []*open // whose turn it is to send next
	flight []sent  // under way, oldest first; with some that have ended
	flying int
	wake   chan struct{}
}

// sent is a question that was sent to a machine.
type sent struct {
	o   *open
	i   int
	try int
	at  time.Time
}

// open is a survey that has not ended.
type open struct {
	s        Survey
	replies  []Reply
	index    map[string]int // by endpoint
	tries    []uint8
	parts    map[int]*parts // of those that are answering
	queue    []int          // to be sent
	again    []later        // to be put into the queue, the earliest first
	left     int            // that are not final
	news     bool           // that watchers were not told yet
	unstored []int
}

type parts struct {
	list  []json.RawMessage
	bytes int
}

type later struct {
	i  int
	at time.Time
}

// New returns a keeper. SetLine completes it.
func New(store Store, fleet Fleet, hub *live.Hub, now func() time.Time, log *slog.Logger) *Keeper {
	return &Keeper{store: store, fleet: fleet, live: hub, now: now, log: log, open: map[string]*open{}, wake: make(chan struct{}, 1)}
}

// SetLine says how endpoints are reached. It is called once, before anything is asked.
func (k *Keeper) SetLine(l Line) { k.line = l }

// Ask writes a question and its scope down, with one entry of the audit log, and
// begins to send it.
func (k *Keeper) Ask(ctx context.Context, actor auth.Actor, r Request) (Survey, error) {
	if err := auth.Authorise(actor, auth.FleetAsk, auth.Object{}); err != nil {
		return Survey{}, err
	}
	params, err := checked(r.Kind, r.Params)
	if err != nil {
		return Survey{}, err
	}
	if r.For == 0 {
		r.For = standardFor
	}
	if r.For < time.Minute || r.For > maxFor {
		return Survey{}, fault.Field("for", "A question to the fleet is open for one minute to seven days.")
	}
	for _, s := range []string{r.Scope.Site, r.Scope.OS, r.Scope.Agent, r.Scope.Text} {
		if len(s) > maxText {
			return Survey{}, fault.Field("scope", "A filter is longer than 200 characters.")
		}
	}
	k.asking.Lock()
	defer k.asking.Unlock()
	if err := k.room(actor.Person); err != nil {
		return Survey{}, err
	}
	members := k.fleet.Members(r.Scope)
	if len(members) == 0 {
		return Survey{}, fault.Field("scope", "No endpoint fits the filter. Widen it and ask again.")
	}
	now := k.now()
	if r.Scope.Site != "" {
		r.Scope.Named = members[0].Site
	}
	s := Survey{
		ID: ulid.MustNewDefault(now).String(), Kind: r.Kind, Params: params, Scope: r.Scope, AskerID: actor.Person, AskerName: actor.Name, AskerRole: string(actor.Role),
		State: Open, Total: len(members), AskedAt: now, Until: now.Add(r.For),
	}
	replies := make([]Reply, len(members))
	for i, m := range members {
		replies[i] = Reply{Seq: i, Endpoint: m.Endpoint, Name: oneLine(m.Name), Site: oneLine(m.Site), OS: oneLine(m.OS), Standing: Waiting}
	}
	err = k.store.Update(ctx, func(tx Tx) error {
		if err := tx.AddSurvey(s, replies); err != nil {
			return err
		}
		return tx.Audit(audit.Entry{
			At: now, Actor: auth.AuditActor(actor), Action: audit.FleetAsked, Object: "survey:" + s.ID,
			Detail: map[string]any{"kind": s.Kind, "params": s.Params, "scope": s.Scope, "machines": s.Total, "until": s.Until.UTC()},
		})
	})
	if err != nil {
		return Survey{}, err
	}
	k.begin(s, replies)
	return s, nil
}

// room refuses what would be too much at once.
func (k *Keeper) room(person string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	own := 0
	for _, o := range k.open {
		if o.s.AskerID == person {
			own++
		}
	}
	switch {
	case own >= MaxOpenOwn:
		return fault.New(fault.TooMany, "You have five questions to the fleet open. End one of them, or wait until one is done, and ask again.")
	case len(k.open) >= MaxOpen:
		return fault.New(fault.TooMany, "Twenty questions to the fleet are open, which is as many as there can be. Wait until one is done, and ask again.")
	}
	return nil
}

// begin takes a survey up whose machines are not all final.
func (k *Keeper) begin(s Survey, replies []Reply) {
	o := &open{s: s, replies: replies, index: make(map[string]int, len(replies)), tries: make([]uint8, len(replies)), parts: map[int]*parts{}, news: true}
	for i, r := range replies {
		o.index[r.Endpoint] = i
		if !r.Standing.Final() {
			o.replies[i].Standing = Waiting
			o.queue = append(o.queue, i)
			o.left++
		}
	}
	k.mu.Lock()
	k.open[s.ID] = o
	k.turn = append(k.turn, o)
	k.mu.Unlock()
	k.stir()
}

// stir has Run send what there is to send.
func (k *Keeper) stir() {
	select {
	case k.wake <- struct{}{}:
	default: // it is about to
	}
}

// Recover takes up what the server's last end has left open. To ask a machine
// again does no harm: it is only looked at. It is called before any endpoint connects.
func (k *Keeper) Recover(ctx context.Context) error {
	list, err := k.store.Open(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		replies, err := k.store.Replies(ctx, s.ID)
		if err != nil {
			return err
		}
		k.begin(s, replies)
	}
	return nil
}

// Connected has an endpoint asked what it was not there for.
func (k *Keeper) Connected(endpoint string) {
	k.mu.Lock()
	found := false
	for _, o := range k.open {
		if i, ok := o.index[endpoint]; ok && o.replies[i].Standing == Waiting { // twice in the queue does no harm
			o.queue = append(o.queue, i)
			found = true
		}
	}
	k.mu.Unlock()
	if found {
		k.stir()
	}
}

// Disconnected has what an endpoint was asked wait for its return.
func (k *Keeper) Disconnected(endpoint string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, o := range k.open {
		if i, ok := o.index[endpoint]; ok && o.replies[i].Standing == Asked {
			k.land(o, i)
			o.replies[i].Standing = Waiting
			if int(o.tries[i]) >= maxTries {
				k.fail(o, i, fault.Unavailable, "The machine went away each time before it had answered.")
			}
		}
	}
}

// land notes that a question is not under way any more.
func (k *Keeper) land(o *open, i int) {
	k.flying--
	delete(o.parts, i)
}

// Answer takes one part of an answer in, and reports whether it was one of a survey's.
func (k *Keeper) Answer(endpoint, id string, part wire.Answer) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	o := k.open[id]
	if o == nil {
		return false
	}
	i, ok := o.index[endpoint]
	if !ok || o.replies[i].Standing != Asked {
		return true // late, or forged
	}
	p := o.parts[i]
	if p == nil {
		p = &parts{}
		o.parts[i] = p
	}
	if len(part.Data) > 0 {
		p.list = append(p.list, part.Data)
		p.bytes += len(part.Data)
	}
	switch {
	case p.bytes > maxBytes:
		k.land(o, i)
		k.fail(o, i, fault.TooLarge, "The machine's answer is larger than 64 KiB, which is more than this question needs.")
		k.line.Cancel(endpoint, id)
	case !part.Done:
		return true
	case part.Code == fault.TooMany && int(o.tries[i]) < maxTries:
		k.land(o, i)
		o.replies[i].Standing = Busy
		o.again = append(o.again, later{i, k.now().Add(againAfter(o.tries[i]))})
		o.news = true
	case part.Code != "":
		k.land(o, i)
		k.fail(o, i, part.Code, part.Sentence)
	default:
		k.land(o, i)
		r := &o.replies[i]
		r.Group, r.Detail = digest(o.s.Kind, p.list)
		k.settle(o, i, Answered)
	}
	if k.flying < maxFlight {
		k.stir()
	}
	return true
}

// againAfter is how long a busy machine is left alone: its own limit is one of a
// minute's questions.
func againAfter(tries uint8) time.Duration { return time.Duration(tries) * 15 * time.Second }

func (k *Keeper) fail(o *open, i int, code fault.Code, sentence string) {
	o.replies[i].Code, o.replies[i].Sentence = fault.Code(oneLine(string(code))), oneLine(sentence)
	k.settle(o, i, Failed)
}

// settle notes that nothing more will come of a machine.
func (k *Keeper) settle(o *open, i int, s Standing) {
	o.replies[i].Standing, o.replies[i].At = s, k.now()
	o.unstored = append(o.unstored, i)
	o.left--
	o.news = true
	if o.left == 0 {
		k.stir()
	}
}

// End ends a survey that nobody waits for any more.
func (k *Keeper) End(_ context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.FleetAsk, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if o := k.open[id]; o != nil {
		k.finish(o, Ended)
		k.stir()
	}
	return nil
}

// finish ends what is under way of a survey. Run stores it.
func (k *Keeper) finish(o *open, s State) {
	if o.s.State != Open {
		return
	}
	o.s.State, o.s.EndedAt = s, k.now()
	for i := range o.replies {
		r := &o.replies[i]
		if r.Standing == Asked {
			k.land(o, i)
			k.line.Cancel(r.Endpoint, o.s.ID)
		}
		if !r.Standing.Final() {
			k.settle(o, i, Silent)
		}
	}
	o.queue, o.again = nil, nil
}
