package store

import (
	"context"
	"encoding/json"
	"fmt"

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
		if err := tx.saveGroup(g.ID, doc); err != nil {
			return err
		}
		return tx.Audit(e)
	})
}

func (tx *Tx) saveGroup(id string, doc []byte) error {
	return tx.exec("INSERT INTO endpoint_groups (id, doc) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc", id, string(doc))
}

// RenameGroup implements group.Store.
func (s groupStore) RenameGroup(ctx context.Context, g group.Group, from string, follow []group.Doc, log []audit.Entry) error {
	doc, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *Tx) error {
		if err := tx.saveGroup(g.ID, doc); err != nil {
			return err
		}
		for _, d := range follow {
			if err := tx.follow(d); err != nil {
				return err
			}
		}
		// One that is gone may have had the name in the same hours: what is there counts.
		err := tx.exec("DELETE FROM availability WHERE kind = 'group' AND id = $1 AND begins IN (SELECT begins FROM availability WHERE kind = 'group' AND id = $2)", g.Name, from)
		if err == nil {
			err = tx.exec("UPDATE availability SET id = $1, name = $1 WHERE kind = 'group' AND id = $2", g.Name, from)
		}
		for _, e := range log {
			if err == nil {
				err = tx.Audit(e)
			}
		}
		return err
	})
}

// follow writes what knows a group by its name.
func (tx *Tx) follow(d group.Doc) error {
	where := map[group.Kind]string{
		group.Holds:    "alert_holds SET doc = $1 WHERE id = $2",
		group.Channels: "channels SET doc = $1 WHERE id = $2",
		group.Policies: "oncall SET doc = $1 WHERE id = $2 AND kind = 'policy'",
		group.Mailings: "mailings SET doc = $1 WHERE id = $2",
	}
	if where[d.Of] == "" {
		return fmt.Errorf("%q are not kept by the names of groups", d.Of)
	}
	return tx.exec("UPDATE "+where[d.Of], string(d.Doc), d.ID)
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
