package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/storage"

	"github.com/deskbell/deskbell/diagnostics"
)

// TestSplit holds what the engine answers, which takes the newest values from memory,
// against what it answers from the database alone.
func TestSplit(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	now := time.Now().Truncate(time.Minute)
	clock := now.Add(-time.Hour)
	s := New(Options{Dir: t.TempDir(), Now: func() time.Time { return clock }}, slog.New(slog.DiscardHandler))
	if err := s.openWithRoom(); err != nil {
		t.Fatal(err)
	}
	defer s.db.Close()
	var facts []Facts
	const endpoints = 300
	for i := range endpoints {
		facts = append(facts, Facts{Endpoint: fmt.Sprintf("e%03d", i), Name: fmt.Sprintf("PC (%d)", i), Site: fmt.Sprintf("Site %d", i%7), OS: "linux"})
	}
	for at := now.Add(-20 * time.Minute); !at.After(now.Add(-7 * time.Second)); at = at.Add(15 * time.Second) {
		clock = at
		for i, f := range facts {
			if i%10 == 0 && at.After(now.Add(-7*time.Minute)) || i%11 == 0 && random.IntN(3) > 0 {
				continue // silent, or seldom heard of
			}
			b := diagnostics.Sample{At: at.Add(time.Duration(random.IntN(15000)) * time.Millisecond)}
			if i%100 == 3 {
				b.At = b.At.Add(4 * time.Minute) // its clock is ahead
			}
			b.Set(diagnostics.CPUBusy, float64(random.IntN(100)))
			b.Set(diagnostics.DiskUsed, float64(random.IntN(100)))
			s.Append(f.Endpoint, []diagnostics.Sample{b}, random.IntN(101))
			s.Presence(f.Endpoint, b.At, 1, random.IntN(2))
		}
		if err := s.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	e := NewEngine(s, func() []Facts { return facts }, slog.New(slog.DiscardHandler))
	stored := func(ctx context.Context, expr string, at time.Time) model.Value {
		t.Helper()
		q, err := e.engine.NewInstantQuery(ctx, storage.QueryableFunc(func(from, to int64) (storage.Querier, error) {
			q, err := s.db.Querier(from, to)
			if err != nil {
				return nil, err
			}
			return newSplit(q, &factsQuerier{facts: func() []Facts { return facts }, named: &labelled{}, self: s.self(), from: from, to: to}, newNewest()).Querier, nil
		}), nil, expr, at)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		r := q.Exec(ctx)
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		v, err := valueOf(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	hints := &storage.SelectHints{Start: now.Add(-lookback).UnixMilli() + 1, End: now.UnixMilli()}
	if list, later, ok := s.newest.instant(ScoreSeries, hints); !ok || len(list) < endpoints/2 || len(later) < 3 {
		t.Fatalf("of %d endpoints memory answers for %d, and %d are later: %v", endpoints, len(list), len(later), ok)
	}
	for _, at := range []time.Time{now, now.Add(7 * time.Second), now.Add(-3 * time.Minute), now.Add(-10 * time.Minute), now.Add(6 * time.Minute)} {
		for _, expr := range []string{
			"(deskbell_cpu_busy_percent)", "(deskbell_cpu_busy_percent > 50)", "(timestamp(deskbell_cpu_busy_percent))",
			`(deskbell_cpu_busy_percent{endpoint=~"e00.*"})`, "(deskbell_cpu_busy_percent offset 1m)", "(avg_over_time(deskbell_cpu_busy_percent[2m]))",
			"(deskbell_cpu_busy_percent > 50 and deskbell_disk_used_percent < 30)", "count(deskbell_health_score)", "(deskbell_endpoint_info)",
			"(avg by (site) ((deskbell_endpoint_up == bool 0) * on (endpoint) group_left (site) deskbell_endpoint_info))",
			`(count by (__name__) ({__name__=~"deskbell_.*"}))`, "(deskbell_cpu_busy_percent @ 0)", "max_over_time(sum(deskbell_health_score)[3m:30s])",
		} {
			got, err := e.Instant(t.Context(), expr, at)
			if err != nil {
				t.Fatal(err)
			}
			// Values that are equal come in any order.
			lines := func(v model.Value) []string { return slices.Sorted(strings.SplitSeq(v.String(), "\n")) }
			if diff := cmp.Diff(lines(stored(t.Context(), expr, at)), lines(got.Value)); diff != "" {
				t.Errorf("%s at %v:\n%s", expr, at.Sub(now), diff)
			}
		}
	}
}

// TestSplitAfterARestart: what was heard before a restart is found, though memory does
// not have it.
func TestSplitAfterARestart(t *testing.T) {
	dir, now := t.TempDir(), time.Now().Truncate(time.Second)
	open := func() *Store {
		s := New(Options{Dir: dir, Now: func() time.Time { return now }}, slog.New(slog.DiscardHandler))
		if err := s.openWithRoom(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	say := func(s *Store, endpoint string) {
		b := diagnostics.Sample{At: now}
		b.Set(diagnostics.CPUBusy, 1)
		s.Append(endpoint, []diagnostics.Sample{b}, -1)
		if err := s.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := open()
	say(s, "before")
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	defer s.db.Close()
	now = now.Add(2 * time.Minute)
	say(s, "after")
	v, err := NewEngine(s, func() []Facts { return nil }, slog.New(slog.DiscardHandler)).Vector(t.Context(), "count(deskbell_cpu_busy_percent)", now)
	if err != nil || len(v) != 1 || v[0].Value != 2 {
		t.Errorf("%v, %v", v, err)
	}
}
