package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/find"
)

const viewColumns = "id, owner_id, name, filter, sort, columns, position, version, updated_at FROM views"

func scanView(r scanner) (find.View, error) {
	var v find.View
	var columns string
	var updated int64
	err := r.Scan(&v.ID, &v.Owner, &v.Name, &v.Filter, &v.Sort, &columns, &v.Position, &v.Version, &updated)
	v.Columns, v.UpdatedAt = strings.Split(columns, ","), when(updated)
	return v, err
}

// Views implements find.ViewStore.
func (s findStore) Views(ctx context.Context, person string) ([]find.View, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+viewColumns+" WHERE owner_id IN ('', $1) ORDER BY owner_id, position, id", person)
	return collect(rows, err, func(r scanner) (find.View, error) { return scanView(r) })
}

// View implements find.ViewStore.
func (s findStore) View(ctx context.Context, id string) (find.View, error) {
	v, err := scanView(s.stmts.row(ctx, "SELECT "+viewColumns+" WHERE id = $1", id))
	return v, notFound(err, "There is no such view.")
}

// SaveView implements find.ViewStore.
func (s findStore) SaveView(ctx context.Context, v find.View, seen int64, e *audit.Entry) error {
	return s.update(ctx, func(tx *Tx) error {
		columns := strings.Join(v.Columns, ",")
		if seen == 0 {
			err := tx.exec("INSERT INTO views (id, owner_id, name, filter, sort, columns, position, version, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
				v.ID, v.Owner, v.Name, v.Filter, v.Sort, columns, v.Position, v.Version, millis(v.UpdatedAt))
			return tx.orAudit(err, e)
		}
		n, err := tx.changed("UPDATE views SET owner_id = $1, name = $2, filter = $3, sort = $4, columns = $5, position = $6, version = $7, updated_at = $8 WHERE id = $9 AND version = $10",
			v.Owner, v.Name, v.Filter, v.Sort, columns, v.Position, v.Version, millis(v.UpdatedAt), v.ID, seen)
		if err == nil && n == 0 {
			return fault.New(fault.Stale, "Somebody else has changed this view meanwhile. Nothing was saved; load the page again and look.")
		}
		return tx.orAudit(err, e)
	})
}

// orAudit writes an entry when there is one and nothing has failed.
func (tx *Tx) orAudit(err error, e *audit.Entry) error {
	if err != nil || e == nil {
		return err
	}
	return tx.Audit(*e)
}

// DeleteView implements find.ViewStore.
func (s findStore) DeleteView(ctx context.Context, id string, e *audit.Entry) error {
	return s.update(ctx, func(tx *Tx) error { return tx.orAudit(tx.exec("DELETE FROM views WHERE id = $1", id), e) })
}

// SaveBulk implements find.BulkStore.
func (s findStore) SaveBulk(ctx context.Context, b find.Bulk) error {
	doc, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *Tx) error {
		if err := tx.exec("DELETE FROM bulks WHERE at < $1", millis(b.At.Add(-find.KeepBulks))); err != nil {
			return err
		}
		return tx.exec("INSERT INTO bulks (id, person_id, at, doc) VALUES ($1, $2, $3, $4)", b.ID, b.Person, millis(b.At), string(doc))
	})
}

// Bulk implements find.BulkStore.
func (s findStore) Bulk(ctx context.Context, id string) (find.Bulk, error) {
	var b find.Bulk
	var doc string
	var undone int64
	err := s.stmts.row(ctx, "SELECT doc, undone_at FROM bulks WHERE id = $1", id).Scan(&doc, &undone)
	if err != nil {
		return b, notFound(err, "This change is not known any more. Changes can be undone for a day.")
	}
	err = json.Unmarshal([]byte(doc), &b)
	b.UndoneAt = when(undone)
	return b, err
}

// UndoBulk implements find.BulkStore.
func (s findStore) UndoBulk(ctx context.Context, id string, now time.Time) error {
	return s.update(ctx, func(tx *Tx) error {
		n, err := tx.changed("UPDATE bulks SET undone_at = $1 WHERE id = $2 AND undone_at = 0", millis(now), id)
		if err == nil && n == 0 {
			return fault.New(fault.Used, "This change has been undone already.")
		}
		return err
	})
}
