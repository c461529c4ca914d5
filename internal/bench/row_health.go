//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// saturated endpoints each have so many frames under way.
const (
	saturating = 1000
	ahead      = 4
)

// speed is how fast a server takes frames in.
type speed struct {
	PerSecond float64 `json:"frames_per_second"`
	PerCore   float64 `json:"frames_per_core_second"`
	Micros    float64 `json:"cpu_microseconds_each"`
	Stored    float64 `json:"values_stored_each"` // in the time series; the rest was dropped
}

// stored is how many values the server's time series have taken in.
func (t *target) stored() (float64, error) {
	if t.bare {
		return 0, nil
	}
	m, err := t.metrics()
	return m[`deskbell_prometheus_tsdb_head_samples_appended_total{type="float"}`], err
}

// saturate has endpoints send frames as fast as the server acknowledges them. The
// server has one processor, the endpoints the others.
func (b *bench) saturate(ctx context.Context, bare bool, samples int) (s speed, err error) {
	t, err := b.newTarget(ctx, bare, serverCore(), "")
	if err != nil {
		return s, err
	}
	defer t.stop()
	n := min(saturating, b.Endpoints)
	f, err := t.fleet(ctx, loadCores(), 0, n, "--window", strconv.Itoa(ahead), "--interval", "1s", "--frame", strconv.Itoa(samples)+"s")
	if err != nil {
		return s, err
	}
	if err := f.up(ctx); err != nil {
		return s, err
	}
	if err := pause(ctx, 2*time.Second); err != nil {
		return s, err
	}
	frames, err := t.frames()
	if err != nil {
		return s, err
	}
	cpu, err := t.cpu()
	if err != nil {
		return s, err
	}
	stored, err := t.stored()
	if err != nil {
		return s, err
	}
	start := time.Now()
	// Samples are dated from the past on: at most until they reach the present, where
	// the server would refuse them.
	if err := pause(ctx, min(b.For/3, 10*time.Second)); err != nil {
		return s, err
	}
	framesAfter, err := t.frames()
	if err != nil {
		return s, err
	}
	passed := time.Since(start)
	cpuAfter, err := t.cpu()
	if err != nil {
		return s, err
	}
	storedAfter, err := t.stored()
	if err != nil {
		return s, err
	}
	if _, err := f.stop(); err != nil {
		return s, err
	}
	done, used := float64(framesAfter-frames), cpuAfter-cpu
	return speed{PerSecond: done / passed.Seconds(), PerCore: done / used.Seconds(), Micros: float64(used.Microseconds()) / done, Stored: (storedAfter - stored) / done}, nil
}

// health is the row “health messages a second a core”.
func health(ctx context.Context, b *bench) (*Result, error) {
	raw := map[string]any{}
	var got [2][2]speed // bare or not; one or four samples
	for i, samples := range []int{1, 4} {
		for j, bare := range []bool{true, false} {
			s, err := b.saturate(ctx, bare, samples)
			if err != nil {
				return nil, err
			}
			got[j][i] = s
			raw[fmt.Sprintf("%s_%d", map[bool]string{true: "bare", false: "deskbell"}[bare], samples)] = s
		}
	}
	bare, own := got[0], got[1]
	return &Result{
		How: fmt.Sprintf("%d endpoints keep %d frames under way each. The server has one processor, the endpoints have the others; counted are the frames that the server took in over the processor time that it used. "+
			"With Deskbell that is TLS, decoding, state, score, the time series (13 metrics and the score, appended in batches) and the acknowledgement.", saturating, ahead),
		Lines: []Line{
			{What: "health messages/s a core, one sample each: TLS, decode, state, acknowledge", Unit: "/s", Bare: bare[0].PerCore, Deskbell: own[0].PerCore, Target: 30000, Sense: AtLeast,
				BareIs: "TLS, decode, acknowledge on tuned gorilla.",
				Why:    fmt.Sprintf("each costs %.1f µs, of which %.1f are the bare ones", own[0].Micros, bare[0].Micros)},
			{What: "the same with four samples each, as idle endpoints send them", Unit: "/s", Bare: bare[1].PerCore, Deskbell: own[1].PerCore},
			{What: "samples/s a core, four in a message", Unit: "/s", Bare: 4 * bare[1].PerCore, Deskbell: 4 * own[1].PerCore},
		},
		Notes: []string{fmt.Sprintf("Of a message of one sample %.1f values reached the time series meanwhile, of one of four samples %.1f: what the disk does not keep up with is dropped, and is not in the cost.", own[0].Stored, own[1].Stored)},
		Raw:   raw,
	}, nil
}
