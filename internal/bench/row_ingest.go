//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

const (
	ingestEndpoints = 10_000
	ingestFor       = time.Minute
)

// ingest is the row “samples a second a core through hub, rules and store”: all that a
// fleet sends is stored, and the rules are asked of it meanwhile.
func ingest(ctx context.Context, b *bench) (*Result, error) {
	n := min(ingestEndpoints, b.Endpoints)
	t, err := b.newTarget(ctx, false, "", "")
	if err != nil {
		return nil, err
	}
	defer t.stop()
	f, err := t.fleet(ctx, "", 0, n, "--interval", "1s", "--frame", "4s")
	if err != nil {
		return nil, err
	}
	if err := f.up(ctx); err != nil {
		return nil, err
	}
	long := min(ingestFor, b.For)
	if err := pause(ctx, long/4); err != nil { // what was put off while they connected
		return nil, err
	}
	type state struct {
		frames int64
		values float64
		cpu    time.Duration
		at     time.Time
	}
	now := func() (s state, err error) {
		if s.frames, err = t.frames(); err != nil {
			return s, err
		}
		if s.values, err = t.stored(); err != nil {
			return s, err
		}
		s.at = time.Now()
		s.cpu, err = t.cpu()
		return s, err
	}
	first, err := now()
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, long); err != nil {
		return nil, err
	}
	last, err := now()
	if err != nil {
		return nil, err
	}
	if _, err := f.stop(); err != nil {
		return nil, err
	}
	values, frames, used, passed := last.values-first.values, float64(last.frames-first.frames), (last.cpu - first.cpu).Seconds(), last.at.Sub(first.at).Seconds()
	return &Result{
		How: fmt.Sprintf("%d endpoints are connected over TLS and take a sample of all their metrics each second, of which four go in a message. The rules that are built in are asked meanwhile, as always. "+
			"Counted are the samples, as a time series has them, one value at one moment, that the store has taken in within %.0f s, over the processor time that the whole server used in it: TLS, decoding, state, score, rules, storing, collecting garbage.", n, passed),
		Lines: []Line{
			{What: "samples/s a core through hub, rules and store, as a time series has them", Unit: "/s", Deskbell: values / used, Target: 500_000, Sense: AtLeast},
			{What: "of these came a second", Unit: "/s", Deskbell: values / passed},
		},
		Notes: []string{fmt.Sprintf("Of a message %.1f samples were stored; %.2f of a core was busy.", values/frames, used/passed)},
		Raw:   map[string]any{"values": values, "frames": frames, "cpu_seconds": used, "seconds": passed},
	}, nil
}
