package store

import (
	"context"

	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/oncall"
	"github.com/deskbell/deskbell/server/watch"
)

// OnCall returns the store of who is on call.
func (db *DB) OnCall() oncall.Store { return oncallStore{db} }

type oncallStore struct{ *DB }

type oncallTx struct{ *Tx }

// Update implements oncall.Store.
func (s oncallStore) Update(ctx context.Context, f func(oncall.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(oncallTx{tx}) })
}

// OnCall implements oncall.Store.
func (s oncallStore) OnCall(ctx context.Context) ([]oncall.Doc, error) {
	rows, err := s.stmts.query(ctx, "SELECT kind, id, doc FROM oncall ORDER BY kind, id")
	return collect(rows, err, func(r scanner) (d oncall.Doc, err error) {
		err = r.Scan(&d.Kind, &d.ID, &d.Doc)
		return d, err
	})
}

// SaveOnCall implements oncall.Tx.
func (tx oncallTx) SaveOnCall(d oncall.Doc) error {
	return tx.exec("INSERT INTO oncall (kind, id, doc) VALUES ($1, $2, $3) ON CONFLICT (kind, id) DO UPDATE SET doc = excluded.doc", string(d.Kind), d.ID, string(d.Doc))
}

// DeleteOnCall implements oncall.Tx.
func (tx oncallTx) DeleteOnCall(kind oncall.Kind, id string) error {
	return tx.exec("DELETE FROM oncall WHERE kind = $1 AND id = $2", string(kind), id)
}

// SaveRow implements oncall.Tx: what is to be sent goes with that it is.
func (tx oncallTx) SaveRow(r notify.Row) error { return channelTx(tx).SaveRow(r) }

// AddAlertLog implements oncall.Tx.
func (tx oncallTx) AddAlertLog(list []watch.Entry) error { return logAlerts(tx.Tx, list) }
