package store

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/server/rulebook"
)

// Rulebook returns the store of the desk's own configuration.
func (db *DB) Rulebook() rulebook.Store { return rulebookStore{db} }

type rulebookStore struct{ *DB }

// Update implements rulebook.Store.
func (s rulebookStore) Update(ctx context.Context, f func(rulebook.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(tx) })
}

const rulebookQuery = "SELECT kind, id, version, doc, updated_at, updated_by, revision, deleted FROM rulebook WHERE revision > $1 ORDER BY revision"

func scanRule(r scanner) (rulebook.Row, error) {
	var x rulebook.Row
	var doc string
	var at int64
	err := r.Scan(&x.Kind, &x.ID, &x.Version, &doc, &at, &x.UpdatedBy, &x.Revision, yes{&x.Deleted})
	x.Doc, x.UpdatedAt = json.RawMessage(doc), when(at)
	return x, err
}

// Rulebook implements rulebook.Store.
func (s rulebookStore) Rulebook(ctx context.Context, after int64) ([]rulebook.Row, error) {
	rows, err := s.stmts.query(ctx, rulebookQuery, after)
	return collect(rows, err, scanRule)
}

// Rulebook implements rulebook.Tx. It locks the book until the transaction ends,
// so that revisions follow each other; SQLite has one writer anyway.
func (tx *Tx) Rulebook(after int64) ([]rulebook.Row, error) {
	if tx.dialect == postgresDialect {
		if err := tx.exec("SELECT pg_advisory_xact_lock(7201045)"); err != nil {
			return nil, err
		}
	}
	rows, err := tx.q.query(tx.ctx, rulebookQuery, after)
	return collect(rows, err, scanRule)
}

// PutRule implements rulebook.Tx.
func (tx *Tx) PutRule(r rulebook.Row) error {
	return tx.exec(`INSERT INTO rulebook (kind, id, version, doc, updated_at, updated_by, revision, deleted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, doc = excluded.doc, updated_at = excluded.updated_at,
		updated_by = excluded.updated_by, revision = excluded.revision, deleted = excluded.deleted`,
		r.Kind, r.ID, r.Version, string(r.Doc), millis(r.UpdatedAt), r.UpdatedBy, r.Revision, flag(r.Deleted))
}
