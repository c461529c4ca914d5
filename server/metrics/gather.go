package metrics

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/durable"
)

// batch is what came at once: samples of an endpoint, where it is, how likely it is there,
// or one value of a series that is no endpoint's.
type batch struct {
	labels labels.Labels // of a series that is no endpoint's, with value and at
	value  float64

	endpoint string
	samples  []diagnostics.Sample
	score    int32 // -1: none

	presence int8 // 0: none, and then samples
	up       int8 // -1: none
	at       time.Time

	usual            bool // expected and missed at that moment, and nothing else
	expected, missed float32
}

func (s *Store) put(b batch) {
	s.mu.Lock()
	if len(s.pending) >= maxPending {
		drop := len(s.pending) / 10
		s.pending = slices.Delete(s.pending, 0, drop)
		s.dropped += uint64(drop)
	}
	s.pending = append(s.pending, b)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// values is how many numbers a batch holds, about.
func (b *batch) values() int {
	if !b.labels.IsEmpty() {
		return 1
	}
	if b.usual {
		return 2
	}
	n := 0
	for i := range b.samples {
		n += b.samples[i].Readings()
	}
	if b.score >= 0 && len(b.samples) > 0 || b.presence > 0 {
		n++
	}
	if b.presence > 0 && b.up >= 0 {
		n++
	}
	return n
}

// gathered takes what has gathered out, and notes what is newest of it. Nothing is to be
// stored while the store is halted.
func (s *Store) gathered() (pending []batch, halted bool) {
	s.mu.Lock()
	pending, dropped := s.pending, s.dropped
	s.pending, s.spare, s.dropped = s.spare, nil, 0
	halted = s.halt != nil
	s.mu.Unlock()
	if dropped > 0 {
		s.log.Warn("telemetry was dropped: the disk does not keep up", "frames", dropped)
	}
	now := s.options.Now()
	s.edge = now.Add(ahead).UnixMilli()
	s.newest.begin(now)
	for i := range pending {
		if pending[i].endpoint != "" {
			s.newest.take(&pending[i], s.edge)
		}
	}
	if halted {
		s.lost(pending)
	}
	return pending, halted
}

// tell tells whose values came, when they are stored; alerts come also while the disk is
// full.
func (s *Store) tell(pending []batch) {
	if s.options.Heard != nil {
		s.options.Heard(heard(pending))
	}
}

// reuse keeps the room of what was stored for what gathers next, unless it is much more
// than usual.
func (s *Store) reuse(stored []batch) {
	if cap(stored) > together {
		return
	}
	clear(stored)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = stored[:0]
}

// flush appends what has gathered. A disk that is full halts the store, and is no error.
func (s *Store) flush(ctx context.Context) error {
	pending, halted := s.gathered()
	if len(pending) == 0 {
		return nil
	}
	defer s.reuse(pending)
	defer s.tell(pending)
	if halted {
		return nil
	}
	for len(pending) > 0 {
		n := portion(pending)
		err := s.write(ctx, pending[:n])
		if durable.NoSpace(err) {
			s.stop(true)
			s.lost(pending)
			return nil
		}
		if err != nil {
			return err
		}
		pending = pending[n:]
	}
	return nil
}

// together is how many values one transaction has, about. The database keeps buffers as
// large as its largest transaction was, for ever; and after a moment in which it did not
// get on there are hundreds of thousands of values, with each minute's mark of where all
// endpoints are beside them.
const together = 8192

// portion is how many of the batches go into one transaction.
func portion(pending []batch) int {
	values := 0
	for i := range pending {
		if values += pending[i].values(); values >= together {
			return i + 1
		}
	}
	return len(pending)
}

// lost counts what is not stored because the disk is full.
func (s *Store) lost(list []batch) {
	for i := range list {
		s.stats.count(noRoom, list[i].values())
	}
}

// write appends in one transaction. The database panics where it cannot write what it
// has in memory.
func (s *Store) write(ctx context.Context, pending []batch) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	app := s.db.Appender(ctx)
	for i := range pending {
		if i%32 == 31 {
			runtime.Gosched() // tickets go before telemetry
		}
		if err := s.append(app, &pending[i]); err != nil {
			return errors.Join(err, app.Rollback())
		}
	}
	return app.Commit()
}
