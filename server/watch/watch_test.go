package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/store"
	"github.com/deskbell/deskbell/server/watch"
)

var anna = auth.Actor{Kind: auth.Staff, Person: "anna", Role: auth.Technician}

// world is a watcher over real series and a real database, whose clock stands until
// it is moved.
type world struct {
	t      *testing.T
	now    time.Time
	series *metrics.Store
	engine *metrics.Engine
	db     *store.DB
	folder string
	facts  map[string]watch.Facts
	reach  map[string]watch.Reached
	groups map[string][]string

	heard   chan []string // what the series say that there is news of
	unheard int           // how often they are going to say it

	*watch.Watcher
}

func newWorld(t *testing.T) *world {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	w := &world{t: t, now: time.Now().Truncate(time.Minute), folder: t.TempDir(), facts: map[string]watch.Facts{}, reach: map[string]watch.Reached{}, heard: make(chan []string, 1000)}
	nextYear := time.Now().AddDate(1, 0, 0) // the clock here runs ahead, and samples are not to be refused for it
	w.series = metrics.New(metrics.Options{Dir: t.TempDir(), Heard: func(e []string) { w.heard <- e }, Now: func() time.Time { return nextYear }}, quiet)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.series.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	w.engine = metrics.NewEngine(w.series, func() []metrics.Facts {
		var out []metrics.Facts
		for id, f := range w.facts {
			out = append(out, metrics.Facts{Endpoint: id, Name: f.Name, Site: f.Site})
		}
		return out
	}, quiet)
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "a.db"), Migrate: true}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.db = db
	servertest.Wait(t, "the series", func() bool {
		_, err := w.engine.Vector(t.Context(), "vector(1)", w.now)
		return err == nil
	})
	w.restart()
	return w
}

// restart is the server's: what is not stored is gone.
func (w *world) restart() { w.restartWith(0) }

// restartWith has rounds come so often; 0 is as usual.
func (w *world) restartWith(every time.Duration) { w.restartOn(w.engine, every) }

// spied restarts on an engine that notes what it is asked.
func (w *world) spied() *asking {
	a := &asking{Engine: w.engine}
	w.restartOn(a, 0)
	return a
}

func (w *world) restartOn(engine watch.Engine, every time.Duration) {
	w.Watcher = watch.New(watch.Options{
		Every:  every,
		Engine: engine, Newest: w.engine.Newest, Store: w.db.Watch(), Folder: w.folder, Facts: func() map[string]watch.Facts { return w.facts }, Person: person,
		FactsOf: func(e string) (watch.Facts, bool) { f, ok := w.facts[e]; return f, ok },
		Reach:   func() map[string]watch.Reached { return maps.Clone(w.reach) }, HangsOn: hangsOn, Groups: func(e string) []string { return w.groups[e] },
		Zone: func(site string) string {
			return map[string]string{"Berlin": "Europe/Berlin", "Paris": "Europe/Paris", "": "America/New_York"}[site]
		},
		Live: live.New(), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	})
}

// is has endpoints say something of a metric now.
func (w *world) is(m diagnostics.Metric, v float64, endpoints ...string) {
	w.t.Helper()
	for _, e := range endpoints {
		s := diagnostics.Sample{At: w.now}
		s.Set(m, v)
		w.series.Append(e, []diagnostics.Sample{s}, -1)
		w.unheard++
		expr := fmt.Sprintf("timestamp(%s%s{endpoint=%q})", metrics.Prefix, m.Info().Name, e)
		servertest.Wait(w.t, "the sample", func() bool {
			v, err := w.engine.Vector(w.t.Context(), expr, w.now)
			return err == nil && len(v) == 1 && float64(v[0].Value) == float64(w.now.Unix())
		})
	}
}

// put has the server say something now of what is no endpoint.
func (w *world) put(series string, v float64, pairs ...string) {
	w.t.Helper()
	w.series.Put(series, w.now, v, pairs...)
	expr := fmt.Sprintf("timestamp(%s%s{%s=%q})", metrics.Prefix, series, pairs[0], pairs[1])
	servertest.Wait(w.t, "the value", func() bool {
		v, err := w.engine.Vector(w.t.Context(), expr, w.now)
		return err == nil && len(v) == 1 && float64(v[0].Value) == float64(w.now.Unix())
	})
}

// round moves the clock and asks the rules.
func (w *world) round(after time.Duration) {
	w.t.Helper()
	w.now = w.now.Add(after)
	if err := w.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// own writes a rule file of one's own.
func (w *world) own(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// says are the live alerts in short.
func (w *world) says() []string {
	w.t.Helper()
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, i := range list {
		out = append(out, fmt.Sprintf("%s %s: %s", i.Rule, i.Alert.State, i.Summary))
	}
	return out
}

func (w *world) did() []string {
	w.t.Helper()
	list, err := w.Log(w.t.Context(), anna, watch.LogQuery{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, e := range list {
		out = append(out, fmt.Sprintf("%s %s", e.Rule, e.Did))
	}
	return out
}

func (w *world) want(what string, want ...string) {
	w.t.Helper()
	if want == nil {
		want = []string{}
	}
	if d := cmp.Diff(want, w.says()); d != "" {
		w.t.Errorf("%s: %s", what, d)
	}
}

const hot = `groups:
- name: own
  rules:
  - alert: Hot
    expr: deskbell_temperature_celsius > 80
    for: 1m
    labels: {severity: critical, team: hardware}
    annotations: {summary: '{{ $labels.name }} in {{ $labels.site }}: {{ $value }} °C', advice: Open a window., clear: deskbell_temperature_celsius < 70}
`

// TestAlertsOverTheirLife: an alert waits, fires, is unknown while its machine is
// silent, survives a restart as what it was, and ends by its own condition.
func TestAlertsOverTheirLife(t *testing.T) {
	w := newWorld(t)
	w.facts["a"], w.facts["b"] = watch.Facts{Name: "LT-1", Site: "Berlin"}, watch.Facts{Name: "LT-2", Site: "Berlin"}
	w.own("own.yaml", strings.Replace(hot, "for: 1m", "for: 2m", 1))
	w.is(diagnostics.Temperature, 85, "a")
	w.is(diagnostics.Temperature, 40, "b")
	w.round(0)
	w.want("at first", "Hot pending: LT-1 in Berlin: 85 °C")

	// A restart while it waits: the time down does not count, the time before does.
	w.round(time.Minute)
	w.restart()
	w.now = w.now.Add(10 * time.Minute)
	w.is(diagnostics.Temperature, 86, "a")
	w.round(0)
	w.want("after the restart", "Hot pending: LT-1 in Berlin: 86 °C")
	w.round(time.Minute)
	w.want("when its time is over", "Hot firing: LT-1 in Berlin: 86 °C")

	// Silence: unknown, and after a restart still.
	w.round(6 * time.Minute)
	w.want("in silence", "Hot unknown: LT-1 in Berlin: 86 °C")
	w.restart()
	w.round(time.Minute)
	w.want("in silence, after a restart", "Hot unknown: LT-1 in Berlin: 86 °C")
	w.is(diagnostics.Temperature, 75, "a")
	w.round(0)
	w.want("cooler, not yet cool", "Hot firing: LT-1 in Berlin: 86 °C")
	w.now = w.now.Add(time.Minute)
	w.is(diagnostics.Temperature, 60, "a")
	w.round(0)
	w.want("cool")
	over, _, err := w.Alerts(anna, watch.Query{States: []alert.State{alert.Resolved}})
	if err != nil || len(over) != 1 || over[0].Severity != alert.Critical || over[0].Advice != "Open a window." || over[0].Labels["team"] != "hardware" || over[0].Endpoint() != "a" {
		t.Errorf("%+v, %v", over, err)
	}
	if d := cmp.Diff([]string{"Hot resolved", "Hot firing", "Hot unknown", "Hot fired"}, w.did()); d != "" {
		t.Error(d)
	}

	// A quarter of an hour later it is out of sight, and out of the database.
	w.is(diagnostics.Temperature, 60, "a")
	w.round(16 * time.Minute)
	w.round(16 * time.Minute)
	if list, _, err := w.db.Watch().Alerts(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestNotKnownYet: whoever has just been enrolled, or has just left, has series and no
// name; a rule that fires at once neither raises nor withdraws an alert of theirs.
func TestNotKnownYet(t *testing.T) {
	w := newWorld(t)
	w.own("own.yaml", strings.Replace(hot, "for: 1m", "for: 0s", 1))
	w.is(diagnostics.Temperature, 85, "a")
	w.round(0)
	if did := w.did(); len(did) > 0 {
		t.Errorf("of a machine without a name: %v", did)
	}
	w.facts["a"] = watch.Facts{Name: "LT-1", Site: "Berlin"}
	w.round(time.Second)
	if d := cmp.Diff([]string{"Hot fired"}, w.did()); d != "" {
		t.Error(d)
	}
}

// TestRuleFiles: a file with a mistake changes nothing and says where it is; one that
// is put right counts at once; a rule that is taken out takes its alerts with it.
func TestRuleFiles(t *testing.T) {
	w := newWorld(t)
	w.facts["a"] = watch.Facts{Name: "LT-1", Site: "Berlin"}
	w.own("own.yaml", hot)
	w.is(diagnostics.Temperature, 85, "a")
	w.round(0)
	w.own("own.yaml", strings.Replace(hot, "> 80", "> > 80", 1))
	w.round(time.Minute)
	w.want("with a mistake", "Hot firing: LT-1 in Berlin: 85 °C")
	_, mistakes, err := w.Rules(anna)
	if err != nil || len(mistakes) != 1 || mistakes[0].Line != 5 || mistakes[0].Column != 42 || mistakes[0].Rule != "Hot" {
		t.Errorf("%+v, %v", mistakes, err)
	}
	w.own("other.yaml", strings.Replace(hot, "> 80", "> 10", 1))
	w.round(15 * time.Second)
	if _, mistakes, _ = w.Rules(anna); len(mistakes) != 2 || !strings.Contains(mistakes[1].Sentence, "“other.yaml” has a rule of this name already") {
		t.Errorf("%+v", mistakes)
	}
	if err := os.Remove(filepath.Join(w.folder, "other.yaml")); err != nil {
		t.Fatal(err)
	}
	w.own("own.yaml", strings.Replace(strings.Replace(hot, "> 80", "> 90", 1), "alert: Hot", "alert: Hotter", 1))
	w.round(15 * time.Second)
	w.want("renamed")
	if _, mistakes, _ = w.Rules(anna); len(mistakes) > 0 {
		t.Errorf("%+v", mistakes)
	}
	if d := cmp.Diff([]string{"Hot withdrawn", "Hot fired"}, w.did()); d != "" {
		t.Error(d)
	}
	// One of one's own takes the place of one that Deskbell brings.
	w.own("own.yaml", strings.Replace(hot, "alert: Hot", "alert: TooHot", 1))
	w.round(15 * time.Second)
	rules, _, _ := w.Rules(anna)
	n := 0
	for _, r := range rules {
		if r.Rule.Name == "TooHot" {
			n++
			if r.Built || r.Rule.File != "own.yaml" {
				t.Errorf("%+v", r)
			}
		}
		if r.Problem != "" {
			t.Errorf("%s: %s", r.Rule.Name, r.Problem)
		}
	}
	if n != 1 || len(rules) < 25 {
		t.Errorf("%d rules, %d of that name", len(rules), n)
	}
	// An endpoint that is withdrawn takes its alerts with it.
	w.round(2 * time.Minute)
	if len(w.says()) != 1 {
		t.Errorf("%q", w.says())
	}
	delete(w.facts, "a")
	w.round(15 * time.Second)
	w.want("without its endpoint")
}

// flaky fails when it is told to.
type flaky struct {
	watch.Engine
	watch.Store
	deaf, full bool
}

var errBroken = errors.New("broken for the test")

func (f *flaky) Vector(ctx context.Context, expr string, at time.Time) (model.Vector, error) {
	if f.deaf {
		return nil, errBroken
	}
	return f.Engine.Vector(ctx, expr, at)
}

func (f *flaky) SaveAlerts(ctx context.Context, b watch.Batch) error {
	if f.full {
		return errBroken
	}
	return f.Store.SaveAlerts(ctx, b)
}

// TestNothingIsLostWhenThingsBreak: a rule that cannot be asked says so, and ends
// nothing; what could not be stored is stored with the next round.
func TestNothingIsLostWhenThingsBreak(t *testing.T) {
	w := newWorld(t)
	w.facts["a"] = watch.Facts{Name: "LT-1", Site: "Berlin"}
	w.own("own.yaml", strings.Replace(hot, "    for: 1m\n", "", 1))
	f := &flaky{Engine: w.engine, Store: w.db.Watch()}
	w.Watcher = watch.New(watch.Options{
		Engine: f, Store: f, Folder: w.folder, Facts: func() map[string]watch.Facts { return w.facts }, Person: person,
		Reach: func() map[string]watch.Reached { return maps.Clone(w.reach) }, HangsOn: hangsOn,
		Live: live.New(), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
	})
	w.is(diagnostics.Temperature, 85, "a")
	f.full = true
	if err := w.Round(t.Context()); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	w.want("not stored", "Hot firing: LT-1 in Berlin: 85 °C")
	if len(w.did()) > 0 {
		t.Errorf("%q", w.did())
	}
	f.full = false
	w.round(15 * time.Second)
	if list, _, err := f.Alerts(t.Context()); err != nil || len(list) != 1 || len(w.did()) != 1 {
		t.Errorf("%+v, %q, %v", list, w.did(), err)
	}
	f.deaf = true
	w.round(15 * time.Second)
	w.round(15 * time.Second)
	w.want("not asked twice", "Hot firing: LT-1 in Berlin: 85 °C")
	w.round(15 * time.Second)
	w.want("not asked three times", "Hot unknown: LT-1 in Berlin: 85 °C")
	w.now = w.now.Add(5 * time.Minute)
	w.is(diagnostics.Temperature, 85, "a")
	w.round(0) // the time for those that are asked seldom
	rules, _, _ := w.Rules(anna)
	if len(rules) == 0 || rules[len(rules)-1].Rule.Name != watch.LostTogether {
		t.Error("the rule about what endpoints hang on is not listed")
	}
	for _, r := range rules {
		if r.Problem != errBroken.Error() && r.Rule.Name != watch.LostTogether {
			t.Errorf("%s: %q", r.Rule.Name, r.Problem)
		}
	}
	f.deaf = false
	w.round(15 * time.Second)
	w.want("asked again", "Hot firing: LT-1 in Berlin: 85 °C")
}

// TestTry plays rules over the past: how often each would have fired, and when.
func TestTry(t *testing.T) {
	w := newWorld(t)
	w.facts["a"] = watch.Facts{Name: "LT-1", Site: "Berlin"}
	for i, v := range []float64{60, 85, 86, 87, 75, 60, 60, 90, 91, 92} {
		if i > 0 {
			w.now = w.now.Add(time.Minute)
		}
		w.is(diagnostics.Temperature, v, "a")
	}
	list, err := w.Try(t.Context(), anna, []byte(hot), time.Hour)
	if err != nil || len(list) != 1 || list[0].Fired != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	last, first := list[0].Spans[0], list[0].Spans[1]
	at := func(minute int) time.Time { return w.now.Add(time.Duration(minute-9) * time.Minute) }
	if !first.From.Equal(at(2)) || !first.To.Equal(at(5)) || !last.From.Equal(at(8)) || !last.To.IsZero() || last.Labels["name"] != "LT-1" {
		t.Errorf("%+v, from %v", list[0].Spans, at(0))
	}
	if len(w.says())+len(w.did()) > 0 {
		t.Error("a trial has left something")
	}
	for name, c := range map[string]struct {
		rules string
		back  time.Duration
		want  string
	}{
		"mistake":  {strings.Replace(hot, "critical", "red", 1), time.Hour, "rules, line 4, rule “Hot”: “red” is no severity."},
		"none":     {"groups: []", time.Hour, "There is no rule in it."},
		"too long": {hot, 15 * 24 * time.Hour, "14 days at most"},
	} {
		if _, err := w.Try(t.Context(), anna, []byte(c.rules), c.back); err == nil || !strings.Contains(fault.Sentence(err), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A forecast without end is a number like any other.
	w.own("own.yaml", strings.Replace(strings.Replace(hot, "expr: deskbell_temperature_celsius > 80", "expr: deskbell_temperature_celsius / 0 > 80", 1), "    for: 1m\n", "", 1))
	w.round(0)
	got, _, err := w.Alerts(anna, watch.Query{Rule: "Hot"})
	if err != nil || len(got) != 1 || got[0].Alert.Value != math.MaxFloat64 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWhatComesLateFiresNothing: a machine comes back with what it recorded in a day
// without a connection. It is in the charts, and no rule takes it for now.
func TestWhatComesLateFiresNothing(t *testing.T) {
	w := newWorld(t)
	w.facts["m1"] = watch.Facts{Name: "LT-1", Site: "Berlin"}
	w.is(diagnostics.DiskUsed, 40, "m1")
	w.round(0)
	from := w.now.Add(-24 * time.Hour)
	var late []diagnostics.Sample
	for at := from; at.Before(w.now.Add(-30 * time.Minute)); at = at.Add(time.Minute) {
		s := diagnostics.Sample{At: at}
		s.Set(diagnostics.DiskUsed, 99)
		late = append(late, s)
	}
	w.series.Append("m1", late, -1)
	servertest.Wait(t, "the past is there", func() bool {
		v, err := w.engine.Vector(t.Context(), "count_over_time(deskbell_disk_used_percent[25h])", w.now)
		return err == nil && len(v) == 1 && int(v[0].Value) == len(late)+1
	})
	for range 40 { // ten minutes
		w.is(diagnostics.DiskUsed, 40, "m1")
		w.round(15 * time.Second)
	}
	if said := w.says(); len(said) > 0 {
		t.Errorf("it fires: %v", said)
	}
}

// TestRulesThatAreBuiltIn: each can be asked, and says something about a machine that
// has what it looks for, a name without a template left in it.
func TestRulesThatAreBuiltIn(t *testing.T) {
	list, mistakes := alert.Parse("rules.yaml", watch.BuiltIn())
	if len(mistakes) > 0 || len(list) < 25 {
		t.Fatalf("%d rules, %v", len(list), mistakes)
	}
	for _, r := range list {
		summary, advice := r.Say(map[string]string{"name": "LT-1", "site": "Berlin"}, 97)
		if summary == "" || advice == "" || strings.Contains(summary+advice, "{{") || strings.Contains(summary, "no value") {
			t.Errorf("%s: %q, %q", r.Name, summary, advice)
		}
	}
	w := newWorld(t)
	for i := range 6 {
		w.facts[fmt.Sprint("m", i)] = watch.Facts{Name: fmt.Sprint("LT-", i), Site: "Berlin"}
	}
	at := w.now
	for i := range 6 {
		up := 0
		if i > 3 {
			up = 1
		}
		w.series.Presence(fmt.Sprint("m", i), at, 6, up)
	}
	w.is(diagnostics.DiskUsed, 97, "m5")
	w.round(0)
	w.now = w.now.Add(5 * time.Minute)
	w.is(diagnostics.DiskUsed, 97, "m5")
	w.round(0)
	said := strings.Join(w.says(), "\n")
	if !strings.Contains(said, "DiskFull firing: A disk of LT-5 is 97 % full.") {
		t.Error(said)
	}
	if strings.Contains(said, "SiteSilent") {
		t.Errorf("four of six are fewer than five: %s", said)
	}
	w.now = w.now.Add(time.Minute)
	for i := range 6 {
		w.series.Presence(fmt.Sprint("m", i), w.now, 6, 0)
	}
	w.is(diagnostics.DiskUsed, 97, "m5") // after the others, so that they are there
	w.round(0)
	w.round(2 * time.Minute)
	if said := strings.Join(w.says(), "\n"); !strings.Contains(said, "SiteSilent firing: More than half of the machines in Berlin went silent.") {
		t.Error(said)
	}
}

// TestSeldom: a rule is asked no oftener than its group says, and its alerts stay what
// they are meanwhile.
func TestSeldom(t *testing.T) {
	w := newWorld(t)
	w.own("seldom.yaml", "groups:\n- name: own\n  interval: 5m\n  rules:\n  - alert: Hot\n    expr: deskbell_temperature_celsius > 90\n    labels: {severity: info}\n    annotations: {summary: It is hot.}\n")
	w.facts["a"] = watch.Facts{Name: "PC-A", Site: "Berlin"}
	w.round(0)
	for range 19 {
		w.now = w.now.Add(15 * time.Second)
		w.is(diagnostics.Temperature, 91, "a")
		w.glance()
		w.round(0)
		w.want("before its time")
	}
	w.round(15 * time.Second)
	w.want("five minutes later", "Hot firing: It is hot.")
	w.is(diagnostics.Temperature, 60, "a")
	for range 19 {
		w.round(15 * time.Second)
		w.want("until it is asked again", "Hot firing: It is hot.")
	}
	w.is(diagnostics.Temperature, 60, "a")
	w.round(15 * time.Second)
	w.want("asked again")
}
