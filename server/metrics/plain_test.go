package metrics

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/diagnostics"
)

// plainWorld is a store with endpoints at some sites, some of them silent and some
// unknown, which has heard of everything for ten minutes.
func plainWorld(t *testing.T, random *rand.Rand) (e *Engine, now time.Time) {
	now = time.Now().Truncate(time.Minute)
	clock := now.Add(-10 * time.Minute)
	s := New(Options{Dir: t.TempDir(), Now: func() time.Time { return clock }}, slog.New(slog.DiscardHandler))
	if err := s.openWithRoom(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.shut)
	var facts []Facts
	for i := range 60 {
		id := fmt.Sprintf("e%02d", i)
		if i%7 > 0 { // of the others nothing is known
			facts = append(facts, Facts{Endpoint: id, Name: "PC" + id, Site: []string{"", "Bern", "Köln", `"odd"`}[random.IntN(4)]})
		}
		at := now.Add(-time.Duration(random.IntN(7*60)) * time.Second) // up to beyond what counts
		b := diagnostics.Sample{At: at}
		for _, m := range diagnostics.Metrics() {
			if random.IntN(6) > 0 {
				b.Set(m, float64(random.IntN(200))/2)
			}
		}
		s.Append(id, []diagnostics.Sample{b}, random.IntN(102)-1)
		if random.IntN(5) > 0 {
			s.Presence(id, at, 1+random.IntN(7), random.IntN(3)-1)
		}
		if random.IntN(3) > 0 {
			s.Expected(id, at, random.Float64(), random.Float64())
		}
	}
	s.Put("site_suffering_ratio", now, 0.5, "site", "Bern")
	if err := s.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock = now
	return NewEngine(s, func() []Facts { return facts }, slog.New(slog.DiscardHandler)), now
}

// asked is an expression by chance, of what plain knows.
func asked(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	op := func() string { return pick("==", "!=", ">", "<", ">=", "<=") }
	metric := func() string {
		return pick("deskbell_cpu_busy_percent", "deskbell_health_score", "deskbell_endpoint_up", "deskbell_endpoint_missed", "deskbell_load_per_core_ratio", "deskbell_endpoint_presence")
	}
	var each func(depth int) string
	each = func(depth int) string {
		if depth == 0 {
			return metric()
		}
		switch random.IntN(5) {
		case 0:
			return fmt.Sprintf("(%s %s %s %.2f)", each(depth-1), op(), pick("", "bool"), 50*random.Float64())
		case 1:
			return fmt.Sprintf("(%s %s on (endpoint) %s)", each(depth-1), pick("and", "unless"), each(depth-1))
		case 2:
			return fmt.Sprintf("(%s %s %s)", each(depth-1), pick("and", "unless"), each(depth-1))
		}
		return each(depth - 1)
	}
	group := func() string {
		x := each(3)
		if random.IntN(2) > 0 {
			x = "(" + x + ") * on (endpoint) group_left (site) deskbell_endpoint_info"
		}
		how := pick("avg", "sum", "count", "min", "max", "quantile")
		if how == "quantile" {
			x = fmt.Sprintf("%.2f, %s", random.Float64(), x)
		}
		x = fmt.Sprintf("%s %s (%s)", how, pick("by (site)", "by ()", ""), x)
		if random.IntN(3) > 0 {
			x = fmt.Sprintf("%s %s %s %.1f", x, op(), pick("", "bool"), 50*random.Float64())
		}
		return x
	}
	if random.IntN(3) == 0 {
		return group() + " " + pick("and", "unless") + " " + group()
	}
	return group()
}

// bySite are values by their labels.
func bySite(t *testing.T, v model.Vector) map[string]float64 {
	out := map[string]float64{}
	for _, s := range v {
		if _, twice := out[s.Metric.String()]; twice {
			t.Errorf("%s is there twice", s.Metric)
		}
		out[s.Metric.String()] = float64(s.Value)
	}
	return out
}

// TestPlain holds what is worked out without the engine against what the engine says,
// for questions and values by chance, and for the rules that are built in.
func TestPlain(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	rules := []string{
		`avg by (site) (((deskbell_endpoint_up == bool 0) unless on (endpoint) (deskbell_endpoint_missed < 0.5 and on (endpoint) deskbell_endpoint_up == 0)) * on (endpoint) group_left (site) deskbell_endpoint_info) > 0.5`,
		`sum by (site) ((deskbell_health_score < bool 70) * on (endpoint) group_left (site) deskbell_endpoint_info) >= 5`,
		`avg by (site) (deskbell_server_rtt_milliseconds * on (endpoint) group_left (site) deskbell_endpoint_info) > 40 and count by (site) (deskbell_server_rtt_milliseconds * on (endpoint) group_left (site) deskbell_endpoint_info) >= 3`,
		`avg(((deskbell_endpoint_up == bool 0) unless on (endpoint) (deskbell_endpoint_missed < 0.5 and on (endpoint) deskbell_endpoint_up == 0))) > 0.25`,
		`quantile(0.9, deskbell_server_rtt_milliseconds) > 50`,
		`avg(deskbell_disk_used_percent > bool 90) > 0.2 and sum(deskbell_disk_used_percent > bool 90) >= 10`,
	}
	said := 0
	for range 4 {
		e, now := plainWorld(t, random)
		list := rules
		for range 120 {
			list = append(list[:len(list):len(list)], asked(random))
		}
		for _, expr := range list {
			got, ok := e.plain(expr, now)
			if !ok {
				t.Errorf("%s is not answered", expr)
				continue
			}
			a, err := e.Instant(t.Context(), expr, now)
			if err != nil {
				t.Fatalf("%s: %v", expr, err)
			}
			g, w := bySite(t, got), bySite(t, a.Value.(model.Vector))
			for k, v := range w {
				if x, there := g[k]; !there || math.Abs(x-v) > 1e-9*max(1, math.Abs(v)) {
					t.Errorf("%s says of %s %v (%v), the engine %v", expr, k, x, there, v)
				}
			}
			if len(g) != len(w) {
				t.Errorf("%s has %d answers, of the engine %d", expr, len(g), len(w))
			}
			said += len(w)
		}
	}
	if said < 200 {
		t.Errorf("there were %d answers only", said)
	}
}

// TestNotPlain lists what only the engine knows.
func TestNotPlain(t *testing.T) {
	e, now := plainWorld(t, rand.New(rand.NewPCG(1, 1)))
	const plain = "avg(deskbell_cpu_busy_percent)"
	if _, ok := e.plain(plain, now); !ok {
		t.Fatal(plain, "is not plain")
	}
	for _, expr := range []string{
		"deskbell_cpu_busy_percent", "deskbell_cpu_busy_percent > 5", // it has labels that are not made here
		"avg(deskbell_cpu_busy_percent offset 1m)", "avg(deskbell_cpu_busy_percent @ 1)", `avg(deskbell_cpu_busy_percent{endpoint="e01"})`,
		"avg(avg_over_time(deskbell_cpu_busy_percent[5m]))", "avg(deskbell_site_suffering_ratio)", "avg(deskbell_endpoint_info)",
		"avg by (endpoint) (deskbell_cpu_busy_percent)", "avg without (site) (deskbell_cpu_busy_percent)", "stddev(deskbell_cpu_busy_percent)", "topk(3, deskbell_cpu_busy_percent)",
		"avg(deskbell_cpu_busy_percent * 2)", "avg(5 < deskbell_cpu_busy_percent)", "avg(deskbell_cpu_busy_percent > deskbell_health_score)",
		"avg(deskbell_cpu_busy_percent and ignoring (endpoint) deskbell_health_score)", "sum(deskbell_cpu_busy_percent or deskbell_health_score)",
		"avg by (name) (deskbell_cpu_busy_percent * on (endpoint) group_left (name) deskbell_endpoint_info)",
		"avg(deskbell_cpu_busy_percent * on (endpoint) deskbell_endpoint_info)", "avg(deskbell_cpu_busy_percent * on (endpoint) group_left (site) deskbell_health_score)",
		"sum((deskbell_cpu_busy_percent * on (endpoint) group_left (site) deskbell_endpoint_info) and deskbell_health_score)", // their labels differ
		"quantile(1.5, deskbell_cpu_busy_percent)", "avg(", "5",
	} {
		if v, ok := e.plain(expr, now); ok {
			t.Errorf("%s is answered: %v", expr, v)
		}
	}
	for what, at := range map[string]time.Time{"the past": now.Add(-2 * time.Minute), "the future": now.Add(2 * time.Minute)} {
		if _, ok := e.plain(plain, at); ok {
			t.Errorf("%s is answered", what)
		}
	}
	e.store.newest.since = now.Add(-4 * time.Minute).UnixMilli()
	if _, ok := e.plain(plain, now); ok {
		t.Error("it is answered though not everything of the last five minutes was heard")
	}
}

// TestPlainMoves has an endpoint change its site, which counts from then on.
func TestPlainMoves(t *testing.T) {
	e, now := plainWorld(t, rand.New(rand.NewPCG(2, 1)))
	facts := []Facts{{Endpoint: "e01", Site: "Bern"}}
	e.facts = func() []Facts { return facts }
	e.store.Append("e01", []diagnostics.Sample{sampleOf(now, diagnostics.CPUBusy, 42)}, -1)
	if err := e.store.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, site := range []string{"Bern", "Köln"} {
		facts = []Facts{{Endpoint: "e01", Site: site}}
		v, err := e.Vector(t.Context(), "max by (site) (deskbell_cpu_busy_percent * on (endpoint) group_left (site) deskbell_endpoint_info)", now)
		if err != nil || len(v) != 1 || string(v[0].Metric["site"]) != site || v[0].Value != 42 {
			t.Errorf("at %s there is %v (%v)", site, v, err)
		}
	}
}

func sampleOf(at time.Time, m diagnostics.Metric, v float64) diagnostics.Sample {
	s := diagnostics.Sample{At: at}
	s.Set(m, v)
	return s
}
