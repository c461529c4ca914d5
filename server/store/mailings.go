package store

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/notify"
)

// Mailings returns the store of reports that are sent by mail.
func (db *DB) Mailings() mailing.Store { return mailingStore{db} }

type mailingStore struct{ *DB }

type mailingTx struct{ *Tx }

// Mailings implements mailing.Store.
func (s mailingStore) Mailings(ctx context.Context) ([]mailing.Mailing, error) {
	rows, err := s.stmts.query(ctx, "SELECT doc FROM mailings ORDER BY id")
	return collect(rows, err, func(r scanner) (m mailing.Mailing, err error) {
		var doc []byte
		if err = r.Scan(&doc); err == nil {
			err = json.Unmarshal(doc, &m)
		}
		return m, err
	})
}

// Update implements mailing.Store.
func (s mailingStore) Update(ctx context.Context, f func(mailing.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(mailingTx{tx}) })
}

// SaveMailing implements mailing.Tx.
func (tx mailingTx) SaveMailing(m mailing.Mailing) error {
	doc, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO mailings (id, doc) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc", m.ID, string(doc))
}

// DeleteMailing implements mailing.Tx.
func (tx mailingTx) DeleteMailing(id string) error {
	return tx.exec("DELETE FROM mailings WHERE id = $1", id)
}

// SaveRow implements mailing.Tx: that a report is sent goes with its mails.
func (tx mailingTx) SaveRow(r notify.Row) error { return channelTx(tx).SaveRow(r) }
