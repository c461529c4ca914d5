package desk

import (
	"context"
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

// Similar is a ticket that looks like another one.
type Similar struct {
	Row
	Score  float64
	Reason string // in words: “same finding disk.full, same site, 12 min earlier”
}

// put adds a ticket to those that are compared.
func (s *Triage) put(d triage.Doc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.Put(d)
}

// note adds a ticket that was opened just now.
func (s *Triage) note(id string, e ticket.Event) {
	t := ticket.Ticket{ID: id, Title: e.Title, Body: e.Body, Findings: e.Findings, Endpoint: e.Endpoint, Site: e.Site, CreatedAt: e.At}
	s.put(docOf(t))
}

func docOf(t ticket.Ticket) triage.Doc {
	return triage.Doc{
		ID: t.ID, Title: t.Title, Body: t.Body[:min(len(t.Body), triage.MaxText)], Findings: codesOf(t), Endpoint: t.Endpoint, Site: t.Site, At: t.CreatedAt,
	}
}

// Similar returns at most n of the newest tickets that look like one, the likest
// first. What was merged, or is bound to it already, is left out.
func (s *Triage) Similar(ctx context.Context, actor auth.Actor, t ticket.Ticket, n int) ([]Similar, error) {
	if err := auth.Authorise(actor, auth.TicketsRead, auth.Object{}); err != nil {
		return nil, err
	}
	n = min(max(n, 1), 20)
	s.mu.Lock()
	found := s.index.Like(docOf(t), n+len(t.Links)+10)
	s.mu.Unlock()
	var out []Similar
	for _, m := range found {
		if len(out) == n {
			break
		}
		row, err := s.desk.store.Ticket(ctx, m.ID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if row.MergedInto.ID != "" || bound(t, row.Ticket) {
			continue
		}
		out = append(out, Similar{Row: row, Score: m.Score, Reason: m.Reason()})
	}
	return out, nil
}

// bound reports whether two tickets are parent and child, or linked.
func bound(a, b ticket.Ticket) bool {
	return a.Parent.ID == b.ID || b.Parent.ID == a.ID || slices.ContainsFunc(a.Links, func(l ticket.Link) bool { return l.To.ID == b.ID })
}
