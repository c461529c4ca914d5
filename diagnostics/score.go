package diagnostics

import (
	"cmp"
	"fmt"
	"slices"
)

// Reason is one thing that a score lost points for.
type Reason struct {
	Points   int    `json:"points"` // lost, 1 to 100
	Sentence string `json:"sentence"`
	Code     Code   `json:"code,omitempty"`   // the finding, or
	Metric   string `json:"metric,omitempty"` // the metric's wire name
}

// Score says how well a machine is, from 0 to 100, and why it is not 100, worst
// reason first. It is not ok when the sample holds no readings: then the score
// is unknown, which is neither 0 nor 100.
//
// A finding costs 40 points when it is critical, 15 when it is a warning and 2
// when it is information; a quarter of that when another finding here explains
// it. A reading costs points only while no finding says the same more exactly.
func Score(s Sample, findings []Finding) (score int, reasons []Reason, ok bool) {
	if s.filled == 0 {
		return 0, nil, false
	}
	var said map[Code]bool // nil of most machines, with which nothing is wrong
	if len(findings) > 0 {
		said = make(map[Code]bool, len(findings))
	}
	for _, f := range findings {
		said[f.Code] = true
	}
	for _, f := range findings {
		// Findings also come from endpoints: a code counts once, at its worst.
		worst := !slices.ContainsFunc(findings, func(o Finding) bool { return o.Code == f.Code && o.points(said) > f.points(said) })
		if p := f.points(said); p > 0 && worst && !slices.ContainsFunc(reasons, func(r Reason) bool { return r.Code == f.Code }) {
			reasons = append(reasons, Reason{Points: p, Sentence: f.Sentence, Code: f.Code})
		}
	}
	for _, p := range penalties {
		if r, lost := p.reason(s, said); lost {
			reasons = append(reasons, r)
		}
	}
	slices.SortFunc(reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Sentence, b.Sentence))
	})
	score = 100
	for _, r := range reasons {
		score -= r.Points
	}
	return max(score, 0), reasons, true
}

func (f *Finding) points(present map[Code]bool) int {
	points := 0
	switch f.Severity {
	case Critical:
		points = 40
	case Warning:
		points = 15
	case Info:
		points = 2
	}
	if f.CausedBy != "" && f.CausedBy != f.Code && present[f.CausedBy] {
		points /= 4
	}
	return points
}

// penalty is what a metric's readings cost.
type penalty struct {
	metric Metric
	format string // the reason's sentence, with the reading
	bands  []band // the highest first
	covers []Code // findings that say the same more exactly
}

type band struct {
	from   float64
	points int
}

// penalties are all. They are made once: a score is made of every frame of every endpoint.
var penalties = []penalty{
	{CPUBusy, "The processor is %.0f %% busy.", []band{{98, 10}, {90, 4}}, []Code{CPUSaturated, ProcessRunaway, CPUSteal}},
	{LoadPerCore, "%.1f tasks wait for each core.", []band{{4, 8}, {2, 3}}, []Code{CPUSaturated, ProcessRunaway, ProcessesBlocked, DiskSaturated, DiskNoAnswer}},
	{MemoryUsed, "%.0f %% of memory is in use.", []band{{97, 20}, {92, 6}}, []Code{MemoryExhausted, MemorySwapping, ProcessGrowing}},
	{SwapUsed, "%.0f %% of swap is in use.", []band{{90, 4}}, []Code{MemoryExhausted, MemorySwapping}},
	{DiskUsed, "The fullest disk is %.1f %% full.", []band{{98, 15}, {95, 8}, {90, 3}}, []Code{DiskFull, DiskNearlyFull}},
	{DiskBusy, "A disk is busy %.0f %% of the time.", []band{{95, 5}}, []Code{DiskSaturated}},
	{NetErrors, "%.0f network errors and drops a second.", []band{{100, 8}, {10, 3}}, []Code{LinkErrors, PacketLoss}},
	{ServerRTT, "The server answers in %.0f ms.", []band{{2000, 6}, {500, 2}}, []Code{NetworkSlow}},
	{Temperature, "The hottest sensor shows %.0f °C.", []band{{97, 10}, {90, 3}}, []Code{CPUHot, CPUThrottled}},
}

func (p *penalty) reason(s Sample, said map[Code]bool) (Reason, bool) {
	v, ok := s.Get(p.metric)
	if !ok || slices.ContainsFunc(p.covers, func(c Code) bool { return said[c] }) {
		return Reason{}, false
	}
	for _, b := range p.bands {
		if v >= b.from {
			return Reason{Points: b.points, Sentence: fmt.Sprintf(p.format, v), Metric: p.metric.Info().Name}, true
		}
	}
	return Reason{}, false
}
