package console

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/rulebook"
)

// kept is a store that only has entries to read.
type kept []rulebook.Item

func (k kept) Rulebook(context.Context, int64) ([]rulebook.Row, error) {
	var out []rulebook.Row
	for i, v := range k {
		doc, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		out = append(out, rulebook.Row{Kind: v.Kind(), ID: v.Base().ID, Version: 1, Doc: doc, Revision: int64(i + 1)})
	}
	return out, nil
}

func (kept) Update(context.Context, func(rulebook.Tx) error) error { panic("nothing is written here") }

func bookOf(t *testing.T, items ...rulebook.Item) *rulebook.Book {
	t.Helper()
	k := rulebook.New(kept(items), time.Now, slog.New(slog.DiscardHandler))
	if err := k.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k.Book()
}

// TestCategoryOf types categories as people do: whole, in part, with another sign
// between, mistyped, and one that is not there.
func TestCategoryOf(t *testing.T) {
	entry := func(id, name string) rulebook.Entry { return rulebook.Entry{ID: id, Name: name} }
	old := &rulebook.Category{Entry: entry("fax", "Fax")}
	old.Retired = true
	b := bookOf(t,
		&rulebook.Category{Entry: entry("hw", "Hardware")}, &rulebook.Category{Entry: entry("printer", "Printer"), Parent: "hw"}, old,
		&rulebook.Category{Entry: entry("sw", "Software")}, &rulebook.Category{Entry: entry("mail", "E-Mail"), Parent: "sw"},
		&rulebook.Category{Entry: entry("other-hw", "Other"), Parent: "hw"}, &rulebook.Category{Entry: entry("other-sw", "Other"), Parent: "sw"},
		&rulebook.Category{Entry: entry("müll", "Müll")},
	)
	for _, x := range []struct{ typed, now, want, wrong string }{
		{typed: "", want: ""},
		{typed: "Hardware › Printer", want: "printer"},
		{typed: " hardware / printer ", want: "printer"},
		{typed: "Hardware>Printer", want: "printer"},
		{typed: "PRINTER", want: "printer"},
		{typed: "printer", want: "printer"},
		{typed: "mull", want: "müll"},
		{typed: "e-mail", want: "mail"},
		{typed: "Fax", wrong: "There is no category “Fax”"},
		{typed: "Fax", now: "fax", want: "fax"},
		{typed: "Other", wrong: "More than one category is called “Other”: “Hardware › Other” and “Software › Other”."},
		{typed: "Pritner", wrong: "There is no category “Pritner”. Near it is “Hardware › Printer”."},
		{typed: "Print", wrong: "Near it is “Hardware › Printer”."},
		{typed: "Hardware / Pinter", wrong: "“Hardware › Printer”"},
		{typed: "Softwear", wrong: "Near it is “Software”"},
		{typed: "Zebra", wrong: "There is no category “Zebra”. Choose one of the list."},
		{typed: strings.Repeat("x", 5000), wrong: "Choose one of the list."},
	} {
		start := time.Now()
		got, err := categoryOf(b, x.typed, x.now)
		if x.wrong == "" && (err != nil || got != x.want) {
			t.Errorf("%q gave %q, %v; want %q", x.typed, got, err, x.want)
		}
		if x.wrong != "" && (!strings.Contains(fault.Sentence(err), x.wrong) || fault.FieldOf(err) != "category") {
			t.Errorf("%q was refused with %v; want %q", x.typed, err, x.wrong)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%.20q took %s", x.typed, d)
		}
	}
}
