package browsertest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

// Rulebook opens the server's rulebook a second time, as a command beside it does.
func Rulebook(t testing.TB, s *servertest.Server) *rulebook.Keeper {
	t.Helper()
	k := rulebook.New(s.DB.Rulebook(), time.Now, slog.New(slog.DiscardHandler))
	if err := k.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

// Save keeps entries in a rulebook, in an order in which they can be kept.
func Save(t testing.TB, k *rulebook.Keeper, items ...rulebook.Item) {
	t.Helper()
	for _, v := range items {
		if _, err := k.Save(t.Context(), auth.SystemActor("test"), v); err != nil {
			t.Fatalf("the %s %q: %v", v.Kind(), v.Base().Name, err)
		}
	}
}

// Known waits until the server itself has the last of what was saved beside it.
func Known(t testing.TB, s *servertest.Server, path string) {
	t.Helper()
	token := s.Token(auth.Admin)
	servertest.Wait(t, "the server knows "+path, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.HTTP+"/api/v1"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		a, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		return a.StatusCode == http.StatusOK
	})
}

// named starts an entry of the rulebook.
func named(id, name string) rulebook.Entry { return rulebook.Entry{ID: id, Name: name} }

// rules are what a help desk has agreed on. words makes a text as long as the world
// has them.
func (w *World) rules(t testing.TB, words func(string, int) string) {
	t.Helper()
	open := []sla.Span{{From: 8 * 60, To: 12 * 60}, {From: 13 * 60, To: 17 * 60}}
	var week []sla.Weekday
	for day := 1; day <= 5; day++ {
		week = append(week, sla.Weekday{Day: day, Spans: open})
	}
	hours := func(n int) sla.Target { return sla.Target{Amount: n, Unit: sla.OpenHours} }
	Save(t, w.Book,
		&rulebook.Team{Entry: named("first", words("First line", 100)), Tier: 1, Members: []string{w.Mara.Person, w.Admin.Person}, Skills: map[string][]string{w.Mara.Person: {"printer", "network"}}},
		&rulebook.Team{Entry: named("second", words("Second line", 100)), Tier: 2, Members: []string{w.Mara.Person}},
		&rulebook.Field{Entry: named("floor", words("Floor", 100)), Type: "choice", Choices: []string{"1", "2", "3"}},
		&rulebook.Category{Entry: named("hardware", words("Hardware", 100)), Team: "first"},
		&rulebook.Category{Entry: named("printer", words("Printer", 100)), Parent: "hardware", Fields: []string{"floor"}},
		&rulebook.Calendar{Entry: named("office", words("Office hours", 100)), Calendar: sla.Calendar{Zone: "Europe/Berlin", Week: week, Holidays: []sla.Holiday{{Date: "2026-12-25", Name: words("Christmas", 90)}}}},
		&rulebook.Policy{Entry: named("usual", words("Usual", 100)), Policy: sla.Policy{Calendar: "office", Goals: []sla.Goal{{Priority: 3, FirstResponse: hours(4), NextUpdate: hours(8), Resolution: hours(16)}}}},
		&rulebook.Reply{Entry: named("number", words("Ask for the number", 100)), Body: "Dear {{requester.first_name}}, which printer is it?"},
		&rulebook.Macro{Entry: named("toner", words("Toner is on its way", 100)), Body: "Dear {{requester.first_name}}, new toner comes to {{site.name}}.", State: "wait", Waiting: ticket.WaitVendor, Tag: []string{"printer"}},
		&rulebook.Rule{Entry: named("printers", words("Printers", 100)), Rule: triage.Rule{On: []triage.On{triage.Opened}, When: `title.contains("printer")`, Then: triage.Effects{Category: "printer", Team: "first"}}},
	)
	Known(t, w.Server, "/rulebook/rules/printers")
}

// pages makes what further pages show: articles, kept views, people's lists, an
// answer of a machine. Their ids go to IDs.
func (w *World) pages(t testing.TB, words func(string, int) string) {
	t.Helper()
	ctx, id := t.Context(), func() string { return ulid.Make().String() }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	base := kb.New(w.Server.DB.Knowledge(), time.Now)
	body := "## What goes wrong\n\nThe disk of a computer is full, and nothing can be saved.\n\n## What solves it\n\n1. Empty the **bin**.\n2. Look into `Downloads`.\n\n| Folder | Usual size |\n|---|---|\n| Downloads | 4 GB |\n| Videos | 20 GB |\n\n" + words("Call us when it does not help.", 2000)
	for i, title := range []string{"My disk is full", "A new toner", "VPN from home"} {
		a, err := base.Create(ctx, w.Mara, kb.Text{Title: words(title, 200), Body: body, Audience: []kb.Audience{kb.Everyone, kb.Staff, kb.Everyone}[i]}, "")
		must(err)
		if i == 2 {
			break // never published
		}
		a, err = base.Publish(ctx, w.Mara, a.ID, a.Revision, words("The first version.", 200))
		must(err)
		if i > 0 {
			continue
		}
		a, err = base.SaveDraft(ctx, w.Mara, a.ID, a.Revision, kb.Text{Title: a.Title, Body: body + "\n\nOr ring the bell.", Audience: kb.Everyone})
		must(err)
		a, err = base.Publish(ctx, w.Mara, a.ID, a.Revision, "Say whom to call.")
		must(err)
		a, err = base.Care(ctx, w.Mara, a.ID, a.Revision, kb.Care{Owner: w.Mara.Person, ReviewAt: time.Now().Add(-24 * time.Hour)})
		must(err)
		must(base.Rate(ctx, w.Admin, a.ID, false, words("The bin was empty already.", 500)))
		w.IDs["article"] = a.ID
	}

	view := find.View{ID: id(), Name: words("Printers in Berlin", 60), Filter: "state:open printer", Sort: query.Newest, Columns: []string{"findings", "requester", "state", "assignee", "updated"}, Version: 1, UpdatedAt: time.Now()}
	must(w.Server.DB.Find().SaveView(ctx, view, 0, nil))
	w.IDs["view"] = view.ID

	detail, err := w.Desk.GetByNumber(ctx, w.Admin, w.Tickets[0])
	must(err)
	w.IDs["person"] = detail.Requester.ID
	w.do(t, 1, w.Mara, ticket.Categorise{Category: "printer"})
	w.do(t, 1, w.Mara, ticket.Tag{Add: []string{"printer", strings.ReplaceAll(words("floor-2", 40), " ", "-")}})
	w.do(t, 2, w.Mara, ticket.Note{Message: id(), Body: words("Have you seen this before?", 500), Mentions: []ticket.Person{{ID: w.Admin.Person, Name: w.Admin.Name}}})
	aylin, err := w.Desk.GetByNumber(ctx, w.Admin, w.Tickets[1])
	must(err)
	for _, approver := range []ticket.Person{{ID: w.Admin.Person, Name: w.Admin.Name}, detail.Requester} {
		asked, err := w.Desk.Open(ctx, w.Mara, desk.Draft{Kind: ticket.Request, Title: words("A second screen", 200), Requester: aylin.Requester.ID})
		must(err)
		w.Do(t, asked.Number, w.Mara, ticket.AskApproval{Approver: approver, Message: id(), Body: words("It costs 240 €.", 500)})
	}

	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	w.call(t, http.MethodGet, "/endpoints/"+w.Machines[0].ID+"/snapshots", nil, &list)
	if len(list.Items) > 0 {
		w.IDs["snapshot"] = list.Items[0].ID
	}
	var question struct {
		ID string `json:"id"`
	}
	w.call(t, http.MethodPost, "/endpoints/"+w.Machines[0].ID+"/diagnostics", map[string]any{"kind": wire.AskProcesses}, &question)
	w.IDs["asked"] = question.ID
	var ping struct {
		ID string `json:"id"`
	}
	w.call(t, http.MethodPost, "/endpoints/"+w.Machines[0].ID+"/diagnostics", map[string]any{"kind": wire.AskPing, "params": map[string]any{"host": "10.0.4.1"}}, &ping)
	w.IDs["pinged"] = ping.ID
	var announced struct {
		ID string `json:"id"`
	}
	w.call(t, http.MethodPost, "/announcements", map[string]any{
		"title": words("E-mail is slow", 100), "text": words("Mails come up to an hour late.", 1500), "advice": "Call where it is urgent.", "since": time.Now().Add(-time.Hour), "next": time.Now().Add(time.Hour),
		"complaints": []string{"site", "slow"}, "names": []string{words("Outlook", 50)}, "reach": "endpoints", "endpoints": []string{w.Machines[0].ID, w.Machines[1].ID},
	}, &announced)
	w.call(t, http.MethodPost, "/announcements/"+announced.ID+"/updates", map[string]any{"text": "The provider has found the reason.", "next": time.Now().Add(2 * time.Hour)}, &announced)
	w.IDs["announcement"] = announced.ID
	must(w.outages(ctx, words))
	var survey struct {
		ID string `json:"id"`
	}
	w.call(t, http.MethodPost, "/fleet/questions", map[string]any{"kind": wire.AskPing, "params": map[string]any{"host": "10.0.4.1"}, "for": "1h"}, &survey)
	w.IDs["survey"] = survey.ID
	w.jobs(t, words)
	w.network(t, words)
	w.schedule(t, words)
	w.flocks(t, words)
	w.services(t, words)
	servertest.Wait(t, "the machine has answered", func() bool {
		var now struct {
			State ask.State `json:"state"`
		}
		w.call(t, http.MethodGet, "/diagnostics/"+question.ID, nil, &now)
		return now.State == ask.Done
	})
}

// outages has something look like an outage, and another one be one.
func (w *World) outages(ctx context.Context, words func(string, int) string) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	looks := incident.Incident{
		ID: ulid.Make().String(), Version: 1, Edition: 1, State: incident.Proposed, Title: words("Trouble in Berlin", 120), Cell: incident.Cell{Kind: "site", Name: words("Berlin", 100)}, Since: now.Add(-9 * time.Minute),
		Also: []incident.Cell{{Kind: "subnet", Name: "10.1.0.0/24"}, {Kind: "software", Name: words("tunnel", 80), Value: "2.1"}}, Rate: incident.Rate{Minutes: 15, People: 6, Expected: 0.2, P: 1e-8},
		Evidence: incident.Evidence{Code: "network.gateway_silent", In: 12, Of: 80, Out: 3, OutOf: 900, P: 1e-12}, Confidence: 0.97, CreatedAt: now, NewsAt: now,
		Causes: []incident.Cause{
			{Kind: "site", Name: words("Berlin", 100), In: 17, Of: 17, Out: 63, OutOf: 940, Q: 1e-15}, {Kind: "software", Name: words("tunnel", 80), Value: "2.1", In: 15, Of: 16, Out: 200, OutOf: 900, Q: 3e-6, New: 14, From: now.Add(-26 * time.Hour), More: 2},
			{Kind: "about", Name: "vpn", In: 6, Of: 7, Out: 30, OutOf: 500, Q: 0.004},
		},
	}
	goes := incident.Incident{ID: ulid.Make().String(), Version: 1, Edition: 1, State: incident.Open, Titled: true, Title: words("E-mail is slow", 120), Text: words("Mails come up to an hour late.", 2000), Since: now.Add(-time.Hour), CreatedAt: now, NewsAt: now, OpenedAt: now, By: incident.Person{ID: w.Mara.Person, Name: w.Mara.Name}}
	err := w.Server.DB.Incidents().Update(ctx, func(tx incident.Tx) error {
		for n, i := range []*incident.Incident{&looks, &goes} {
			if err := tx.Insert(i); err != nil {
				return err
			}
			for _, number := range w.Tickets[2*n : 2*n+2] {
				t, err := w.Desk.GetByNumber(ctx, w.Admin, number)
				if err == nil {
					err = tx.Put(incident.Member{Incident: i.ID, Ticket: t.ID, How: incident.Found, At: now, Out: n == 1 && number == w.Tickets[3], Labelled: true})
				}
				if err != nil {
					return err
				}
			}
		}
		lines := []incident.Line{{At: now.Add(-time.Hour), Did: incident.DidOpen, By: goes.By, Text: goes.Title}, {At: now, Did: incident.DidJoin, N: 2}, {At: now, Did: incident.DidNote, By: goes.By, Text: words("The provider was called.", 500)}}
		for _, l := range lines {
			if err := tx.Add(goes.ID, l); err != nil {
				return err
			}
		}
		return tx.Add(looks.ID, incident.Line{At: now, Did: incident.DidPropose, Text: looks.Title, N: 2})
	})
	w.IDs["proposal"], w.IDs["incident"] = looks.ID, goes.ID
	return err
}

// flocks are groups of machines: all of them, and one that nobody is in.
func (w *World) flocks(t testing.TB, words func(string, int) string) {
	t.Helper()
	for name, condition := range map[string]string{"All machines": "endpoint:*", "Laptops of finance": `site:"Nowhere" -software:firefox`} {
		var made struct{ ID string }
		w.call(t, http.MethodPost, "/groups", map[string]any{"name": words(name, 78), "condition": condition, "note": words("Ask Mia.", 480)}, &made)
		if condition == "endpoint:*" {
			w.IDs["group"] = made.ID
		}
	}
}

// jobs are those that call in: one that is well, one that fails, and one that never did.
func (w *World) jobs(t testing.TB, words func(string, int) string) {
	t.Helper()
	for name, says := range map[string]string{"Nightly backup of the file server": "/3", "Payroll export": "", "Mirror": "-"} {
		var made struct{ ID, URL string }
		w.call(t, http.MethodPost, "/heartbeats", map[string]any{"name": words(name, 180), "cron": "30 2 * * 1-5", "zone": "Europe/Berlin", "note": words("Ask storage.", 1800)}, &made)
		if says == "-" {
			continue
		}
		if says != "" {
			w.IDs["heartbeat"] = made.ID
		}
		u, err := url.Parse(made.URL)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Server.HTTP+u.Path+says, strings.NewReader(words("rsync: no space left on device", 3000)))
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusOK {
			t.Fatalf("a heartbeat was answered %d", a.StatusCode)
		}
	}
}

// services are those that are looked at: one that answers, one that does not, and one
// that nobody looks at.
func (w *World) services(t testing.TB, words func(string, int) string) {
	t.Helper()
	for name, body := range map[string]map[string]any{
		"Intranet":         {"kind": "http", "url": w.Server.HTTP + "/healthz", "note": words("Ask the web team.", 1800)},
		"Payroll database": {"kind": "tcp", "host": "127.0.0.1", "port": 1, "failures": 1},
		"Mail certificate": {"kind": "tls", "host": "127.0.0.1", "paused": true},
	} {
		body["name"] = words(name, 180)
		var made struct{ ID string }
		w.call(t, http.MethodPost, "/checks", body, &made)
		if body["failures"] != nil {
			w.IDs["check"] = made.ID
		}
	}
}

// call asks the server over REST, as the administrator.
func (w *World) call(t testing.TB, method, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if in == nil {
		body = nil
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, w.Server.HTTP+"/api/v1"+path, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	if w.token == "" {
		w.token = w.Server.Token(auth.Admin)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := w.Server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", method, path, a.Status)
	}
	if err := json.NewDecoder(a.Body).Decode(out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}
