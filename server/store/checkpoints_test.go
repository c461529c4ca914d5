package store

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLogIsBroughtIn writes more than the log may hold back: it comes into the file
// by itself, while the store is in use, and what was written stays.
func TestLogIsBroughtIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(t.Context(), Options{DSN: path, Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	large := strings.Repeat("x", 1<<20)
	for i := range 20 {
		err := db.update(t.Context(), func(tx *Tx) error {
			return tx.exec("INSERT INTO meta (key, value) VALUES ($1, $2)", string(rune('a'+i)), large)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	log := db.writer.(*groupWriter).keeper
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		waiting, err := log.call(ctx, "NOOP")
		if err != nil {
			t.Fatalf("the log still waits: %v", err)
		}
		if waiting < manyPages { // it was 20 MiB
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	var n int
	if err := db.stmts.row(t.Context(), "SELECT COUNT(*) FROM meta WHERE LENGTH(value) = 1048576").Scan(&n); err != nil || n != 20 {
		t.Errorf("%d of 20 are there: %v", n, err)
	}
}
