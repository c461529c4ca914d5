//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/recorder"
)

// recordedHours is what is recorded before it is read: the day that is kept, and an
// hour more, so that something has been thrown away.
const recordedHours = 25

// recorded is the row “recorder: disk; read 20 minutes”.
func recorded(ctx context.Context, b *bench) (*Result, error) {
	dir := filepath.Join(b.dir, "recorder")
	began, boot := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC), time.Hour
	clock := func(i int) recorder.Clock {
		return func() (time.Time, time.Duration) {
			return began.Add(time.Duration(i) * time.Second), boot + time.Duration(i)*time.Second
		}
	}
	r := recorder.Open(dir, recorder.Options{Clock: clock(0), Boot: "bench", Log: slog.New(slog.DiscardHandler)})
	m := newWanderer()
	all := recordedHours * 3600
	var adding time.Duration
	for i := range all {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		at, up := clock(i)()
		s := m.second(at, up)
		start := time.Now()
		r.Add(s)
		if i%10 == 9 {
			if err := r.Flush(); err != nil {
				return nil, err
			}
		}
		adding += time.Since(start)
	}
	var disk int64
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		i, err := f.Info()
		if err != nil {
			return nil, err
		}
		disk += i.Size()
	}
	var took []time.Duration
	for i := range 60 {
		from := began.Add(time.Duration(all)*time.Second - time.Duration(20+i)*time.Minute)
		start := time.Now()
		got := r.Read(from, from.Add(20*time.Minute))
		took = append(took, time.Since(start))
		if n := len(got.Seconds); n != 1 || len(got.Seconds[0].Samples) < 1190 {
			return nil, fmt.Errorf("%d stretches were read of twenty minutes", n)
		}
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	slices.Sort(took)
	return &Result{
		How: fmt.Sprintf("%d hours of a made machine are recorded, second by second, ten processes in each, and flushed to the disk every ten seconds as the agent does it. "+
			"The machine has the shapes of a real one: numbers that wander, a day's and a minute's rhythm, processes that come and go. Then twenty minutes are read, sixty times at other places; the longest counts.", recordedHours),
		Lines: []Line{
			{What: "flight recorder on disk, two hours of seconds and a day of ten seconds", Unit: "MiB", Deskbell: float64(disk) / (1 << 20), Target: 32, Sense: AtMost},
			{What: "twenty minutes read, the longest of 60", Unit: "ms", Deskbell: float64(took[len(took)-1].Microseconds()) / 1000, Target: 50, Sense: AtMost},
			{What: "a second recorded, a tenth of a flush to the disk in it", Unit: "ms", Deskbell: float64(adding.Microseconds()) / 1000 / float64(all)},
		},
		Notes: []string{fmt.Sprintf("In %d files. The middle of the times to read is %.1f ms.", len(files), float64(took[len(took)/2].Microseconds())/1000)},
		Raw:   map[string]any{"bytes": disk, "files": len(files), "read": took, "adding": adding},
	}, nil
}

// wanderer is a made machine: what it does wanders.
type wanderer struct {
	rand      *rand.Rand
	level     []float64
	processes []recorder.Process
	pid       int32
}

func newWanderer() *wanderer {
	m := &wanderer{rand: rand.New(rand.NewPCG(11, 2026)), level: make([]float64, len(recorder.Columns())), pid: 1000}
	for range 10 {
		m.processes = append(m.processes, m.born())
	}
	return m
}

func (m *wanderer) born() recorder.Process {
	m.pid += int32(1 + m.rand.IntN(40))
	return recorder.Process{PID: m.pid, Name: fmt.Sprintf("program-%d", m.rand.IntN(300)), RSS: uint32(20 + m.rand.IntN(900))}
}

func (m *wanderer) second(at time.Time, up time.Duration) recorder.Sample {
	s := recorder.Sample{At: at, Up: up}
	day := 0.5 + 0.5*math.Sin(float64(at.Unix())/86400*2*math.Pi)
	for i, c := range recorder.Columns() {
		m.level[i] += (0.5*day - m.level[i]) * 0.05
		m.level[i] += m.rand.NormFloat64() * 0.04
		m.level[i] = min(max(m.level[i], 0), 1)
		top := 100.0
		switch c.Info().Unit {
		case "MiB":
			top = 16000
		case "KiB/s":
			top = 4000
		}
		s.Values.Set(c, m.level[i]*top)
	}
	if m.rand.IntN(20) == 0 {
		m.processes[m.rand.IntN(len(m.processes))] = m.born()
	}
	for i := range m.processes {
		p := &m.processes[i]
		p.CPU = uint32(max(0, m.rand.NormFloat64()*60+100*m.level[0]))
		if m.rand.IntN(4) == 0 {
			p.RSS = uint32(max(8, int(p.RSS)+m.rand.IntN(7)-3))
		}
	}
	s.Top = slices.Clone(m.processes)
	return s
}
