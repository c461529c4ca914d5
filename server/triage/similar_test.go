package triage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/triage"
	"github.com/deskbell/deskbell/server/triage/corpus"
)

func docOf(c corpus.Ticket) triage.Doc {
	return triage.Doc{ID: fmt.Sprintf("%06d", c.Number), Title: c.Title, Body: c.Body, Findings: c.Findings, Endpoint: c.Endpoint, Site: c.Site, At: c.At}
}

// TestSimilarSaysWhy is the example of the page: the reason is in words.
func TestSimilarSaysWhy(t *testing.T) {
	x := triage.NewIndex(100)
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for i := range 40 {
		x.Put(triage.Doc{ID: fmt.Sprint("noise", i), Title: fmt.Sprint("Something else ", i), Site: "hamburg", At: noon.Add(-time.Duration(i) * time.Hour)})
	}
	x.Put(triage.Doc{ID: "same", Title: "Nothing can be saved", Findings: []string{"disk.full"}, Site: "berlin", Endpoint: "pc-1", At: noon.Add(-12 * time.Minute)})
	x.Put(triage.Doc{ID: "old", Title: "Nothing can be saved", Findings: []string{"disk.full"}, Site: "berlin", At: noon.AddDate(0, -2, 0)})
	x.Put(triage.Doc{ID: "me", Title: "Cannot save the annual report", Findings: []string{"disk.full"}, Site: "berlin", Endpoint: "pc-2", At: noon})
	got := x.Like(triage.Doc{ID: "me", Title: "Cannot save the annual report", Findings: []string{"disk.full"}, Site: "berlin", Endpoint: "pc-2", At: noon}, 5)
	if len(got) == 0 || got[0].ID != "same" {
		t.Fatalf("%+v", got)
	}
	if want := "same finding disk.full, same site, 12 min earlier"; got[0].Reason() != want {
		t.Errorf("%q, want %q", got[0].Reason(), want)
	}
	for _, m := range got {
		if m.ID == "me" || strings.HasPrefix(m.ID, "noise") {
			t.Errorf("%+v", m)
		}
	}
	x.Put(triage.Doc{ID: "words", Title: "Größe der Anhänge in Gera", At: noon.Add(3 * time.Hour)})
	got = x.Like(triage.Doc{ID: "q", Title: "ANHANGE: grosse?", At: noon}, 5)
	if len(got) != 1 || got[0].ID != "words" || got[0].Reason() != "both say “grosse” “anhange”, 3 h later" {
		t.Errorf("%+v", got)
	}
}

// TestSimilarNeedsEvidence: words that say nothing, in English, in German or in this
// desk, are no reason, and neither are the same endpoint and the same minute.
func TestSimilarNeedsEvidence(t *testing.T) {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	filled := func() *triage.Index {
		x := triage.NewIndex(1000)
		for i := range 400 { // a house whose name is in each of its tickets
			x.Put(triage.Doc{ID: fmt.Sprint("old", i), Title: fmt.Sprintf("Kontor case%d thing%d", i, i/2), Site: "berlin", At: noon.Add(-time.Duration(i) * time.Hour)})
		}
		return x
	}
	at := func(id, title, body string) triage.Doc {
		return triage.Doc{ID: id, Title: title, Body: body, Endpoint: "pc-1", Site: "berlin", At: noon}
	}
	for _, tc := range []struct{ what, title, body, other, otherBody string }{
		{"English", "The printer does not print", "It has not worked since this morning, please help.", "My mail does not arrive", "Not since this morning. Please help me with it."},
		{"German", "Der Drucker druckt nicht", "Seit heute morgen geht das leider nicht mehr, bitte um Hilfe. Viele Grüße", "Die Maus geht nicht", "Leider nicht mehr seit heute morgen. Bitte um Hilfe, viele Grüße"},
		{"the house's name", "Kontor: blank screen", "", "Kontor: lost badge", ""},
		{"nothing in common", "Blank screen", "", "Lost badge", ""},
	} {
		x := filled()
		x.Put(at("other", tc.other, tc.otherBody))
		for _, m := range x.Like(at("me", tc.title, tc.body), 5) {
			if m.ID == "other" {
				t.Errorf("%s: offered because %s", tc.what, m.Reason())
			}
		}
	}
	// What does say something is still a reason, without the words around it.
	x := filled()
	x.Put(at("other", "The printer on floor 2 does not print", "It jams since this morning, Kontor"))
	got := x.Like(at("me", "Our printer does jam and not print", "Since this morning, Kontor"), 5)
	if len(got) == 0 || got[0].ID != "other" || len(got[0].Words) == 0 {
		t.Fatalf("%+v", got)
	}
	for _, w := range got[0].Words {
		if !slices.Contains([]string{"printer", "print"}, w) {
			t.Errorf("“%s” is a reason", w)
		}
	}
	// And so is the same finding, whatever the words.
	found := at("found", "Nothing can be saved", "")
	found.Findings = []string{"disk.full"}
	x.Put(found)
	asked := at("me", "Everything is slow", "")
	asked.Findings = []string{"disk.full"}
	if got := x.Like(asked, 5); len(got) != 1 || got[0].ID != "found" || !strings.HasPrefix(got[0].Reason(), "same finding disk.full, same endpoint") {
		t.Errorf("%+v", got)
	}
}

// TestSimilarFindsTheOutage: of the tickets of one outage, each is beside the others.
func TestSimilarFindsTheOutage(t *testing.T) {
	all := corpus.Make(corpus.Default())
	x := triage.NewIndex(triage.MaxDocs)
	members := map[int]int{}
	for _, c := range all {
		members[c.Cause]++
	}
	var asked, found, right, listed, telling, told int
	for _, c := range all {
		if c.Cause != 0 && members[c.Cause] > 1 {
			before, shows := 0, false
			for _, b := range all[:c.Number-1] {
				if b.Cause == c.Cause {
					before++
					shows = shows || slices.ContainsFunc(b.Findings, func(f string) bool { return slices.Contains(c.Findings, f) })
				}
			}
			if before > 0 {
				asked++
				hit := false
				for _, m := range x.Like(docOf(c), 5) {
					var n int
					fmt.Sscanf(m.ID, "%d", &n)
					listed++
					if all[n-1].Cause == c.Cause {
						right++
						hit = true
					}
				}
				if hit {
					found++
				}
				if shows {
					telling++
					if hit {
						told++
					}
				}
			}
		}
		x.Put(docOf(c))
	}
	t.Logf("%d tickets of outages that had begun: beside %.0f %% an earlier one was listed among five; %.0f %% of what was listed belonged to it; where the machine had found the same: %d of %d", asked, 100*float64(found)/float64(asked), 100*float64(right)/float64(max(listed, 1)), told, telling)
	if asked < 100 || found*1000 < asked*800 || told*100 < telling*95 {
		t.Errorf("beside %d of %d an earlier ticket was listed; where the machine had found the same, beside %d of %d", found, asked, told, telling)
	}
}

// TestSimilarStaysBounded: the oldest goes, a ticket that changes is there once, and
// whoever pastes a book does not slow the others down.
func TestSimilarStaysBounded(t *testing.T) {
	x := triage.NewIndex(50)
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for i := range 200 {
		d := triage.Doc{ID: fmt.Sprint(i), Title: fmt.Sprintf("Fault number%d", i), At: noon}
		x.Put(d)
		d.Title += " again"
		x.Put(d)
	}
	if x.Len() != 50 {
		t.Errorf("%d tickets", x.Len())
	}
	if got := x.Like(triage.Doc{ID: "q", Title: "number3 again", At: noon}, 50); len(got) != 0 && got[0].ID == "3" {
		t.Errorf("one that has gone was found: %+v", got[0])
	}
	got := x.Like(triage.Doc{ID: "q", Title: "number199", At: noon}, 5)
	if len(got) != 1 || got[0].ID != "199" {
		t.Errorf("%+v", got)
	}
	hostile := hostileTexts()
	start := time.Now()
	for i, s := range hostile {
		d := triage.Doc{ID: fmt.Sprint("h", i), Title: s[:min(len(s), 200)], Body: s, At: noon, Findings: []string{s[:min(len(s), 10)]}}
		x.Put(d)
		x.Like(d, 5)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("%d hostile texts took %v", len(hostile), took)
	}
}

func hostileTexts() []string {
	zalgo := "e" + strings.Repeat("\u0301", 30_000)
	return []string{
		"", "\xff\xfe\x00", zalgo, strings.Repeat("x", 65_536), strings.Repeat("a ", 32_768), strings.Repeat("ﷺ", 20_000), strings.Repeat("🙂", 16_000),
		strings.Repeat("\u202e", 20_000), "<script>alert(1)</script>", strings.Repeat("ﬀ", 20_000),
		func() string {
			var b strings.Builder
			for i := range 12_000 {
				fmt.Fprintf(&b, "w%d ", i)
			}
			return b.String()
		}(),
	}
}
