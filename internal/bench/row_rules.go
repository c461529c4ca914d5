//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/watch"
)

const (
	ruledEndpoints = 10_000
	ruledSites     = 50
	ruledCopies    = 4  // of the rules that are built in: 100 of 25
	ruledMinutes   = 10 // of series before the first question
	ruledRounds    = 6
	ruledFull      = 20 // of so many one has a disk and memory that are rather full
)

// rules is the row “100 rules over 10 000 endpoints, one evaluation”, with what charts
// ask of the same series.
func rules(ctx context.Context, b *bench) (*Result, error) {
	w, err := newRuled(ctx, b, min(ruledEndpoints, b.Endpoints))
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := w.fill(ctx); err != nil {
		return nil, err
	}
	return w.measure(ctx)
}

// ruled is a watcher over the series of a made fleet.
type ruled struct {
	names  []string
	own    string // the folder of rules
	facts  map[string]watch.Facts
	series *metrics.Store
	engine *metrics.Engine
	watch  *watch.Watcher
	db     *store.DB
	now    time.Time
	clock  atomic.Pointer[time.Time] // of the series, which begin in the past
	wander *wanderer
	stop   context.CancelFunc
	done   chan error
}

func newRuled(ctx context.Context, b *bench, n int) (*ruled, error) {
	quiet := slog.New(slog.DiscardHandler)
	dir := filepath.Join(b.dir, "rules")
	own := filepath.Join(dir, "own")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return nil, err
	}
	w := &ruled{facts: map[string]watch.Facts{}, done: make(chan error, 1), wander: newWanderer(), now: time.Now().Truncate(time.Minute)}
	var labels []metrics.Facts
	for i := range n {
		id, f := fmt.Sprintf("E%08d", i), watch.Facts{Name: fmt.Sprintf("PC-%05d", i), Site: fmt.Sprintf("Site %02d", i%ruledSites)}
		w.names, w.facts[id] = append(w.names, id), f
		labels = append(labels, metrics.Facts{Endpoint: id, Name: f.Name, Site: f.Site, OS: "linux", Agent: "0.1.0"})
	}
	for copied := 1; copied < ruledCopies; copied++ {
		text := strings.ReplaceAll(others(string(watch.BuiltIn()), copied), "alert: ", fmt.Sprintf("alert: Copy%d", copied))
		if err := os.WriteFile(filepath.Join(own, fmt.Sprintf("copy%d.yaml", copied)), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	w.clock.Store(&w.now)
	var err error
	if w.db, err = store.Open(ctx, store.Options{DSN: filepath.Join(dir, "a.db"), Migrate: true}, quiet); err != nil {
		return nil, err
	}
	w.series = metrics.New(metrics.Options{Dir: filepath.Join(dir, "series"), Now: func() time.Time { return *w.clock.Load() }}, quiet)
	ctx, w.stop = context.WithCancel(ctx)
	go func() { w.done <- w.series.Run(ctx) }()
	w.engine = metrics.NewEngine(w.series, func() []metrics.Facts { return labels }, quiet)
	w.own = own
	return w, nil
}

// limit is a number in a rule that something is compared with.
var limit = regexp.MustCompile(`([<>]=? (?:bool )?)([0-9.]+)`)

// others are the same rules with other limits, so that no two of them ask the same.
func others(rules string, copied int) string {
	return limit.ReplaceAllStringFunc(rules, func(s string) string {
		m := limit.FindStringSubmatch(s)
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return s
		}
		return m[1] + strconv.FormatFloat(v*(1+float64(copied)/200), 'g', 6, 64)
	})
}

// start makes a watcher that has asked nothing yet.
func (w *ruled) start() {
	w.watch = watch.New(watch.Options{
		Engine: w.engine, Newest: w.engine.Newest, Store: w.db.Watch(), Folder: w.own, Facts: func() map[string]watch.Facts { return w.facts },
		Live: live.New(), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	})
}

// round is what one round takes.
func (w *ruled) round(ctx context.Context) (cpu, took time.Duration, err error) {
	w.now = w.now.Add(time.Second)
	w.at(w.now)
	runtime.GC()
	before, start := processorTime(), time.Now()
	err = w.watch.Round(ctx)
	return processorTime() - before, time.Since(start), err
}

func (w *ruled) close() {
	w.stop()
	<-w.done
	w.db.Close()
}

// fill gives every endpoint a sample each 15 s, as agents take them.
func (w *ruled) fill(ctx context.Context) error {
	first := w.now.Add(-ruledMinutes * time.Minute)
	for minute := range ruledMinutes {
		w.at(first.Add(time.Duration(minute) * time.Minute))
		for n, id := range w.names {
			var four []diagnostics.Sample
			for i := range 4 {
				four = append(four, w.sample(n%ruledFull == 0, first.Add(time.Duration(minute)*time.Minute+time.Duration(i*15)*time.Second)))
			}
			w.series.Append(id, four, 90)
			w.series.Presence(id, four[3].At, 1, 1)
		}
		if err := w.taken(ctx, first.Add(time.Duration(minute)*time.Minute)); err != nil {
			return err
		}
	}
	return nil
}

// at sets the clock of the series.
func (w *ruled) at(t time.Time) { w.clock.Store(&t) }

// usual are the bounds between which a machine that is well says something; the others
// of its metrics are between 10 and 50.
var usual = map[diagnostics.Metric][2]float64{
	diagnostics.LoadPerCore: {0, 1}, diagnostics.NetErrors: {0, 0.1}, diagnostics.ProcessCount: {150, 400}, diagnostics.SwapUsed: {0, 10},
}

// sample has what a machine says that is well, or one whose disk and memory are rather
// full, so that what looks back on these has something to look at.
func (w *ruled) sample(full bool, at time.Time) diagnostics.Sample {
	s := diagnostics.Sample{At: at}
	for _, m := range diagnostics.Metrics() {
		b, ok := usual[m]
		if !ok {
			b = [2]float64{10, 50}
		}
		if full && (m == diagnostics.DiskUsed || m == diagnostics.MemoryUsed) {
			b = [2]float64{84, 84}
		}
		s.Set(m, b[0]+(b[1]-b[0])*w.wander.rand.Float64())
	}
	return s
}

// taken waits until every endpoint's presence of that minute can be asked for.
func (w *ruled) taken(ctx context.Context, minute time.Time) error {
	expr := fmt.Sprintf("count(timestamp(%s) >= %d)", metrics.UpSeries, minute.Unix()+45)
	for range 600 {
		v, err := w.engine.Vector(ctx, expr, minute.Add(time.Minute))
		if err == nil && len(v) == 1 && int(v[0].Value) == len(w.names) {
			return nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("the series of %s are not there after a minute", minute.Format(time.TimeOnly))
}

func (w *ruled) measure(ctx context.Context) (*Result, error) {
	var all, cpu, took []time.Duration
	for range ruledRounds {
		w.start()
		c, _, err := w.round(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		for range 2 {
			c, t, err := w.round(ctx)
			if err != nil {
				return nil, err
			}
			cpu, took = append(cpu, c), append(took, t)
		}
	}
	slices.Sort(all)
	slices.Sort(cpu)
	slices.Sort(took)
	asked := map[string]time.Duration{}
	for name, expr := range map[string]string{
		"top":  "topk(10, " + metrics.Prefix + diagnostics.CPUBusy.Info().Name + ")",
		"site": "avg by (site) (" + metrics.Prefix + diagnostics.CPUBusy.Info().Name + " * on (endpoint) group_left (site) " + metrics.Prefix + "endpoint_info)",
	} {
		var times []time.Duration
		for range 3 * ruledRounds {
			start := time.Now()
			v, err := w.engine.Vector(ctx, expr, w.now)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", expr, err)
			}
			if len(v) != 10 && len(v) != min(ruledSites, len(w.names)) {
				return nil, fmt.Errorf("%s has %d answers", expr, len(v))
			}
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		asked[name] = times[len(times)/2]
	}
	states, mistakes, err := w.watch.Rules(auth.Actor{Kind: auth.Staff, Person: "bench", Role: auth.Operator})
	if err != nil || len(mistakes) > 0 {
		return nil, fmt.Errorf("the rules have mistakes: %v: %w", mistakes, err)
	}
	list := len(states)
	for _, r := range states {
		if r.Problem != "" {
			return nil, fmt.Errorf("the rule %s: %s", r.Rule.Name, r.Problem)
		}
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return &Result{
		How: fmt.Sprintf("%d endpoints of %d sites have %d minutes of samples, one every 15 s, with all metrics; of one in %d the disk and the memory are rather full. The rules that are built in stand there %d times, "+
			"under other names and with other limits: %d rules. %d times they are all asked, and then in two rounds more those of which the group says no interval, in the process that measures; counted is the "+
			"processor time of a whole round, storing included. Then charts' questions are asked of the same series, each %d times.",
			len(w.names), ruledSites, ruledMinutes, ruledFull, ruledCopies, list, ruledRounds, 3*ruledRounds),
		Lines: []Line{
			{What: "100 rules over 10 000 endpoints, one evaluation of all, the middle one", Unit: "s of a core", Deskbell: all[len(all)/2].Seconds(), Target: 1, Sense: AtMost},
			{What: "a round every 15 s, in which those that look back on hours are not due, the middle one", Unit: "s of a core", Deskbell: cpu[len(cpu)/2].Seconds(), Target: 1, Sense: AtMost},
			{What: "“top ten” over 10 000 endpoints, the middle time", Unit: "ms", Deskbell: ms(asked["top"]), Target: 60, Sense: AtMost},
			{What: "“average by site” over 10 000 endpoints, the middle time", Unit: "ms", Deskbell: ms(asked["site"]), Target: 60, Sense: AtMost},
		},
		Notes: []string{fmt.Sprintf("A round every 15 s took %.2f s in the middle.", took[len(took)/2].Seconds())},
		Raw:   map[string]any{"all": all, "cpu": cpu, "took": took, "asked": asked, "rules": list},
	}, nil
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
