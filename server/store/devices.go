package store

import (
	"context"
	"encoding/json"

	"github.com/deskbell/deskbell/server/device"
)

// Devices returns the store of network devices.
func (db *DB) Devices() device.Store { return deviceStore{db} }

type deviceStore struct{ *DB }

type deviceTx struct{ *Tx }

// Update implements device.Store.
func (s deviceStore) Update(ctx context.Context, f func(device.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(deviceTx{tx}) })
}

// Devices implements device.Store.
func (s deviceStore) Devices(ctx context.Context) ([]device.Row, error) {
	rows, err := s.stmts.query(ctx, "SELECT doc, memory, COALESCE((SELECT MAX(n) FROM device_log WHERE device_id = id), 0) FROM devices ORDER BY id")
	return collect(rows, err, func(r scanner) (out device.Row, err error) {
		var doc, memory []byte
		if err = r.Scan(&doc, &memory, &out.Lines); err == nil {
			err = json.Unmarshal(doc, &out.Device)
		}
		if err == nil {
			err = json.Unmarshal(memory, &out.Memory)
		}
		return out, err
	})
}

// Log implements device.Store.
func (s deviceStore) Log(ctx context.Context, id string, limit int) ([]device.Line, error) {
	rows, err := s.stmts.query(ctx, "SELECT n, at, port, did, says FROM device_log WHERE device_id = $1 ORDER BY n DESC LIMIT $2", id, limit)
	return collect(rows, err, func(r scanner) (l device.Line, err error) {
		var at int64
		err = r.Scan(&l.N, &at, &l.Port, &l.Did, &l.Says)
		l.At = when(at)
		return l, err
	})
}

// SaveDevice implements device.Tx.
func (tx deviceTx) SaveDevice(d device.Device) error {
	doc, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO devices (id, doc, memory) VALUES ($1, $2, '{}') ON CONFLICT (id) DO UPDATE SET doc = excluded.doc", d.ID, string(doc))
}

// SaveMemory implements device.Tx.
func (tx deviceTx) SaveMemory(id string, m device.Memory) error {
	doc, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE devices SET memory = $1 WHERE id = $2", string(doc), id)
}

// AddLine implements device.Tx.
func (tx deviceTx) AddLine(id string, l device.Line) error {
	return tx.exec("INSERT INTO device_log (device_id, n, at, port, did, says) VALUES "+rowPlaces(1, 6), id, l.N, millis(l.At), printable(l.Port), string(l.Did), printable(l.Says))
}

// DropLines implements device.Tx.
func (tx deviceTx) DropLines(id string, upTo int64) error {
	return tx.exec("DELETE FROM device_log WHERE device_id = $1 AND n <= $2", id, upTo)
}

// DeleteDevice implements device.Tx.
func (tx deviceTx) DeleteDevice(id string) error {
	if err := tx.exec("DELETE FROM device_log WHERE device_id = $1", id); err != nil {
		return err
	}
	return tx.exec("DELETE FROM devices WHERE id = $1", id)
}
