package store

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/server/auth"
)

const screenColumns = "hash, id, name, made_by, created_at, seen_at, client"

func scanScreen(r scanner) (auth.ScreenPass, error) {
	var s auth.ScreenPass
	var created, seen int64
	err := r.Scan(&s.Hash, &s.ID, &s.Name, &s.MadeBy, &created, &seen, &s.Client)
	s.CreatedAt, s.SeenAt = when(created), when(seen)
	return s, err
}

const noScreen = "There is no such screen."

// ScreenBy implements auth.Store.
func (s authStore) ScreenBy(ctx context.Context, hash []byte) (auth.ScreenPass, error) {
	x, err := scanScreen(s.stmts.row(ctx, "SELECT "+screenColumns+" FROM screens WHERE hash = $1", hash))
	return x, notFound(err, noScreen)
}

// Screens implements auth.Store.
func (s authStore) Screens(ctx context.Context) ([]auth.ScreenPass, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+screenColumns+" FROM screens ORDER BY name, id")
	return collect(rows, err, scanScreen)
}

// AddScreen implements auth.Tx.
func (tx authTx) AddScreen(s auth.ScreenPass) error {
	return tx.exec("INSERT INTO screens (hash, id, name, made_by, created_at, client) VALUES ($1, $2, $3, $4, $5, '')", s.Hash, s.ID, printable(s.Name), printable(s.MadeBy), millis(s.CreatedAt))
}

// TouchScreen implements auth.Tx.
func (tx authTx) TouchScreen(id string, seen time.Time, client string) error {
	return tx.exec("UPDATE screens SET seen_at = $1, client = $2 WHERE id = $3", millis(seen), printable(client), id)
}

// DropScreen implements auth.Tx.
func (tx authTx) DropScreen(id string) (auth.ScreenPass, error) {
	s, err := scanScreen(tx.row("DELETE FROM screens WHERE id = $1 RETURNING "+screenColumns, id))
	return s, notFound(err, noScreen)
}
