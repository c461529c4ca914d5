package store

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/deskbell/deskbell/internal/pgtest"
)

// TestSwallowedFailure has a write go on as if nothing had been after a statement of it
// failed. PostgreSQL takes such a transaction back and calls the COMMIT well done; whoever
// waits must not hear that it was saved.
func TestSwallowedFailure(t *testing.T) {
	pg, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Stop()
	dsn, err := pg.Database()
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Options{DSN: dsn, Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	write := func(key, failing string) error {
		return db.update(context.Background(), func(tx *Tx) error {
			if err := tx.exec("INSERT INTO meta (key, value) VALUES ($1, 'x')", key); err != nil {
				return err
			}
			var n int
			_ = tx.row(failing).Scan(&n) // as one who does not mind would
			return nil
		})
	}
	if err := write("swallowed", "SELECT 1 / (SELECT 0)"); !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("a write that was taken back is told as %v", err)
	}
	if err := write("well", "SELECT 1"); err != nil {
		t.Errorf("the connection is not good any more: %v", err)
	}
	for key, want := range map[string]string{"swallowed": "", "well": "x"} {
		if got, err := db.Meta(t.Context(), key); err != nil || got != want {
			t.Errorf("%s is %q (%v), not %q", key, got, err, want)
		}
	}
}
