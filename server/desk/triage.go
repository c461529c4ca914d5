package desk

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

// Triage sorts tickets: it has the rules act on them, suggests what they are, and
// finds those that look alike.
//
// It works right after the commit and not in it. It follows the feed of changes,
// whose place it keeps, so that each change is looked at though the server goes down
// in between, and nothing that a rule does or fails to do can delay or lose what an
// employee has sent. What it costs is that a new ticket stands in the queue unsorted
// for some milliseconds.
type Triage struct {
	desk  *Desk
	store TriageStore
	rules RuleKeeper
	world World
	log   *slog.Logger
	zone  *time.Location
	wake  chan struct{}

	set    *triage.Set // of the book of that revision; only Run uses them
	setOf  int64
	missed map[string]int // how often a change could not be looked at

	mu    sync.Mutex
	index *triage.Index // of the newest tickets

	models atomic.Pointer[models]
	closed atomic.Int64 // tickets that have ended since the last learning
}

// TriageStore is what triage needs kept beside tickets.
type TriageStore interface {
	// Changes returns what happened to tickets after a cursor, in the order of the
	// feed.
	Changes(ctx context.Context, after string, limit int) ([]Change, error)
	// FeedEnd returns the cursor of the newest change.
	FeedEnd(ctx context.Context) (string, error)
	// Meta and SetMeta keep facts about this installation.
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
}

// RuleKeeper keeps the rules.
type RuleKeeper interface {
	Book() *rulebook.Book
	PutBySystem(ctx context.Context, v rulebook.Item) (rulebook.Item, error)
}

// World is what rules may know and do that tickets do not hold. A field that is
// nil is something that nobody knows.
type World struct {
	OS  func(endpoint string) string
	VIP func(ctx context.Context, person string) bool
	// Reply returns a canned reply for a ticket.
	Reply func(ctx context.Context, id string, row Row) (string, error)
}

// Change is an event of a ticket at its place in the feed.
type Change struct {
	Cursor  string
	Ticket  string
	Version int64 // of the ticket after it
	Event   ticket.Event
}

// NewTriage returns the triage of a desk. Run makes it work.
func NewTriage(d *Desk, store TriageStore, rules RuleKeeper, world World, log *slog.Logger) *Triage {
	return &Triage{
		desk: d, store: store, rules: rules, world: world, log: log, zone: time.Local, wake: make(chan struct{}, 1), setOf: -1,
		missed: map[string]int{}, index: triage.NewIndex(triage.MaxDocs),
	}
}

// Wake says that there may be changes to look at.
func (s *Triage) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

const (
	triageCursor = "triage_cursor"
	triagePage   = 200
	// triagePoll is how often the feed is read though nobody here has written.
	triagePoll = time.Second
	// keepPlaceEvery is how often the place in the feed is written down. What is
	// looked at twice after a crash is as the rules want it already.
	keepPlaceEvery = 5 * time.Second
	// triageTries is how often a change is tried that cannot be looked at.
	triageTries = 3
)

// Run follows the changes until ctx ends.
func (s *Triage) Run(ctx context.Context) error {
	var learning sync.WaitGroup
	defer learning.Wait()
	at, err := s.place(ctx)
	for err != nil {
		if ctx.Err() != nil {
			return nil
		}
		s.log.Error("triage does not know where it was", "err", err)
		if !pause(ctx, triagePoll) {
			return nil
		}
		at, err = s.place(ctx)
	}
	learning.Go(func() { s.learn(ctx) })
	kept, keptAt := at, s.desk.now()
	defer func() { s.keepPlace(context.WithoutCancel(ctx), kept, at) }()
	tick := time.NewTicker(triagePoll)
	defer tick.Stop()
	for {
		at = s.follow(ctx, at)
		if s.desk.now().Sub(keptAt) >= keepPlaceEvery {
			s.keepPlace(ctx, kept, at)
			kept, keptAt = at, s.desk.now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// place is where to go on: where the last run was, and at the first one now. Rules
// are for what comes, not for what has been.
func (s *Triage) place(ctx context.Context) (string, error) {
	at, err := s.store.Meta(ctx, triageCursor)
	if err != nil || at != "" {
		return at, err
	}
	if at, err = s.store.FeedEnd(ctx); err != nil {
		return "", err
	}
	return at, s.store.SetMeta(ctx, triageCursor, at)
}

func (s *Triage) keepPlace(ctx context.Context, kept, at string) {
	if kept == at {
		return
	}
	if err := s.store.SetMeta(ctx, triageCursor, at); err != nil && ctx.Err() == nil {
		s.log.Error("the place of triage was not kept; some tickets will be looked at again", "err", err)
	}
}

// follow looks at the changes after a place and returns the new one.
func (s *Triage) follow(ctx context.Context, at string) string {
	for ctx.Err() == nil {
		list, err := s.store.Changes(ctx, at, triagePage)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("changes were not read for triage", "err", err)
			}
			return at
		}
		for _, c := range list {
			if err := s.look(ctx, c); err != nil {
				if ctx.Err() != nil {
					return at
				}
				s.missed[c.Cursor]++
				s.log.Error("a change was not triaged", "ticket", c.Ticket, "times", s.missed[c.Cursor], "err", err)
				if s.missed[c.Cursor] < triageTries {
					return at
				}
			}
			delete(s.missed, c.Cursor)
			at = c.Cursor
		}
		if len(list) < triagePage {
			return at
		}
	}
	return at
}

// look looks at one change.
func (s *Triage) look(ctx context.Context, c Change) error {
	switch c.Event.Type {
	case ticket.Opened:
		s.note(c.Ticket, c.Event)
	case ticket.PersonalDataGone:
		if row, err := s.desk.store.Ticket(ctx, c.Ticket); err == nil {
			s.put(docOf(row.Ticket))
		}
	case ticket.ClosedBy, ticket.Confirmed, ticket.ResolvedAs:
		s.closed.Add(1)
	}
	on := occasionOf(c.Event)
	if on == "" {
		return nil
	}
	set := s.ruleSet(ctx)
	if set.Len() == 0 {
		return nil
	}
	err := s.act(ctx, set, c, on)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// rulePrefix begins the id of a rule as an actor.
const rulePrefix = "rule:"

// occasionOf says what a change is to rules: "" for what they are not asked about,
// as what rules have done themselves.
func occasionOf(e ticket.Event) triage.On {
	if strings.HasPrefix(e.Actor.ID, rulePrefix) && e.Actor.Side == ticket.System {
		return ""
	}
	switch e.Type {
	case ticket.Opened:
		return triage.Opened
	case ticket.Replied:
		if e.Actor.Side == ticket.Requester && !e.Automatic {
			return triage.Replied
		}
		return ""
	case ticket.AssignedTo, ticket.Took, ticket.Waits, ticket.Resumed, ticket.ReopenedBy, ticket.Prioritised, ticket.Overrode, ticket.MajorSet,
		ticket.HandedOver, ticket.Escalated, ticket.Categorised, ticket.Tagged, ticket.FieldsSet, ticket.ApprovedBy:
		return triage.Updated
	}
	return ""
}

// ruleSet returns the rules of the newest book, read once a book.
func (s *Triage) ruleSet(ctx context.Context) *triage.Set {
	book := s.rules.Book()
	if s.set != nil && s.setOf == book.Revision() {
		return s.set
	}
	var list []triage.Named
	for _, r := range rulebook.All[*rulebook.Rule](book) {
		if r.Acts() {
			list = append(list, r.Named())
		}
	}
	set, stopped := triage.NewSet(list)
	s.set, s.setOf = set, book.Revision()
	s.disable(ctx, stopped)
	return set
}

// disable switches rules off that cannot be let act, with the reason for who looks.
func (s *Triage) disable(ctx context.Context, stopped []triage.Stopped) {
	for _, x := range stopped {
		s.log.Warn("a triage rule was disabled", "rule", x.Name, "reason", x.Reason)
		r, ok := rulebook.Get[*rulebook.Rule](s.rules.Book(), x.Rule)
		if !ok || r.Disabled != "" {
			continue
		}
		off := *r
		off.Disabled = x.Reason
		if _, err := s.rules.PutBySystem(ctx, &off); err != nil && ctx.Err() == nil {
			s.log.Error("a triage rule that does not end is still there; it is stopped at every ticket", "rule", x.Name, "err", err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
