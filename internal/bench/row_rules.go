//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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
	facts  map[string]watch.Facts
	series *metrics.Store
	engine *metrics.Engine
	watch  *watch.Watcher
	db     *store.DB
	now    time.Time
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
		text := strings.ReplaceAll(string(watch.BuiltIn()), "alert: ", fmt.Sprintf("alert: Copy%d", copied))
		if err := os.WriteFile(filepath.Join(own, fmt.Sprintf("copy%d.yaml", copied)), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	var err error
	if w.db, err = store.Open(ctx, store.Options{DSN: filepath.Join(dir, "a.db"), Migrate: true}, quiet); err != nil {
		return nil, err
	}
	w.series = metrics.New(metrics.Options{Dir: filepath.Join(dir, "series")}, quiet)
	ctx, w.stop = context.WithCancel(ctx)
	go func() { w.done <- w.series.Run(ctx) }()
	w.engine = metrics.NewEngine(w.series, func() []metrics.Facts { return labels }, quiet)
	w.watch = watch.New(watch.Options{
		Engine: w.engine, Newest: w.engine.Newest, Store: w.db.Watch(), Folder: own, Facts: func() map[string]watch.Facts { return w.facts },
		Live: live.New(), Now: func() time.Time { return w.now }, Log: quiet,
	})
	return w, nil
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
		for _, id := range w.names {
			var four []diagnostics.Sample
			for i := range 4 {
				four = append(four, w.sample(first.Add(time.Duration(minute)*time.Minute+time.Duration(i*15)*time.Second)))
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

// sample has what a machine says, seldom near a limit.
func (w *ruled) sample(at time.Time) diagnostics.Sample {
	s := diagnostics.Sample{At: at}
	for _, m := range diagnostics.Metrics() {
		s.Set(m, 10+40*w.wander.rand.Float64())
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
	var cpu, took []time.Duration
	for range ruledRounds {
		w.now = w.now.Add(time.Second)
		runtime.GC()
		before, start := processorTime(), time.Now()
		if err := w.watch.Round(ctx); err != nil {
			return nil, err
		}
		cpu, took = append(cpu, processorTime()-before), append(took, time.Since(start))
	}
	first := cpu[0]
	slices.Sort(cpu)
	slices.Sort(took)
	asked := map[string]time.Duration{}
	for name, expr := range map[string]string{
		"top":  "topk(10, " + metrics.Prefix + diagnostics.CPUBusy.Info().Name + ")",
		"site": "avg by (site) (" + metrics.Prefix + diagnostics.CPUBusy.Info().Name + " * on (endpoint) group_left (site) " + metrics.Prefix + "endpoint_info)",
	} {
		var all []time.Duration
		for range 3 * ruledRounds {
			start := time.Now()
			v, err := w.engine.Vector(ctx, expr, w.now)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", expr, err)
			}
			if len(v) != 10 && len(v) != min(ruledSites, len(w.names)) {
				return nil, fmt.Errorf("%s has %d answers", expr, len(v))
			}
			all = append(all, time.Since(start))
		}
		slices.Sort(all)
		asked[name] = all[len(all)/2]
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
		How: fmt.Sprintf("%d endpoints of %d sites have %d minutes of samples, one every 15 s, with all metrics. The rules that are built in stand there %d times, "+
			"under other names: %d rules. They are asked %d times, in the process that measures; counted is the processor time of a whole round, storing included. "+
			"Then charts' questions are asked of the same series, each %d times.",
			len(w.names), ruledSites, ruledMinutes, ruledCopies, list, ruledRounds, 3*ruledRounds),
		Lines: []Line{
			{What: "100 rules over 10 000 endpoints, one evaluation, the middle one", Unit: "s of a core", Deskbell: cpu[len(cpu)/2].Seconds(), Target: 1, Sense: AtMost},
			{What: "the same, the dearest", Unit: "s of a core", Deskbell: cpu[len(cpu)-1].Seconds()},
			{What: "“top ten” over 10 000 endpoints, the middle time", Unit: "ms", Deskbell: ms(asked["top"]), Target: 60, Sense: AtMost},
			{What: "“average by site” over 10 000 endpoints, the middle time", Unit: "ms", Deskbell: ms(asked["site"]), Target: 60, Sense: AtMost},
		},
		Notes: []string{fmt.Sprintf("A round took %.2f s in the middle, and the first one, with nothing known yet, %.2f s of processor time.", took[len(took)/2].Seconds(), first.Seconds())},
		Raw:   map[string]any{"cpu": cpu, "took": took, "asked": asked, "rules": list},
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
