//go:build linux

package storm

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/store"
)

// told is what somebody was told is sent, or saved. Tickets are known by their
// titles, which are never used twice.
type told struct {
	mu      sync.Mutex
	titles  map[string]bool
	replies map[string]string // body → the ticket's id
}

func newTold() *told { return &told{titles: map[string]bool{}, replies: map[string]string{}} }

func (o *told) ticket(title string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.titles[title] = true
}

func (o *told) reply(ticket, body string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.replies[body] = ticket
}

func (o *told) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.titles)
}

// waitForMore waits until somebody is told of one more ticket than now.
func (o *told) waitForMore(t *testing.T) {
	t.Helper()
	now := o.count()
	for deadline := time.Now().Add(tooLong); o.count() == now; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nobody was told of a ticket for %v", tooLong)
		}
	}
}

// kept is what the database holds.
type kept struct {
	titles  map[string]int
	replies map[string]int
}

// read reads the database of a server that does not run.
func read(t *testing.T, data string, replies bool) kept {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := store.Open(ctx, store.Options{DSN: filepath.Join(data, "deskbell.db")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	k := kept{map[string]int{}, map[string]int{}}
	var after *desk.Position
	for {
		rows, err := db.Desk().Tickets(ctx, desk.Query{Order: desk.Newest, After: after, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			k.titles[r.Title]++
			if !replies {
				continue
			}
			history, err := db.Desk().History(ctx, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range desk.Conversation(history) {
				k.replies[m.Body]++
			}
		}
		if len(rows) < 200 {
			return k
		}
		after = &desk.Position{Number: rows[len(rows)-1].Number}
	}
}

// lost returns what was told and is not there.
func (o *told) lost(k kept) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lost []string
	for title := range o.titles {
		if k.titles[title] == 0 {
			lost = append(lost, title)
		}
	}
	for body := range o.replies {
		if k.replies[body] == 0 {
			lost = append(lost, body)
		}
	}
	slices.Sort(lost)
	return lost
}

// doubled returns what is there more than once, whether it was told or not.
func (k kept) doubled() []string {
	var twice []string
	for _, all := range []map[string]int{k.titles, k.replies} {
		for text, n := range all {
			if n > 1 {
				twice = append(twice, text)
			}
		}
	}
	slices.Sort(twice)
	return twice
}

// intact checks the database's own integrity.
func intact(t *testing.T, data string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "deskbell.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var said string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		t.Errorf("the database's integrity: %q, %v", said, err)
	}
}
