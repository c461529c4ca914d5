package clocks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// telling is one person to be told of one alarm.
type telling struct {
	person string
	ticket ticket.Ticket
	alarm  sla.Alarm
	late   bool
}

// people returns who is told of an escalation, each once.
func (s *set) people(t ticket.Ticket, e sla.Escalation, operators []string) []string {
	out := slices.Clone(e.People)
	if e.NOC {
		out = append(out, operators...)
	}
	team := func() {
		if m, ok := s.teams[t.Team]; ok {
			out = append(out, m.Members...)
		}
	}
	for _, w := range e.Notify {
		switch {
		case w == sla.Assignee && t.Assignee.ID != "":
			out = append(out, t.Assignee.ID)
		case w == sla.Assignee, w == sla.Team:
			team()
		case w == sla.Watchers:
			for _, p := range t.Watchers {
				out = append(out, p.ID)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sentence says what an alarm is about.
func (s *set) sentence(a sla.Alarm) string {
	name := a.Policy
	if p, ok := s.policies[a.Policy]; ok {
		name = p.Base().Name
	}
	if a.Share == 100 {
		return fmt.Sprintf("The target of the %s has run out (policy “%s”).", sla.Name(a.Kind), name)
	}
	return fmt.Sprintf("%d %% of the target of the %s is used (policy “%s”).", a.Share, sla.Name(a.Kind), name)
}

// group is what is told of as one when there is too much of it.
type group struct{ person, policy, team string }

// notify writes the notices of a write: one for each alarm, or one for all of a
// policy and team that are late or too many. It returns the newest of each person.
func (k *Keeper) notify(tx desk.Tx, s *set, told []telling, now time.Time) (map[string]notice.Notice, error) {
	groups := map[group][]telling{}
	for _, t := range told {
		g := group{t.person, t.alarm.Policy, t.ticket.Team}
		groups[g] = append(groups[g], t)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
		return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.policy, b.policy), cmp.Compare(a.team, b.team))
	})
	newest := map[string]notice.Notice{}
	add := func(n notice.Notice) error {
		n.ID, n.At = k.newID(), now
		newest[n.Person] = n
		_, err := tx.AddNotice(n, false)
		return err
	}
	for _, g := range keys {
		list, many := groups[g], 0
		for _, t := range list {
			if t.late || len(list) > burst {
				many++
				continue
			}
			err := add(notice.Notice{
				Person: t.person, Kind: notice.Alarm, Ticket: ticket.Reference{ID: t.ticket.ID, Number: t.ticket.Number}, Title: t.ticket.Title, Text: s.sentence(t.alarm),
				Cause: fmt.Sprintf("clock.%s.%s.%d.%d", t.ticket.ID, t.alarm.Kind, t.alarm.Started.UnixMilli(), t.alarm.Share),
			})
			if err != nil {
				return nil, err
			}
		}
		if many == 0 {
			continue
		}
		n, err := s.summary(tx, g, many, now)
		if err == nil {
			err = add(n)
		}
		if err != nil {
			return nil, err
		}
	}
	return newest, nil
}

// summary is the one notice of a group in this drain of alarms. What an earlier
// write of the drain has summed up is taken into it.
func (s *set) summary(tx desk.Tx, g group, many int, now time.Time) (notice.Notice, error) {
	n := notice.Notice{Person: g.person, Kind: notice.Summary, Link: "/", Cause: fmt.Sprintf("clocks.%d.%s.%s", now.UnixMilli(), g.policy, g.team)}
	before, err := tx.Summed(g.person, n.Cause)
	if err != nil {
		return n, err
	}
	n.Count = before + many
	name, team := g.policy, "no team"
	if p, ok := s.policies[g.policy]; ok {
		name = p.Base().Name
	}
	if t, ok := s.teams[g.team]; ok {
		team = t.Base().Name
	}
	n.Title = fmt.Sprintf("%d shares of targets were passed", n.Count)
	if n.Count == 1 {
		n.Title = "1 share of a target was passed"
	}
	n.Text = fmt.Sprintf("Policy “%s”, %s. They are told of together, because they came all at once or while the server was away.", name, team)
	return n, nil
}

// publish tells the open pages of people, after the commit.
func (k *Keeper) publish(ctx context.Context, newest map[string]notice.Notice) {
	for person, n := range newest {
		if !k.o.Live.Wanted(live.Notices, person) {
			continue
		}
		unread, err := k.o.Store.Unread(ctx, person)
		if err != nil {
			continue // the page finds it when it asks
		}
		if doc, err := json.Marshal(notice.News{Unread: unread, Newest: &n}); err == nil {
			k.o.Live.Publish(live.Event{Topic: live.Notices, Key: person, Data: doc})
		}
	}
}
