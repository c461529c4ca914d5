package store

import (
	"context"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/incident"
)

// askedOf selects what a person was asked, also at a machine that did not know them yet.
const askedOf = "(a.who = $1 OR EXISTS (SELECT 1 FROM accounts c WHERE c.person_id = $1 AND a.who = c.endpoint_id || '/' || c.uid))"

// Asked implements incident.Store. Who has rung since they were asked is a person now.
func (s incidentStore) Asked(ctx context.Context, id string) ([]incident.Asked, error) {
	rows, err := s.stmts.query(ctx, `SELECT a.incident_id, a.who, COALESCE(p.name, ''), a.asked_at, a.answer, a.answered_at, a.endpoint, a.looked, a.found,
		CASE WHEN a.language <> '' THEN a.language ELSE COALESCE(p.language, '') END, a.outcome
		FROM incident_people a LEFT JOIN people p ON p.id = a.who WHERE a.incident_id = $1 ORDER BY a.who`, id)
	return collect(rows, err, func(r scanner) (a incident.Asked, err error) {
		var asked, answered int64
		var looked, found string
		err = r.Scan(&a.Incident, &a.Who, &a.Name, &asked, &a.Answer, &answered, &a.Endpoint, &looked, &found, &a.Language, &a.Outcome)
		a.AskedAt, a.AnsweredAt, a.Looked, a.Found = when(asked), when(answered), looked != "", strings.Fields(found)
		return a, err
	})
}

// Unanswered implements incident.Store.
func (s incidentStore) Unanswered(ctx context.Context) ([]incident.Account, error) {
	rows, err := s.stmts.query(ctx, `SELECT a.incident_id, a.who, COALESCE(c.endpoint_id, ''), COALESCE(c.uid, '')
		FROM incident_people a LEFT JOIN accounts c ON c.person_id = a.who WHERE a.answer = '' AND a.outcome = '' ORDER BY a.incident_id, c.endpoint_id, c.uid`)
	list, err := collect(rows, err, func(r scanner) (a incident.Account, err error) {
		var who string
		err = r.Scan(&a.Incident, &who, &a.Endpoint, &a.UID)
		if endpoint, uid, ok := strings.Cut(who, "/"); ok {
			a.Endpoint, a.UID = endpoint, uid
		}
		return a, err
	})
	out := list[:0]
	for _, a := range list {
		if a.Endpoint != "" { // somebody who has no machine reads the portal
			out = append(out, a)
		}
	}
	return out, err
}

// UnansweredOf implements incident.Store.
func (s incidentStore) UnansweredOf(ctx context.Context, person string) ([]string, error) {
	rows, err := s.stmts.query(ctx, "SELECT DISTINCT a.incident_id FROM incident_people a WHERE "+askedOf+" AND a.answer = '' AND a.outcome = '' ORDER BY a.incident_id", person)
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}

// Concerned implements incident.Tx. Who said so before they ever rang counts as the person
// that they are now.
func (tx incidentTx) Concerned(id string, announcements []string) ([]string, error) {
	query := `SELECT DISTINCT t.requester_id FROM incident_tickets m JOIN tickets t ON t.id = m.ticket_id
		WHERE m.incident_id = $1 AND m.gone = 0 AND t.merged_into = '' AND t.state NOT IN ('resolved', 'closed', 'cancelled', 'rejected')`
	args := []any{id}
	if len(announcements) > 0 {
		query += ` UNION SELECT COALESCE((SELECT c.person_id FROM accounts c WHERE c.endpoint_id || '/' || c.uid = h.who), h.who)
			FROM announcement_hits h WHERE ' ' || $2 || ' ' LIKE '% ' || h.announcement_id || ' %'`
		args = append(args, strings.Join(announcements, " "))
	}
	rows, err := tx.q.query(tx.ctx, query, args...)
	return collect(rows, err, func(r scanner) (who string, err error) { return who, r.Scan(&who) })
}

// Ask implements incident.Tx.
func (tx incidentTx) Ask(id, who string, at time.Time) error {
	return tx.exec(`INSERT INTO incident_people (incident_id, who, asked_at, answer, answered_at, endpoint, looked, found, language, outcome) VALUES ($1, $2, $3, '', 0, '', '', '', '', '')
		ON CONFLICT (incident_id, who) DO NOTHING`, id, who, millis(at))
}

// Answer implements incident.Tx.
func (tx incidentTx) Answer(id, who string, a incident.Answer, o incident.Outcome) (asked, first bool, err error) {
	var open, all int
	err = tx.row("SELECT COUNT(*), COALESCE(SUM(CASE WHEN a.answer = '' THEN 1 ELSE 0 END), 0) FROM incident_people a WHERE "+askedOf+" AND a.incident_id = $2", who, id).Scan(&all, &open)
	if err != nil || all == 0 || open < all { // whoever was asked under two names answers once
		return all > 0, false, err
	}
	looked := ""
	if a.Looked {
		looked = "yes"
	}
	if l, ok := tongue.Spoken(a.Language); ok {
		if err := tx.exec("UPDATE people SET language = $2 WHERE id = $1", who, string(l)); err != nil {
			return true, false, err
		}
	}
	return true, true, tx.exec(`UPDATE incident_people AS a SET answer = $3, answered_at = $4, endpoint = $5, looked = $6, found = $7, language = $8, outcome = $9
		WHERE `+askedOf+" AND a.incident_id = $2", who, id, string(a.Word), millis(a.At), a.Endpoint, looked, strings.Join(a.Found, " "), a.Language, string(o))
}

// Settle implements incident.Tx.
func (tx incidentTx) Settle(id, who string, said incident.Word, o incident.Outcome) error {
	return tx.exec("UPDATE incident_people SET outcome = $4 WHERE incident_id = $1 AND who = $2 AND answer = $3", id, who, string(said), string(o))
}

// Waits implements incident.Tx.
func (tx incidentTx) Waits(id string) (n int, err error) {
	return n, tx.row("SELECT COUNT(*) FROM incident_people WHERE incident_id = $1 AND outcome = ''", id).Scan(&n)
}

// Looks implements incident.Store.
func (s incidentStore) Looks(ctx context.Context, id string) (map[string]incident.Relook, error) {
	rows, err := s.stmts.query(ctx, "SELECT incident_id, endpoint_id, tries, at, found FROM incident_looks WHERE incident_id = $1", id)
	list, err := collect(rows, err, func(r scanner) (l incident.Relook, err error) {
		var at int64
		err = r.Scan(&l.Incident, &l.Endpoint, &l.Tries, &at, &l.Seen)
		l.At = when(at)
		return l, err
	})
	out := make(map[string]incident.Relook, len(list))
	for _, l := range list {
		out[l.Endpoint] = l
	}
	return out, err
}

// Looked implements incident.Tx.
func (tx incidentTx) Looked(r incident.Relook) error {
	return tx.exec(`INSERT INTO incident_looks (incident_id, endpoint_id, tries, at, found) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (incident_id, endpoint_id) DO UPDATE SET tries = excluded.tries, at = excluded.at, found = excluded.found`, r.Incident, r.Endpoint, r.Tries, millis(r.At), string(r.Seen))
}
