//go:build linux

package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/server/triage"
	"github.com/deskbell/deskbell/server/triage/corpus"
)

// speaks is how sure a suggestion has to be to be shown, as in server/desk.
const speaks = 0.6

// guesses is how often a way of guessing was right on tickets that it had not seen.
type guesses struct {
	Tickets   int     `json:"tickets"`
	Learned   int     `json:"learned_from"`
	Top1      float64 `json:"top1"`
	Top3      float64 `json:"top3"`
	Commonest float64 `json:"always_the_commonest"`
	Bayes1    float64 `json:"naive_bayes_top1"`
	Bayes3    float64 `json:"naive_bayes_top3"`
	Said      float64 `json:"said"`       // the share where something was said at all
	SaidRight float64 `json:"said_right"` // of those
	Gap       float64 `json:"calibration_error"`
	LearnMS   float64 `json:"learn_ms"`
	GuessUS   float64 `json:"guess_us"`
}

// splitBy parts the corpus by time, the older four fifths to learn from. Held out
// are sentences too: of those that are learned from none is asked about.
func splitBy(all []corpus.Ticket, sentences bool) (learn, ask []corpus.Ticket) {
	cut := len(all) * 4 / 5
	for i, t := range all {
		if sentences && t.Template != "vague" && t.HeldOut != (i >= cut) {
			continue
		}
		if i < cut {
			learn = append(learn, t)
		} else {
			ask = append(ask, t)
		}
	}
	return learn, ask
}

func textOf(t corpus.Ticket) triage.Text {
	return triage.Text{Title: t.Title, Body: t.Body, Findings: t.Findings, Kind: t.Kind, OS: t.OS}
}

// guess measures the model on one split, for one respect of a ticket.
func guess(ctx context.Context, learn, ask []corpus.Ticket, label func(corpus.Ticket) string) (guesses, error) {
	g := guesses{Tickets: len(ask), Learned: len(learn)}
	count := map[string]int{}
	var samples []triage.Sample
	for _, t := range learn {
		samples = append(samples, triage.Sample{Text: textOf(t), Label: label(t)})
		count[label(t)]++
	}
	commonest := ""
	for l, n := range count {
		if n > count[commonest] {
			commonest = l
		}
	}
	start := time.Now()
	m, err := triage.Learn(samples, ctx.Err)
	if err != nil {
		return g, err
	}
	g.LearnMS = float64(time.Since(start).Microseconds()) / 1000
	bayes := newBayes(learn, label)
	n := float64(len(ask))
	var bins [10]struct{ n, sure, right float64 }
	start = time.Now()
	for _, t := range ask {
		list := m.Guess(textOf(t), 3)
		for i, x := range list {
			if x.Label == label(t) {
				g.Top3 += 1 / n
				if i == 0 {
					g.Top1 += 1 / n
				}
			}
		}
		if len(list) == 0 {
			continue
		}
		right := 0.0
		if list[0].Label == label(t) {
			right = 1
		}
		b := &bins[min(int(list[0].Confidence*10), 9)]
		b.n, b.sure, b.right = b.n+1, b.sure+list[0].Confidence, b.right+right
		if list[0].Confidence >= speaks {
			g.Said += 1 / n
			g.SaidRight += right
		}
	}
	g.GuessUS = float64(time.Since(start).Microseconds()) / n
	if g.Said > 0 {
		g.SaidRight /= g.Said * n
	}
	for _, b := range bins {
		g.Gap += math.Abs(b.sure-b.right) / n
	}
	for _, t := range ask {
		if label(t) == commonest {
			g.Commonest += 1 / n
		}
		for i, l := range bayes.top(t, 3) {
			if l == label(t) {
				g.Bayes3 += 1 / n
				if i == 0 {
					g.Bayes1 += 1 / n
				}
			}
		}
	}
	return g, nil
}

// bayes is the simplest thing that could do the job: multinomial naive Bayes over
// words and findings.
type bayes struct {
	count map[string]map[string]float64
	words map[string]float64
	docs  map[string]float64
	known map[string]float64
	n     float64
}

func newBayes(list []corpus.Ticket, label func(corpus.Ticket) string) *bayes {
	b := &bayes{count: map[string]map[string]float64{}, words: map[string]float64{}, docs: map[string]float64{}, known: map[string]float64{}}
	for _, t := range list {
		l := label(t)
		if b.count[l] == nil {
			b.count[l] = map[string]float64{}
		}
		b.docs[l]++
		b.n++
		for _, w := range wordsOf(t) {
			b.count[l][w]++
			b.words[l]++
			b.known[w]++
		}
	}
	return b
}

func wordsOf(t corpus.Ticket) []string {
	out := strings.FieldsFunc(strings.ToLower(t.Title+" "+t.Body), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, f := range t.Findings {
		out = append(out, "finding "+f)
	}
	return out
}

func (b *bayes) top(t corpus.Ticket, n int) []string {
	const alpha = 0.5
	var labels []string
	score := map[string]float64{}
	words := wordsOf(t)
	for l := range b.count {
		s := math.Log(b.docs[l] / b.n)
		for _, w := range words {
			if b.known[w] > 1 {
				s += math.Log((b.count[l][w] + alpha) / (b.words[l] + alpha*float64(len(b.known))))
			}
		}
		score[l] = s
		labels = append(labels, l)
	}
	slices.SortFunc(labels, func(x, y string) int {
		switch {
		case score[x] > score[y]:
			return -1
		case score[x] < score[y]:
			return 1
		}
		return strings.Compare(x, y)
	})
	return labels[:min(n, len(labels))]
}

// outages measures how often a ticket of an outage has an earlier one of it beside it.
type outages struct {
	Asked     int     `json:"asked"`
	Found     float64 `json:"found"`
	Same      int     `json:"same_finding"`
	SameFound float64 `json:"same_finding_found"`
	AskUS     float64 `json:"ask_us"`
}

func similarOutages(all []corpus.Ticket) outages {
	var o outages
	x := triage.NewIndex(triage.MaxDocs)
	before := map[int][]corpus.Ticket{}
	var took time.Duration
	for _, t := range all {
		d := triage.Doc{ID: fmt.Sprint(t.Number), Title: t.Title, Body: t.Body, Findings: t.Findings, Endpoint: t.Endpoint, Site: t.Site, At: t.At}
		if earlier := before[t.Cause]; t.Cause != 0 && len(earlier) > 0 {
			start := time.Now()
			like := x.Like(d, 5)
			took += time.Since(start)
			hit := slices.ContainsFunc(like, func(m triage.Match) bool {
				return slices.ContainsFunc(earlier, func(e corpus.Ticket) bool { return fmt.Sprint(e.Number) == m.ID })
			})
			same := slices.ContainsFunc(earlier, func(e corpus.Ticket) bool {
				return slices.ContainsFunc(e.Findings, func(f string) bool { return slices.Contains(t.Findings, f) })
			})
			o.Asked++
			if hit {
				o.Found++
			}
			if same {
				o.Same++
				if hit {
					o.SameFound++
				}
			}
		}
		if t.Cause != 0 {
			before[t.Cause] = append(before[t.Cause], t)
		}
		x.Put(d)
	}
	o.AskUS = float64(took.Microseconds()) / float64(max(o.Asked, 1))
	o.Found /= float64(max(o.Asked, 1))
	o.SameFound /= float64(max(o.Same, 1))
	return o
}

// triageRow is the row “triage suggestion on held-out tickets”.
func triageRow(ctx context.Context, _ *bench) (*Result, error) {
	options := corpus.Default()
	all := corpus.Make(options)
	category := func(t corpus.Ticket) string { return t.Category }
	team := func(t corpus.Ticket) string { return t.Team }
	raw := map[string]any{"corpus": options}
	r := &Result{
		How: fmt.Sprintf("The corpus is “Kontor” (server/triage/corpus), an invented office: %d tickets of %d days in German and English, made from sentences with gaps. It is not real text; it is made to be hard in the ways that real text is. "+
			"%.0f %% of the words are mistyped, technicians have filed %.0f %% of the tickets wrongly, %.0f %% do not say what is wrong, %.0f %% change the language in the middle, %.0f %% have a finding that has nothing to do with it; the categories are of very different size, and one of them nobody had before the last third. "+
			"Two splits, both by time, the older four fifths to learn from and the newest fifth to ask about. By time alone, the same sentences come again with other words in their gaps. With sentences held out, every third sentence of each category is only ever asked about and never learned from: it says the same thing in other words, mostly without a common one. "+
			"Labels are compared with what technicians have filed, wrong or not, so that nobody could reach 100 %%. Always-the-commonest and naive Bayes over words are measured on the same splits.",
			options.Tickets, options.Days, 100*options.Typos, 100*options.Wrong, 100*options.Vague, 100*options.Mixed, 100*options.Beside),
		Raw: raw,
	}
	for _, of := range []struct {
		name  string
		label func(corpus.Ticket) string
	}{{"category", category}, {"team", team}} {
		for _, split := range []struct {
			name      string
			sentences bool
		}{{"split by time", false}, {"split by time, sentences held out", true}} {
			learn, ask := splitBy(all, split.sentences)
			g, err := guess(ctx, learn, ask, of.label)
			if err != nil {
				return nil, err
			}
			raw[of.name+", "+split.name] = g
			what := fmt.Sprintf("suggested %s, %s", of.name, split.name)
			r.Lines = append(r.Lines,
				Line{What: what + ": top-1 right", Unit: "%", Bare: 100 * g.Commonest, BareIs: "always the commonest " + of.name + ".", Deskbell: 100 * g.Top1},
				Line{What: what + ": top-3 right", Unit: "%", Bare: 100 * g.Bayes3, BareIs: "naive Bayes over words and findings, top-3.", Deskbell: 100 * g.Top3})
			r.Notes = append(r.Notes, fmt.Sprintf("%s, %s: %d tickets asked about, %d learned from in %.0f ms, %.0f µs a guess. Naive Bayes: top-1 %.1f %%. At a confidence of %.1f and more something is said of %.0f %% of the tickets, and is right in %.1f %%; what is said and what is right differ by %.3f in the mean of ten bins.",
				of.name, split.name, g.Tickets, g.Learned, g.LearnMS, g.GuessUS, 100*g.Bayes1, speaks, 100*g.Said, 100*g.SaidRight, g.Gap))
		}
	}
	o := similarOutages(all)
	raw["outages"] = o
	r.Lines = append(r.Lines, Line{What: "similar tickets: an earlier ticket of the same outage is among the five beside it", Unit: "%", Deskbell: 100 * o.Found})
	r.Notes = append(r.Notes, fmt.Sprintf("Similar tickets: %d tickets of outages that had begun. Where an earlier one had a finding in common (%d), it was listed in %.0f %%. One question takes %.0f µs among %d tickets.", o.Asked, o.Same, 100*o.SameFound, o.AskUS, len(all)))
	return r, nil
}
