package store

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/desk"
)

const noticeColumns = "id, person_id, ticket_id, at, kind, title, body, link, count, seen_at"

func scanNotice(r scanner) (n desk.Notice, err error) {
	var at, seen int64
	err = r.Scan(&n.ID, &n.Person, &n.Ticket, &at, &n.Kind, &n.Title, &n.Body, &n.Link, &n.Count, &seen)
	n.At, n.SeenAt = when(at), when(seen)
	return n, err
}

// PutNotice implements desk.ClockTx.
func (tx *Tx) PutNotice(n desk.Notice) error {
	return tx.exec(`INSERT INTO notices (id, person_id, ticket_id, at, kind, title, body, link, count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at, title = excluded.title, body = excluded.body, link = excluded.link, count = excluded.count, seen_at = 0`,
		n.ID, n.Person, n.Ticket, millis(n.At), n.Kind, n.Title, n.Body, n.Link, n.Count)
}

// Notice implements desk.ClockTx.
func (tx *Tx) Notice(id string) (desk.Notice, bool, error) {
	n, err := scanNotice(tx.row("SELECT "+noticeColumns+" FROM notices WHERE id = $1", id))
	if isNoRows(err) {
		return n, false, nil
	}
	return n, err == nil, err
}

// Notices returns what a person was told, the newest first, before an id.
func (s ClockStore) Notices(ctx context.Context, person, before string, limit int) ([]desk.Notice, error) {
	rows, err := s.db.stmts.query(ctx, "SELECT "+noticeColumns+" FROM notices WHERE person_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3", person, before, limit)
	return collect(rows, err, scanNotice)
}

// UnseenNotices counts what a person has not seen.
func (s ClockStore) UnseenNotices(ctx context.Context, person string) (n int, err error) {
	return n, s.db.stmts.row(ctx, "SELECT COUNT(*) FROM notices WHERE person_id = $1 AND seen_at = 0", person).Scan(&n)
}

// SeeNotices marks what a person was told, up to an id, as seen.
func (s ClockStore) SeeNotices(ctx context.Context, person, until string, now time.Time) error {
	return s.db.update(ctx, func(tx *Tx) error {
		return tx.exec("UPDATE notices SET seen_at = $1 WHERE person_id = $2 AND seen_at = 0 AND id <= $3", millis(now), person, until)
	})
}
