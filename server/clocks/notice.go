package clocks

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
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
func (s *set) people(t ticket.Ticket, e sla.Escalation) []string {
	out := slices.Clone(e.People)
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
// policy and team that are late or too many.
func (k *Keeper) notify(tx desk.Tx, s *set, told []telling, now time.Time) error {
	groups := map[group][]telling{}
	for _, t := range told {
		g := group{t.person, t.alarm.Policy, t.ticket.Team}
		groups[g] = append(groups[g], t)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
		return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.policy, b.policy), cmp.Compare(a.team, b.team))
	})
	for _, g := range keys {
		list := groups[g]
		var sum []telling
		for _, t := range list {
			if t.late || len(list) > burst {
				sum = append(sum, t)
				continue
			}
			n := desk.Notice{
				ID: k.newID(), Person: t.person, Ticket: t.ticket.ID, At: now, Kind: "alarm", Count: 1, Link: "/tickets/" + strconv.FormatInt(t.ticket.Number, 10),
				Title: fmt.Sprintf("%d: %s", t.ticket.Number, t.ticket.Title), Body: s.sentence(t.alarm),
			}
			if err := tx.PutNotice(n); err != nil {
				return err
			}
		}
		if err := s.summary(tx, g, sum, now); err != nil {
			return err
		}
	}
	return nil
}

// summary writes, or adds to, the one notice of a group in this drain of alarms.
func (s *set) summary(tx desk.Tx, g group, list []telling, now time.Time) error {
	if len(list) == 0 {
		return nil
	}
	n := desk.Notice{ID: summaryID(g, now), Person: g.person, At: now, Kind: "summary", Link: "/"}
	old, ok, err := tx.Notice(n.ID)
	if err != nil {
		return err
	}
	if ok {
		n.Count = old.Count
	}
	n.Count += len(list)
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
	n.Body = fmt.Sprintf("Policy “%s”, %s. They are told of together, because they came all at once or while the server was away.", name, team)
	return tx.PutNotice(n)
}

// summaryID is the same for all writes of one drain. It sorts by its time, as all ids do.
func summaryID(g group, now time.Time) string {
	sum := sha256.Sum256([]byte(g.person + "\x00" + g.policy + "\x00" + g.team))
	var id ulid.ULID
	if err := id.SetTime(ulid.Timestamp(now)); err != nil {
		return ""
	}
	if err := id.SetEntropy(sum[:10]); err != nil {
		return ""
	}
	return id.String()
}

// publish wakes the pages of those who were told something.
func (k *Keeper) publish(told []telling) {
	if k.o.Live == nil {
		return
	}
	people := map[string]bool{}
	for _, t := range told {
		if people[t.person] {
			continue
		}
		people[t.person] = true
		doc, err := json.Marshal(map[string]string{"person": t.person})
		if err == nil {
			k.o.Live.Publish(live.Event{Topic: live.Notices, Key: t.person, Data: doc})
		}
	}
}
