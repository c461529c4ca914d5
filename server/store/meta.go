package store

import (
	"context"
)

// Meta returns a fact about this installation, or "".
func (db *DB) Meta(ctx context.Context, key string) (value string, err error) {
	err = db.stmts.row(ctx, "SELECT value FROM meta WHERE key = $1", key).Scan(&value)
	if isNoRows(err) {
		return "", nil
	}
	return value, err
}

// SetMeta writes a fact about this installation down.
func (db *DB) SetMeta(ctx context.Context, key, value string) error {
	return db.update(ctx, func(tx *Tx) error {
		return tx.exec("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	})
}

// Sweep deletes what has served its time: messages that no outbox keeps any
// longer, and bytes whose upload broke off.
func (db *DB) Sweep(ctx context.Context, messagesBefore, blobsBefore int64) error {
	return db.update(ctx, func(tx *Tx) error {
		if err := tx.exec("DELETE FROM messages_seen WHERE at < $1", messagesBefore); err != nil {
			return err
		}
		const old = "state <> 'open' AND asked_at < $1"
		if err := tx.exec("DELETE FROM survey_replies WHERE survey_id IN (SELECT id FROM surveys WHERE "+old+")", messagesBefore); err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM surveys WHERE "+old, messagesBefore); err != nil {
			return err
		}
		return tx.exec("DELETE FROM blobs WHERE complete = 0 AND created_at < $1", blobsBefore)
	})
}
