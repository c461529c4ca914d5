package store

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/group"
)

// Groups returns the store of groups of endpoints.
func (db *DB) Groups() group.Store { return groupStore{db} }

type groupStore struct{ *DB }

// Groups implements group.Store.
func (s groupStore) Groups(ctx context.Context) ([]group.Group, error) {
	rows, err := s.stmts.query(ctx, "SELECT doc FROM endpoint_groups ORDER BY id")
	return collect(rows, err, func(r scanner) (g group.Group, err error) {
		var doc []byte
		if err = r.Scan(&doc); err == nil {
			err = json.Unmarshal(doc, &g)
		}
		return g, err
	})
}

// SaveGroup implements group.Store.
func (s groupStore) SaveGroup(ctx context.Context, g group.Group, e audit.Entry) error {
	doc, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *Tx) error {
		if err := tx.exec("INSERT INTO endpoint_groups (id, doc) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc", g.ID, string(doc)); err != nil {
			return err
		}
		return tx.Audit(e)
	})
}

// DeleteGroup implements group.Store.
func (s groupStore) DeleteGroup(ctx context.Context, id string, e audit.Entry) error {
	return s.update(ctx, func(tx *Tx) error {
		if err := tx.exec("DELETE FROM endpoint_groups WHERE id = $1", id); err != nil {
			return err
		}
		return tx.Audit(e)
	})
}
