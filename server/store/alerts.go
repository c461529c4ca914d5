package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/deskbell/deskbell/server/watch"
)

// Watch returns the store of alerts.
func (db *DB) Watch() watch.Store { return watchStore{db} }

type watchStore struct{ *DB }

// metaAlertsAt is when the stored alerts were last known to be so, in milliseconds.
const metaAlertsAt = "alerts_at"

// Alerts implements watch.Store.
func (s watchStore) Alerts(ctx context.Context) ([]watch.Item, time.Time, error) {
	rows, err := s.stmts.query(ctx, "SELECT doc FROM alerts ORDER BY id")
	list, err := collect(rows, err, func(r scanner) (i watch.Item, err error) {
		var doc []byte
		if err = r.Scan(&doc); err == nil {
			err = json.Unmarshal(doc, &i)
		}
		return i, err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	at, err := s.Meta(ctx, metaAlertsAt)
	if err != nil || at == "" {
		return list, time.Time{}, err
	}
	when, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("when the alerts were stored: %w", err)
	}
	return list, when, nil
}

const logColumns = "at, alert_id, rule, severity, endpoint_id, site, did, summary, value, by_name, to_name, note"

// SaveAlerts implements watch.Store.
func (s watchStore) SaveAlerts(ctx context.Context, b watch.Batch) error {
	return s.update(ctx, func(tx *Tx) error {
		for _, id := range b.Gone {
			if err := tx.exec("DELETE FROM alerts WHERE id = $1", id); err != nil {
				return err
			}
		}
		for _, i := range b.Changed {
			doc, err := json.Marshal(i)
			if err == nil {
				err = tx.exec("INSERT INTO alerts (id, doc) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc", i.ID, doc)
			}
			if err != nil {
				return err
			}
		}
		if err := logAlerts(tx, b.Log); err != nil {
			return err
		}
		for _, h := range b.Holds {
			err := tx.exec("INSERT INTO alert_holds (id, kind, over_at, doc) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET over_at = excluded.over_at, doc = excluded.doc",
				h.ID, string(h.Kind), millis(h.OverAt), h.Doc)
			if err != nil {
				return err
			}
		}
		for _, e := range b.Audit {
			if err := tx.Audit(e); err != nil {
				return err
			}
		}
		if b.At.IsZero() {
			return nil
		}
		return tx.exec("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", metaAlertsAt, b.At.UTC().Format(time.RFC3339Nano))
	})
}

// logAlerts adds lines to the log of alerts.
func logAlerts(tx *Tx, list []watch.Entry) error {
	for _, e := range list {
		err := tx.exec("INSERT INTO alert_log ("+logColumns+") VALUES "+rowPlaces(1, 12), millis(e.At), e.Alert, e.Rule, string(e.Severity), e.Endpoint, printable(e.Site), string(e.Did), printable(e.Summary), e.Value,
			printable(e.By), printable(e.To), printable(e.Note))
		if err != nil {
			return err
		}
	}
	return nil
}

// AlertLog implements watch.Store.
func (s watchStore) AlertLog(ctx context.Context, q watch.LogQuery) ([]watch.Entry, error) {
	before := int64(1<<62 - 1)
	if !q.Before.IsZero() {
		before = millis(q.Before)
	}
	rows, err := s.stmts.query(ctx, "SELECT "+logColumns+` FROM alert_log WHERE at < $1 AND ($2 = '' OR endpoint_id = $2) AND ($3 = '' OR alert_id = $3)
		ORDER BY at DESC, seq DESC LIMIT $4`, before, q.Endpoint, q.Alert, q.Limit)
	return collect(rows, err, func(r scanner) (e watch.Entry, err error) {
		var at int64
		err = r.Scan(&at, &e.Alert, &e.Rule, &e.Severity, &e.Endpoint, &e.Site, &e.Did, &e.Summary, &e.Value, &e.By, &e.To, &e.Note)
		e.At = when(at)
		return e, err
	})
}

// SweepAlertLog implements watch.Store.
func (s watchStore) SweepAlertLog(ctx context.Context, before time.Time) error {
	return s.update(ctx, func(tx *Tx) error { return tx.exec("DELETE FROM alert_log WHERE at < $1", millis(before)) })
}

// Holds implements watch.Store.
func (s watchStore) Holds(ctx context.Context) ([]watch.HoldDoc, error) {
	rows, err := s.stmts.query(ctx, "SELECT id, kind, over_at, doc FROM alert_holds ORDER BY id")
	return collect(rows, err, func(r scanner) (h watch.HoldDoc, err error) {
		var over int64
		err = r.Scan(&h.ID, &h.Kind, &over, &h.Doc)
		h.OverAt = when(over)
		return h, err
	})
}

// SweepHolds implements watch.Store.
func (s watchStore) SweepHolds(ctx context.Context, overBefore time.Time) error {
	return s.update(ctx, func(tx *Tx) error {
		return tx.exec("DELETE FROM alert_holds WHERE over_at > 0 AND over_at < $1", millis(overBefore))
	})
}
