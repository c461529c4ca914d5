package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/availability"
)

// Availability returns the store of how sites and services did.
func (db *DB) Availability() availability.Store { return availabilityStore{db} }

type availabilityStore struct{ *DB }

// rowsAtOnce bounds a write of what is kept of every endpoint: there is one writer, and a
// ticket that comes meanwhile waits for what it is at.
const rowsAtOnce = 64

// SaveHours implements availability.Store. Sorted, since rows that stand beside each other
// are written with their page, once; and a few at once.
func (s availabilityStore) SaveHours(ctx context.Context, rows []availability.Row) error {
	slices.SortFunc(rows, func(a, b availability.Row) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), a.Begin.Compare(b.Begin), strings.Compare(a.ID, b.ID))
	})
	for part := range slices.Chunk(rows, rowsAtOnce) {
		err := s.update(ctx, func(tx *Tx) error {
			for _, r := range part {
				err := tx.exec("INSERT INTO availability (kind, begins, id, name, doc) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, begins, id) DO UPDATE SET name = excluded.name, doc = excluded.doc",
					string(r.Kind), millis(r.Begin), r.ID, printable(r.Name), r.Doc)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Hours implements availability.Store.
func (s availabilityStore) Hours(ctx context.Context, kind availability.Kind, id string, from, to time.Time, yield func(availability.Row) error) error {
	query, args := "SELECT begins, id, name, doc FROM availability WHERE kind = $1 AND begins >= $2 AND begins < $3", []any{string(kind), millis(from), millis(to)}
	if id != "" {
		query, args = query+" AND id = $4", append(args, id)
	}
	return reportStore(s).each(ctx, query+" ORDER BY begins, id", func(r scanner) error {
		row := availability.Row{Kind: kind}
		var begins int64
		if err := r.Scan(&begins, &row.ID, &row.Name, &row.Doc); err != nil {
			return err
		}
		row.Begin = when(begins)
		return yield(row)
	}, args...)
}

// First implements availability.Store.
func (s availabilityStore) First(ctx context.Context, kind availability.Kind) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	err := reportStore(s).each(ctx, "SELECT id, MIN(begins) FROM availability WHERE kind = $1 GROUP BY id", func(r scanner) error {
		var id string
		var begins int64
		err := r.Scan(&id, &begins)
		out[id] = when(begins)
		return err
	}, string(kind))
	return out, err
}

// forgetAtOnce is how much one statement looks at: a day.
const forgetAtOnce = 24 * time.Hour

// ForgetHours implements availability.Store.
func (s availabilityStore) ForgetHours(ctx context.Context, before time.Time) error {
	for _, kind := range availability.Kinds() {
		for {
			var first int64
			if err := s.stmts.row(ctx, "SELECT COALESCE(MIN(begins), 0) FROM availability WHERE kind = $1", string(kind)).Scan(&first); err != nil {
				return err
			}
			if first == 0 || first >= millis(before) {
				break
			}
			until := min(millis(before), first+forgetAtOnce.Milliseconds())
			err := s.update(ctx, func(tx *Tx) error {
				return tx.exec("DELETE FROM availability WHERE kind = $1 AND begins < $2", string(kind), until)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
