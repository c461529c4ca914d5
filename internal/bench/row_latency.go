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

// The probe is a small fleet of its own process that rings, so that what is timed
// is the server and not the load generator. It goes before others on the processor
// where that is allowed.
const (
	probes    = 20
	probeRate = 20 * 60 // tickets a minute
	probeNice = -10
)

// calm is how long the probe waits until its own connecting is over.
const calm = 5 * time.Second

// timed is what the probe saw, and what the load was.
type timed struct {
	Probe     fleet.Report `json:"probe"`
	Load      fleet.Report `json:"load"`
	FrameRate float64      `json:"frames_per_second"`
	CPU       float64      `json:"server_cores"` // that the server used meanwhile
}

// time connects a fleet that sends so many frames a second, and times tickets
// beside it.
func (b *bench) time(ctx context.Context, bare bool) (m timed, err error) {
	t, err := b.newTarget(ctx, bare, "", "")
	if err != nil {
		return m, err
	}
	defer t.stop()
	every := time.Duration(float64(b.Endpoints) / float64(b.Rate) * float64(time.Second)).Round(time.Millisecond)
	load, err := t.fleet(ctx, "", 0, b.Endpoints, "--frame", every.String())
	if err != nil {
		return m, err
	}
	if err := load.up(ctx); err != nil {
		return m, err
	}
	if err := pause(ctx, b.For/4); err != nil { // what connecting has stirred up settles
		return m, err
	}
	args := []string{"--rings", strconv.Itoa(probeRate), "--duration", b.For.String(), "--after", calm.String(), "--state", filepath.Join(t.data, "probe")}
	if !bare {
		token, err := t.token(ctx)
		if err != nil {
			return m, err
		}
		args = append(args, "--token", token)
	}
	before, err := t.frames()
	if err != nil {
		return m, err
	}
	cpu, err := t.cpu()
	if err != nil {
		return m, err
	}
	start := time.Now()
	probe, err := t.fleet(ctx, "", probeNice, probes, args...)
	if err != nil {
		return m, err
	}
	if m.Probe, err = probe.wait(ctx); err != nil {
		return m, err
	}
	passed := time.Since(start).Seconds()
	after, err := t.frames()
	if err != nil {
		return m, err
	}
	cpuAfter, err := t.cpu()
	if err != nil {
		return m, err
	}
	m.FrameRate, m.CPU = float64(after-before)/passed, (cpuAfter-cpu).Seconds()/passed
	if m.Load, err = load.stop(); err != nil {
		return m, err
	}
	return m, m.check(bare)
}

func (m *timed) check(bare bool) error {
	r := m.Probe.Rings
	switch {
	case r.Acknowledged != r.Sent || r.Refused > 0 || r.Again > 0:
		return fmt.Errorf("not every ticket was acknowledged at once: %+v", r)
	case !bare && r.Page.Count != uint64(r.Sent):
		return fmt.Errorf("the page saw %d of %d tickets", r.Page.Count, r.Sent)
	case m.Load.Sessions.Lost > 0:
		return fmt.Errorf("%d sessions were lost meanwhile", m.Load.Sessions.Lost)
	}
	return nil
}

// latency is the row “ticket sent → durable → acknowledged”.
func latency(ctx context.Context, b *bench) (*Result, error) {
	bare, err := b.time(ctx, true)
	if err != nil {
		return nil, err
	}
	own, err := b.time(ctx, false)
	if err != nil {
		return nil, err
	}
	p, q := own.Probe.Rings, bare.Probe.Rings
	return &Result{
		How: fmt.Sprintf("%d endpoints are connected and send %.0f health messages a second to the server (bare: %.0f). %d further endpoints, in a process of their own that goes first on the processor, ring %d tickets a second for %v, "+
			"each with findings and a snapshot. Timed is from before the ticket is written to the socket until its acknowledgement is read, and until its event is read by a listener to /api/v1/events over TLS, which stands for the technician's page. "+
			"SQLite, synchronous=FULL.", b.Endpoints, own.FrameRate, bare.FrameRate, probes, probeRate/60, b.For),
		Lines: []Line{
			{What: "ticket sent → durable → acknowledged, p99", Unit: "ms", Bare: q.Ack.P99, Deskbell: p.Ack.P99, Target: 6, Sense: AtMost,
				BareIs: "the same clients and rate against tuned gorilla with TLS, and one SQLite transaction of two inserts a ticket, synchronous=FULL."},
			{What: "the same, p50", Unit: "ms", Bare: q.Ack.P50, Deskbell: p.Ack.P50},
			{What: "ticket sent → on the technician's page, p99", Unit: "ms", Deskbell: p.Page.P99, Target: 10, Sense: AtMost},
			{What: "the same, p50", Unit: "ms", Deskbell: p.Page.P50},
		},
		Notes: []string{
			fmt.Sprintf("%d tickets; the longest took %.1f ms (bare %.1f ms). The server used %.2f of a core meanwhile (bare %.2f).", p.Ack.Count, p.Ack.Max, q.Ack.Max, own.CPU, bare.CPU),
			fmt.Sprintf("Health frames were acknowledged in %.1f ms (p99), as their senders saw it.", own.Load.Health.Ack.P99),
		},
		Raw: map[string]any{"bare": bare, "deskbell": own},
	}, nil
}
