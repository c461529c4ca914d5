package incident

import (
	"strings"
	"testing"
	"time"
)

// A draft says what is known, in order, and nothing that a person or a machine wrote is
// Markdown or HTML in it.
func TestDraft(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	k := New(Options{Category: func(string) string { return "VPN" }})
	d := Detail{
		Incident: Incident{
			Number: 3, State: Resolved, Title: "VPN <img src=x> in *Berlin*", Text: "# Not a heading\n[a](javascript:x)", Cell: Cell{Kind: "site", Name: "Berlin", About: "vpn"}, Since: at, OpenedAt: at.Add(10 * time.Minute), EndedAt: at.Add(90 * time.Minute), Tickets: 7, People: 6,
			Causes: []Cause{{Kind: "software", Name: "tunnel`", Value: "2.1", In: 6, Of: 7, Out: 1, OutOf: 90}},
		},
		Lines: []Line{{At: at.Add(9 * time.Minute), Did: DidPropose, N: 7}, {At: at.Add(10 * time.Minute), Did: DidConfirm, By: Person{ID: "1", Name: "Anna"}, Text: "VPN\nin Berlin"}},
	}
	got := k.draft(&d, time.FixedZone("CET", 3600))
	for _, want := range []string{
		"# Major incident 3: VPN &lt;img src=x&gt; in \\*Berlin\\*\n", "- Times: CET, UTC+01:00\n", "- Began: 2026-03-02 10:00\n", "- Over: 2026-03-02 11:30, after 90 min\n", "- 7 tickets from 6 people\n", "- In common: VPN in Berlin\n",
		"\\# Not a heading\n\\[a\\](javascript:x)", "- 2026-03-02 10:09: Looks like an outage, with 7 tickets\n- 2026-03-02 10:10: Confirmed (Anna): VPN in Berlin\n", "- tunnel\\` 2.1: 6 of 7, of the others 1 of 90\n", "## What is to be done",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// The line by which a proposal is told.
func TestLine(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	i := Incident{Tickets: 7, People: 6, Since: at, NewsAt: at.Add(9 * time.Minute)}
	if got := i.Line(); got != "7 tickets from 6 people in 9 min" {
		t.Errorf("it says %q", got)
	}
	for d, want := range map[time.Duration]string{time.Second: "less than a minute", 119 * time.Minute: "119 min", 3 * time.Hour: "3 hours", 72 * time.Hour: "3 days"} {
		if got := Span(d); got != want {
			t.Errorf("%v is %q", d, got)
		}
	}
}
