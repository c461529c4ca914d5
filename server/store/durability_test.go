package store

import (
	"log/slog"
	"path/filepath"
	"testing"
)

// A kill shows nothing about a power cut: for that the connection that commits has
// to flush at every commit, which is asked of the connection itself.
func TestCommitsAreFlushed(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "deskbell.db"), Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := db.writer.(*groupWriter)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} { // 2 is FULL
		var got string
		if err := w.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, not %q: %v", pragma, got, want, err)
		}
	}
}
