package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/server/announce"
)

// Announcements returns the store of announcements.
func (db *DB) Announcements() announce.Store { return announceStore{db} }

type announceStore struct{ *DB }

type announceTx struct{ *Tx }

// Update implements announce.Store.
func (s announceStore) Update(ctx context.Context, f func(announce.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(announceTx{tx}) })
}

const (
	announcementRow = "SELECT a.doc, (SELECT COUNT(*) FROM announcement_hits h WHERE h.announcement_id = a.id) FROM announcements a"
	noAnnouncement  = "There is no such announcement."
)

func scanAnnouncement(r scanner) (a announce.Announcement, err error) {
	var doc string
	var hits int
	if err := r.Scan(&doc, &hits); err != nil {
		return a, err
	}
	err = json.Unmarshal([]byte(doc), &a)
	a.Hits = hits
	return a, err
}

// Announcement implements announce.Store.
func (s announceStore) Announcement(ctx context.Context, id string) (announce.Announcement, error) {
	a, err := scanAnnouncement(s.stmts.row(ctx, announcementRow+" WHERE a.id = $1", id))
	return a, notFound(err, noAnnouncement)
}

// Announcements implements announce.Store.
func (s announceStore) Announcements(ctx context.Context, q announce.Query) ([]announce.Announcement, error) {
	state, limit := 0, q.Limit
	switch q.State {
	case announce.StateLive:
		state = 1
	case announce.StateEnded:
		state = 2
	}
	if limit == 0 {
		limit = 1 << 30
	}
	rows, err := s.stmts.query(ctx, announcementRow+` WHERE ($1 = '' OR a.id < $1) AND (a.ended_at = 0 OR a.ended_at >= $2)
		AND ($3 = 0 OR ($3 = 1 AND a.ended_at = 0) OR ($3 = 2 AND a.ended_at <> 0)) ORDER BY a.id DESC LIMIT $4`, q.Before, millis(q.Since), state, limit)
	return collect(rows, err, scanAnnouncement)
}

// AddHit implements announce.Store.
func (s announceStore) AddHit(ctx context.Context, id, person string, at time.Time) (counted bool, err error) {
	err = s.update(ctx, func(tx *Tx) error {
		counted, err = tx.AddHit(id, person, at)
		return err
	})
	return counted, err
}

// Hit implements announce.Store.
func (s announceStore) Hit(ctx context.Context, person string) ([]string, error) {
	rows, err := s.stmts.query(ctx, "SELECT announcement_id FROM announcement_hits h WHERE "+hitOf+" ORDER BY announcement_id DESC LIMIT 1000", person)
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}

// hitOf selects what a person has said, also from a machine that did not know them yet.
const hitOf = "(h.who = $1 OR EXISTS (SELECT 1 FROM accounts c WHERE c.person_id = $1 AND h.who = c.endpoint_id || '/' || c.uid))"

// AddHit implements desk.Tx. A person counts once, whatever they were known by when
// they said so.
func (tx *Tx) AddHit(announcement, who string, at time.Time) (bool, error) {
	var n int
	err := tx.row("SELECT COUNT(*) FROM announcement_hits h WHERE "+hitOf+" AND h.announcement_id = $2", who, announcement).Scan(&n)
	if err != nil || n > 0 {
		return false, err
	}
	return true, tx.exec("INSERT INTO announcement_hits (announcement_id, who, at) VALUES ($1, $2, $3) ON CONFLICT (announcement_id, who) DO NOTHING", announcement, who, millis(at))
}

// Announcement implements announce.Tx.
func (tx announceTx) Announcement(id string) (announce.Announcement, error) {
	a, err := scanAnnouncement(tx.row(announcementRow+" WHERE a.id = $1", id))
	return a, notFound(err, noAnnouncement)
}

// Save implements announce.Tx.
func (tx announceTx) Save(a announce.Announcement) error {
	doc, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO announcements (id, doc, ended_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, ended_at = excluded.ended_at",
		a.ID, string(doc), millis(a.EndedAt))
}
