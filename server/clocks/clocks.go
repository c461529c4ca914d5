// Package clocks keeps what is owed for each ticket: it derives the clocks of package
// sla in the transaction of whatever happens to a ticket, derives them anew in the
// background when calendars or policies change, and does what a policy says when a
// share of a target is used.
package clocks

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// Store is what a keeper reads. It writes through the desk's store.
type Store interface {
	Line(ctx context.Context, id string) (desk.Lined, bool, error)
	History(ctx context.Context, id string) ([]ticket.Event, error)
	Unlined(ctx context.Context, after desk.ClockPlace, limit int) ([]string, desk.ClockPlace, error)
	LeftBehind(ctx context.Context, rules int64) (bool, error)
	Alarmed(ctx context.Context, id string) ([]sla.Alarm, error)
	AnyAlarm(ctx context.Context, now time.Time) (bool, error)
	// Unread returns how many notices a person has not read.
	Unread(ctx context.Context, person string) (int, error)
	// StaffOf lists those of a role who are not disabled.
	StaffOf(ctx context.Context, role auth.Role) ([]string, error)
	// VIPs returns the ids of the requesters who are.
	VIPs(ctx context.Context) ([]string, error)
}

// Options are what a keeper is made of.
type Options struct {
	Store Store
	Write desk.Store // as Wrap returns it, or not: the keeper wraps it itself
	Book  func() *rulebook.Book
	// Changed returns a channel that is closed at the next change of the book.
	Changed func() <-chan struct{}
	Live    *live.Hub
	Now     func() time.Time
	Log     *slog.Logger
}

// Keeper keeps clocks. It is safe for concurrent use.
type Keeper struct {
	o     Options
	write desk.Store
	mu    sync.Mutex // compiling
	set   atomic.Pointer[set]
	vips  atomic.Pointer[[]string] // sorted; nil before they were read
	heard func(tickets []string)
	// These are Rederive's, which is not called twice at once.
	caught bool  // there is no open ticket without a line, as long as there are policies
	found  int64 // the print for which nothing was left behind
	clean  int   // so many times
}

// New returns a keeper. Its clocks follow the book from the first use on.
func New(o Options) *Keeper {
	k := &Keeper{o: o}
	k.write = k.Wrap(o.Write)
	return k
}

// Watch has f called with tickets whose clocks were derived anew in the background,
// after the commit. It is set before Run.
func (k *Keeper) Watch(f func(tickets []string)) { k.heard = f }

// set is the rules of one book.
type set struct {
	revision  int64
	vips      *[]string
	print     int64 // of everything that clocks follow from; rows of another one are derived anew
	empty     bool
	rules     *sla.Rules
	teams     map[string]*rulebook.Team
	policies  map[string]*rulebook.Policy
	hours     map[string]*sla.Hours // by policy
	calendars map[string]*sla.Hours
}

// current returns the rules of the newest book.
func (k *Keeper) current() *set {
	b, vips := k.o.Book(), k.vips.Load()
	if s := k.set.Load(); s != nil && s.revision == b.Revision() && s.vips == vips {
		return s
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.set.Load()
	if old != nil && old.revision > b.Revision() {
		return old
	}
	s := k.compile(b, vips, old)
	k.set.Store(s)
	return s
}

func (k *Keeper) compile(b *rulebook.Book, vips *[]string, old *set) *set {
	s := &set{revision: b.Revision(), vips: vips, teams: map[string]*rulebook.Team{}, policies: map[string]*rulebook.Policy{}, hours: map[string]*sla.Hours{}}
	for _, t := range rulebook.All[*rulebook.Team](b) {
		s.teams[t.Base().ID] = t
	}
	sum := fnv.New64a()
	enc := json.NewEncoder(sum)
	calendars := map[string]sla.Calendar{}
	for _, c := range rulebook.All[*rulebook.Calendar](b) {
		calendars[c.Base().ID] = c.Calendar
		must(enc.Encode([]any{c.Base().ID, c.Calendar}))
	}
	var policies []sla.Ordered
	asked := false
	for _, p := range rulebook.Offered[*rulebook.Policy](b) {
		q := p.Policy
		q.When.Categories = rulebook.Below(b, q.When.Categories...)
		must(enc.Encode([]any{p.Base().ID, q}))
		if q.When.Expression != "" && !asked { // it may speak of what is above a category
			asked = true
			for _, c := range rulebook.All[*rulebook.Category](b) {
				must(enc.Encode([]any{c.ID, c.Parent}))
			}
		}
		q.Name = p.Base().Name
		policies = append(policies, sla.Ordered{ID: p.Base().ID, Policy: q})
	}
	for _, p := range rulebook.All[*rulebook.Policy](b) {
		s.policies[p.Base().ID] = p
	}
	s.empty = len(policies) == 0
	if vips != nil {
		must(enc.Encode(*vips))
	}
	s.print = int64(sum.Sum64() & math.MaxInt64)
	if old != nil && old.print == s.print {
		s.rules, s.hours, s.calendars = old.rules, old.hours, old.calendars
		return s
	}
	for id, c := range calendars {
		if v, ok := rulebook.Get[*rulebook.Calendar](b, id); ok {
			c.Name = v.Base().Name
			calendars[id] = c
		}
	}
	var wrong []string
	s.rules, wrong = sla.Compile(policies, calendars, sla.Options{
		Around: k.o.Now(), Expression: func(source string) (func(sla.Facts) bool, error) {
			return Expression(source, func(category string) []string { return rulebook.Above(b, category) })
		}, VIP: func(requester string) bool {
			if vips == nil {
				return false
			}
			_, is := slices.BinarySearch(*vips, requester)
			return is
		},
	})
	for _, w := range wrong {
		k.o.Log.Error("a part of the service levels is not used", "why", w)
	}
	s.calendars = map[string]*sla.Hours{}
	for id, c := range calendars {
		if h, err := c.Hours(k.o.Now()); err == nil {
			s.calendars[id] = h
		}
	}
	for id, p := range s.policies {
		s.hours[id] = s.calendars[p.Policy.Calendar]
	}
	return s
}

// must is for what cannot fail: encoding plain values into a hash.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// standing derives everything that is stored of a ticket's clocks.
func (k *Keeper) standing(s *set, l sla.Line, version int64, alarmed []sla.Alarm, now time.Time) desk.Standing {
	out := desk.Standing{Version: version, Line: l, Rules: s.print, Clocks: s.rules.Derive(l, now)}
	if n := len(l.Steps); n > 0 {
		out.Live = l.Steps[n-1].State.Open() || l.Steps[n-1].State == ticket.Resolved
	}
	for _, a := range s.rules.Alarms(l) {
		if !a.Inherited && !done(alarmed, a) {
			out.Alarm = a.At
			break
		}
	}
	return out
}

// done reports whether an alarm has had its effect.
func done(alarmed []sla.Alarm, a sla.Alarm) bool {
	for _, b := range alarmed {
		if a.Kind == b.Kind && a.Share == b.Share && a.Started.Equal(b.Started) {
			return true
		}
	}
	return false
}
