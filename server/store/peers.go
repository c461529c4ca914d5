package store

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/peers"
)

// Peers returns the store of the endpoints' facts.
func (db *DB) Peers() peers.Store { return peersStore{db} }

type peersStore struct{ *DB }

// Facts implements peers.Store. It goes page by page, so that a start holds no reader.
func (s peersStore) Facts(ctx context.Context, each func(peers.Stored) error) error {
	const page = 200
	for after := ""; ; {
		rows, err := s.stmts.query(ctx, `SELECT f.endpoint_id, f.hash, f.taken_at, f.doc FROM endpoint_facts f JOIN endpoints e ON e.id = f.endpoint_id
			WHERE f.endpoint_id > $1 AND e.state <> 'revoked' ORDER BY f.endpoint_id LIMIT $2`, after, page)
		list, err := collect(rows, err, func(r scanner) (v peers.Stored, err error) {
			var at int64
			err = r.Scan(&v.Endpoint, &v.Hash, &at, &v.Doc)
			v.TakenAt = when(at)
			return v, err
		})
		if err != nil {
			return err
		}
		for _, v := range list {
			if err := each(v); err != nil {
				return err
			}
			after = v.Endpoint
		}
		if len(list) < page {
			return nil
		}
	}
}

// changeRows is how many changes one statement adds.
const changeRows = 20

// SaveFacts implements peers.Store.
func (s peersStore) SaveFacts(ctx context.Context, v peers.Stored, changes []stock.Change) error {
	return s.update(ctx, func(tx *Tx) error {
		err := tx.exec(`INSERT INTO endpoint_facts (endpoint_id, hash, taken_at, doc) VALUES ($1, $2, $3, $4)
			ON CONFLICT (endpoint_id) DO UPDATE SET hash = excluded.hash, taken_at = excluded.taken_at, doc = excluded.doc`,
			v.Endpoint, v.Hash, millis(v.TakenAt), v.Doc)
		for len(changes) > 0 && err == nil {
			n := 1
			if len(changes) >= changeRows {
				n = changeRows
			}
			args := make([]any, 0, 8*n)
			for _, c := range changes[:n] {
				args = append(args, v.Endpoint, millis(c.At), string(c.Kind), printable(c.Name), string(c.Did), millis(c.After), printable(c.From), printable(c.To))
			}
			err = tx.exec("INSERT INTO endpoint_changes (endpoint_id, at, kind, name, did, not_before, was, is_now) VALUES "+rowPlaces(n, 8)+" ON CONFLICT DO NOTHING", args...)
			changes = changes[n:]
		}
		return err
	})
}

const changeColumns = "endpoint_id, at, kind, name, did, not_before, was, is_now"

func scanDated(r scanner) (d peers.Dated, err error) {
	var at, after int64
	err = r.Scan(&d.Endpoint, &at, &d.Kind, &d.Name, &d.Did, &after, &d.From, &d.To)
	d.At, d.After = when(at), when(after)
	return d, err
}

// Changes implements peers.Store.
func (s peersStore) Changes(ctx context.Context, endpoint string, since time.Time, limit int) ([]stock.Change, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+changeColumns+" FROM endpoint_changes WHERE endpoint_id = $1 AND at >= $2 ORDER BY at DESC, kind, name LIMIT $3", endpoint, millis(since), limit)
	return collect(rows, err, func(r scanner) (stock.Change, error) {
		d, err := scanDated(r)
		return d.Change, err
	})
}

// ChangesBetween implements peers.Store.
func (s peersStore) ChangesBetween(ctx context.Context, from, to time.Time, limit int) ([]peers.Dated, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+changeColumns+" FROM endpoint_changes WHERE at >= $1 AND at < $2 ORDER BY at DESC, endpoint_id, kind, name LIMIT $3", millis(from), millis(to), limit)
	return collect(rows, err, scanDated)
}

// Touched implements peers.Store.
func (s peersStore) Touched(ctx context.Context, k stock.Kind, since time.Time) ([]string, error) {
	rows, err := s.stmts.query(ctx, "SELECT DISTINCT endpoint_id FROM endpoint_changes WHERE kind = $1 AND at >= $2", string(k), millis(since))
	return collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
}

// Arrived implements peers.Store.
func (s peersStore) Arrived(ctx context.Context, since time.Time) (map[stock.Fact]int, error) {
	rows, err := s.stmts.query(ctx, `SELECT kind, name, is_now, COUNT(DISTINCT endpoint_id) FROM endpoint_changes
		WHERE at >= $1 AND kind IN ($2, $3) AND did <> $4 GROUP BY kind, name, is_now`, millis(since), stock.Software, stock.Driver, stock.Removed)
	type arrived struct {
		stock.Fact
		n int
	}
	list, err := collect(rows, err, func(r scanner) (a arrived, err error) { return a, r.Scan(&a.Kind, &a.Name, &a.Value, &a.n) })
	out := make(map[stock.Fact]int, len(list))
	for _, a := range list {
		out[a.Fact] = a.n
	}
	return out, err
}

// ForgetFacts implements peers.Store.
func (s peersStore) ForgetFacts(ctx context.Context, endpoint string) error {
	return s.update(ctx, func(tx *Tx) error {
		if err := tx.exec("DELETE FROM endpoint_changes WHERE endpoint_id = $1", endpoint); err != nil {
			return err
		}
		return tx.exec("DELETE FROM endpoint_facts WHERE endpoint_id = $1", endpoint)
	})
}

// SweepChanges implements peers.Store.
func (s peersStore) SweepChanges(ctx context.Context, before time.Time, most int) error {
	rows, err := s.stmts.query(ctx, "SELECT endpoint_id FROM endpoint_changes GROUP BY endpoint_id HAVING COUNT(*) > $1", most)
	many, err := collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *Tx) error {
		for _, id := range many { // those of one moment go together
			err := tx.exec(`DELETE FROM endpoint_changes WHERE endpoint_id = $1 AND at <
				(SELECT at FROM endpoint_changes WHERE endpoint_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)`, id, most-1)
			if err != nil {
				return err
			}
		}
		return tx.exec("DELETE FROM endpoint_changes WHERE at < $1", millis(before))
	})
}
