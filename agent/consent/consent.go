// Package consent asks the person whom it concerns, on this machine, before
// somebody else works on it from afar. Whom, how long and with what outcome is
// decided here: the server has no say in it.
package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Bounds.
const (
	// Patience is how long somebody may take to answer; after it the answer is no.
	Patience = 60 * time.Second
	// often is how many times a person is asked within a while, so that nobody gets a
	// yes by asking until they are tired of it.
	often = 4
	while = 10 * time.Minute
)

// Ticket is what this machine knows of a ticket.
type Ticket struct {
	Requester string // the uid of the person who rang
	Title     string
	Open      bool
}

// Options are what a Keeper works with.
type Options struct {
	// Ticket returns a ticket that was rung here. ok is false for any other.
	Ticket func(number int64) (t Ticket, ok bool)
}

// Question is what is to be agreed to.
type Question struct {
	// Account is who asks: their account's id on the server. Without one a yes is
	// not remembered, for a name alone may be anybody's.
	Account string
	Who     string // their name, one plain line
	Role    string
	Kind    wire.AskKind
	What    string // what exactly, to complete “Somebody wants to …”
	Ticket  int64
	For     time.Duration // how long it may last; 0: it is done at once
	Whose   string        // uid of the one who alone can agree; empty: whoever rang
	Once    bool          // a yes is not remembered: whoever asks holds it themselves, and shows that
	About   string        // what exactly a yes is about, where it is not about the kind as a whole
}

// Keeper asks, and remembers a yes as long as its ticket is open. It is safe for
// concurrent use.
type Keeper struct {
	o       Options
	changed change.Signal

	mu      sync.Mutex
	present map[string]int // by uid: programs that can ask
	asked   map[string][]time.Time
	pending []*pending
	given   map[yes]bool
}

// yes is what somebody agreed to: one technician, one kind, one ticket.
type yes struct {
	uid     string
	ticket  int64
	kind    wire.AskKind
	account string
	about   string
}

type pending struct {
	local.Consent
	uid    string
	key    yes
	answer chan bool
	once   bool
}

// New returns a Keeper that nobody has said yes to.
func New(o Options) *Keeper {
	return &Keeper{o: o, present: map[string]int{}, asked: map[string][]time.Time{}, given: map[yes]bool{}}
}

// Here says that a program of a person's runs that can ask them, until leave is
// called.
func (k *Keeper) Here(uid string) (leave func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.present[uid]++
	return sync.OnceFunc(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.present[uid]--; k.present[uid] == 0 {
			delete(k.present, uid)
		}
	})
}

// Changed returns a channel that is closed when somebody is asked, or not any more.
func (k *Keeper) Changed() <-chan struct{} { return k.changed.Changed() }

// Pending returns what a person is asked now, the oldest first.
func (k *Keeper) Pending(uid string) []local.Consent {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []local.Consent
	for _, p := range k.pending {
		if p.uid == uid {
			out = append(out, p.Consent)
		}
	}
	return out
}

// Why there is no yes from somebody who was asked.
var (
	ErrRefused    = fault.New(fault.Forbidden, "The person at the computer said: not now.")
	ErrUnanswered = fault.New(fault.Forbidden, "The person at the computer did not answer within 60 seconds, which is a no.")
)

// OutcomeOf is what the ledger says of an error of Ask's.
func OutcomeOf(err error) local.ConsentOutcome {
	switch {
	case err == nil:
		return local.ConsentGiven
	case errors.Is(err, ErrRefused):
		return local.ConsentRefused
	case errors.Is(err, ErrUnanswered):
		return local.ConsentUnanswered
	}
	return local.ConsentImpossible
}

func no(format string, a ...any) error { return fault.Newf(fault.Forbidden, format, a...) }

// Ask asks the requester of the ticket, and nobody else. It returns their uid and
// nil for a yes; an error says why not. asking is called once somebody is asked.
func (k *Keeper) Ask(ctx context.Context, q Question, asking func()) (uid string, err error) {
	if q.Ticket == 0 {
		return "", fault.Field("ticket", "Consent is asked of whoever rang, so this needs a ticket that was rung on this computer.")
	}
	t, ok := k.o.Ticket(q.Ticket)
	switch {
	case !ok:
		return "", no("Nobody at this computer is known to have rung for ticket %d, so there is nobody to ask for consent.", q.Ticket)
	case !t.Open:
		return "", no("Ticket %d is closed, so nobody is asked for consent. Reopen it first.", q.Ticket)
	case q.Whose != "" && q.Whose != t.Requester:
		return "", no("That belongs to somebody else than the person who rang for ticket %d, who cannot give it away.", q.Ticket)
	}
	p, err := k.put(q, t)
	if p == nil {
		return t.Requester, err
	}
	defer k.drop(p)
	asking()
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case agreed := <-p.answer:
		if !agreed {
			return "", ErrRefused
		}
		return t.Requester, nil
	case <-timer.C:
		return "", ErrUnanswered
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// put begins to ask. It returns nil and no error when they have agreed before.
func (k *Keeper) put(q Question, t Ticket) (*pending, error) {
	now := time.Now()
	key := yes{t.Requester, q.Ticket, q.Kind, q.Account, q.About}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.given[key] {
		return nil, nil
	}
	asked := slices.DeleteFunc(k.asked[t.Requester], func(at time.Time) bool { return now.Sub(at) >= while || at.After(now) })
	k.asked[t.Requester] = asked
	switch {
	case k.present[t.Requester] == 0:
		return nil, no("The person who rang for ticket %d is not signed in at this computer, or Deskbell's bell does not run in their session, so nobody can be asked for consent.", q.Ticket)
	case slices.ContainsFunc(k.pending, func(p *pending) bool { return p.uid == t.Requester }):
		return nil, fault.New(fault.Conflict, "The person at the computer is being asked for consent already. Wait for their answer.")
	case len(asked) >= often:
		return nil, fault.New(fault.TooMany, fmt.Sprintf("The person at the computer was asked for consent %d times in the last ten minutes. Talk to them first.", often))
	}
	k.asked[t.Requester] = append(asked, now)
	p := &pending{uid: t.Requester, key: key, once: q.Once, answer: make(chan bool, 1), Consent: local.Consent{
		ID: ulid.Make().String(), Who: q.Who, Role: q.Role, Kind: q.Kind, What: q.What, Ticket: q.Ticket, Title: t.Title, For: q.For, About: q.About,
		AskedAt: now.UTC(), Until: now.Add(Patience).UTC(),
	}}
	k.pending = append(k.pending, p)
	k.changed.Notify()
	return p, nil
}

func (k *Keeper) drop(p *pending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending = slices.DeleteFunc(k.pending, func(o *pending) bool { return o == p })
	k.changed.Notify()
}

// Answer is a person's word on what they are asked. A yes with remember holds for
// this technician and this ticket until the ticket is closed or the agent ends.
func (k *Keeper) Answer(uid, id string, a local.ConsentAnswer) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.pending, func(p *pending) bool { return p.uid == uid && p.ID == id })
	if i < 0 {
		return fault.Say(fault.NotFound, "error.consent_over")
	}
	p := k.pending[i]
	k.pending = slices.Delete(k.pending, i, i+1)
	if a.Yes && a.Remember && !p.once && p.key.account != "" {
		k.given[p.key] = true
	}
	p.answer <- a.Yes
	k.changed.Notify()
	return nil
}

// Forget takes back what somebody has agreed to for later.
func (k *Keeper) Forget(uid string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key := range k.given {
		if key.uid == uid {
			delete(k.given, key)
		}
	}
}
