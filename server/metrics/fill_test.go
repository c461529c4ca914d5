package metrics

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

// TestFilled opens a store anew: it knows at once what it knew before, but for what is
// too old to count, and what was heard meanwhile is not undone.
func TestFilled(t *testing.T) {
	before, now := plainWorld(t, rand.New(rand.NewPCG(4, 1)))
	told := func(e *Engine) map[string]map[string]float64 {
		out := map[string]map[string]float64{}
		for _, name := range before.store.newest.names {
			of := map[string]float64{}
			e.Newest(name, now, nil, func(endpoint string, v float64) { of[endpoint] = v })
			out[name] = of
		}
		return out
	}
	want, values := told(before), 0
	for _, of := range want {
		values += len(of)
	}
	if values < 500 {
		t.Fatalf("%d values show little", values)
	}
	before.store.shut()

	s := New(Options{Dir: before.store.options.Dir, Now: func() time.Time { return now }}, slog.New(slog.DiscardHandler))
	if err := s.openWithRoom(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.shut)
	after := NewEngine(s, before.facts, slog.New(slog.DiscardHandler))
	const question = "sum(deskbell_cpu_busy_percent)"
	answer, err := after.Vector(t.Context(), question, now)
	if err != nil || len(answer) != 1 {
		t.Fatalf("%v (%v)", answer, err)
	}
	if _, ok := after.plain(question, now); ok {
		t.Fatal("it is answered before anything is known")
	}
	const heard = 7
	cpu := Prefix + diagnostics.CPUBusy.Info().Name
	s.newest.take(&batch{endpoint: "e01", score: -1, samples: []diagnostics.Sample{sampleOf(now, diagnostics.CPUBusy, heard)}}, now.UnixMilli())
	old, was := want[cpu]["e01"]
	if !was {
		t.Fatal("e01 is to have a value that is older")
	}
	if err := s.fill(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	want[cpu]["e01"] = heard
	if diff := cmp.Diff(want, told(after)); diff != "" {
		t.Errorf("before and after:\n%s", diff)
	}
	sum := float64(answer[0].Value) - old + heard
	if v, ok := after.plain(question, now); !ok || len(v) != 1 || math.Abs(float64(v[0].Value)-sum) > 1e-9 {
		t.Errorf("%v (%v) where %v is the sum", v, ok, sum)
	}
	if _, ok := after.plain(question, now.Add(-time.Second)); ok {
		t.Error("of five minutes and a second ago it does not know everything")
	}
	s.newest.begin(now)
	if _, ok := after.plain(question, now); !ok {
		t.Error("it has forgotten that it knows everything")
	}
}
