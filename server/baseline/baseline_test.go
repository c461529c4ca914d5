package baseline_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/server/baseline"
)

// past is a series of a site: what it was at a moment, as far as that is known.
type past struct {
	at     func(t time.Time) (v float64, known bool)
	broken bool
}

func (p *past) Matrix(_ context.Context, expr string, from, to time.Time, step time.Duration) (model.Matrix, error) {
	if p.broken {
		return nil, errors.New("the store")
	}
	s := &model.SampleStream{Metric: model.Metric{"__name__": model.LabelValue(expr), "site": "Berlin"}}
	for t := from; !t.After(to); t = t.Add(step) {
		if v, known := p.at(t); known {
			s.Values = append(s.Values, model.SamplePair{Timestamp: model.TimeFromUnixNano(t.UnixNano()), Value: model.SampleValue(v)})
		}
	}
	if len(s.Values) == 0 {
		return nil, nil
	}
	return model.Matrix{s}, nil
}

// said is what is put of each series at now, by a clock that begins there.
func said(t *testing.T, now time.Time, zone *time.Location, own bool, p *past) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		desk, sites := zone, map[string]*time.Location{"Tokyo": time.FixedZone("JST", 9*60*60)}
		if own { // the desk's clocks are never changed
			desk, sites["Berlin"] = time.UTC, zone
		}
		k := baseline.New(baseline.Options{
			Engine: p, Prefix: "deskbell_", Series: []string{"share"}, Zone: func() *time.Location { return desk }, Sites: func() map[string]*time.Location { return sites }, Log: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return now.Add(time.Since(began)) },
			Put: func(series string, at time.Time, v float64, pairs ...string) {
				if len(pairs) != 2 || pairs[0] != "site" || pairs[1] != "Berlin" || !at.Equal(now.Add(time.Since(began))) {
					t.Errorf("%s %q at %v", series, pairs, at)
				}
				out[series] = v
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		time.Sleep(2*time.Minute + time.Second)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return out
}

// TestUsual: what is usual is that of the same hour of the week by the clocks of the zone,
// before, over and after their change; an outage in one of the weeks and a value now change
// nothing of it; and of a short past, a past with gaps and a store that breaks nothing is said.
func TestUsual(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// On Mondays from seven to eleven half of them have a problem, otherwise one in twenty.
	monday := func(t time.Time) (float64, bool) {
		t = t.In(berlin)
		if t.Weekday() == time.Monday && t.Hour() >= 7 && t.Hour() < 11 {
			return 0.5, true
		}
		return 0.05, true
	}
	since := func(from time.Time, f func(time.Time) (float64, bool)) func(time.Time) (float64, bool) {
		return func(t time.Time) (float64, bool) {
			v, _ := f(t)
			return v, !t.Before(from)
		}
	}
	for _, day := range []time.Time{
		time.Date(2026, 2, 16, 0, 0, 0, 0, berlin), time.Date(2026, 3, 30, 0, 0, 0, 0, berlin), time.Date(2026, 4, 13, 0, 0, 0, 0, berlin), time.Date(2026, 10, 26, 0, 0, 0, 0, berlin),
	} {
		for hour, want := range map[float64]float64{5.4: 0.05, 7.6: 0.5, 8: 0.5, 9.9: 0.5, 10.4: 0.5, 12.1: 0.05} {
			now := day.Add(time.Duration(hour * float64(time.Hour)))
			for _, own := range []bool{false, true} { // it is the desk's zone, or the site's own
				got := said(t, now, berlin, own, &past{at: monday})
				if got["share_usual"] != want || got["share_usual_spread"] != 0 || len(got) != 2 {
					t.Errorf("on %v (%v) it is %v, want %g", now, own, got, want)
				}
			}
		}
	}
	// In the three weeks before, the desk's clocks were an hour beside the site's: its moments
	// do not count there, also where nobody knows anything of the site's own.
	lonely := time.Date(2026, 3, 30, 8, 0, 0, 0, berlin)
	if got := said(t, lonely, berlin, true, &past{at: func(t time.Time) (float64, bool) {
		return 0.5, t.In(berlin).Hour() >= 10 || t.In(berlin).Hour()*60+t.In(berlin).Minute() < 7*60+20
	}}); len(got) != 0 {
		t.Errorf("out of the desk's moments it is %v", got)
	}
	now := time.Date(2026, 2, 16, 9, 0, 0, 0, berlin)
	outage := func(t time.Time) (float64, bool) {
		if now.Sub(t) < 8*24*time.Hour {
			return 1, true // last week, and now
		}
		return 0.1 + 0.02*float64(t.Minute()/10%3), true // 0.10, 0.12, 0.14
	}
	got := said(t, now, berlin, false, &past{at: outage})
	if u, s := got["share_usual"], got["share_usual_spread"]; math.Abs(u-0.13) > 0.011 || s < 0.02 || s > 0.05 {
		t.Errorf("with an outage last week it is %v", got)
	}
	for name, p := range map[string]*past{
		"two weeks":              {at: since(now.AddDate(0, 0, -15), monday)},
		"nothing":                {at: since(now.AddDate(1, 0, 0), monday)},
		"a store that is broken": {at: monday, broken: true},
		"hardly any of each": {at: func(t time.Time) (float64, bool) {
			v, _ := monday(t)
			return v, t.Minute() < 20
		}},
	} {
		if got := said(t, now, berlin, true, p); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := said(t, now, berlin, false, &past{at: since(now.AddDate(0, 0, -22), monday)}); got["share_usual"] != 0.5 {
		t.Errorf("three weeks: %v", got)
	}
}
