package uplink

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/wire"
)

// What was measured without a session and is older than keepSamples is kept as means
// of a minute, on disk too: a laptop that is on its way for a day has a chart of it.
const (
	backlogMinutes = 24 * 60
	backlogSpan    = 24 * time.Hour
	backlogEvery   = time.Minute // from one mean to the next
	// backlogGap is how long a frame of the backlog waits after the one before: what is
	// measured now goes first.
	backlogGap = 2 * time.Second
	// backlogSave is how often it is written down while there is no session.
	backlogSave = 10 * time.Minute
)

// backlog are means of minutes, oldest first. It is guarded by health's mutex.
type backlog struct {
	minutes []diagnostics.Sample
	filling minute // the minute that is not over
	flight  int    // how many of the oldest are under way
	seq     uint64 // of the frame that carries them
	sent    time.Time
	dropped int
}

// minute gathers the samples of one.
type minute struct {
	at  int64 // its first second; 0: there is none
	sum [64]float64
	n   [64]int
}

// add takes a sample in that is kept as it is no more.
func (b *backlog) add(s diagnostics.Sample) {
	at := s.At.Unix() / 60 * 60
	if at != b.filling.at {
		b.close()
		b.filling = minute{at: at}
	}
	for _, m := range diagnostics.Metrics() {
		if v, ok := s.Get(m); ok {
			b.filling.sum[m] += v
			b.filling.n[m]++
		}
	}
}

// close ends the minute that is being filled.
func (b *backlog) close() {
	if s, ok := b.filling.mean(); ok {
		b.push(s)
	}
	b.filling = minute{}
}

func (f *minute) mean() (diagnostics.Sample, bool) {
	if f.at == 0 {
		return diagnostics.Sample{}, false
	}
	s := diagnostics.Sample{At: time.Unix(f.at, 0)}
	for _, m := range diagnostics.Metrics() {
		if f.n[m] > 0 {
			s.Set(m, f.sum[m]/float64(f.n[m]))
		}
	}
	return s, !s.Empty()
}

// push appends a minute, and lets go of what is too old or too much. A clock that was
// set back makes nothing come twice.
func (b *backlog) push(s diagnostics.Sample) {
	if n := len(b.minutes); n > 0 && !s.At.After(b.minutes[n-1].At) {
		return
	}
	b.minutes = append(b.minutes, s)
	drop := 0
	for drop < len(b.minutes) && (len(b.minutes)-drop > backlogMinutes || s.At.Sub(b.minutes[drop].At) > backlogSpan) {
		drop++
	}
	b.minutes = append(b.minutes[:0], b.minutes[drop:]...)
	b.dropped += drop
	b.flight = max(0, b.flight-drop)
}

// due is how long the next frame of the backlog still waits; false: there is none to
// send, or one is under way.
func (h *health) due(now time.Time) (time.Duration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := &h.backlog
	if b.seq != 0 || len(b.minutes) == 0 {
		return 0, false
	}
	return max(0, b.sent.Add(backlogGap).Sub(now)), true
}

// old returns the next frame of the backlog, and notes it as under way. There is one at a
// time, and only behind everything else.
func (h *health) old(now time.Time) (wire.Health, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := &h.backlog
	if b.seq != 0 || len(b.minutes) == 0 {
		return wire.Health{}, false
	}
	n := wire.Uniform(b.minutes, backlogEvery)
	h.seq++
	b.seq, b.flight, b.sent = h.seq, n, now
	h.flight = append(h.flight, flight{h.seq, now})
	return wire.Health{Seq: h.seq, Flags: wire.HealthLate, Interval: backlogEvery, Samples: append([]diagnostics.Sample(nil), b.minutes[:n]...)}, true
}

// begin forgets what was under way in another session.
func (b *backlog) begin(now time.Time) {
	b.close()
	b.seq, b.flight, b.sent = 0, 0, now
}

// acked forgets what the server has, and reports whether something is left.
func (b *backlog) acked(seq uint64) bool {
	if b.seq == 0 || seq < b.seq {
		return false
	}
	b.minutes = append(b.minutes[:0], b.minutes[b.flight:]...)
	b.seq, b.flight = 0, 0
	return len(b.minutes) > 0
}

// kept are all minutes that the server does not have, with held those of the samples that
// are still held among them.
func (h *health) kept(held bool) []diagnostics.Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := backlog{minutes: append([]diagnostics.Sample(nil), h.backlog.minutes...), filling: h.backlog.filling}
	for i := 0; held && i < len(h.held); i++ {
		all.add(h.held[i].sample)
	}
	all.close()
	return all.minutes
}

// backlogFile is what stands on disk: metrics by their names, so that another version
// reads it too.
type backlogFile struct {
	Endpoint string       `json:"endpoint"` // who measured: the machine may have been enrolled elsewhere since
	Metrics  []string     `json:"metrics"`
	Minutes  [][]*float64 `json:"minutes"` // the Unix second, then a value for each metric
}

// save writes down what the server does not have; without any there is no file.
func (h *health) save(path, endpoint string, held bool) error {
	minutes := h.kept(held)
	if len(minutes) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	f := backlogFile{Endpoint: endpoint}
	for _, m := range diagnostics.Metrics() {
		f.Metrics = append(f.Metrics, m.Info().Name)
	}
	for _, s := range minutes {
		at := float64(s.At.Unix())
		row := []*float64{&at}
		for _, m := range diagnostics.Metrics() {
			if v, ok := s.Get(m); ok {
				row = append(row, &v)
			} else {
				row = append(row, nil)
			}
		}
		f.Minutes = append(f.Minutes, row)
	}
	doc, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return durable.Write(path, doc, 0o600)
}

// load reads what an earlier run has left. A file that cannot be read is left out: it is
// telemetry.
func (h *health) load(path, endpoint string, now time.Time) error {
	doc, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var f backlogFile
	if err := json.Unmarshal(doc, &f); err != nil {
		return err
	}
	if f.Endpoint != endpoint {
		return nil
	}
	byName := map[string]diagnostics.Metric{}
	for _, m := range diagnostics.Metrics() {
		byName[m.Info().Name] = m
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, row := range f.Minutes {
		if len(row) != len(f.Metrics)+1 || row[0] == nil {
			continue
		}
		s := diagnostics.Sample{At: time.Unix(int64(*row[0]), 0)}
		if age := now.Sub(s.At); age > backlogSpan || age < 0 {
			continue
		}
		for i, v := range row[1:] {
			if m, ok := byName[f.Metrics[i]]; ok && v != nil {
				s.Set(m, *v)
			}
		}
		if !s.Empty() {
			h.backlog.push(s)
		}
	}
	return nil
}
