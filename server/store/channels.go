package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/server/notify"
)

// Channels returns the store of who is told of alerts.
func (db *DB) Channels() notify.Store { return channelStore{db} }

type channelStore struct{ *DB }

type channelTx struct{ *Tx }

// Update implements notify.Store.
func (s channelStore) Update(ctx context.Context, f func(notify.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(channelTx{tx}) })
}

// Channels implements notify.Store.
func (s channelStore) Channels(ctx context.Context) ([]notify.Channel, error) {
	rows, err := s.stmts.query(ctx, "SELECT doc, secret FROM channels ORDER BY id")
	return collect(rows, err, func(r scanner) (c notify.Channel, err error) {
		var doc, secret []byte
		if err = r.Scan(&doc, &secret); err == nil {
			err = json.Unmarshal(doc, &c)
		}
		c.Sealed = secret
		return c, err
	})
}

// Told implements notify.Store.
func (s channelStore) Told(ctx context.Context) (map[string]map[string]notify.Told, error) {
	out := map[string]map[string]notify.Told{}
	rows, err := s.stmts.query(ctx, "SELECT channel_id, grp, labels, at FROM channel_groups")
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var channel, group string
		var labels []byte
		var at int64
		if err := r.Scan(&channel, &group, &labels, &at); err != nil {
			return struct{}{}, err
		}
		if out[channel] == nil {
			out[channel] = map[string]notify.Told{}
		}
		t := notify.Told{At: when(at), Alerts: map[string]notify.Mark{}}
		err := json.Unmarshal(labels, &t.Labels)
		out[channel][group] = t
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	rows, err = s.stmts.query(ctx, "SELECT channel_id, grp, alert_id, doc FROM channel_alerts")
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var channel, group, id string
		var doc []byte
		var m notify.Mark
		err := r.Scan(&channel, &group, &id, &doc)
		if err == nil {
			err = json.Unmarshal(doc, &m)
		}
		if t, ok := out[channel][group]; ok {
			t.Alerts[id] = m
		}
		return struct{}{}, err
	})
	return out, err
}

const messageColumns = "id, channel_id, grp, note, state, created_at, since, next_at, attempts, unsure, problem, done_at"

func scanMessage(r scanner) (m notify.Row, err error) {
	var note []byte
	var created, since, next, unsure, done int64
	if err = r.Scan(&m.ID, &m.Channel, &m.Group, &note, &m.State, &created, &since, &next, &m.Attempts, &unsure, &m.Problem, &done); err != nil {
		return m, err
	}
	m.Created, m.Since, m.Next, m.Unsure, m.Done = when(created), when(since), when(next), unsure != 0, when(done)
	return m, json.Unmarshal(note, &m.Note)
}

// Rows implements notify.Store.
func (s channelStore) Rows(ctx context.Context, q notify.RowQuery) ([]notify.Row, error) {
	due, limit, order := int64(1<<62), q.Limit, "next_at, id"
	if !q.Due.IsZero() {
		due = millis(q.Due)
	}
	if limit == 0 {
		limit = 1 << 30
	}
	if q.State != notify.Waiting {
		order = "done_at DESC, id DESC"
	}
	rows, err := s.stmts.query(ctx, "SELECT "+messageColumns+" FROM channel_messages WHERE state = $1 AND ($2 = '' OR channel_id = $2) AND ($3 = '' OR grp = $3) AND next_at <= $4 ORDER BY "+order+" LIMIT $5",
		string(q.State), q.Channel, q.Group, due, limit)
	return collect(rows, err, scanMessage)
}

// Row implements notify.Store.
func (s channelStore) Row(ctx context.Context, id string) (notify.Row, error) {
	m, err := scanMessage(s.stmts.row(ctx, "SELECT "+messageColumns+" FROM channel_messages WHERE id = $1", id))
	return m, notFound(err, "There is no such message.")
}

// SaveChannel implements notify.Tx.
func (tx channelTx) SaveChannel(c notify.Channel) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO channels (id, doc, secret) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, secret = excluded.secret", c.ID, string(doc), c.Sealed)
}

// DeleteChannel implements notify.Tx.
func (tx channelTx) DeleteChannel(id string) error {
	for _, table := range []string{"channel_messages", "channel_alerts", "channel_groups"} {
		if err := tx.exec(fmt.Sprintf("DELETE FROM %s WHERE channel_id = $1", table), id); err != nil {
			return err
		}
	}
	return tx.exec("DELETE FROM channels WHERE id = $1", id)
}

// SaveTold implements notify.Tx.
func (tx channelTx) SaveTold(channel, group string, t notify.Told, changed map[string]notify.Mark, gone []string) error {
	labels, err := json.Marshal(t.Labels)
	if err != nil {
		return err
	}
	err = tx.exec("INSERT INTO channel_groups (channel_id, grp, labels, at) VALUES ($1, $2, $3, $4) ON CONFLICT (channel_id, grp) DO UPDATE SET labels = excluded.labels, at = excluded.at",
		channel, group, string(labels), millis(t.At))
	for id, m := range changed {
		if err != nil {
			return err
		}
		var doc []byte
		if doc, err = json.Marshal(m); err == nil {
			err = tx.exec("INSERT INTO channel_alerts (channel_id, grp, alert_id, doc) VALUES ($1, $2, $3, $4) ON CONFLICT (channel_id, grp, alert_id) DO UPDATE SET doc = excluded.doc",
				channel, group, id, string(doc))
		}
	}
	for _, id := range gone {
		if err != nil {
			return err
		}
		err = tx.exec("DELETE FROM channel_alerts WHERE channel_id = $1 AND grp = $2 AND alert_id = $3", channel, group, id)
	}
	return err
}

// DeleteTold implements notify.Tx.
func (tx channelTx) DeleteTold(channel, group string) error {
	if err := tx.exec("DELETE FROM channel_alerts WHERE channel_id = $1 AND grp = $2", channel, group); err != nil {
		return err
	}
	return tx.exec("DELETE FROM channel_groups WHERE channel_id = $1 AND grp = $2", channel, group)
}

// SaveRow implements notify.Tx.
func (tx channelTx) SaveRow(m notify.Row) error {
	note, err := json.Marshal(m.Note)
	if err != nil {
		return err
	}
	unsure := 0
	if m.Unsure {
		unsure = 1
	}
	return tx.exec("INSERT INTO channel_messages ("+messageColumns+") VALUES "+rowPlaces(1, 12)+` ON CONFLICT (id) DO UPDATE SET note = excluded.note, state = excluded.state, since = excluded.since,
		next_at = excluded.next_at, attempts = excluded.attempts, unsure = excluded.unsure, problem = excluded.problem, done_at = excluded.done_at`,
		m.ID, m.Channel, m.Group, string(note), string(m.State), millis(m.Created), millis(m.Since), millis(m.Next), m.Attempts, unsure, printable(m.Problem), millis(m.Done))
}

// DeleteRow implements notify.Tx.
func (tx channelTx) DeleteRow(id string) error {
	return tx.exec("DELETE FROM channel_messages WHERE id = $1", id)
}

// SweepRows implements notify.Tx.
func (tx channelTx) SweepRows(before time.Time) error {
	return tx.exec("DELETE FROM channel_messages WHERE state = 'sent' AND done_at < $1", millis(before))
}
