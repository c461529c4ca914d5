package triage_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/triage"
	"github.com/deskbell/deskbell/server/triage/corpus"
)

func onwards() error { return nil }

func textOf(c corpus.Ticket) triage.Text {
	return triage.Text{Title: c.Title, Body: c.Body, Findings: c.Findings, Kind: c.Kind, OS: c.OS}
}

func samplesOf(list []corpus.Ticket) []triage.Sample {
	out := make([]triage.Sample, len(list))
	for i, c := range list {
		out[i] = triage.Sample{Text: textOf(c), Label: c.Category}
	}
	return out
}

// TestModelIsWorthItsWord learns the older tickets and guesses the newer ones: much
// better than always the commonest, and as sure as it is right.
func TestModelIsWorthItsWord(t *testing.T) {
	o := corpus.Default()
	o.Tickets = 4000
	all := corpus.Make(o)
	cut := len(all) * 8 / 10
	m, err := triage.Learn(samplesOf(all[:cut]), onwards)
	if err != nil || m == nil {
		t.Fatal(m, err)
	}
	var right, sum, gap float64
	var bins [10]struct{ n, sure, right float64 }
	for _, c := range all[cut:] {
		g := m.Guess(textOf(c), 3)
		if len(g) != 3 || g[0].Confidence < g[1].Confidence || g[1].Confidence < g[2].Confidence || g[0].Confidence+g[1].Confidence+g[2].Confidence > 1.0001 || g[2].Confidence < 0 {
			t.Fatalf("%+v", g)
		}
		b := &bins[min(int(g[0].Confidence*10), 9)]
		b.n, b.sure = b.n+1, b.sure+g[0].Confidence
		if sum++; g[0].Label == c.Category {
			right++
			b.right++
		}
	}
	for _, b := range bins {
		gap += math.Abs(b.sure-b.right) / sum
	}
	t.Logf("right %.3f of %v, calibration error %.3f, %+v", right/sum, sum, gap, m.Trained)
	if right/sum < 0.8 || gap > 0.06 {
		t.Errorf("right in %.3f, %.3f beside its own certainty", right/sum, gap)
	}
	g := m.Guess(triage.Text{Title: "Papierstau im Drucker", Kind: "incident"}, 1)
	if len(g) != 1 || g[0].Label != "printing" || g[0].Confidence < 0.7 || !slices.Contains(g[0].Because, "drucker") && !slices.Contains(g[0].Because, "papierstau") {
		t.Errorf("%+v", g)
	}
	if g := m.Guess(triage.Text{Title: "qqqq"}, 1); len(g) == 1 && g[0].Confidence > 0.7 {
		t.Errorf("sure of nothing: %+v", g)
	}
}

// TestModelSaysNothingOfNothing: a new desk has nothing to learn from.
func TestModelSaysNothingOfNothing(t *testing.T) {
	all := samplesOf(corpus.Make(corpus.Default()))
	same := slices.Clone(all[:200])
	for i := range same {
		same[i].Label = "one"
	}
	for name, list := range map[string][]triage.Sample{"none": nil, "few": all[:20], "one label": same} {
		m, err := triage.Learn(list, onwards)
		if m != nil || err != nil {
			t.Errorf("%s: %v %v", name, m, err)
		}
		if g := m.Guess(triage.Text{Title: "x"}, 3); g != nil {
			t.Errorf("%s: %v", name, g)
		}
	}
}

// TestLearningIsBoundedAndStops: the longest and strangest texts, and a server that
// goes down.
func TestLearningIsBoundedAndStops(t *testing.T) {
	var list []triage.Sample
	for i, s := range slices.Repeat(hostileTexts(), 20) {
		list = append(list, triage.Sample{Text: triage.Text{Title: s[:min(len(s), 200)], Body: s, Findings: slices.Repeat([]string{s[:min(len(s), 99)]}, 500)}, Label: []string{"a", "b"}[i%2]})
	}
	start := time.Now()
	m, err := triage.Learn(list, onwards)
	if err != nil || m == nil {
		t.Fatal(m, err)
	}
	for _, s := range list {
		m.Guess(s.Text, 3)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	breaths := 0
	end := func() error {
		if breaths++; breaths > 300 {
			return context.Canceled
		}
		return nil
	}
	if _, err := triage.Learn(samplesOf(corpus.Make(corpus.Default())), end); err != context.Canceled || breaths != 301 {
		t.Error("goes on after the end")
	}
	if g := m.Guess(triage.Text{Title: strings.Repeat("\u0301", 200)}, 1); len(g) > 1 {
		t.Error(g)
	}
}

// TestCorpusIsTheSame: figures can be measured again.
func TestCorpusIsTheSame(t *testing.T) {
	a, b := corpus.Make(corpus.Default()), corpus.Make(corpus.Default())
	held := 0
	for i := range a {
		if a[i].Title != b[i].Title || a[i].Category != b[i].Category || a[i].At != b[i].At {
			t.Fatal(a[i], b[i])
		}
		if i > 0 && a[i].At.Before(a[i-1].At.Add(-2*time.Hour)) {
			t.Fatalf("ticket %d is out of time", i)
		}
		if a[i].HeldOut {
			held++
		}
	}
	if held < len(a)/5 || held > len(a)/2 {
		t.Errorf("%d of %d are held out", held, len(a))
	}
}
