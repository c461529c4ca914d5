package store

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/server/synthetic"
)

// Checks returns the store of services that are looked at.
func (db *DB) Checks() synthetic.Store { return checkStore{db} }

type checkStore struct{ *DB }

type checkTx struct{ *Tx }

// Update implements synthetic.Store.
func (s checkStore) Update(ctx context.Context, f func(synthetic.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(checkTx{tx}) })
}

// Checks implements synthetic.Store.
func (s checkStore) Checks(ctx context.Context) ([]synthetic.Row, error) {
	rows, err := s.stmts.query(ctx, "SELECT doc, lives, COALESCE((SELECT MAX(n) FROM check_log WHERE check_id = id), 0) FROM checks ORDER BY id")
	return collect(rows, err, func(r scanner) (out synthetic.Row, err error) {
		var doc, lives []byte
		if err = r.Scan(&doc, &lives, &out.Lines); err == nil {
			err = json.Unmarshal(doc, &out.Check)
		}
		if err == nil {
			err = json.Unmarshal(lives, &out.Lives)
		}
		return out, err
	})
}

// Log implements synthetic.Store.
func (s checkStore) Log(ctx context.Context, id string, limit int) ([]synthetic.Line, error) {
	rows, err := s.stmts.query(ctx, "SELECT n, at, place, did, says FROM check_log WHERE check_id = $1 ORDER BY n DESC LIMIT $2", id, limit)
	return collect(rows, err, func(r scanner) (l synthetic.Line, err error) {
		var at int64
		err = r.Scan(&l.N, &at, &l.From, &l.Did, &l.Says)
		l.At = when(at)
		return l, err
	})
}

// SaveCheck implements synthetic.Tx.
func (tx checkTx) SaveCheck(c synthetic.Check) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO checks (id, doc, lives) VALUES ($1, $2, '{}') ON CONFLICT (id) DO UPDATE SET doc = excluded.doc", c.ID, string(doc))
}

// SaveLives implements synthetic.Tx.
func (tx checkTx) SaveLives(id string, lives map[string]synthetic.Life) error {
	doc, err := json.Marshal(lives)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE checks SET lives = $1 WHERE id = $2", string(doc), id)
}

// AddLine implements synthetic.Tx.
func (tx checkTx) AddLine(id string, l synthetic.Line) error {
	return tx.exec("INSERT INTO check_log (check_id, n, at, place, did, says) VALUES "+rowPlaces(1, 6), id, l.N, millis(l.At), l.From, string(l.Did), printable(l.Says))
}

// DropLines implements synthetic.Tx.
func (tx checkTx) DropLines(id string, upTo int64) error {
	return tx.exec("DELETE FROM check_log WHERE check_id = $1 AND n <= $2", id, upTo)
}

// DeleteCheck implements synthetic.Tx.
func (tx checkTx) DeleteCheck(id string) error {
	if err := tx.exec("DELETE FROM check_log WHERE check_id = $1", id); err != nil {
		return err
	}
	return tx.exec("DELETE FROM checks WHERE id = $1", id)
}
