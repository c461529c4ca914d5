package console

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/metrics"
)

// chart is one picture of an endpoint's past: lines that have a unit in common.
type chart struct {
	Key    string
	Title  string
	Unit   string
	Most   float64 // the top of the scale; 0: as the values need
	Series []chartLine
}

type chartLine struct {
	Name  string // of the metric on the wire
	Label string
}

// scoreName stands for the health score among the metrics.
const scoreName = "score"

func line(m diagnostics.Metric) chartLine { return chartLine{m.Info().Name, m.Info().Label} }

// charts lists the pictures in the order of the page.
func charts() []chart {
	return []chart{
		{"use", "Processor, memory, disk", "%", 100, []chartLine{line(diagnostics.CPUBusy), line(diagnostics.MemoryUsed), line(diagnostics.DiskUsed)}},
		{"net", "Network", "KiB/s", 0, []chartLine{line(diagnostics.NetReceived), line(diagnostics.NetSent)}},
		{"score", "Health", "", 100, []chartLine{{scoreName, "Health score"}}},
		{"load", "Load per core", "", 0, []chartLine{line(diagnostics.LoadPerCore)}},
		{"disk", "Disk activity", "%", 100, []chartLine{line(diagnostics.DiskBusy)}},
		{"server", "Round trip to the server", "ms", 0, []chartLine{line(diagnostics.ServerRTT)}},
	}
}

func seriesName(name string) string {
	if name == scoreName {
		return metrics.ScoreSeries
	}
	return metrics.Prefix + name
}

// points is how many values a chart's line has at most.
const points = 360

// chartData is what a chart is drawn from. Times are Unix seconds; a value that
// is not there is null.
type chartData struct {
	From   int64              `json:"from"`
	To     int64              `json:"to"`
	Charts map[string]columns `json:"charts"`
}

type columns struct {
	Times  []float64    `json:"times"`
	Values [][]*float64 `json:"values"`
}

// endpointSeries sends what an endpoint's charts are drawn from.
func (c *Console) endpointSeries(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	id := r.PathValue("id")
	if _, err := c.Fleet.Get(r.Context(), actor, id); err != nil {
		return err
	}
	to := c.Now()
	from := to.Add(-spanOf(r.URL.Query().Get("range")).Long)
	d := chartData{From: from.Unix(), To: to.Unix(), Charts: map[string]columns{}}
	for _, ch := range charts() {
		var err error
		if d.Charts[ch.Key], err = c.columns(r.Context(), id, ch, from, to); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(d); err != nil && r.Context().Err() == nil {
		c.Log.Error("an endpoint's charts were not sent", "endpoint", id, "err", err)
	}
	return nil
}

// columns joins the lines of a chart on their times.
func (c *Console) columns(ctx context.Context, id string, ch chart, from, to time.Time) (columns, error) {
	lines := make([]map[int64]float64, len(ch.Series))
	seen := map[int64]bool{}
	for i, s := range ch.Series {
		list, err := c.Series.Range(ctx, id, seriesName(s.Name), from, to, points)
		if err != nil {
			return columns{}, err
		}
		lines[i] = map[int64]float64{}
		for _, p := range list {
			t := p.At.UnixMilli()
			lines[i][t], seen[t] = p.Value, true
		}
	}
	times := make([]int64, 0, len(seen))
	for t := range seen {
		times = append(times, t)
	}
	slices.Sort(times)
	out := columns{Times: make([]float64, len(times)), Values: make([][]*float64, len(lines))}
	for i := range lines {
		out.Values[i] = make([]*float64, len(times))
	}
	for n, t := range times {
		out.Times[n] = float64(t) / 1000
		for i := range lines {
			if v, ok := lines[i][t]; ok {
				out.Values[i][n] = &v
			}
		}
	}
	return out, nil
}

// readingRow is a metric over the span of the charts, in figures: what the charts
// say to who does not see them.
type readingRow struct {
	Label                  string
	Now, Least, Mean, Most string
}

// readings returns the figures. While the series are still being opened there are
// none, and the page has the rest.
func (c *Console) readings(r *http.Request, id string, long time.Duration) ([]readingRow, error) {
	to := c.Now()
	var out []readingRow
	for _, m := range diagnostics.Metrics() {
		list, err := c.Series.Range(r.Context(), id, metrics.Prefix+m.Info().Name, to.Add(-long), to, points)
		if fault.Is(err, fault.Unavailable) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			continue
		}
		least, most, sum := list[0].Value, list[0].Value, 0.0
		for _, p := range list {
			least, most, sum = min(least, p.Value), max(most, p.Value), sum+p.Value
		}
		show := func(v float64) string { return withUnit(v, m.Info().Unit) }
		out = append(out, readingRow{m.Info().Label, show(list[len(list)-1].Value), show(least), show(sum / float64(len(list))), show(most)})
	}
	return out, nil
}

func withUnit(v float64, unit string) string {
	switch unit {
	case "%":
		return kit.Percent(v)
	case "KiB/s":
		return kit.Rate(v)
	case "ms":
		return kit.MillisOf(v)
	}
	s := kit.Number(v)
	if unit != "" {
		s += " " + unit
	}
	return s
}
