package rulebook_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestCategoriesAndFields keeps a tree of categories that ask for fields.
func TestCategoriesAndFields(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{DSN: t.TempDir() + "/deskbell.db", Migrate: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	k := rulebook.New(db.Rulebook(), time.Now, slog.New(slog.DiscardHandler))
	put := func(kind rulebook.Kind, doc string) error {
		_, err := k.Put(t.Context(), manager, kind, json.RawMessage(doc))
		return err
	}
	for _, c := range []struct {
		kind rulebook.Kind
		doc  string
	}{
		{rulebook.TeamKind, `{"id": "print", "name": "Printing"}`},
		{rulebook.FieldKind, `{"id": "floor", "name": "Floor", "type": "number"}`},
		{rulebook.FieldKind, `{"id": "tray", "name": "Tray", "type": "choice", "choices": ["A4", " A3 "], "required": true}`},
		{rulebook.CategoryKind, `{"id": "hw", "name": "Hardware", "fields": ["floor"], "team": "print"}`},
		{rulebook.CategoryKind, `{"id": "printer", "name": "Printer", "parent": "hw", "fields": ["tray"]}`},
		{rulebook.MatrixKind, `{"id": "desk", "name": "Ours", "rows": [[1, 1, 2], [2, 3, 4], [3, 4, 5]]}`},
		{rulebook.SettingKind, `{"id": "desk", "name": "Desk", "reopen_days": 3, "close_days": 2, "impact_medium": 2, "impact_high": 9}`},
	} {
		if err := put(c.kind, c.doc); err != nil {
			t.Fatalf("%s: %v", c.doc, err)
		}
	}
	b := k.Book()
	if got := rulebook.PathOf(b, "printer"); got != "Hardware › Printer" {
		t.Errorf("the path is %q", got)
	}
	for _, c := range []struct{ of, above, below string }{
		{"hw", "hw", "hw printer"}, {"printer", "printer hw", "printer"}, {"gone", "gone", "gone"}, {"", "", ""},
	} {
		if got := strings.Join(rulebook.Above(b, c.of), " "); got != c.above {
			t.Errorf("above %q are %q", c.of, got)
		}
		if got := strings.Join(rulebook.Below(b, c.of), " "); c.of != "" && got != c.below {
			t.Errorf("below %q are %q", c.of, got)
		}
	}
	if f := rulebook.FieldsOf(b, "printer"); len(f) != 2 || f[0].ID != "floor" || f[1].Choices[1] != "A3" {
		t.Errorf("a printer asks for %+v", f)
	}
	if rulebook.TeamFor(b, "printer") != "print" || rulebook.MatrixOf(b).Of(ticket.High, ticket.Medium) != 1 || rulebook.SettingOf(b).ReopenDays != 3 {
		t.Errorf("team %q, matrix %v, settings %+v", rulebook.TeamFor(b, "printer"), rulebook.MatrixOf(b), rulebook.SettingOf(b))
	}
	for _, c := range []struct {
		what string
		kind rulebook.Kind
		doc  string
		code fault.Code
	}{
		{"under itself", rulebook.CategoryKind, `{"id": "hw", "name": "Hardware", "version": 1, "parent": "printer"}`, fault.Invalid},
		{"under nothing", rulebook.CategoryKind, `{"name": "x", "parent": "none"}`, fault.Invalid},
		{"no such team", rulebook.CategoryKind, `{"name": "x", "team": "none"}`, fault.Invalid},
		{"no such field", rulebook.CategoryKind, `{"name": "x", "fields": ["none"]}`, fault.Invalid},
		{"a field twice", rulebook.CategoryKind, `{"name": "x", "fields": ["floor", "floor"]}`, fault.Invalid},
		{"no such kind", rulebook.CategoryKind, `{"name": "x", "ticket_kind": "wish"}`, fault.Invalid},
		{"no such type", rulebook.FieldKind, `{"name": "x", "type": "colour"}`, fault.Invalid},
		{"one choice", rulebook.FieldKind, `{"name": "x", "type": "choice", "choices": ["a"]}`, fault.Invalid},
		{"a choice twice", rulebook.FieldKind, `{"name": "x", "type": "choice", "choices": ["a", "a"]}`, fault.Invalid},
		{"a text with choices", rulebook.FieldKind, `{"name": "x", "type": "text", "choices": ["a", "b"]}`, fault.Invalid},
		{"a second matrix", rulebook.MatrixKind, `{"name": "x", "rows": [[1, 2, 3], [2, 3, 4], [3, 4, 5]]}`, fault.Invalid},
		{"priority 6", rulebook.MatrixKind, `{"id": "desk", "version": 1, "name": "x", "rows": [[1, 2, 3], [2, 3, 4], [3, 4, 6]]}`, fault.Invalid},
		{"worse comes later", rulebook.MatrixKind, `{"id": "desk", "version": 1, "name": "x", "rows": [[3, 2, 3], [2, 3, 4], [3, 4, 5]]}`, fault.Invalid},
		{"reopened never", rulebook.SettingKind, `{"id": "desk", "version": 1, "name": "x", "reopen_days": -1, "impact_medium": 2, "impact_high": 9}`, fault.Invalid},
		{"high before medium", rulebook.SettingKind, `{"id": "desk", "version": 1, "name": "x", "impact_medium": 9, "impact_high": 2}`, fault.Invalid},
	} {
		if err := put(c.kind, c.doc); !fault.Is(err, c.code) {
			t.Errorf("%s: %v, want %s", c.what, err, c.code)
		}
	}
	if err := k.Delete(t.Context(), manager, rulebook.FieldKind, "tray", 1); !fault.Is(err, fault.Conflict) {
		t.Errorf("a field that a category asks for was deleted: %v", err)
	}
	if err := k.Delete(t.Context(), manager, rulebook.CategoryKind, "hw", 1); !fault.Is(err, fault.Conflict) {
		t.Errorf("a category with another one under it was deleted: %v", err)
	}
	for _, c := range []struct{ field, in, want string }{
		{"floor", " 3,50 ", "3.5"}, {"floor", "-2", "-2"}, {"floor", "", ""}, {"tray", "A3", "A3"},
	} {
		f, _ := rulebook.Get[*rulebook.Field](b, c.field)
		if got, err := f.Clean(c.in); got != c.want || err != nil {
			t.Errorf("%s %q: %q, %v", c.field, c.in, got, err)
		}
	}
	for _, c := range []struct{ field, in string }{{"floor", "third"}, {"floor", "NaN"}, {"floor", "1e300"}, {"tray", "A5"}} {
		f, _ := rulebook.Get[*rulebook.Field](b, c.field)
		if got, err := f.Clean(c.in); fault.FieldOf(err) != "fields."+c.field {
			t.Errorf("%s %q: %q, %v", c.field, c.in, got, err)
		}
	}
}
