//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

const (
	wholeEndpoints = 10_000
	wholeFill      = 6 * time.Minute
	wholeFor       = 6 * time.Minute
)

// wholeRow is the row “memory for 10 000 endpoints × 20 series”.
func wholeRow(ctx context.Context, b *bench) (*Result, error) {
	few := *b
	few.Endpoints, few.procs = min(wholeEndpoints, b.Endpoints), nil
	defer few.stopAll()
	fill, long := wholeFill, wholeFor
	if b.Agent < time.Minute { // it is only tried out
		fill, long = 15*time.Second, 15*time.Second
	}
	same := []string{"--state", filepath.Join(b.dir, "whole")}
	h, err := few.holdAfter(ctx, false, fill, append(same, "--interval", "2s", "--frame", "8s"), long, same...)
	if err != nil {
		return nil, err
	}
	series := h.Runtime["deskbell_prometheus_tsdb_head_series"]
	return &Result{
		How: fmt.Sprintf("%d simulated endpoints are connected over TLS and send a sample each 2 s for %v, so that each of their series has more than the 120 samples of which a chunk is made: the same as half an hour of the usual. "+
			"Then they come back and do as they do every day, a sample each 15 s and a message a minute, for %v. The rules that are built in are asked all the time. "+
			"The server's whole resident memory is read each second for the last third of that; the middle reading counts.", few.Endpoints, fill, long),
		Lines: []Line{
			{What: fmt.Sprintf("memory of the whole server, %d endpoints with %.0f series each", few.Endpoints, series/float64(few.Endpoints)), Unit: "MB", Deskbell: float64(h.Steady.RSS) / 1e6, Target: 400, Sense: AtMost},
			{What: "of it anonymous, which the system cannot take back", Unit: "MB", Deskbell: float64(h.Steady.Anon) / 1e6},
			{What: "the whole, while they send a sample each 2 s", Unit: "MB", Deskbell: float64(h.First.RSS) / 1e6},
		},
		Notes: []string{fmt.Sprintf("Of the heap %.0f MB are in use, of stacks %.0f MB; %.0f series in the head.", h.Runtime["go_memstats_heap_inuse_bytes"]/1e6, h.Runtime["go_memstats_stack_inuse_bytes"]/1e6, series)},
		Raw:   map[string]any{"held": h},
	}, nil
}
