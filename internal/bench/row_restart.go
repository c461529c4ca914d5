//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/internal/fleet"
)

// returned is what a restart came to.
type returned struct {
	CPUEach float64       `json:"server_cpu_ms_each"`
	All     time.Duration `json:"all_back_ns"`
	Start   time.Duration `json:"ready_ns"`
	Fleet   fleet.Report  `json:"fleet"`
	Probe   fleet.Report  `json:"probe"`
}

// comeback restarts a server that has a fleet connected.
func (b *bench) comeback(ctx context.Context, bare bool) (r returned, err error) {
	t, err := b.newTarget(ctx, bare, "", "")
	if err != nil {
		return r, err
	}
	defer t.stop()
	load, err := t.fleet(ctx, "", 0, b.Endpoints)
	if err != nil {
		return r, err
	}
	probing := []string{"--state", filepath.Join(t.data, "probe"), "--rings", strconv.Itoa(probeRate)}
	probe, err := t.fleet(ctx, "", probeNice, probes, append(probing, "--duration", "2s")...) // enrolled beforehand
	if err != nil {
		return r, err
	}
	if _, err := probe.wait(ctx); err != nil {
		return r, err
	}
	if err := load.up(ctx); err != nil {
		return r, err
	}
	// A session counts as healthy, and its end as the server's, after half a minute.
	if err := pause(ctx, max(b.For/2, 5*time.Second)+5*time.Second); err != nil {
		return r, err
	}
	if err := t.stop(); err != nil {
		return r, fmt.Errorf("the server did not stop in order: %w", err)
	}
	start := time.Now()
	if err := t.start(ctx); err != nil {
		return r, err
	}
	r.Start = time.Since(start)
	if probe, err = t.fleet(ctx, "", probeNice, probes, probing...); err != nil {
		return r, err
	}
	if err := t.up(ctx, b.Endpoints+probes, 10*time.Minute); err != nil {
		return r, err
	}
	r.All = time.Since(start)
	cpu, err := t.cpu()
	if err != nil {
		return r, err
	}
	r.CPUEach = float64(cpu.Microseconds()) / 1000 / float64(b.Endpoints)
	if r.Probe, err = probe.stop(); err != nil {
		return r, err
	}
	if r.Fleet, err = load.stop(); err != nil {
		return r, err
	}
	if g := r.Probe.Rings; g.Refused > 0 || g.Acknowledged == 0 {
		return r, fmt.Errorf("tickets were refused meanwhile: %+v", g)
	}
	return r, nil
}

// restart is the row “15 000 endpoints back after a server restart”.
func restart(ctx context.Context, b *bench) (*Result, error) {
	bare, err := b.comeback(ctx, true)
	if err != nil {
		return nil, err
	}
	own, err := b.comeback(ctx, false)
	if err != nil {
		return nil, err
	}
	s := own.Fleet.Sessions
	return &Result{
		How: fmt.Sprintf("A server with %d endpoints connected is stopped and started again; they come back by the protocol's rule, spread over the time that its welcome named. The server's processor time from its start until the last is back, divided by the endpoints, "+
			"holds everything that it does meanwhile: starting, reading its database, handshakes with Go's default curves, proofs, ratchets, late and fresh health, and %d tickets a second of a probe, whose latencies are the row's second figure.", b.Endpoints, probeRate/60),
		Lines: []Line{
			{What: fmt.Sprintf("%d endpoints back after a restart: server CPU each", b.Endpoints), Unit: "ms", Bare: bare.CPUEach, Deskbell: own.CPUEach, Target: 0.7, Sense: AtMost,
				BareIs: "tuned gorilla with TLS and both proofs checked, the same clients, their frames and the same tickets."},
			{What: "ticket sent → acknowledged meanwhile, p99", Unit: "ms", Bare: bare.Probe.Rings.Ack.P99, Deskbell: own.Probe.Rings.Ack.P99, Target: 250, Sense: AtMost},
			{What: "turned away without being told when to return", Deskbell: float64(s.Untimed), Target: 0, Sense: AtMost},
		},
		Notes: []string{
			fmt.Sprintf("Ready %d ms after its start; all were back after %.1f s (bare %.1f s); the spread that the welcomes name is meant to take %.1f s.", own.Start.Milliseconds(), own.All.Seconds(), bare.All.Seconds(), 1+float64(b.Endpoints)/400),
			fmt.Sprintf("Refused with a time to come back: %v. Attempts that found no server: %d.", s.Refused, s.DialFailures),
		},
		Raw: map[string]any{"bare": bare, "deskbell": own},
	}, nil
}
