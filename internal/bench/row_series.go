//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
)

const (
	seriesMachines = 200
	seriesFor      = 27 * time.Hour   // blocks of two hours, and what they are put together to
	seriesStep     = 10 * time.Minute // is given at once
	sampleEvery    = 15 * time.Second
)

// seriesRow is the row “disk per sample”.
func seriesRow(ctx context.Context, b *bench) (*Result, error) {
	dir := filepath.Join(b.dir, "series")
	start := time.Now().Add(-seriesFor).Truncate(time.Minute)
	var clock atomic.Pointer[time.Time]
	clock.Store(&start)
	counted := prometheus.NewRegistry()
	store := metrics.New(metrics.Options{Dir: dir, Now: func() time.Time { return *clock.Load() }, Registry: counted}, slog.New(slog.DiscardHandler))
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- store.Run(running) }()
	long := seriesFor
	if b.Agent < time.Minute { // it is only tried out
		long = 4 * time.Hour
	}
	given, err := lived(ctx, store, counted, &clock, start, long)
	if err == nil {
		err = compacted(ctx, dir)
	}
	stop()
	if err := errors.Join(err, <-done); err != nil {
		return nil, err
	}
	blocks, err := blocksIn(dir)
	if err != nil {
		return nil, err
	}
	whole, err := sizeOf(dir)
	if err != nil {
		return nil, err
	}
	if blocks.Samples == 0 {
		return nil, errors.New("nothing was compacted")
	}
	return &Result{
		How: fmt.Sprintf("%d simulated machines, whose loads, memory, disks and networks drift with the hours of a day and are rounded as agents round them, live %v with a sample each %v. The server's own store takes it all in, with their scores and presences, "+
			"and compacts as it does while it runs. Counted is what the blocks take on the disk, with their chunks and their index, over the samples in them.", seriesMachines, long, sampleEvery),
		Lines: []Line{
			{What: "disk per sample, index included", Unit: "B", Deskbell: float64(blocks.Bytes) / float64(blocks.Samples), Target: 2, Sense: AtMost},
			{What: "of it the index", Unit: "B", Deskbell: float64(blocks.Index) / float64(blocks.Samples)},
			{What: "the whole folder, with the log of the newest hours, over all samples", Unit: "B", Deskbell: float64(whole) / given},
		},
		Notes: []string{fmt.Sprintf("%.1f million samples in %d series, of which %.1f million are in %d blocks.", given/1e6, blocks.Series, float64(blocks.Samples)/1e6, blocks.Blocks)},
		Raw:   map[string]any{"blocks": blocks, "folder": whole, "given": given},
	}, nil
}

// lived has machines live, as fast as the store takes it, and returns how many samples it took.
func lived(ctx context.Context, store *metrics.Store, counted prometheus.Gatherer, clock *atomic.Pointer[time.Time], start time.Time, long time.Duration) (taken float64, err error) {
	var all []*machine.Machine
	for i := range seriesMachines {
		all = append(all, machine.New(1, i, "BER", start))
	}
	want := 0.0
	for at := start; at.Before(start.Add(long)); at = at.Add(seriesStep) {
		end := at.Add(seriesStep)
		clock.Store(&end)
		for i, m := range all {
			id := fmt.Sprintf("E%08d", i)
			var list []diagnostics.Sample
			score := 0
			for t := at; t.Before(end); t = t.Add(sampleEvery) {
				s := m.Sample(t)
				list = append(list, s)
				score, _, _ = diagnostics.Score(s, nil)
				for _, x := range diagnostics.Metrics() {
					if _, ok := s.Get(x); ok {
						want++
					}
				}
			}
			store.Append(id, list, score)
			store.Presence(id, end.Add(-time.Second), noc.Online.Number(), noc.Online.Up())
			want += 3
		}
		err := until(ctx, "the store", time.Minute, func() bool {
			taken, err = appended(counted)
			return err == nil && taken >= want
		})
		if err != nil {
			return taken, fmt.Errorf("%w: it has %.0f of %.0f samples", err, taken, want)
		}
	}
	return taken, nil
}

// appended is how many samples the store's head has taken.
func appended(from prometheus.Gatherer) (n float64, err error) {
	families, err := from.Gather()
	for _, f := range families {
		if strings.HasSuffix(f.GetName(), "prometheus_tsdb_head_samples_appended_total") {
			for _, m := range f.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n, err
}

// blocks are what has been compacted.
type blocks struct {
	Blocks  int   `json:"blocks"`
	Samples int64 `json:"samples"`
	Series  int64 `json:"series"` // of the block that has most
	Bytes   int64 `json:"bytes"`
	Index   int64 `json:"index_bytes"`
}

func blocksIn(dir string) (b blocks, err error) {
	metas, err := filepath.Glob(filepath.Join(dir, "*", "meta.json"))
	if err != nil {
		return b, err
	}
	for _, name := range metas {
		var meta struct {
			Stats struct {
				Samples int64 `json:"numSamples"`
				Series  int64 `json:"numSeries"`
			} `json:"stats"`
		}
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &meta)
		}
		if err != nil {
			return b, err
		}
		size, err := sizeOf(filepath.Dir(name))
		if err != nil {
			return b, err
		}
		index, err := os.Stat(filepath.Join(filepath.Dir(name), "index"))
		if err != nil {
			return b, err
		}
		b.Blocks, b.Samples, b.Bytes, b.Index = b.Blocks+1, b.Samples+meta.Stats.Samples, b.Bytes+size, b.Index+index.Size()
		b.Series = max(b.Series, meta.Stats.Series)
	}
	return b, nil
}

// sizeOf is what the files in a folder take, in bytes.
func sizeOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was put together with others just now
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}

// compacted waits until nothing is put together any more.
func compacted(ctx context.Context, dir string) error {
	var last blocks
	calm := time.Now()
	return until(ctx, "the end of compacting", 10*time.Minute, func() bool {
		now, err := blocksIn(dir)
		if err != nil || now != last || now.Blocks == 0 {
			last, calm = now, time.Now()
		}
		return time.Since(calm) > 10*time.Second
	})
}
