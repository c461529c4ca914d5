package triage

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Sample is a closed ticket and what it was, in one respect: its category, or its
// team. Samples are given in the order of time.
type Sample struct {
	Text
	Label string
}

// The bounds of what is learned. With all of them reached, a model holds 16 MB, and
// learning takes as much again for a while.
const (
	MaxSamples  = 20_000
	maxLabels   = 64 // the most frequent ones; the others are never suggested
	maxFeatures = 60_000
	minLabel    = 5  // tickets with a label before it is suggested
	minSamples  = 50 // tickets before anything is
	rounds      = 8
	breath      = 64 // texts between two breaths

	calibratedOn = 6 // every sixth part, the newest, is kept apart to see how sure it may be
)

// Model guesses a label. It is a softmax regression over the features of a text,
// learned by stochastic steps; measured against naive Bayes it was the better one
// on short texts with wrong labels (see docs/triage.md).
type Model struct {
	labels  []string
	index   map[uint64]int32
	weights []float32 // a row of len(labels) for each feature
	bias    []float32
	sure    []step // from the model's own certainty to how often it was right
	Trained Trained
}

// Trained says what a model was learned from.
type Trained struct {
	Samples, Labels, Features int
	HeldOut                   int     // the newest tickets, on which it was measured before they were learned from too
	Top1                      float64 // the share of them that it would have guessed right
	Commonest                 float64 // the share that always guessing the commonest would have
}

// Guess is what a ticket might be, and how sure that is: of a hundred guesses with
// 0.8, about eighty were right.
type Guess struct {
	Label      string
	Confidence float64
	Because    []string // the words and findings that said so most
}

// Learn returns a model of the samples; nil when there are too few to learn from.
// Only the newest MaxSamples count. breathe is called every few milliseconds of
// work, so that whoever shares the processor gets it too; its error ends all.
func Learn(samples []Sample, breathe func() error) (*Model, error) {
	samples = samples[max(0, len(samples)-MaxSamples):]
	labels := labelsOf(samples)
	samples = slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool { return !slices.Contains(labels, s.Label) })
	if len(samples) < minSamples || len(labels) < 2 {
		return nil, nil
	}
	docs := make([][]uint64, len(samples))
	for i, s := range samples {
		if i%breath == 0 {
			if err := breathe(); err != nil {
				return nil, err
			}
		}
		docs[i] = features(s.Text)
	}
	// First without the newest, to see on them how sure to be; then with all.
	cut := len(samples) - len(samples)/calibratedOn
	trial, err := fit(labels, samples[:cut], docs[:cut], breathe)
	if err != nil {
		return nil, err
	}
	m, err := fit(labels, samples, docs, breathe)
	if err != nil {
		return nil, err
	}
	m.sure, m.Trained = trial.judge(samples[cut:], docs[cut:])
	m.Trained.Samples, m.Trained.Labels, m.Trained.Features = len(samples), len(labels), len(m.index)
	return m, nil
}

// labelsOf lists the labels worth learning, the commonest first.
func labelsOf(samples []Sample) []string {
	count := map[string]int{}
	for _, s := range samples {
		if s.Label != "" {
			count[s.Label]++
		}
	}
	var out []string
	for l, n := range count {
		if n >= minLabel {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	return out[:min(len(out), maxLabels)]
}

// vocabulary numbers the features that are in two texts at least, the commonest
// when there are too many.
func vocabulary(docs [][]uint64) map[uint64]int32 {
	count := map[uint64]int32{}
	for _, d := range docs {
		for _, f := range d {
			count[f]++
		}
	}
	type item struct {
		f uint64
		n int32
	}
	var list []item
	for f, n := range count {
		if n > 1 {
			list = append(list, item{f, n})
		}
	}
	slices.SortFunc(list, func(a, b item) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.f, b.f)) })
	list = list[:min(len(list), maxFeatures)]
	out := make(map[uint64]int32, len(list))
	for i, x := range list {
		out[x.f] = int32(i)
	}
	return out
}

// fit learns weights. Steps shrink feature by feature (AdaGrad), so that rare words
// are learned from as well as common ones.
func fit(labels []string, samples []Sample, docs [][]uint64, breathe func() error) (*Model, error) {
	const rate, decay, smooth = 0.25, 2e-5, 0.08
	k := len(labels)
	m := &Model{labels: labels, index: vocabulary(docs), bias: make([]float32, k)}
	m.weights = make([]float32, len(m.index)*k)
	speed := make([]float32, len(m.index)) // the sum of squares of what each feature has moved
	number := map[string]int{}
	for i, l := range labels {
		number[l] = i
	}
	rows, common := make([][]int32, len(docs)), make([]float64, k)
	for i, d := range docs {
		rows[i] = m.known(d)
		common[number[samples[i].Label]] += 1 / float64(len(docs))
	}
	for i, p := range common {
		m.bias[i] = float32(math.Log(p + 1e-4))
	}
	p := make([]float32, k)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	chance := uint64(88172645463325252)
	for range rounds {
		for i := len(order) - 1; i > 0; i-- { // the same shuffle in every process
			chance ^= chance << 13
			chance ^= chance >> 7
			chance ^= chance << 17
			j := int(chance % uint64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		for n, i := range order {
			if n%breath == 0 {
				if err := breathe(); err != nil {
					return nil, err
				}
			}
			row := rows[i]
			if len(row) == 0 {
				continue
			}
			value := valueOf(row)
			m.scores(row, value, p)
			softmax(p)
			// People err in labels too: no certainty is worth more than this.
			for c := range p {
				p[c] -= smooth / float32(k)
			}
			p[number[samples[i].Label]] -= 1 - smooth
			var square float32
			for _, g := range p {
				square += g * g
			}
			square *= value * value
			for _, f := range row {
				speed[f] += square
				by := float32(rate / math.Sqrt(float64(speed[f])+1e-8))
				w := m.weights[int(f)*k : int(f)*k+k]
				for c, g := range p {
					w[c] -= by * (g*value + decay*w[c])
				}
			}
			for c, g := range p {
				m.bias[c] -= 0.01 * g
			}
		}
	}
	return m, nil
}

// known returns the numbers of the features that the model knows.
func (m *Model) known(features []uint64) []int32 {
	out := make([]int32, 0, len(features))
	for _, f := range features {
		if i, ok := m.index[f]; ok {
			out = append(out, i)
		}
	}
	return out
}

// valueOf makes a long text count as much as a short one.
func valueOf(row []int32) float32 { return float32(1 / math.Sqrt(float64(max(len(row), 1)))) }

func (m *Model) scores(row []int32, value float32, into []float32) {
	k := len(m.labels)
	copy(into, m.bias)
	for _, f := range row {
		w := m.weights[int(f)*k : int(f)*k+k]
		for c := range into {
			into[c] += value * w[c]
		}
	}
}

func softmax(p []float32) {
	top := slices.Max(p)
	var sum float32
	for i, v := range p {
		p[i] = float32(math.Exp(float64(v - top)))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

// Guess returns the n likeliest labels, the likeliest first. A model that knows
// nothing of a text says nothing.
func (m *Model) Guess(t Text, n int) []Guess {
	if m == nil {
		return nil
	}
	all := features(t)
	if len(m.known(all[:len(all)-traits])) == 0 {
		return nil // the kind and the system alone say what is common, not what this is
	}
	row := m.known(all)
	p := make([]float32, len(m.labels))
	m.scores(row, valueOf(row), p)
	softmax(p)
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(p[b], p[a]), cmp.Compare(a, b)) })
	var out []Guess
	left := 1.0
	for place, c := range order[:min(n, len(order))] {
		g := Guess{Label: m.labels[c]}
		if place == 0 {
			g.Confidence = certain(m.sure, float64(p[c]))
			g.Because = m.because(t, c)
		} else { // what the first one leaves, in the model's own proportions
			g.Confidence = (1 - out[0].Confidence) * float64(p[c]) / max(1-float64(p[order[0]]), 1e-9)
			g.Confidence = min(g.Confidence, left, out[place-1].Confidence)
		}
		left -= g.Confidence
		out = append(out, g)
	}
	return out
}

// because lists at most three words or findings that speak for a label most.
func (m *Model) because(t Text, label int) []string {
	k := len(m.labels)
	gain := func(h uint64) float32 {
		f, ok := m.index[h]
		if !ok {
			return 0
		}
		w := m.weights[int(f)*k : int(f)*k+k]
		var mean float32
		for _, v := range w {
			mean += v
		}
		return w[label] - mean/float32(k)
	}
	type item struct {
		s string
		g float32
	}
	var list []item
	add := func(s string, g float32) {
		if g > 0 && !slices.ContainsFunc(list, func(x item) bool { return x.s == s }) {
			list = append(list, item{s, g})
		}
	}
	for _, w := range append(tokens(t.Title), tokens(t.Body)...) {
		g := gain(hashOf(word, w))
		for _, p := range pieces(w) {
			g += gain(hashOf(piece, p)) / 2
		}
		add(w, g)
	}
	for _, f := range t.Findings[:min(len(t.Findings), maxFindings)] {
		area, _, _ := strings.Cut(f, ".")
		add(f, gain(hashOf(finding, f))+gain(hashOf(finding, area)))
	}
	slices.SortStableFunc(list, func(a, b item) int { return cmp.Compare(b.g, a.g) })
	var out []string
	for _, x := range list[:min(3, len(list))] {
		out = append(out, x.s)
	}
	return out
}

// step is: from this certainty of the model on, so often it was right.
type step struct{ from, right float64 }

// judge measures a model on tickets that it has not seen.
func (m *Model) judge(samples []Sample, docs [][]uint64) ([]step, Trained) {
	type point struct {
		p     float64
		right float64
	}
	points := make([]point, 0, len(samples))
	t := Trained{HeldOut: len(samples)}
	p := make([]float32, len(m.labels))
	for i, d := range docs {
		row := m.known(d)
		m.scores(row, valueOf(row), p)
		softmax(p)
		best := 0
		for c := range p {
			if p[c] > p[best] {
				best = c
			}
		}
		x := point{p: float64(p[best])}
		if m.labels[best] == samples[i].Label {
			x.right = 1
			t.Top1 += 1 / float64(len(samples))
		}
		if m.labels[0] == samples[i].Label {
			t.Commonest += 1 / float64(len(samples))
		}
		points = append(points, x)
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.p, b.p) })
	// Neighbours that stand the wrong way round are put together, until more
	// certainty never means less often right. One right and one wrong of before
	// keep a handful of tickets from looking like certainty.
	type pool struct{ from, right, n float64 }
	var pools []pool
	for _, x := range points {
		pools = append(pools, pool{x.p, x.right, 1})
		for len(pools) > 1 {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			if a.right*b.n < b.right*a.n && a.n >= 10 {
				break
			}
			pools = append(pools[:len(pools)-2], pool{a.from, a.right + b.right, a.n + b.n})
		}
	}
	out := make([]step, len(pools))
	for i, x := range pools {
		out[i] = step{x.from, (x.right + 1) / (x.n + 2)}
	}
	return out, t
}

// certain translates the model's certainty into how often it was right with it.
func certain(sure []step, p float64) float64 {
	i, _ := slices.BinarySearchFunc(sure, p, func(s step, p float64) int {
		if s.from <= p {
			return -1
		}
		return 1
	})
	if i == 0 {
		if len(sure) == 0 {
			return 0
		}
		return sure[0].right
	}
	return sure[i-1].right
}
