//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// held is what a server's memory comes to with a fleet connected.
type held struct {
	Empty   Memory             `json:"empty"`          // before anybody had ever connected
	First   Memory             `json:"first,omitzero"` // the median of a while with the fleet that was there before
	Steady  Memory             `json:"steady"`         // the median of a while
	Each    float64            `json:"bytes_each"`
	Own     float64            `json:"anonymous_bytes_each"`
	Runtime map[string]float64 `json:"go,omitempty"` // Deskbell's own account
}

// hold connects a fleet to a fresh server, leaves it alone for a while and reads
// the server's memory.
func (b *bench) hold(ctx context.Context, bare bool, alone time.Duration, args ...string) (h held, err error) {
	return b.holdAfter(ctx, bare, 0, nil, alone, args...)
}

// holdAfter is hold with a fleet that was there before for a while, with flags of its own:
// it may be the same one, and more in a hurry.
func (b *bench) holdAfter(ctx context.Context, bare bool, first time.Duration, flags []string, alone time.Duration, args ...string) (h held, err error) {
	t, err := b.newTarget(ctx, bare, "", "")
	if err != nil {
		return h, err
	}
	defer t.stop()
	if err := pause(ctx, time.Second); err != nil {
		return h, err
	}
	if h.Empty, err = t.memory(); err != nil {
		return h, err
	}
	if first > 0 {
		if h.First, err = b.there(ctx, t, first, flags...); err != nil {
			return h, err
		}
	}
	f, err := t.fleet(ctx, "", 0, b.Endpoints, args...)
	if err != nil {
		return h, err
	}
	if err := f.up(ctx); err != nil {
		return h, err
	}
	if h.Steady, err = b.steady(ctx, t, alone); err != nil {
		return h, err
	}
	h.Each = float64(h.Steady.RSS-h.Empty.RSS) / float64(b.Endpoints)
	h.Own = float64(h.Steady.Anon-h.Empty.Anon) / float64(b.Endpoints)
	if !bare {
		m, err := t.metrics()
		if err != nil {
			return h, err
		}
		h.Runtime = map[string]float64{}
		for _, k := range []string{"go_memstats_heap_inuse_bytes", "go_memstats_heap_alloc_bytes", "go_memstats_stack_inuse_bytes", "go_memstats_heap_idle_bytes", "go_memstats_heap_released_bytes", "deskbell_prometheus_tsdb_head_series"} {
			h.Runtime[k] = m[k]
		}
	}
	r, err := f.stop()
	if err == nil && (r.Connected != int64(b.Endpoints) || r.Sessions.Lost > 0) {
		err = fmt.Errorf("%d of %d endpoints were connected at the end, %d sessions were lost", r.Connected, b.Endpoints, r.Sessions.Lost)
	}
	return h, err
}

// there has a fleet connected for a while.
func (b *bench) there(ctx context.Context, t *target, long time.Duration, args ...string) (m Memory, err error) {
	f, err := t.fleet(ctx, "", 0, b.Endpoints, args...)
	if err != nil {
		return m, err
	}
	if err := f.up(ctx); err != nil {
		return m, err
	}
	if m, err = b.steady(ctx, t, long); err != nil {
		return m, err
	}
	_, err = f.stop()
	return m, err
}

// steady reads the memory each second in the last third of a while, and returns
// the reading in the middle.
func (b *bench) steady(ctx context.Context, t *target, alone time.Duration) (Memory, error) {
	if err := pause(ctx, alone*2/3); err != nil {
		return Memory{}, err
	}
	var all []Memory
	for end := time.Now().Add(alone / 3); time.Now().Before(end); {
		m, err := t.memory()
		if err != nil {
			return m, err
		}
		all = append(all, m)
		if err := pause(ctx, time.Second); err != nil {
			return m, err
		}
	}
	slices.SortFunc(all, func(a, b Memory) int { return cmp.Compare(a.RSS, b.RSS) })
	return all[len(all)/2], nil
}

// silentFor is shorter than what a server waits for a frame.
const silentFor = 100 * time.Second

// memory is the row “server RSS per connected, proven TLS endpoint”.
func memory(ctx context.Context, b *bench) (*Result, error) {
	bare, err := b.hold(ctx, true, b.Steady)
	if err != nil {
		return nil, err
	}
	mute, err := b.hold(ctx, false, min(b.Steady, silentFor), "--frame=-1s")
	if err != nil {
		return nil, err
	}
	full, err := b.hold(ctx, false, b.Steady)
	if err != nil {
		return nil, err
	}
	kb := func(v float64) float64 { return v / 1000 }
	series := full.Each - mute.Each
	return &Result{
		How: fmt.Sprintf("%d simulated endpoints connect over TLS 1.3 with Go's default curves (hybrid post-quantum), prove themselves, report inventory and findings, and send a frame of four samples a minute. "+
			"After %v without a change the server's RSS is read each second for the last third of the time; the middle reading, less the RSS of the fresh server before anybody connected, is divided by the endpoints. "+
			"Everything that the server keeps about them is in it: session, state, identity, ratchet, findings, the time series' head, caches. The kernel's socket buffers are not in RSS.", b.Endpoints, b.Steady),
		Lines: []Line{
			{What: fmt.Sprintf("server RSS per connected, proven TLS endpoint, all state included (%d)", b.Endpoints), Unit: "KB", Bare: kb(bare.Each), Deskbell: kb(full.Each), Target: 24, Sense: AtMost,
				BareIs: "tuned gorilla/websocket under TLS with the same clients: both sides proven, frames decoded and acknowledged, nothing kept.",
				Why:    fmt.Sprintf("the time series take %.1f KB of it", kb(series))},
			{What: "of it without health frames: connection, session, state", Unit: "KB", Bare: kb(bare.Each), Deskbell: kb(mute.Each)},
			{What: "of it by health frames: last sample, score, series", Unit: "KB", Deskbell: kb(series)},
		},
		Notes: []string{
			fmt.Sprintf("Anonymous memory alone, which the system cannot take back: bare %.1f KB, without frames %.1f KB, with frames %.1f KB each; mapped files (database, series) are the rest.", kb(bare.Own), kb(mute.Own), kb(full.Own)),
			fmt.Sprintf("The whole process holds %.0f MB with %d endpoints; fresh it holds %.0f MB.", float64(full.Steady.RSS)/1e6, b.Endpoints, float64(full.Empty.RSS)/1e6),
			fmt.Sprintf("Of the heap in use (%.0f MB) and stacks (%.0f MB), with %.0f series in the head.", full.Runtime["go_memstats_heap_inuse_bytes"]/1e6, full.Runtime["go_memstats_stack_inuse_bytes"]/1e6, full.Runtime["deskbell_prometheus_tsdb_head_series"]),
		},
		Raw: map[string]any{"bare": bare, "without_frames": mute, "with_frames": full},
	}, nil
}
