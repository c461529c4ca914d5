package rulebook_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/pgtest"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store"
)

var (
	manager    = auth.Actor{Kind: auth.Staff, Person: "p1", Name: "Mara", Role: auth.Manager}
	technician = auth.Actor{Kind: auth.Staff, Person: "p2", Name: "Tim", Role: auth.Technician}
)

func TestSQLite(t *testing.T) { suite(t, t.TempDir()+"/deskbell.db") }

func TestPostgres(t *testing.T) {
	postgres, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer postgres.Stop()
	dsn, err := postgres.Database()
	if err != nil {
		t.Fatal(err)
	}
	suite(t, dsn)
}

// suite is what both databases do with a rulebook that two processes keep.
func suite(t *testing.T, dsn string) {
	db, err := store.Open(t.Context(), store.Options{DSN: dsn, Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keeper := func() *rulebook.Keeper {
		k := rulebook.New(db.Rulebook(), time.Now, slog.New(slog.DiscardHandler))
		if err := k.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return k
	}
	a, b := keeper(), keeper()
	before, changed := a.Book(), a.Changed()

	saved, err := a.Save(t.Context(), manager, &rulebook.Team{Entry: rulebook.Entry{Name: " Second line "}, Members: []string{"p2"}, Tier: 2})
	if err != nil {
		t.Fatal(err)
	}
	e := saved.Base()
	if e.ID == "" || e.Version != 1 || e.Name != "Second line" || e.UpdatedBy != "Mara" {
		t.Errorf("saved as %+v", e)
	}
	select {
	case <-changed:
	default:
		t.Error("a change was not told of")
	}
	if _, ok := rulebook.Get[*rulebook.Team](before, e.ID); ok {
		t.Error("a book that somebody looks at has changed")
	}

	// The other process sees it, and nobody overwrites what they have not seen.
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, ok := rulebook.Get[*rulebook.Team](b.Book(), e.ID)
	if !ok || seen.Name != "Second line" || seen.Tier != 2 || seen.Version != 1 || !seen.UpdatedAt.Equal(e.UpdatedAt) {
		t.Fatalf("the other process has %+v", seen)
	}
	mine := *seen
	mine.Name = "Network"
	if _, err := b.Save(t.Context(), manager, &mine); err != nil {
		t.Fatal(err)
	}
	theirs := *seen
	theirs.Name = "Servers"
	if _, err := a.Save(t.Context(), manager, &theirs); !fault.Is(err, fault.Stale) || !strings.Contains(err.Error(), "Network") {
		t.Errorf("a stale entry: %v", err)
	}

	for _, tc := range []struct {
		what  string
		actor auth.Actor
		doc   string
		code  fault.Code
	}{
		{"who may not", technician, `{"name": "x"}`, fault.Forbidden},
		{"without a name", manager, `{"name": " "}`, fault.Invalid},
		{"a name of two lines", manager, `{"name": "a\nb"}`, fault.Invalid},
		{"an id that is a path", manager, `{"id": "../x", "name": "x"}`, fault.Invalid},
		{"an unknown field", manager, `{"name": "x", "colour": "red"}`, fault.Invalid},
		{"somebody twice", manager, `{"name": "x", "members": ["a", "a"]}`, fault.Invalid},
		{"a version of nothing", manager, `{"id": "none", "name": "x", "version": 3}`, fault.Stale},
		{"a second one under an id", manager, `{"id": "` + e.ID + `", "name": "x"}`, fault.Stale},
	} {
		if _, err := a.Put(t.Context(), tc.actor, rulebook.TeamKind, json.RawMessage(tc.doc)); !fault.Is(err, tc.code) {
			t.Errorf("%s: %v, want %s", tc.what, err, tc.code)
		}
	}
	if n := len(rulebook.All[*rulebook.Team](a.Book())); n != 1 {
		t.Errorf("%d teams after refusals", n)
	}

	if err := a.Delete(t.Context(), manager, rulebook.TeamKind, e.ID, 1); !fault.Is(err, fault.Stale) {
		t.Errorf("deleting what has changed: %v", err)
	}
	if err := a.Delete(t.Context(), manager, rulebook.TeamKind, e.ID, 2); err != nil {
		t.Fatal(err)
	}
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*rulebook.Keeper{a, b, keeper()} {
		if _, ok := rulebook.Get[*rulebook.Team](k.Book(), e.ID); ok {
			t.Error("deleted, and there")
		}
	}
	log, err := db.AuditLog(context.Background(), "team:"+e.ID, 0, 10)
	if err != nil || len(log) != 3 {
		t.Errorf("%d audit entries of two changes and a deletion, %v", len(log), err)
	}
}
