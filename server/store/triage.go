package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/deskbell/deskbell/server/desk"
)

// Triage returns what triage needs kept.
func (db *DB) Triage() desk.TriageStore { return triageStore{db} }

type triageStore struct{ *DB }

// Changes implements desk.TriageStore: the feed, with whole events.
func (s triageStore) Changes(ctx context.Context, after string, limit int) ([]desk.Change, error) {
	c, err := parseCursor(after)
	if err != nil {
		return nil, err
	}
	rows, err := s.stmts.query(ctx, s.dialect.changes, c.xid, c.seq, limit)
	return collect(rows, err, func(r scanner) (out desk.Change, err error) {
		var at cursor
		var data string
		if err := r.Scan(&at.xid, &at.seq, &out.Ticket, &out.Version, &data); err != nil {
			return out, err
		}
		out.Cursor = at.String()
		if err := json.Unmarshal([]byte(data), &out.Event); err != nil {
			return out, fmt.Errorf("the event %s: %w", out.Cursor, err)
		}
		return out, nil
	})
}
