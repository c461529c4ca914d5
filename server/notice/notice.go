// Package notice tells people of the staff what concerns them: somebody named them
// in a note, gave them a ticket, answered on theirs, changed one they watch,
// escalated one to their team; a clock runs out. Notices are made from the one
// order of changes to tickets, so that whatever changed a ticket is told of, once,
// also after a restart.
package notice

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

// Kind says why somebody is told. Kinds are stored, so they are never renamed.
type Kind string

// The kinds.
const (
	Mentioned Kind = "mentioned" // in a note
	Assigned  Kind = "assigned"  // they have the ticket now
	Answered  Kind = "answered"  // the requester did something to a ticket that is theirs
	Changed   Kind = "changed"   // a ticket that they watch
	Escalated Kind = "escalated" // to their team, or to the operators
	Alarm     Kind = "alarm"     // a ticket's clock is at risk, or has run out
	Summary   Kind = "summary"   // several alarms at once
	OnCall    Kind = "oncall"    // they are called because of alerts, or their shift begins or ends
	Unsent    Kind = "unsent"    // an answer of theirs could not be sent, and is in their box again
)

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{Mentioned, Assigned, Answered, Changed, Escalated, Alarm, Summary, OnCall, Unsent}
}

// Notice is one thing that one person is told.
type Notice struct {
	ID     string           `json:"id"`
	Person string           `json:"-"` // whom
	Kind   Kind             `json:"kind"`
	Ticket ticket.Reference `json:"ticket"`
	Title  string           `json:"title"`           // the ticket's
	Actor  ticket.Person    `json:"actor,omitzero"`  // who did it; none: Deskbell itself
	What   ticket.EventType `json:"what,omitempty"`  // what happened, of Answered and Changed
	Text   string           `json:"text,omitempty"`  // the first of the words that go with it
	Link   string           `json:"link,omitempty"`  // a page of the console; none: the ticket's
	Count  int              `json:"count,omitempty"` // how much it sums up since the person looked
	At     time.Time        `json:"at"`
	ReadAt time.Time        `json:"read_at,omitzero"`
	// Cause is the same for two tellings of the same thing: the second is left out.
	Cause string `json:"-"`
}

const (
	// Keep is how many notices of one person are kept, the newest.
	Keep = 500
	// maxText is how much of somebody's words a notice holds, in characters.
	maxText = 200
)

// Store is what has to be kept.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	// Notices returns a person's notices, the newest first: those older than one, or
	// all.
	Notices(ctx context.Context, person, before string, limit int) ([]Notice, error)
	Unread(ctx context.Context, person string) (int, error)
	// Happened returns one event of a ticket, and the ticket as it is now.
	Happened(ctx context.Context, id string, version int64) (ticket.Ticket, ticket.Event, error)
	// StaffOf lists those of a role who are not disabled.
	StaffOf(ctx context.Context, role auth.Role) ([]string, error)

	Feed(ctx context.Context, after string, limit int) ([]live.Event, error)
	FeedEnd(ctx context.Context) (string, error)
	Later(cursor, than string) bool
	// Told returns the place in the feed up to which everybody was told.
	Told(ctx context.Context) (string, error)
}

// Tx is a write.
type Tx interface {
	// AddNotice adds a notice, unless its person was told of its cause before. An
	// unread one of the same kind about the same ticket is taken out when gather is
	// set, and its count is added.
	AddNotice(n Notice, gather bool) (added bool, err error)
	// TrimNotices takes out all but the newest.
	TrimNotices(person string, keep int) error
	// ReadNotices marks notices: those named, or those of a ticket, or all.
	ReadNotices(person string, ids []string, ticket string, at time.Time) (int64, error)
	// LockTold returns the place up to which everybody was told. Two transactions that
	// ask for it follow each other.
	LockTold() (string, error)
	SetTold(cursor string) error
}

// Keeper keeps notices and tells of new ones.
type Keeper struct {
	store   Store
	members func(team string) []string
	live    *live.Hub
	now     func() time.Time
	log     *slog.Logger
}

// New returns a keeper. members returns who is to hear of an escalation to a team.
func New(store Store, members func(team string) []string, hub *live.Hub, now func() time.Time, log *slog.Logger) *Keeper {
	return &Keeper{store: store, members: members, live: hub, now: now, log: log}
}

// Tell tells people, each once for each cause.
func (k *Keeper) Tell(ctx context.Context, list ...Notice) error {
	var told map[string]Notice
	err := k.store.Update(ctx, func(tx Tx) (err error) {
		told, err = k.add(tx, list)
		return err
	})
	if err == nil {
		k.publish(ctx, told)
	}
	return err
}

// add writes notices down and returns the newest of each person who has one.
func (k *Keeper) add(tx Tx, list []Notice) (map[string]Notice, error) {
	told := map[string]Notice{}
	for _, n := range list {
		if n.At.IsZero() {
			n.At = k.now()
		}
		n.ID, n.Text = ulid.MustNewDefault(k.now()).String(), clip(n.Text)
		if n.Cause == "" {
			n.Cause = n.ID
		}
		added, err := tx.AddNotice(n, n.Kind == Changed)
		if err != nil {
			return nil, err
		}
		if added {
			told[n.Person] = n
		}
	}
	for p := range told {
		if err := tx.TrimNotices(p, Keep); err != nil {
			return nil, err
		}
	}
	return told, nil
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText-1]) + "…"
}

// News is what a person's open pages are told.
type News struct {
	Unread int     `json:"unread"`
	Newest *Notice `json:"newest,omitempty"` // none: something was read
}

// publish tells the open pages of people. It is done after the commit: a page that
// misses it finds the notice when it asks.
func (k *Keeper) publish(ctx context.Context, told map[string]Notice) {
	for person, n := range told {
		k.announce(ctx, person, &n)
	}
}

func (k *Keeper) announce(ctx context.Context, person string, newest *Notice) {
	if !k.live.Wanted(live.Notices, person) {
		return
	}
	unread, err := k.store.Unread(ctx, person)
	if err == nil {
		var data []byte
		if data, err = json.Marshal(News{Unread: unread, Newest: newest}); err == nil {
			k.live.Publish(live.Event{Topic: live.Notices, Key: person, Data: data})
		}
	}
	if err != nil && ctx.Err() == nil {
		k.log.Warn("somebody's pages were not told of a notice", "err", err)
	}
}

// List returns an actor's notices, the newest first, and where the next part
// starts; "" at the end.
func (k *Keeper) List(ctx context.Context, actor auth.Actor, before string, limit int) ([]Notice, string, error) {
	if err := auth.Authorise(actor, auth.NoticesOwn, auth.Object{}); err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > 200 {
		return nil, "", fault.Field("limit", "A part of a list holds 1 to 200 notices.")
	}
	list, err := k.store.Notices(ctx, actor.Person, before, limit+1)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	list = list[:limit]
	return list, list[limit-1].ID, nil
}

// Unread returns how many an actor has not read.
func (k *Keeper) Unread(ctx context.Context, actor auth.Actor) (int, error) {
	if err := auth.Authorise(actor, auth.NoticesOwn, auth.Object{}); err != nil {
		return 0, err
	}
	return k.store.Unread(ctx, actor.Person)
}

// Read marks an actor's notices as read: those named, or those of a ticket, or all
// of them. Other people's cannot be named.
func (k *Keeper) Read(ctx context.Context, actor auth.Actor, ids []string, ticketID string) error {
	if err := auth.Authorise(actor, auth.NoticesOwn, auth.Object{}); err != nil {
		return err
	}
	if len(ids) > Keep {
		return fault.Field("ids", "At most 500 notices are marked at once.")
	}
	var n int64
	err := k.store.Update(ctx, func(tx Tx) (err error) {
		n, err = tx.ReadNotices(actor.Person, ids, ticketID, k.now())
		return err
	})
	if err == nil && n > 0 {
		k.announce(ctx, actor.Person, nil)
	}
	return err
}
