package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/heartbeat"
)

// Beats returns the store of jobs that call in.
func (db *DB) Beats() heartbeat.Store { return beatStore{db} }

type beatStore struct{ *DB }

type beatTx struct{ *Tx }

// Update implements heartbeat.Store.
func (s beatStore) Update(ctx context.Context, f func(heartbeat.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(beatTx{tx}) })
}

// Heartbeats implements heartbeat.Store.
func (s beatStore) Heartbeats(ctx context.Context) ([]heartbeat.Row, error) {
	rows, err := s.stmts.query(ctx, "SELECT doc, life FROM heartbeats ORDER BY id")
	return collect(rows, err, func(r scanner) (out heartbeat.Row, err error) {
		var doc, life []byte
		if err = r.Scan(&doc, &life); err == nil {
			err = json.Unmarshal(doc, &out.Heartbeat)
		}
		if err == nil {
			err = json.Unmarshal(life, &out.Life)
		}
		return out, err
	})
}

// Calls implements heartbeat.Store.
func (s beatStore) Calls(ctx context.Context, id string, limit int) ([]heartbeat.Call, error) {
	rows, err := s.stmts.query(ctx, "SELECT n, at, kind, exit_code, took, came_from, body FROM heartbeat_calls WHERE heartbeat_id = $1 ORDER BY n DESC LIMIT $2", id, limit)
	return collect(rows, err, func(r scanner) (c heartbeat.Call, err error) {
		var at, took int64
		err = r.Scan(&c.N, &at, &c.Kind, &c.Exit, &took, &c.From, &c.Body)
		c.At, c.Took = when(at), time.Duration(took)
		return c, err
	})
}

// SaveHeartbeat implements heartbeat.Tx.
func (tx beatTx) SaveHeartbeat(h heartbeat.Heartbeat) error {
	doc, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO heartbeats (id, doc, life) VALUES ($1, $2, '{}') ON CONFLICT (id) DO UPDATE SET doc = excluded.doc", h.ID, string(doc))
}

// SaveLife implements heartbeat.Tx.
func (tx beatTx) SaveLife(id string, l heartbeat.Life) error {
	doc, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE heartbeats SET life = $1 WHERE id = $2", string(doc), id)
}

// AddCall implements heartbeat.Tx.
func (tx beatTx) AddCall(id string, c heartbeat.Call) error {
	return tx.exec("INSERT INTO heartbeat_calls (heartbeat_id, n, at, kind, exit_code, took, came_from, body) VALUES "+rowPlaces(1, 8),
		id, c.N, millis(c.At), string(c.Kind), c.Exit, int64(c.Took), printable(c.From), strings.ReplaceAll(c.Body, "\x00", ""))
}

// DropCalls implements heartbeat.Tx.
func (tx beatTx) DropCalls(id string, upTo int64) error {
	return tx.exec("DELETE FROM heartbeat_calls WHERE heartbeat_id = $1 AND n <= $2", id, upTo)
}

// DeleteHeartbeat implements heartbeat.Tx.
func (tx beatTx) DeleteHeartbeat(id string) error {
	if err := tx.exec("DELETE FROM heartbeat_calls WHERE heartbeat_id = $1", id); err != nil {
		return err
	}
	return tx.exec("DELETE FROM heartbeats WHERE id = $1", id)
}
