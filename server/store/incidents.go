package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/incident"
)

// Incidents returns the store of major incidents.
func (db *DB) Incidents() incident.Store { return incidentStore{db} }

type incidentStore struct{ *DB }

type incidentTx struct{ *Tx }

// Update implements incident.Store.
func (s incidentStore) Update(ctx context.Context, f func(incident.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(incidentTx{tx}) })
}

const (
	incidentRow = `SELECT i.id, i.number, i.state, i.doc,
		(SELECT COUNT(*) FROM incident_tickets m WHERE m.incident_id = i.id AND m.gone = 0),
		(SELECT COUNT(DISTINCT t.requester_id) FROM incident_tickets m JOIN tickets t ON t.id = m.ticket_id WHERE m.incident_id = i.id AND m.gone = 0)
		FROM incidents i`
	noIncident = "There is no such incident."
)

func scanIncident(r scanner) (i incident.Incident, err error) {
	var doc string
	if err := r.Scan(&i.ID, &i.Number, &i.State, &doc, &i.Tickets, &i.People); err != nil {
		return i, err
	}
	return i, json.Unmarshal([]byte(doc), &i)
}

// Incident implements incident.Store.
func (s incidentStore) Incident(ctx context.Context, id string) (incident.Incident, error) {
	i, err := scanIncident(s.stmts.row(ctx, incidentRow+" WHERE i.id = $1", id))
	return i, notFound(err, noIncident)
}

// Incidents implements incident.Store.
func (s incidentStore) Incidents(ctx context.Context, q incident.Query) ([]incident.Incident, error) {
	var states strings.Builder
	for _, x := range q.States {
		states.WriteString(" " + string(x) + " ")
	}
	limit := q.Limit
	if limit == 0 {
		limit = 1 << 30
	}
	rows, err := s.stmts.query(ctx, incidentRow+` WHERE ($1 = '' OR $1 LIKE '% ' || i.state || ' %') AND ($2 = '' OR i.id < $2) AND (i.ended_at = 0 OR i.ended_at >= $3)
		ORDER BY i.id DESC LIMIT $4`, states.String(), q.Before, millis(q.Since), limit)
	return collect(rows, err, scanIncident)
}

// Members implements incident.Store.
func (s incidentStore) Members(ctx context.Context, id string) ([]incident.Member, error) {
	rows, err := s.stmts.query(ctx, `SELECT m.incident_id, m.ticket_id, m.how, m.at, m.gone, m.labelled, t.number, t.title, t.state, t.requester_name, COALESCE(s.name, ''), t.created_at, t.requester_id, t.endpoint_id, t.findings
		FROM incident_tickets m JOIN tickets t ON t.id = m.ticket_id LEFT JOIN sites s ON s.id = t.site_id WHERE m.incident_id = $1 ORDER BY t.created_at, t.id`, id)
	return collect(rows, err, func(r scanner) (m incident.Member, err error) {
		var at, came int64
		var findings string
		err = r.Scan(&m.Incident, &m.Ticket, &m.How, &at, yes{&m.Out}, yes{&m.Labelled}, &m.Number, &m.Title, &m.State, &m.Requester, &m.Site, &came, &m.RequesterID, &m.Endpoint, &findings)
		m.At, m.CameAt = when(at), when(came)
		var list []diagnostics.Finding
		if err := errors.Join(err, fromJSON(findings, &list)); err != nil {
			return m, err
		}
		for _, f := range list {
			if f.Severity == diagnostics.Critical {
				m.Critical = append(m.Critical, string(f.Code))
			}
		}
		return m, nil
	})
}

// Lines implements incident.Store.
func (s incidentStore) Lines(ctx context.Context, id string) ([]incident.Line, error) {
	rows, err := s.stmts.query(ctx, "SELECT at, did, by_id, by_name, text, n FROM incident_lines WHERE incident_id = $1 ORDER BY seq", id)
	return collect(rows, err, func(r scanner) (l incident.Line, err error) {
		var at int64
		err = r.Scan(&at, &l.Did, &l.By.ID, &l.By.Name, &l.Text, &l.N)
		l.At = when(at)
		return l, err
	})
}

// OfTicket implements incident.Store.
func (s incidentStore) OfTicket(ctx context.Context, ticket string) (incident.Incident, error) {
	i, err := scanIncident(s.stmts.row(ctx, incidentRow+` WHERE i.state IN ('open', 'resolved') AND i.id IN (SELECT incident_id FROM incident_tickets WHERE ticket_id = $1 AND gone = 0)
		ORDER BY i.id DESC LIMIT 1`, ticket))
	return i, notFound(err, noIncident)
}

// rank says which of the incidents of a ticket counts: the first.
const rank = "CASE i.state WHEN 'open' THEN 0 WHEN 'resolved' THEN 1 WHEN 'proposed' THEN 2 WHEN 'dismissed' THEN 3 ELSE 4 END"

var ranked = []incident.State{incident.Open, incident.Resolved, incident.Proposed, incident.Dismissed, ""}

// Rung implements incident.Store. A ticket's id says when it came, so that the index
// of ids finds them.
func (s incidentStore) Rung(ctx context.Context, from, to time.Time) ([]incident.Rung, error) {
	rows, err := s.stmts.query(ctx, `SELECT t.id, t.created_at, t.requester_id,
		CASE WHEN t.endpoint_id <> '' THEN t.endpoint_id ELSE COALESCE((SELECT MIN(a.endpoint_id) FROM accounts a JOIN endpoints e ON e.id = a.endpoint_id AND e.state = 'active'
			WHERE a.person_id = t.requester_id HAVING COUNT(DISTINCT a.endpoint_id) = 1), '') END, COALESCE(s.name, h.name, ''), t.category,
		COALESCE((SELECT MIN(`+rank+`) FROM incident_tickets m JOIN incidents i ON i.id = m.incident_id WHERE m.ticket_id = t.id AND m.gone = 0), 4)
		FROM tickets t LEFT JOIN sites s ON s.id = t.site_id LEFT JOIN people p ON p.id = t.requester_id LEFT JOIN sites h ON h.id = p.site_id
		WHERE t.id >= $1 AND t.kind = 'incident' AND t.created_at >= $2 AND t.created_at < $3 ORDER BY t.id`, since(from), millis(from), millis(to))
	return collect(rows, err, func(r scanner) (x incident.Rung, err error) {
		var at int64
		var of int
		err = r.Scan(&x.ID, &at, &x.Person, &x.Machine, &x.Site, &x.About, &of)
		x.At, x.Of = when(at), ranked[of]
		return x, err
	})
}

// since is the lowest id of a moment.
func since(at time.Time) string {
	var id ulid.ULID
	if at.UnixMilli() < 0 || id.SetTime(uint64(at.UnixMilli())) != nil {
		return ""
	}
	return id.String()
}

// FirstRung implements incident.Store.
func (s incidentStore) FirstRung(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.stmts.row(ctx, "SELECT created_at FROM tickets ORDER BY id LIMIT 1").Scan(&at)
	if isNoRows(err) {
		return time.Time{}, nil
	}
	return when(at), err
}

// Incident implements incident.Tx.
func (tx incidentTx) Incident(id string) (incident.Incident, error) {
	i, err := scanIncident(tx.row(incidentRow+" WHERE i.id = $1", id))
	return i, notFound(err, noIncident)
}

// Insert implements incident.Tx.
func (tx incidentTx) Insert(i *incident.Incident) error {
	doc, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return tx.row("INSERT INTO incidents (id, number, state, doc, ended_at) VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM incidents), $2, $3, $4) RETURNING number",
		i.ID, string(i.State), string(doc), millis(i.EndedAt)).Scan(&i.Number)
}

// Save implements incident.Tx.
func (tx incidentTx) Save(i incident.Incident) error {
	doc, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE incidents SET state = $1, doc = $2, ended_at = $3 WHERE id = $4", string(i.State), string(doc), millis(i.EndedAt), i.ID)
}

// Put implements incident.Tx.
func (tx incidentTx) Put(m incident.Member) error {
	var n int
	if err := tx.row("SELECT COUNT(*) FROM tickets WHERE id = $1", m.Ticket).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.NotFound, "There is no such ticket.")
	}
	return tx.exec(`INSERT INTO incident_tickets (incident_id, ticket_id, how, at, gone, labelled) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (incident_id, ticket_id) DO UPDATE SET how = excluded.how, at = excluded.at, gone = excluded.gone, labelled = excluded.labelled`,
		m.Incident, m.Ticket, string(m.How), millis(m.At), flag(m.Out), flag(m.Labelled))
}

// Add implements incident.Tx.
func (tx incidentTx) Add(id string, l incident.Line) error {
	return tx.exec("INSERT INTO incident_lines (incident_id, seq, at, did, by_id, by_name, text, n) VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM incident_lines WHERE incident_id = $1), $2, $3, $4, $5, $6, $7)",
		id, millis(l.At), string(l.Did), l.By.ID, l.By.Name, l.Text, l.N)
}
