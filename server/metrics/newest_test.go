package metrics

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

// TestNewest holds the newest values against what the query engine finds, for series
// that are made by chance: with gaps, out of order, and up to what is too old.
func TestNewest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := New(Options{Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err := s.openWithRoom(); err != nil {
		t.Fatal(err)
	}
	defer s.db.Close()
	e := NewEngine(s, func() []Facts { return nil }, slog.New(slog.DiscardHandler))
	now := time.Now().Truncate(time.Minute)
	const endpoints = 40
	for i := range endpoints {
		id := fmt.Sprintf("e%02d", i)
		silent := time.Duration(random.IntN(8*60)) * time.Second // since then nothing is said
		var at []time.Time
		for range 1 + random.IntN(5) {
			at = append(at, now.Add(-silent-time.Duration(random.IntN(300))*time.Second))
		}
		for _, at := range at { // not in order: some were sent late
			var b diagnostics.Sample
			b.At = at
			for _, m := range diagnostics.Metrics() {
				if random.IntN(3) > 0 {
					b.Set(m, float64(random.IntN(100)))
				}
			}
			s.Append(id, []diagnostics.Sample{b}, random.IntN(102)-1)
			if random.IntN(2) == 0 {
				s.Presence(id, at, 1+random.IntN(4), random.IntN(3)-1)
			}
			if random.IntN(2) == 0 {
				s.Expected(id, at, float64(random.Float32()), float64(random.Float32()))
			}
			if err := s.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	series := []string{ScoreSeries, PresenceSeries, UpSeries, ExpectedSeries, MissedSeries}
	for _, m := range diagnostics.Metrics() {
		series = append(series, Prefix+m.Info().Name)
	}
	found := 0
	for _, name := range series {
		want, got := map[string]float64{}, map[string]float64{}
		v, err := e.Vector(t.Context(), name, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range v {
			want[string(s.Metric["endpoint"])] = float64(s.Value)
		}
		if !e.Newest(name, now, nil, func(endpoint string, v float64) { got[endpoint] = v }) {
			t.Errorf("%s is none of its series", name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, as the engine has it and as it is told:\n%s", name, diff)
		}
		var some []string
		e.Newest(name, now, []string{"e03", "e07", "nobody"}, func(endpoint string, v float64) {
			if some = append(some, endpoint); v != want[endpoint] {
				t.Errorf("%s of %s is %v instead of %v", name, endpoint, v, want[endpoint])
			}
		})
		for _, id := range []string{"e03", "e07"} {
			if _, is := want[id]; is != slices.Contains(some, id) {
				t.Errorf("%s of some: %v", name, some)
			}
		}
		found += len(want)
	}
	if all := endpoints * len(series); found < all/4 || found > all*3/4 {
		t.Errorf("%d of %d series have a value: that shows little", found, all)
	}
	if e.Newest("node_load1", now, nil, func(string, float64) {}) {
		t.Error("it knows a series of somebody else")
	}
	ahead := diagnostics.Sample{At: now.Add(4 * time.Minute)}
	ahead.Set(diagnostics.CPUBusy, 1)
	s.Append("ahead", []diagnostics.Sample{ahead}, -1)
	if err := s.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	told := 0
	e.Newest(Prefix+diagnostics.CPUBusy.Info().Name, now, []string{"ahead"}, func(string, float64) { told++ })
	if told != 1 {
		t.Error("an endpoint whose clock is four minutes ahead says nothing")
	}
}

// TestPortions: what waits is stored in transactions of a bounded size, and all of it.
func TestPortions(t *testing.T) {
	s := New(Options{Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err := s.openWithRoom(); err != nil {
		t.Fatal(err)
	}
	defer s.db.Close()
	at := time.Now().Add(-time.Minute)
	var four []diagnostics.Sample
	for i := range 4 {
		b := diagnostics.Sample{At: at.Add(time.Duration(i) * time.Second)}
		for _, m := range diagnostics.Metrics() {
			b.Set(m, float64(i))
		}
		four = append(four, b)
	}
	const endpoints = 500
	for i := range endpoints {
		s.Append(fmt.Sprintf("e%03d", i), four, 50)
	}
	want, portions := 0, 0
	for rest := slices.Clone(s.pending); len(rest) > 0; portions++ {
		n, values := portion(rest), 0
		for _, b := range rest[:n] {
			values += b.values()
		}
		if values > together+rest[0].values() {
			t.Errorf("a portion has %d values", values)
		}
		want, rest = want+values, rest[n:]
	}
	if portions < 3 {
		t.Errorf("there are %d portions", portions)
	}
	if err := s.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := NewEngine(s, func() []Facts { return nil }, slog.New(slog.DiscardHandler))
	stored := 0
	for _, name := range s.newest.names {
		v, err := e.Vector(t.Context(), "sum(count_over_time("+name+"[10m]))", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(v) > 0 {
			stored += int(v[0].Value)
		}
	}
	if stored != want || want != endpoints*(4*len(diagnostics.Metrics())+1) {
		t.Errorf("%d values were sent, %d are stored", want, stored)
	}
}
