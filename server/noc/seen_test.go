package noc_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/noc"
)

// slate takes last contacts, and may refuse them.
type slate struct {
	noc.Store
	records []noc.Record

	sync.Mutex
	seen   map[string]noc.Seen
	writes []time.Time
	most   int
	refuse int // writes from the next one on that fail: 1: the next
}

func (s *slate) Endpoints(context.Context) ([]noc.Record, error) { return s.records, nil }

func (*slate) Habits(context.Context) (map[string][]byte, error) { return nil, nil }

func (*slate) SaveHabits(context.Context, map[string][]byte) error { return nil }

func (s *slate) SaveSeen(_ context.Context, list []noc.Seen) error {
	s.Lock()
	defer s.Unlock()
	s.writes, s.most = append(s.writes, time.Now()), max(s.most, len(list))
	if s.refuse--; s.refuse == 0 {
		return errors.New("the disk is full")
	}
	for _, x := range list {
		if was, twice := s.seen[x.Endpoint]; twice && was.Renamed && !x.Renamed {
			x.Renamed = true
		}
		s.seen[x.Endpoint] = x
	}
	return nil
}

// TestSeen has many endpoints come, with a disk that fails once: all are written down in
// the end, a few at a time, with rests between, but for the end of the server.
func TestSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const endpoints = 1000
		s := &slate{seen: map[string]noc.Seen{}, refuse: 5}
		for i := range endpoints {
			s.records = append(s.records, noc.Record{ID: fmt.Sprintf("e%04d", i), Name: "OLD", State: enrol.Active})
		}
		hub := live.New()
		defer hub.Close()
		f := noc.New(s, &sink{}, hub, time.Now, slog.New(slog.DiscardHandler))
		if err := f.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- f.Run(ctx) }()
		begun := time.Now()
		come := func() {
			for _, r := range s.records {
				f.Joined(noc.Join{Identity: enrol.Identity{ID: r.ID, State: enrol.Active}, Session: "1", Hostname: "PC-" + r.ID})
			}
		}
		come()
		time.Sleep(40 * time.Second)
		synctest.Wait()
		s.Lock()
		if len(s.seen) == 0 || len(s.seen) == endpoints {
			t.Errorf("with a disk that fails, %d are written down", len(s.seen))
		}
		s.Unlock()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		s.Lock()
		for _, r := range s.records {
			if x := s.seen[r.ID]; x.Name != "PC-"+r.ID || !x.Renamed || !x.At.Equal(begun) {
				t.Errorf("of %s it is written down: %+v", r.ID, x)
				break
			}
		}
		if s.most > 64 {
			t.Errorf("%d were written at once", s.most)
		}
		last := s.writes[len(s.writes)-8:]
		for i := range last[1:] {
			if gap := last[i+1].Sub(last[i]); gap < 10*time.Millisecond || gap > time.Second {
				t.Errorf("%v between two writes", gap)
			}
		}

		// Nobody is forgotten, and nobody waited for, when the server ends.
		clear(s.seen)
		s.Unlock()
		for _, r := range s.records {
			f.Left(r.ID, "1", wire.ByeShutdown)
		}
		before := time.Now()
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if len(s.seen) != endpoints || time.Since(before) > 0 {
			t.Errorf("at the end %d are written down, after %v", len(s.seen), time.Since(before))
		}
		if i := slices.IndexFunc(s.records, func(r noc.Record) bool { return s.seen[r.ID].Goodbye != wire.ByeShutdown }); i >= 0 {
			t.Errorf("of %s it is not known that it was shut down", s.records[i].ID)
		}
	})
}
