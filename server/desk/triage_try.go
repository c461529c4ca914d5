package desk

import (
	"context"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

// MaxTrial is how many past tickets a rule is tried against at most.
const MaxTrial = 1000

// Try asks a rule about the newest tickets without changing any, and says what it
// would have done beside what technicians have done. A rule for new tickets sees
// them as they came in, a rule for replies sees each reply, a rule for updates the
// ticket as it is now.
func (s *Triage) Try(ctx context.Context, actor auth.Actor, rule triage.Rule, tickets int) (triage.Trial, error) {
	if err := auth.Authorise(actor, auth.RulebookManage, auth.Object{}); err != nil {
		return triage.Trial{}, err
	}
	if tickets < 1 || tickets > MaxTrial {
		return triage.Trial{}, fault.Newf(fault.Invalid, "A rule is tried against 1 to %d tickets.", MaxTrial)
	}
	rule.Live = false
	rule, err := rule.Tidy()
	if err != nil {
		return triage.Trial{}, err
	}
	var past []triage.Past
	q := Query{Order: Newest, Limit: min(tickets, 200)}
	for read := 0; read < tickets; {
		rows, err := s.desk.store.Tickets(ctx, q)
		if err != nil {
			return triage.Trial{}, err
		}
		for _, row := range rows {
			list, err := s.past(ctx, rule, row)
			if err != nil {
				return triage.Trial{}, err
			}
			past = append(past, list...)
		}
		if len(rows) < q.Limit || len(past) >= 2*MaxTrial {
			break
		}
		read += len(rows)
		q.After, q.Limit = &Position{Number: rows[len(rows)-1].Number}, min(tickets-read, 200)
	}
	return triage.Try(ctx, rule, past)
}

// past is a ticket at the moments at which a rule would have been asked about it.
func (s *Triage) past(ctx context.Context, rule triage.Rule, row Row) ([]triage.Past, error) {
	history, err := s.desk.store.History(ctx, row.ID)
	if err != nil || len(history) == 0 {
		return nil, err
	}
	one := triage.Past{ID: row.ID, Number: row.Number, Title: row.Title, At: row.CreatedAt, Team: row.Team, Category: row.Category, Priority: int(row.Priority)}
	var out []triage.Past
	add := func(t ticket.Ticket, e ticket.Event) {
		then := row
		then.Ticket = t
		p := one
		p.At, p.Facts = e.At, s.facts(ctx, then, e)
		out = append(out, p)
	}
	opened, replied := has(rule.On, triage.Opened), has(rule.On, triage.Replied)
	if opened || replied {
		t := ticket.Ticket{ID: row.ID, Number: row.Number}
		for _, e := range history {
			t = t.Fold(e)
			on := occasionOf(e)
			if opened && on == triage.Opened || replied && on == triage.Replied {
				add(t, e)
			}
		}
	}
	if !opened && has(rule.On, triage.Updated) {
		add(row.Ticket, history[len(history)-1])
	}
	return out, nil
}

func has(list []triage.On, want triage.On) bool {
	for _, on := range list {
		if on == want {
			return true
		}
	}
	return false
}
