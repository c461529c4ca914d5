package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/notice"
	"github.com/deskbell/deskbell/server/ticket"
)

// Notices returns the store of what the staff is told.
func (db *DB) Notices() notice.Store { return noticeStore{db} }

type noticeStore struct{ *DB }

// toldColumns are those of all notices. doc holds what those have beside that are
// made of changes to tickets.
const toldColumns = "id, person_id, ticket_id, at, kind, title, body, link, count, seen_at, cause, doc"

func scanTold(r scanner) (n notice.Notice, err error) {
	var at, read int64
	var doc string
	if err := r.Scan(&n.ID, &n.Person, &n.Ticket.ID, &at, &n.Kind, &n.Title, &n.Text, &n.Link, &n.Count, &read, &n.Cause, &doc); err != nil {
		return n, err
	}
	n.At, n.ReadAt = when(at), when(read)
	if doc == "" {
		return n, nil
	}
	var more toldMore
	err = json.Unmarshal([]byte(doc), &more)
	n.Ticket.Number, n.Actor, n.What = more.Number, more.Actor, more.What
	return n, err
}

type toldMore struct {
	Number int64            `json:"number,omitempty"`
	Actor  ticket.Person    `json:"actor,omitzero"`
	What   ticket.EventType `json:"what,omitempty"`
}

// Update implements notice.Store.
func (s noticeStore) Update(ctx context.Context, f func(notice.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(tx) })
}

// Notices implements notice.Store.
func (s noticeStore) Notices(ctx context.Context, person, before string, limit int) ([]notice.Notice, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+toldColumns+" FROM notices WHERE person_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3", person, before, limit)
	return collect(rows, err, scanTold)
}

// Unread implements notice.Store.
func (s noticeStore) Unread(ctx context.Context, person string) (n int, err error) {
	return n, s.stmts.row(ctx, "SELECT COUNT(*) FROM notices WHERE person_id = $1 AND seen_at = 0", person).Scan(&n)
}

// Happened implements notice.Store.
func (s noticeStore) Happened(ctx context.Context, id string, version int64) (ticket.Ticket, ticket.Event, error) {
	var data string
	var e ticket.Event
	t, err := scanTicket(s.stmts.row(ctx, "SELECT "+ticketColumns+", e.data FROM tickets t JOIN ticket_events e ON e.ticket_id = t.id WHERE t.id = $1 AND e.version = $2", id, version), &data)
	if err != nil {
		return t, e, notFound(err, noTicket)
	}
	return t, e, json.Unmarshal([]byte(data), &e)
}

// StaffOf implements notice.Store.
func (s noticeStore) StaffOf(ctx context.Context, role auth.Role) ([]string, error) {
	rows, err := s.stmts.query(ctx, "SELECT id FROM people WHERE role = $1 AND disabled = 0 ORDER BY id", role)
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}

// metaTold is where the place in the feed is kept up to which the staff was told.
const metaTold = "notices_told"

// Told implements notice.Store.
func (s noticeStore) Told(ctx context.Context) (string, error) { return s.Meta(ctx, metaTold) }

// LockTold implements notice.Tx.
func (tx *Tx) LockTold() (cursor string, err error) {
	query := "SELECT value FROM meta WHERE key = $1"
	if tx.dialect == postgresDialect {
		if err := tx.exec("SELECT pg_advisory_xact_lock(7201045)"); err != nil { // there may be no row to lock yet
			return "", err
		}
	}
	err = tx.row(query, metaTold).Scan(&cursor)
	if isNoRows(err) {
		return "", nil
	}
	return cursor, err
}

// SetTold implements notice.Tx.
func (tx *Tx) SetTold(cursor string) error {
	return tx.exec("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", metaTold, cursor)
}

// AddNotice implements notice.Tx.
func (tx *Tx) AddNotice(n notice.Notice, gather bool) (bool, error) {
	if gather {
		old, err := tx.unreadOf(n)
		if err != nil {
			return false, err
		}
		for _, o := range old {
			if o.Cause == n.Cause {
				return false, nil
			}
			n.Count = max(n.Count, 1) + max(o.Count, 1)
			if err := tx.exec("DELETE FROM notices WHERE person_id = $1 AND id = $2", n.Person, o.ID); err != nil {
				return false, err
			}
		}
	}
	doc, err := json.Marshal(toldMore{Number: n.Ticket.Number, Actor: n.Actor, What: n.What})
	if err != nil {
		return false, err
	}
	added, err := tx.changed(`INSERT INTO notices (id, person_id, ticket_id, at, kind, title, body, link, count, cause, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (person_id, cause) WHERE cause <> '' DO NOTHING`,
		n.ID, n.Person, n.Ticket.ID, millis(n.At), n.Kind, n.Title, n.Text, n.Link, max(n.Count, 1), n.Cause, string(doc))
	return added > 0, err
}

// unreadOf returns the unread notices of the same kind about the same ticket.
func (tx *Tx) unreadOf(n notice.Notice) ([]notice.Notice, error) {
	rows, err := tx.q.query(tx.ctx, "SELECT "+toldColumns+" FROM notices WHERE person_id = $1 AND ticket_id = $2 AND kind = $3 AND seen_at = 0", n.Person, n.Ticket.ID, n.Kind)
	return collect(rows, err, scanTold)
}

// TrimNotices implements notice.Tx.
func (tx *Tx) TrimNotices(person string, keep int) error {
	return tx.exec("DELETE FROM notices WHERE person_id = $1 AND id <= (SELECT id FROM notices WHERE person_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)", person, keep)
}

// ReadNotices implements notice.Tx.
func (tx *Tx) ReadNotices(person string, ids []string, ticketID string, at time.Time) (int64, error) {
	if len(ids) == 0 {
		return tx.changed("UPDATE notices SET seen_at = $1 WHERE person_id = $2 AND seen_at = 0 AND ($3 = '' OR ticket_id = $3)", millis(at), person, ticketID)
	}
	var n int64
	for _, id := range ids {
		one, err := tx.changed("UPDATE notices SET seen_at = $1 WHERE person_id = $2 AND id = $3 AND seen_at = 0", millis(at), person, strings.ToUpper(id))
		if err != nil {
			return n, err
		}
		n += one
	}
	return n, nil
}
