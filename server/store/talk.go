package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/talk"
	"github.com/deskbell/deskbell/server/ticket"
)

// Talk returns the store of drafts and of answers that wait.
func (db *DB) Talk() talk.Store { return talkStore{db} }

type talkStore struct{ *DB }

const draftQuery = "SELECT doc, updated_at FROM drafts WHERE person_id = $1 AND ticket_id = $2"

func scanDraft(r scanner) (talk.Draft, error) {
	var d talk.Draft
	var doc string
	var at int64
	if err := r.Scan(&doc, &at); err != nil {
		return d, notFound(err, "There is no draft.")
	}
	err := json.Unmarshal([]byte(doc), &d)
	d.At = when(at)
	return d, err
}

// Draft implements talk.Store.
func (s talkStore) Draft(ctx context.Context, person, ticket string) (talk.Draft, error) {
	return scanDraft(s.stmts.row(ctx, draftQuery, person, ticket))
}

// PutDraft implements talk.Store.
func (s talkStore) PutDraft(ctx context.Context, person, ticket string, d talk.Draft) error {
	return s.update(ctx, func(tx *Tx) error { return tx.putDraft(person, ticket, d) })
}

func (tx *Tx) putDraft(person, ticket string, d talk.Draft) error {
	doc, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return tx.exec(`INSERT INTO drafts (person_id, ticket_id, doc, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person_id, ticket_id) DO UPDATE SET doc = excluded.doc, updated_at = excluded.updated_at`, person, ticket, string(doc), millis(d.At))
}

// Hold implements talk.Store. The same answer again is held once.
func (s talkStore) Hold(ctx context.Context, h talk.Held) error {
	doc, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *Tx) error {
		n, err := tx.changed("INSERT INTO held_messages (id, ticket_id, person_id, doc, due_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
			h.ID, h.Ticket, h.By.ID, string(doc), millis(h.Due))
		if err != nil {
			return err
		}
		if n == 0 {
			var before string
			if err := tx.row("SELECT doc FROM held_messages WHERE id = $1", h.ID).Scan(&before); err != nil || before != string(doc) {
				return errors.Join(err, fault.Field("Idempotency-Key", "Something else was sent under this id a moment ago."))
			}
		}
		return tx.putDraft(h.By.ID, h.Ticket, talk.Draft{Mode: h.Draft.Mode, At: h.Due.Add(-talk.Undo)})
	})
}

const heldColumns = "id, ticket_id, doc, due_at, sending"

func scanHeld(r scanner) (talk.Held, error) {
	var id, ticket, doc string
	var due int64
	var going int
	if err := r.Scan(&id, &ticket, &doc, &due, &going); err != nil {
		return talk.Held{}, err
	}
	var h talk.Held
	err := json.Unmarshal([]byte(doc), &h)
	h.ID, h.Ticket, h.Due, h.Going = id, ticket, when(due), going != 0
	return h, err
}

// Held implements talk.Store.
func (s talkStore) Held(ctx context.Context, person, ticket string) ([]talk.Held, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+heldColumns+" FROM held_messages WHERE ticket_id = $1 AND person_id = $2 ORDER BY due_at, id", ticket, person)
	return collect(rows, err, scanHeld)
}

// Take implements talk.Store.
func (s talkStore) Take(ctx context.Context, person, id string, back func(talk.Held, talk.Draft) talk.Draft) (h talk.Held, err error) {
	err = s.update(ctx, func(tx *Tx) error {
		var err error
		h, err = scanHeld(tx.row("DELETE FROM held_messages WHERE id = $1 AND person_id = $2 AND sending = 0 RETURNING "+heldColumns, id, person))
		if err != nil {
			return notFound(err, "There is no such answer.")
		}
		h.Draft, err = tx.backToDraft(h, back)
		return err
	})
	return h, err
}

func (tx *Tx) backToDraft(h talk.Held, back func(talk.Held, talk.Draft) talk.Draft) (talk.Draft, error) {
	now, err := scanDraft(tx.row(draftQuery, h.By.ID, h.Ticket))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return now, err
	}
	d := back(h, now)
	return d, tx.putDraft(h.By.ID, h.Ticket, d)
}

// lease is how long an answer that is being sent is left to whoever sends it.
const lease = 30 * time.Second

// Claim implements talk.Store.
func (s talkStore) Claim(ctx context.Context, person, id string, now time.Time) (h talk.Held, err error) {
	err = s.update(ctx, func(tx *Tx) error {
		var due int64
		if err := tx.row("SELECT due_at FROM held_messages WHERE id = $1", id).Scan(&due); err != nil {
			return notFound(err, "There is no such answer.")
		}
		h, err = scanHeld(tx.row("UPDATE held_messages SET sending = 1, due_at = $1 WHERE id = $2 AND person_id = $3 AND sending = 0 RETURNING "+heldColumns, millis(now.Add(lease)), id, person))
		h.Due = when(due)
		return notFound(err, "There is no such answer.")
	})
	return h, err
}

// Due implements talk.Store.
func (s talkStore) Due(ctx context.Context, now time.Time, limit int) (list []talk.Held, err error) {
	var some int64
	if err := s.stmts.row(ctx, "SELECT COUNT(*) FROM held_messages WHERE due_at <= $1", millis(now)).Scan(&some); err != nil || some == 0 {
		return nil, err
	}
	err = s.update(ctx, func(tx *Tx) error {
		rows, err := tx.q.query(tx.ctx, `UPDATE held_messages SET sending = 1, due_at = $1 WHERE id IN
			(SELECT id FROM held_messages WHERE due_at <= $2 ORDER BY due_at, id LIMIT $3) RETURNING `+heldColumns, millis(now.Add(lease)), millis(now), limit)
		list, err = collect(rows, err, scanHeld)
		return err
	})
	return list, err
}

// Next implements talk.Store.
func (s talkStore) Next(ctx context.Context) (time.Time, error) {
	var due int64
	err := s.stmts.row(ctx, "SELECT COALESCE(MIN(due_at), 0) FROM held_messages").Scan(&due)
	return when(due), err
}

// Sent implements talk.Store.
func (s talkStore) Sent(ctx context.Context, id string) error {
	return s.update(ctx, func(tx *Tx) error { return tx.exec("DELETE FROM held_messages WHERE id = $1", id) })
}

// Later implements talk.Store.
func (s talkStore) Later(ctx context.Context, h talk.Held) error {
	doc, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *Tx) error {
		return tx.exec("UPDATE held_messages SET doc = $1, due_at = $2, sending = 0 WHERE id = $3", string(doc), millis(h.Due), h.ID)
	})
}

// Back implements talk.Store.
func (s talkStore) Back(ctx context.Context, h talk.Held, back func(talk.Held, talk.Draft) talk.Draft) error {
	return s.update(ctx, func(tx *Tx) error {
		n, err := tx.changed("DELETE FROM held_messages WHERE id = $1", h.ID)
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.backToDraft(h, back)
		return err
	})
}

// Person implements talk.Store.
func (s talkStore) Person(ctx context.Context, id string) (p ticket.Person, role auth.Role, err error) {
	err = s.stmts.row(ctx, "SELECT id, name, role FROM people WHERE id = $1 AND disabled = 0", id).Scan(&p.ID, &p.Name, &role)
	return p, role, notFound(err, "Whoever wrote it is not on the staff any more.")
}
