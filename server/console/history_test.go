package console

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestHistoryNames wants teams and categories to be named as they were called when it
// happened; where nobody has written that down, as they are called now; and in plain
// words when they are gone.
func TestHistoryNames(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Options{DSN: t.TempDir() + "/deskbell.db", Migrate: true}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rules := rulebook.New(db.Rulebook(), time.Now, log)
	d := desk.New(db.Desk(), rules.Book, time.Now)
	manager := auth.Actor{Kind: auth.Staff, Person: "m", Name: "Mara", Role: auth.Manager}
	save := func(v rulebook.Item) {
		t.Helper()
		if _, err := rules.Save(t.Context(), manager, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, team := range []string{"First line", "Network"} {
		save(&rulebook.Team{Entry: rulebook.Entry{ID: "t-" + team[:1], Name: team}})
	}
	save(&rulebook.Category{Entry: rulebook.Entry{ID: "hw", Name: "Hardware"}})
	save(&rulebook.Category{Entry: rulebook.Entry{ID: "lan", Name: "Cables"}, Parent: "hw"})
	x, err := d.Open(t.Context(), manager, desk.Draft{Title: "It is dark", Requester: requesterIn(t, db)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []ticket.Command{
		ticket.Delegate{Team: "t-F"}, ticket.Categorise{Category: "lan"}, ticket.Delegate{Team: "t-N", Body: "Yours."}, ticket.Categorise{Category: "hw"},
		ticket.Escalate{Team: "t-F", Tried: "All."}, ticket.Categorise{},
	} {
		if _, err := d.Do(t.Context(), manager, x.ID, 0, c); err != nil {
			t.Fatal(err)
		}
	}
	lines := func(b *rulebook.Book, h []ticket.Event) []string {
		var out []string
		for _, e := range called(b, h)[1:] {
			out = append(out, did(e))
		}
		return out
	}
	detail, err := d.Get(t.Context(), manager, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	then := []string{
		"handed it over to First line", "put it into the category Hardware › Cables", "handed it over from First line to Network",
		"changed the category from Hardware › Cables to Hardware", "escalated it from Network to First line", "took it out of the category Hardware",
	}
	if diff := cmp.Diff(then, lines(rules.Book(), detail.History)); diff != "" {
		t.Error(diff)
	}
	if h := ticket.Shown(detail.History, detail.Requester.ID); slices.ContainsFunc(h, func(e ticket.Event) bool { return e.TeamName+e.CategoryName+e.Was != "" }) {
		t.Error("the requester is told how their ticket is filed")
	}
	// A team gets another name, and one is gone.
	team, _ := rulebook.Get[*rulebook.Team](rules.Book(), "t-F")
	other := *team
	other.Name = "Front desk"
	save(&other)
	if diff := cmp.Diff(then, lines(rulebook.Empty(), detail.History)); diff != "" {
		t.Errorf("when all are gone:\n%s", diff)
	}
	if diff := cmp.Diff(then, lines(rules.Book(), detail.History)); diff != "" {
		t.Errorf("renamed since:\n%s", diff)
	}
	// Histories from before names were written down.
	old := slices.Clone(detail.History)
	for i := range old {
		old[i].TeamName, old[i].CategoryName, old[i].Was = "", "", ""
	}
	if diff := cmp.Diff([]string{
		"handed it over to Front desk", "put it into the category Hardware › Cables", "handed it over from Front desk to Network",
		"changed the category from Hardware › Cables to Hardware", "escalated it from Network to Front desk", "took it out of the category Hardware",
	}, lines(rules.Book(), old)); diff != "" {
		t.Errorf("an old history:\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"handed it over to a team that is gone", "put it into a category that is gone", "handed it over from a team that is gone to a team that is gone",
		"changed the category from a category that is gone to a category that is gone", "escalated it from a team that is gone to a team that is gone",
		"took it out of a category that is gone",
	}, lines(rulebook.Empty(), old)); diff != "" {
		t.Errorf("an old history of which all is gone:\n%s", diff)
	}
}

func requesterIn(t *testing.T, db *store.DB) string {
	t.Helper()
	p, _, err := auth.New(db.Auth(), time.Now, slog.New(slog.DiscardHandler)).AddPerson(t.Context(), auth.SystemActor("test"), "mia@example.com", "Mia", auth.Operator)
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}
