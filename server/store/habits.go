package store

import (
	"context"
	"maps"
	"slices"
)

// Habits implements noc.Store.
func (s nocStore) Habits(ctx context.Context) (map[string][]byte, error) {
	rows, err := s.stmts.query(ctx, "SELECT endpoint_id, doc FROM endpoint_habits")
	out := map[string][]byte{}
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var id string
		var doc []byte
		err := r.Scan(&id, &doc)
		out[id] = doc
		return struct{}{}, err
	})
	return out, err
}

// SaveHabits implements noc.Store. Like last contacts: sorted, and a few at once.
func (s nocStore) SaveHabits(ctx context.Context, habits map[string][]byte) error {
	for part := range slices.Chunk(slices.Sorted(maps.Keys(habits)), rowsAtOnce) {
		err := s.update(ctx, func(tx *Tx) error {
			for _, id := range part {
				err := tx.exec("INSERT INTO endpoint_habits (endpoint_id, doc) VALUES ($1, $2) ON CONFLICT (endpoint_id) DO UPDATE SET doc = excluded.doc", id, habits[id])
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
