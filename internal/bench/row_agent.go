//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// perSegment is what TCP and IP add to a piece of data and to its acknowledgement:
// 20 bytes IPv4, 20 TCP, 12 for its time stamps, each way.
const perSegment = 2 * (20 + 20 + 12)

// watched is what an agent used over a while.
type watched struct {
	Settled float64 `json:"settled_after_seconds"` // since its start
	Seconds float64 `json:"seconds"`
	Up      int64   `json:"bytes_up"`
	Down    int64   `json:"bytes_down"`
	Pieces  int64   `json:"pieces"`
	CPU     float64 `json:"cpu_seconds"`
	RSS     int64   `json:"rss_median"`
	Peak    int64   `json:"rss_peak"`
	Day     float64 `json:"bytes_a_day"`              // TLS included
	DayAll  float64 `json:"bytes_a_day_with_headers"` // TCP and IP estimated
	Core    float64 `json:"percent_of_a_core"`
	// The first minutes, from the start of the program.
	FirstCPU   float64 `json:"first_minutes_cpu_seconds"`
	FirstBytes int64   `json:"first_minutes_bytes"`
}

// watch measures an agent behind a proxy: from the time on that it has settled, and
// what it used in its first minutes.
func (b *bench) watch(ctx context.Context, o observed) (w watched, err error) {
	if err := o.settle(ctx, b.First); err != nil {
		return w, err
	}
	pid, p := o.proc.pid(), o.proxy
	w.Settled = time.Since(o.started).Seconds()
	up, down, pieces := p.up.Load(), p.down.Load(), p.pieces.Load()
	cpu, err := cpuOf(pid)
	if err != nil {
		return w, err
	}
	start := time.Now()
	var rss []int64
	for time.Since(start) < b.Agent {
		m, err := memoryOf(pid)
		if err != nil {
			return w, err
		}
		rss, w.Peak = append(rss, m.RSS), m.Peak
		if err := pause(ctx, time.Second); err != nil {
			return w, err
		}
	}
	after, err := cpuOf(pid)
	if err != nil {
		return w, err
	}
	slices.Sort(rss)
	w.RSS, w.Seconds, w.CPU = rss[len(rss)/2], time.Since(start).Seconds(), (after - cpu).Seconds()
	w.Up, w.Down, w.Pieces = p.up.Load()-up, p.down.Load()-down, p.pieces.Load()-pieces
	const day = 24 * 60 * 60
	w.Day = float64(w.Up+w.Down) * day / w.Seconds
	w.DayAll = w.Day + float64(w.Pieces*perSegment)*day/w.Seconds
	w.Core = w.CPU / w.Seconds * 100
	if err := pause(ctx, b.First-time.Since(o.started)); err != nil {
		return w, err
	}
	if after, err = cpuOf(pid); err != nil {
		return w, err
	}
	w.FirstCPU, w.FirstBytes = after.Seconds(), p.up.Load()+p.down.Load()-o.before
	return w, nil
}

// settle waits until the agent has read everything once, and half a minute more. A
// program that does no such thing gets a minute; and nobody waits for what comes
// after the first minutes.
func (o observed) settle(ctx context.Context, first time.Duration) error {
	if o.read == "" {
		return pause(ctx, min(time.Minute, first))
	}
	for {
		if _, err := os.Stat(o.read); err == nil {
			return pause(ctx, 30*time.Second)
		}
		if time.Since(o.started) > first {
			if first < 5*time.Minute {
				return nil
			}
			return fmt.Errorf("the agent has not read its machine within %v", first)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// behind returns a server that believes to stand where the proxy does.
func (b *bench) behind(ctx context.Context, bare bool) (*target, *proxy, error) {
	outside, err := freeAddress()
	if err != nil {
		return nil, nil, err
	}
	t, err := b.newTargetAt(ctx, bare, "https://"+outside)
	if err != nil {
		return nil, nil, err
	}
	p, err := newProxy(outside, t.address)
	return t, p, err
}

// observed is an agent that runs behind a proxy.
type observed struct {
	proc    *process
	proxy   *proxy
	started time.Time
	before  int64  // bytes that went through until then: enrolment
	read    string // the file that is there once the agent has read its machine; "" when there is none
}

// realAgent starts the agent as it is installed; flags go to “run”.
func (b *bench) realAgent(ctx context.Context, folder string, flags ...string) (o observed, err error) {
	t, p, err := b.behind(ctx, false)
	if err != nil {
		return o, err
	}
	o.proxy = p
	enrolment, err := t.enrol(ctx)
	if err != nil {
		return o, err
	}
	program, state := filepath.Join(b.bin, "deskbell-agent"), filepath.Join(b.dir, folder)
	if _, err := b.output(ctx, program, "enrol", enrolment, "--state", state); err != nil {
		return o, err
	}
	o.read = filepath.Join(state, "history", "history.json")
	return o, b.observe(ctx, t, &o, program, append([]string{"run", "--state", state}, flags...)...)
}

// bareAgent starts the baseline.
func (b *bench) bareAgent(ctx context.Context) (o observed, err error) {
	if err := b.build(ctx, nil, "github.com/deskbell/deskbell/internal/bench/bareagent"); err != nil {
		return o, err
	}
	t, p, err := b.behind(ctx, true)
	if err != nil {
		return o, err
	}
	o.proxy = p
	enrolment, err := t.enrol(ctx)
	if err != nil {
		return o, err
	}
	return o, b.observe(ctx, t, &o, filepath.Join(b.bin, "bareagent"), enrolment)
}

func (b *bench) observe(ctx context.Context, t *target, o *observed, program string, args ...string) (err error) {
	o.started, o.before = time.Now(), o.proxy.up.Load()+o.proxy.down.Load()
	if o.proc, err = b.start("", 0, program, args...); err != nil {
		return err
	}
	if err := t.up(ctx, 1, 30*time.Second); err != nil {
		return fmt.Errorf("%w\n%s", err, o.proc.tail())
	}
	return nil
}

// agent is the rows “wire, idle endpoint” and “agent RSS, CPU”. All agents are
// watched at the same time: none does anything that another would notice.
func agent(ctx context.Context, b *bench) (*Result, error) {
	var by [3]observed
	defer func() {
		b.stopAll()
		for _, o := range by {
			if o.proxy != nil {
				o.proxy.close()
			}
		}
	}()
	var err error
	if by[0], err = b.bareAgent(ctx); err != nil {
		return nil, err
	}
	if by[1], err = b.realAgent(ctx, "agent"); err != nil {
		return nil, err
	}
	if by[2], err = b.realAgent(ctx, "agent-without", "--no-recorder"); err != nil {
		return nil, err
	}
	var saw [3]watched
	var failed [3]error
	var wg sync.WaitGroup
	for i, o := range by {
		wg.Go(func() { saw[i], failed[i] = b.watch(ctx, o) })
	}
	wg.Wait()
	if err := errors.Join(failed[:]...); err != nil {
		return nil, err
	}
	if n := by[1].proxy.connections.Load(); n > 3 {
		return nil, fmt.Errorf("the agent has connected %d times", n)
	}
	bare, own, without := saw[0], saw[1], saw[2]
	const mb = 1e6
	const bareIs = "a Go program with the same connection that reads the machine with gopsutil every 15 s and sends each sample as one JSON message."
	return &Result{
		How: fmt.Sprintf("The real agent runs as installed on this machine, enrolled and connected through a proxy that counts bytes, and nobody asks it for anything. Once it has looked the machine over and read everything that it is made of, "+
			"which is here %.0f s after its start, and half a minute later, it is watched for %v: bytes on the sockets with TLS, resident memory each second (the median counts), processor time of it and its collectors. A day is that while, extrapolated; for TCP and IP "+
			"%d bytes are added to each piece that goes through, which is a segment and its acknowledgement. What it used from its start on until %v were over, the reading of everything included, is a figure of its own: that is done once a day, and not while nothing has changed.", own.Settled-30, b.Agent, perSegment, b.First),
		Lines: []Line{
			{What: "wire, idle endpoint, 15 s samples, a day with TLS and TCP/IP headers", Unit: "MB", Bare: bare.DayAll / mb, Deskbell: own.DayAll / mb, Target: 0.7, Sense: AtMost, BareIs: bareIs},
			{What: "of it on the socket, TLS included", Unit: "MB", Bare: bare.Day / mb, Deskbell: own.Day / mb},
			{What: "agent RSS, with the flight recorder", Unit: "MB", Bare: float64(bare.RSS) / mb, Deskbell: float64(own.RSS) / mb, Target: 20, Sense: AtMost, BareIs: bareIs},
			{What: "the same without it", Unit: "MB", Bare: float64(bare.RSS) / mb, Deskbell: float64(without.RSS) / mb, Target: 15, Sense: AtMost},
			{What: "agent CPU, share of a core, with the flight recorder", Unit: "%", Bare: bare.Core, Deskbell: own.Core, Target: 0.3, Sense: AtMost, BareIs: bareIs},
			{What: "the same without it", Unit: "%", Bare: bare.Core, Deskbell: without.Core, Target: 0.02, Sense: AtMost},
			{What: "agent CPU in its first ten minutes, everything read once in them, with the flight recorder", Unit: "s", Bare: bare.FirstCPU, Deskbell: own.FirstCPU},
			{What: "the same without it", Unit: "s", Bare: bare.FirstCPU, Deskbell: without.FirstCPU},
			{What: "on the socket in its first ten minutes, enrolment left out", Unit: "KB", Bare: float64(bare.FirstBytes) / 1e3, Deskbell: float64(own.FirstBytes) / 1e3},
		},
		Notes: []string{fmt.Sprintf("The agent's memory was %.1f MB at its highest. Its processor time is read in steps of 10 ms: %.2f s in %.0f s, %.2f s without the recorder.", float64(own.Peak)/mb, own.CPU, own.Seconds, without.CPU)},
		Raw:   map[string]any{"bare": bare, "deskbell": own, "without_recorder": without},
	}, nil
}
