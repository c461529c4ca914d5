package desk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/pgtest"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/store/storetest"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
	"github.com/deskbell/deskbell/server/triage/corpus"
)

var manager = auth.Actor{Kind: auth.Staff, Person: "m", Name: "Mara", Role: auth.Manager}

// sorting is a desk with triage that runs over a real database.
type sorting struct {
	*storetest.World
	t      *testing.T
	keeper *rulebook.Keeper
	triage *desk.Triage
	stop   func()
}

func engines(t *testing.T, test func(*testing.T, *sorting)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, newSorting(t, storetest.Engine{DSN: func(t *testing.T) string { return t.TempDir() + "/deskbell.db" }}))
	})
	t.Run("postgres", func(t *testing.T) {
		pg, err := pgtest.Start()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pg.Stop() })
		test(t, newSorting(t, storetest.Engine{DSN: func(t *testing.T) string {
			dsn, err := pg.Database()
			if err != nil {
				t.Fatal(err)
			}
			return dsn
		}}))
	})
}

func newSorting(t *testing.T, e storetest.Engine) *sorting {
	w := &sorting{World: storetest.Open(t, e), t: t}
	w.keeper = w.Rules
	for _, team := range []string{"desk", "print", "network"} {
		w.save(&rulebook.Team{Entry: rulebook.Entry{ID: team, Name: strings.ToUpper(team[:1]) + team[1:]}})
	}
	for _, c := range []string{"printing", "fire", "network", "wifi", "vpn"} {
		w.save(&rulebook.Category{Entry: rulebook.Entry{ID: c, Name: c}})
	}
	w.save(&rulebook.Reply{Entry: rulebook.Entry{ID: "thanks", Name: "Thanks"}, Body: "Thank you."})
	w.start()
	w.until("triage to know where it begins", func() bool {
		at, err := w.DB.Meta(t.Context(), "triage_cursor")
		return err == nil && at != ""
	})
	return w
}

// start runs triage until the test ends or stop is called.
func (w *sorting) start() {
	world := desk.World{
		OS:  func(string) string { return "windows" },
		VIP: func(_ context.Context, person string) bool { return person == w.Ben.Person },
		Reply: func(_ context.Context, id string, row desk.Row) (string, error) {
			if id != "thanks" {
				return "", errors.New("no such reply")
			}
			return "Thank you, " + row.Requester.Name + ".", nil
		},
	}
	w.triage = desk.NewTriage(w.Desk, w.DB.Triage(), w.keeper, world, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.triage.Run(ctx) }()
	stopped := false
	w.stop = func() {
		if cancel(); !stopped {
			if err := <-done; err != nil {
				w.t.Error(err)
			}
		}
		stopped = true
	}
	w.t.Cleanup(func() { w.stop() })
}

// TestRulesKnowTheTree has a rule act on what is filed below the category that it names.
func TestRulesKnowTheTree(t *testing.T) {
	engines(t, func(t *testing.T, w *sorting) {
		w.save(&rulebook.Category{Entry: rulebook.Entry{ID: "laser", Name: "Laser"}, Parent: "printing"})
		w.rule("hw", "Printing", 1, triage.Rule{When: `"printing" in categories`, Then: triage.Effects{Tags: []string{"paper"}}})
		below, beside := w.open("It smokes"), w.open("It hums")
		for id, category := range map[string]string{below.ID: "laser", beside.ID: "vpn"} {
			if _, err := w.Desk.Do(t.Context(), w.Anna, id, 0, ticket.Categorise{Category: category}); err != nil {
				t.Fatal(err)
			}
		}
		tags := func(id string) []string {
			d, err := w.Desk.Get(t.Context(), w.Anna, id)
			if err != nil {
				t.Fatal(err)
			}
			return d.Tags
		}
		w.until("the rule to act", func() bool { return slices.Contains(tags(below.ID), "paper") })
		if slices.Contains(tags(beside.ID), "paper") {
			t.Error("it has acted on a ticket beside the category")
		}
	})
}

func (w *sorting) save(v rulebook.Item) rulebook.Item {
	w.t.Helper()
	saved, err := w.keeper.Save(w.t.Context(), manager, v)
	if err != nil {
		w.t.Fatal(err)
	}
	return saved
}

func (w *sorting) rule(id, name string, position int, r triage.Rule) {
	w.t.Helper()
	if len(r.On) == 0 {
		r.On = []triage.On{triage.Opened, triage.Updated}
	}
	tidy, err := r.Tidy()
	if err != nil {
		w.t.Fatal(err)
	}
	tidy.Tried, tidy.Live = tidy.Fingerprint(), true
	w.save(&rulebook.Rule{Entry: rulebook.Entry{ID: id, Name: name, Position: position}, Rule: tidy})
}

func (w *sorting) open(title string) ticket.Ticket {
	w.t.Helper()
	x, err := w.Desk.Open(w.t.Context(), w.Anna, desk.Draft{Title: title, Requester: w.Ben.Person, Endpoint: w.Endpoint,
		Findings: []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

func (w *sorting) get(id string) desk.Detail {
	w.t.Helper()
	d, err := w.Desk.Get(w.t.Context(), w.Anna, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *sorting) do(id string, c ticket.Command) {
	w.t.Helper()
	if _, err := w.Desk.Do(w.t.Context(), w.Anna, id, 0, c); err != nil {
		w.t.Fatal(err)
	}
}

// until waits for triage, waking it as a commit does.
func (w *sorting) until(what string, is func() bool) {
	w.t.Helper()
	end := time.Now().Add(time.Minute)
	for !is() {
		if time.Now().After(end) {
			w.t.Fatalf("in vain waited for: %s", what)
		}
		w.triage.Wake()
		time.Sleep(5 * time.Millisecond)
	}
}

// settled waits until triage has come to the end of the feed: a ticket that is
// opened now is tagged by the rule that mark makes.
func (w *sorting) settled() {
	w.t.Helper()
	x := w.open("Mark of the end")
	w.until("the mark", func() bool { return slices.Contains(w.get(x.ID).Tags, "mark") })
}

func (w *sorting) mark() {
	w.rule("mark", "Mark", -1, triage.Rule{When: `title == "Mark of the end"`, Then: triage.Effects{Tags: []string{"mark"}}, On: []triage.On{triage.Opened}})
}

func TestRulesSortWhatComes(t *testing.T) {
	engines(t, func(t *testing.T, w *sorting) {
		w.mark()
		before := w.open("Printer on fire, before the rule")
		w.settled()
		w.rule("printers", "Printers", 1, triage.Rule{
			When: `text.contains("printer") && "disk.full" in findings && requester.vip && os == "windows"`,
			Then: triage.Effects{Team: "print", Category: "printing", Priority: 1, Reason: "Printers matter", Tags: []string{"printer"}, Reply: "thanks"},
		})
		x := w.open("The PRINTER is on fire")
		w.until("the rule", func() bool { return w.get(x.ID).Team == "print" })
		d := w.get(x.ID)
		if d.Category != "printing" || d.Priority != 1 || !d.Overridden || !slices.Equal(d.Tags, []string{"printer"}) || d.State != ticket.New {
			t.Errorf("sorted as %+v", d.Ticket)
		}
		said := desk.Conversation(d.History)
		if len(said) != 1 || said[0].Body != "Thank you, Ben." || !said[0].Public || !d.RespondedAt.IsZero() {
			t.Errorf("it was answered with %+v", said)
		}
		for _, e := range d.History[1:] {
			if e.Actor.Side != ticket.System || e.Actor.Name != "Rule “Printers”" || e.Actor.ID != "rule:printers" {
				t.Errorf("%s by %+v", e.Type, e.Actor)
			}
		}
		// What is so already makes no events, and what a person has set stays.
		w.do(x.ID, ticket.Categorise{Category: "fire"})
		w.do(x.ID, ticket.Prioritise{Impact: ticket.Low, Urgency: ticket.Low})
		w.do(x.ID, ticket.Tag{Remove: []string{"printer"}})
		w.until("the tag to come back", func() bool { return slices.Contains(w.get(x.ID).Tags, "printer") })
		w.settled()
		if d = w.get(x.ID); d.Category != "fire" || d.Priority != 5 || len(desk.Conversation(d.History)) != 1 {
			t.Errorf("a rule has overruled a person: %+v", d.Ticket)
		}
		if d := w.get(before.ID); d.Team != "" || len(d.History) != 1 {
			t.Errorf("a rule has touched what was there before it: %+v", d.History)
		}
		// Who has a ticket in hand keeps it.
		y := w.open("Something else")
		w.do(y.ID, ticket.Take{})
		w.rule("all", "All", 2, triage.Rule{When: "true", Then: triage.Effects{Team: "network", Tags: []string{"all"}}})
		w.do(y.ID, ticket.Wait{For: ticket.WaitVendor})
		w.until("the tag", func() bool { return slices.Contains(w.get(y.ID).Tags, "all") })
		if d := w.get(y.ID); d.Team != "" || d.State != ticket.Pending || d.Assignee.ID != w.Anna.Person {
			t.Errorf("a rule has taken a ticket away: %+v", d.Ticket)
		}
	})
}

// TestTriageMissesNothing: what came while the server was down is sorted when it is
// back, once.
func TestTriageMissesNothing(t *testing.T) {
	engines(t, func(t *testing.T, w *sorting) {
		w.mark()
		w.rule("a", "Answer", 1, triage.Rule{When: "true", Then: triage.Effects{Tags: []string{"seen"}, Reply: "thanks"}, On: []triage.On{triage.Opened}})
		w.settled()
		w.stop()
		x := w.open("While it was down")
		w.start()
		w.settled()
		w.stop()
		// As after a crash: the place was not written down.
		if err := w.DB.SetMeta(t.Context(), "triage_cursor", "0.0"); err != nil {
			t.Fatal(err)
		}
		w.start()
		w.settled()
		d := w.get(x.ID)
		if !slices.Equal(d.Tags, []string{"seen"}) || len(desk.Conversation(d.History)) != 1 {
			t.Errorf("not sorted once: %v, %d messages", d.Tags, len(desk.Conversation(d.History)))
		}
	})
}

// TestRunawayRulesAreDisabled: stopped, named, disabled, with the reason for whoever
// opens the page, and the tickets go on.
func TestRunawayRulesAreDisabled(t *testing.T) {
	engines(t, func(t *testing.T, w *sorting) {
		w.mark()
		w.rule("there", "There", 1, triage.Rule{When: `team != "print"`, Then: triage.Effects{Team: "print"}, Stop: true})
		w.rule("back", "Back", 2, triage.Rule{When: `team == "print"`, Then: triage.Effects{Team: "desk"}})
		w.rule("slow", "Slow", 3, triage.Rule{When: `findings.all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, [1,2,3,4,5,6,7,8,9,10].all(g, b+c+d+e+f+g > 0)))))))`, Then: triage.Effects{Tags: []string{"slow"}}})
		x := w.open("Round and round")
		reason := func(id string) string {
			r, _ := rulebook.Get[*rulebook.Rule](w.keeper.Book(), id)
			return r.Disabled
		}
		w.until("both to be disabled", func() bool { return reason("back") != "" && reason("slow") != "" })
		if !strings.Contains(reason("back"), "“There”") || !strings.Contains(reason("slow"), "does not end") || reason("there") != "" {
			t.Errorf("disabled with %q and %q, and %q", reason("back"), reason("slow"), reason("there"))
		}
		w.until("the other rules to act", func() bool { return w.get(x.ID).Team == "print" })
		log, err := w.DB.AuditLog(t.Context(), "rule:back", 0, 10)
		if err != nil || len(log) != 2 || !strings.Contains(string(log[0].Actor), string(auth.System)) {
			t.Errorf("the audit log says %+v, %v", log, err)
		}
		w.settled()

		// A ring by way of something else than rules: a program that takes the tag off
		// each time. After twenty rounds the rule is stopped.
		w.rule("tag", "Tag", 4, triage.Rule{When: `title == "Ping"`, Then: triage.Effects{Tags: []string{"pong"}}})
		y := w.open("Ping")
		rounds := 0
		w.until("the rule to be stopped", func() bool {
			if slices.Contains(w.get(y.ID).Tags, "pong") {
				rounds++
				w.do(y.ID, ticket.Tag{Remove: []string{"pong"}})
			}
			return reason("tag") != ""
		})
		if rounds != 20 || !strings.Contains(reason("tag"), fmt.Sprint(y.Number)) {
			t.Errorf("after %d rounds: %q", rounds, reason("tag"))
		}
	})
}

func TestTrialAgainstThePast(t *testing.T) {
	engines(t, func(t *testing.T, w *sorting) {
		for i := range 6 {
			x := w.open(fmt.Sprint("Printer ", i))
			w.do(x.ID, ticket.Delegate{Team: []string{"print", "network"}[i%2]})
			w.do(x.ID, ticket.Categorise{Category: "printing"})
		}
		quiet := w.open("Something else")
		if _, err := w.Desk.Do(t.Context(), w.Anna, quiet.ID, 0, ticket.Take{}); err != nil {
			t.Fatal(err)
		}
		rule := triage.Rule{On: []triage.On{triage.Opened}, When: `text.contains("printer") && team == "" && state == "new"`, Then: triage.Effects{Team: "print", Category: "printing"}}
		got, err := w.triage.Try(t.Context(), manager, rule, 100)
		if err != nil {
			t.Fatal(err)
		}
		if got.Tried != 7 || got.Matched != 6 || got.Team != (triage.Agreement{Same: 3, Other: 3}) || got.Category.Same != 6 || got.Fingerprint == "" {
			t.Errorf("%+v", got)
		}
		if d := w.get(quiet.ID); d.Version != 2 {
			t.Error("a trial has changed a ticket")
		}
		if _, err := w.triage.Try(t.Context(), w.Anna, rule, 100); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a technician tries rules: %v", err)
		}
		live := rule
		live.Live = true
		_, err = w.keeper.Save(t.Context(), manager, &rulebook.Rule{Entry: rulebook.Entry{Name: "Untried"}, Rule: live})
		if fault.FieldOf(err) != "tried" {
			t.Errorf("an untried rule goes live: %v", err)
		}
		live.Tried = got.Fingerprint
		w.save(&rulebook.Rule{Entry: rulebook.Entry{Name: "Tried"}, Rule: live})
		live.Then.Team = "nobody"
		live.Live = false
		if _, err = w.keeper.Save(t.Context(), manager, &rulebook.Rule{Entry: rulebook.Entry{Name: "Nobody"}, Rule: live}); fault.FieldOf(err) != "team" {
			t.Errorf("a rule routes to no team: %v", err)
		}
	})
}

// TestSuggestionsAndSimilarTickets: learned from what this desk has closed.
func TestSuggestionsAndSimilarTickets(t *testing.T) {
	engines(t, func(t *testing.T, w *sorting) {
		o := corpus.Default()
		o.Tickets, o.Vague, o.Wrong = 150, 0, 0
		teams := map[string]string{"printing": "print", "network": "network", "wifi": "network", "vpn": "network"}
		for _, c := range corpus.Make(o) {
			if teams[c.True] == "" {
				continue
			}
			x, err := w.Desk.Open(t.Context(), w.Anna, desk.Draft{Title: c.Title, Body: c.Body, Requester: w.Ben.Person})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 2 {
				if i == 1 { // more of the same, so that there is enough to learn
					if x, err = w.Desk.Open(t.Context(), w.Anna, desk.Draft{Title: c.Title, Requester: w.Ben.Person}); err != nil {
						t.Fatal(err)
					}
				}
				w.do(x.ID, ticket.Categorise{Category: c.True})
				w.do(x.ID, ticket.Delegate{Team: teams[c.True]})
				w.do(x.ID, ticket.Take{})
				w.do(x.ID, ticket.Resolve{Solution: "Done.", Code: ticket.Fixed})
			}
		}
		w.stop()
		w.start()
		x := w.open("Papierstau im Drucker, die Seiten sind leer")
		var got desk.Suggestion
		w.until("something to be learned", func() (ok bool) {
			var err error
			if got, err = w.triage.Suggest(t.Context(), w.Anna, x); err != nil {
				t.Fatal(err)
			}
			return !got.Learned.At.IsZero()
		})
		if got.Category == nil || got.Category.ID != "printing" || got.Category.Confidence < desk.Speaks || got.Team == nil || got.Team.ID != "print" || got.Team.Name != "Print" {
			t.Fatalf("%+v", got)
		}
		if about, learned, err := w.triage.GuessOf(t.Context(), auth.SystemActor("test"), x.ID); about != "printing" || !learned || err != nil {
			t.Errorf("of the stored ticket it guesses %q, %v, %v", about, learned, err)
		}
		if _, _, err := w.triage.GuessOf(t.Context(), auth.SystemActor("test"), "none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("of no ticket: %v", err)
		}
		if vague, err := w.triage.Suggest(t.Context(), w.Anna, w.open("Qqq www zzz")); err != nil || vague.Category != nil || vague.Team != nil {
			t.Errorf("sure of nothing: %+v, %v", vague, err)
		}
		if _, err := w.triage.Accept(t.Context(), w.Anna, x.ID, x.Version+7, "printing", "print"); !fault.Is(err, fault.Stale) {
			t.Errorf("accepting what was not seen: %v", err)
		}
		_, err := w.triage.Accept(t.Context(), w.Anna, x.ID, x.Version, got.Category.ID, got.Team.ID)
		after := w.get(x.ID).Ticket
		if err != nil || after.Category != "printing" || after.Team != "print" {
			t.Fatalf("%+v, %v", after, err)
		}
		if got, err = w.triage.Suggest(t.Context(), w.Anna, after); err != nil || got.Category != nil || got.Team != nil {
			t.Errorf("suggested what is decided: %+v, %v", got, err)
		}

		y := w.open("Drucker druckt leer, Papierstau")
		var like []desk.Similar
		w.until("the first one to be found", func() bool {
			if like, err = w.triage.Similar(t.Context(), w.Anna, y, 5); err != nil {
				t.Fatal(err)
			}
			return len(like) > 0 && like[0].ID == x.ID
		})
		if !strings.HasPrefix(like[0].Reason, "same finding disk.full, both say ") || !strings.Contains(like[0].Reason, "same endpoint") {
			t.Errorf("because: %s", like[0].Reason)
		}
		w.do(x.ID, ticket.MergeInto{Into: ticket.Reference{ID: y.ID, Number: y.Number}})
		if like, err = w.triage.Similar(t.Context(), w.Anna, y, 5); err != nil || slices.ContainsFunc(like, func(s desk.Similar) bool { return s.ID == x.ID }) {
			t.Errorf("what was merged is still beside: %+v, %v", like, err)
		}
	})
}
