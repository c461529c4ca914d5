package console

import (
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// places says where on the line of time a sample is. Two stretches cannot be compared
// by their clocks, so time goes on from one to the next, with a gap that is seen.
type places struct {
	starts []float64 // of each stretch, in seconds
	long   float64   // the whole line, in seconds; never 0
	r      *diagnostics.Recording
}

// betweenStretches is how wide the gap between two stretches is drawn at most, in
// seconds. A machine may have been off for a day.
const betweenStretches = 20.0

func placesOf(r *diagnostics.Recording) places {
	p := places{r: r}
	at := 0.0
	for i, s := range r.Stretches {
		if i > 0 {
			gap := betweenStretches
			if real := s.Start.Sub(r.Stretches[i-1].End()).Seconds(); s.Why != "clock_set" && real > 0 {
				gap = min(real, betweenStretches)
			}
			at += gap
		}
		p.starts = append(p.starts, at)
		if n := len(s.Samples); n > 0 {
			at += float64(s.Samples[n-1].MS) / 1000
		}
	}
	p.long = max(at, 1)
	return p
}

func (p places) of(stretch, sample int) float64 {
	return p.starts[stretch] + float64(p.r.Stretches[stretch].Samples[sample].MS)/1000
}

// recordedSeries is what the page draws. Each list has one entry a sample, in the
// order of recording; a null is a gap.
type recordedSeries struct {
	X       []float64        `json:"x"`  // seconds along the line
	At      []float64        `json:"at"` // the machine's clock, Unix seconds
	Columns []recordedColumn `json:"columns"`
	Names   []string         `json:"names"`
	Top     [][][4]int64     `json:"top"`
	Mark    int              `json:"mark"` // the sample, or -1
	Breaks  []recordedBreak  `json:"breaks"`
}

type recordedColumn struct {
	Label  string     `json:"label"`
	Unit   string     `json:"unit"`
	Top    float64    `json:"top"`
	Values []*float64 `json:"values"`
}

type recordedBreak struct {
	X   float64 `json:"x"`
	Why string  `json:"why"`
}

func seriesOf(r *diagnostics.Recording) recordedSeries {
	out := recordedSeries{X: []float64{}, At: []float64{}, Names: r.Names, Top: [][][4]int64{}, Mark: -1, Breaks: []recordedBreak{}}
	if out.Names == nil {
		out.Names = []string{}
	}
	order := inOrder(r.Columns)
	for _, c := range order {
		n := numberOf(r.Columns[c])
		out.Columns = append(out.Columns, recordedColumn{Label: n.Label, Unit: r.Columns[c].Unit, Top: n.Top, Values: []*float64{}})
	}
	p := placesOf(r)
	marked, at, ok := r.Marked()
	for i, s := range r.Stretches {
		if i > 0 {
			out.gap(p.starts[i], s)
		}
		for n, one := range s.Samples {
			if n > 0 && one.MS-s.Samples[n-1].MS > stoodStill.Milliseconds() {
				out.gap(p.of(i, n), diagnostics.RecordStretch{Start: s.At(n)})
			}
			if ok && i == marked && n == at {
				out.Mark = len(out.X)
			}
			out.X, out.At = append(out.X, p.of(i, n)), append(out.At, unix(s.At(n)))
			for k, c := range order {
				var v *float64
				if f, read := r.Value(one, c); read {
					v = &f
				}
				out.Columns[k].Values = append(out.Columns[k].Values, v)
			}
			top := one.Top
			if top == nil {
				top = [][4]int64{}
			}
			out.Top = append(out.Top, top)
		}
	}
	return out
}

// gap ends the lines before a sample.
func (out *recordedSeries) gap(x float64, s diagnostics.RecordStretch) {
	if s.Why != "" {
		out.Breaks = append(out.Breaks, recordedBreak{X: x, Why: s.Why})
	}
	out.X, out.At = append(out.X, x-0.5), append(out.At, unix(s.Start))
	for k := range out.Columns {
		out.Columns[k].Values = append(out.Columns[k].Values, nil)
	}
	out.Top = append(out.Top, [][4]int64{})
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
