// Package notifytest is a store of channels in memory, for tests with a clock of their
// own. Like the real one it keeps what it is given as JSON, and nothing of a write that
// fails.
package notifytest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/notify"
)

// Memory is a store in memory.
type Memory struct {
	mu   sync.Mutex
	data data
	Fail error // what writes come to
	Log  []audit.Entry
}

type data struct {
	channels map[string]notify.Channel
	told     map[string]map[string]notify.Told
	rows     map[string]notify.Row
}

// New returns an empty one.
func New() *Memory {
	return &Memory{data: data{map[string]notify.Channel{}, map[string]map[string]notify.Told{}, map[string]notify.Row{}}}
}

func (d data) clone() data {
	out := data{maps.Clone(d.channels), map[string]map[string]notify.Told{}, maps.Clone(d.rows)}
	for c, groups := range d.told {
		out.told[c] = map[string]notify.Told{}
		for g, t := range groups {
			t.Alerts = maps.Clone(t.Alerts)
			out.told[c][g] = t
		}
	}
	return out
}

// copied is a value as it comes back from a database.
func copied[T any](v T) T {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// Channels implements notify.Store.
func (m *Memory) Channels(context.Context) ([]notify.Channel, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.data.channels)), nil
}

// Told implements notify.Store.
func (m *Memory) Told(context.Context) (map[string]map[string]notify.Told, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return copied(m.data.told), nil
}

// Rows implements notify.Store.
func (m *Memory) Rows(_ context.Context, q notify.RowQuery) ([]notify.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []notify.Row
	for _, r := range m.data.rows {
		if r.State == q.State && (q.Channel == "" || r.Channel == q.Channel) && (q.Group == "" || r.Group == q.Group) && (q.Due.IsZero() || !r.Next.After(q.Due)) {
			out = append(out, copied(r))
		}
	}
	slices.SortFunc(out, func(a, b notify.Row) int { return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID)) })
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out, nil
}

// Row implements notify.Store.
func (m *Memory) Row(_ context.Context, id string) (notify.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.data.rows[id]
	if !ok {
		return r, fault.New(fault.NotFound, "There is no such message.")
	}
	return copied(r), nil
}

// Update implements notify.Store.
func (m *Memory) Update(_ context.Context, write func(notify.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Fail != nil {
		return m.Fail
	}
	t := &tx{data: m.data.clone()}
	if err := write(t); err != nil {
		return err
	}
	m.data, m.Log = t.data, append(m.Log, t.log...)
	return nil
}

type tx struct {
	data
	log []audit.Entry
}

func (t *tx) SaveChannel(c notify.Channel) error { t.channels[c.ID] = c; return nil }

func (t *tx) DeleteChannel(id string) error {
	delete(t.channels, id)
	delete(t.told, id)
	maps.DeleteFunc(t.rows, func(_ string, r notify.Row) bool { return r.Channel == id })
	return nil
}

func (t *tx) SaveTold(channel, group string, told notify.Told, changed map[string]notify.Mark, gone []string) error {
	if t.told[channel] == nil {
		t.told[channel] = map[string]notify.Told{}
	}
	is := t.told[channel][group]
	is.Labels, is.At = told.Labels, told.At
	if is.Alerts == nil {
		is.Alerts = map[string]notify.Mark{}
	}
	maps.Copy(is.Alerts, copied(changed))
	for _, id := range gone {
		delete(is.Alerts, id)
	}
	t.told[channel][group] = is
	return nil
}

func (t *tx) DeleteTold(channel, group string) error {
	delete(t.told[channel], group)
	return nil
}

func (t *tx) SaveRow(r notify.Row) error { t.rows[r.ID] = r; return nil }

func (t *tx) DeleteRow(id string) error { delete(t.rows, id); return nil }

func (t *tx) SweepRows(before time.Time) error {
	maps.DeleteFunc(t.rows, func(_ string, r notify.Row) bool { return r.State == notify.Sent && r.Done.Before(before) })
	return nil
}

func (t *tx) Audit(e audit.Entry) error { t.log = append(t.log, e); return nil }
