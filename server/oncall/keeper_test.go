package oncall_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/oncall"
	"github.com/deskbell/deskbell/server/store"
)

// world is a keeper over a real database, whose clock stands until it is moved.
type world struct {
	*oncall.Keeper
	t   *testing.T
	db  *store.DB
	now time.Time
}

var (
	operator   = auth.Actor{Kind: auth.Staff, Person: "op", Name: "Olga", Role: auth.Operator}
	technician = auth.Actor{Kind: auth.Staff, Person: "mia", Name: "Mia", Role: auth.Technician}
)

func person(_ context.Context, id string) (auth.Person, error) {
	switch id {
	case "mia", "jo", "kim":
		return auth.Person{ID: id, Name: "The " + id, Email: id + "@example.com", Role: auth.Technician}, nil
	case "gone":
		return auth.Person{ID: id, Role: auth.Technician, Disabled: true}, nil
	}
	return auth.Person{}, fault.New(fault.NotFound, "There is no such person.")
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "a.db"), Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{t: t, db: db, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w.restart()
	return w
}

// restart is the server's: what is not stored is gone.
func (w *world) restart() {
	w.t.Helper()
	w.Keeper = oncall.New(oncall.Options{Store: w.db.OnCall(), Person: person, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)})
	if err := w.Load(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func rota() oncall.Rota {
	return oncall.Rota{Name: "Nights", Zone: "Europe/Berlin", Layers: []oncall.Layer{{People: []oncall.Person{{ID: "mia"}, {ID: "jo"}}, First: "2026-11-23", Minute: 9 * 60, Days: 7}}}
}

// TestRotas: a rota is kept over a restart, with who is on and who comes next; who
// stands in counts at once, and no more once it was ended; a technician hands over their
// own shifts alone, and all of it is in the audit log.
func TestRotas(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.Save(ctx, technician, rota()); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a technician makes a rota: %v", err)
	}
	r, err := w.Save(ctx, operator, rota())
	if err != nil || r.Now.Person.Name != "The mia" || r.Next.Person.ID != "jo" || !r.Next.From.Equal(time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := w.Save(ctx, operator, oncall.Rota{ID: r.ID, Version: 7, Name: r.Name, Zone: r.Zone, Layers: r.Layers}); !fault.Is(err, fault.Stale) {
		t.Errorf("an older version: %v", err)
	}
	o := oncall.Override{Rota: r.ID, From: w.now.Add(-time.Hour), To: w.now.Add(2 * time.Hour), Person: oncall.Person{ID: "kim"}, Instead: oncall.Person{ID: "jo"}, Why: " A  flight. "}
	if _, err := w.Override(ctx, technician, o); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a technician hands over another's shift: %v", err)
	}
	if _, err := w.Override(ctx, operator, o); fault.FieldOf(err) != "instead" {
		t.Errorf("for somebody who is not on: %v", err)
	}
	o.Instead.ID = "mia"
	o, err = w.Override(ctx, technician, o)
	if err != nil || o.Why != "A flight." || o.By.Name != "Mia" {
		t.Fatalf("%+v, %v", o, err)
	}
	w.restart()
	if s, err := w.Get(technician, r.ID); err != nil || s.Now.Person.ID != "kim" || s.Next.Person.ID != "mia" || len(s.Overrides) != 1 || len(s.Shifts) < 3 {
		t.Errorf("while somebody stands in: %+v, %v", s, err)
	}
	if err := w.EndOverride(ctx, auth.Actor{Kind: auth.Staff, Person: "jo", Role: auth.Technician}, o.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a technician ends another's: %v", err)
	}
	if err := w.EndOverride(ctx, technician, o.ID); err != nil {
		t.Error(err)
	}
	w.restart()
	if s, _ := w.Get(technician, r.ID); s.Now.Person.ID != "mia" || len(s.Overrides) != 0 {
		t.Errorf("after it was ended: %+v", s)
	}
	if rows, err := w.db.AuditLog(ctx, "rota:"+r.ID, 0, 10); err != nil || len(rows) != 3 {
		t.Errorf("%d lines of the audit log, %v", len(rows), err)
	}
	if err := w.Delete(ctx, operator, r.ID); err != nil {
		t.Error(err)
	}
	w.restart()
	if list, err := w.List(technician); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := w.List(auth.Actor{Kind: auth.Requester, Person: "r"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an employee: %v", err)
	}
}

// TestRotasThatAreRefused: each says of which field.
func TestRotasThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for field, change := range map[string]func(r *oncall.Rota){
		"name":             func(r *oncall.Rota) { r.Name = " " },
		"zone":             func(r *oncall.Rota) { r.Zone = "Mars/Base" },
		"layers":           func(r *oncall.Rota) { r.Layers = nil },
		"layers.0.people":  func(r *oncall.Rota) { r.Layers[0].People = nil },
		"layers.0.people ": func(r *oncall.Rota) { r.Layers[0].People[1].ID = "gone" },
		"layers.0.first":   func(r *oncall.Rota) { r.Layers[0].First = "23.11.2026" },
		"layers.0.minute":  func(r *oncall.Rota) { r.Layers[0].Minute = -1 },
		"layers.0.days":    func(r *oncall.Rota) { r.Layers[0].Days = 0 },
		"layers.0.hours":   func(r *oncall.Rota) { r.Layers[0].Hours = &oncall.Hours{} },
	} {
		r := rota()
		change(&r)
		if _, err := w.Save(t.Context(), operator, r); fault.FieldOf(err) != field && fault.FieldOf(err)+" " != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	r, err := w.Save(t.Context(), operator, rota())
	if err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(o *oncall.Override){
		"from":   func(o *oncall.Override) { o.From = time.Time{} },
		"to":     func(o *oncall.Override) { o.To = o.From },
		"to ":    func(o *oncall.Override) { o.To = w.now },
		"person": func(o *oncall.Override) { o.Person.ID = "gone" },
		"rota":   func(o *oncall.Override) { o.Rota = "none" },
	} {
		o := oncall.Override{Rota: r.ID, From: w.now.Add(-time.Hour), To: w.now.Add(time.Hour), Person: oncall.Person{ID: "jo"}}
		change(&o)
		if _, err := w.Override(t.Context(), operator, o); fault.FieldOf(err) != field && fault.FieldOf(err)+" " != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
