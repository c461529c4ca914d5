package metrics

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

var errOpening = fault.New(fault.Unavailable, "The charts are still being read from disk after a restart. Look again in a moment.")

var errNoRoom = fault.New(fault.Unavailable, "The charts cannot be opened: the server's disk is full. Free some of it; they are there again by themselves.")

// openWithRoom opens the database, or halts the store while there is no room for what
// that writes. An error is anything else.
func (s *Store) openWithRoom() error {
	if err := os.MkdirAll(s.options.Dir, 0o700); err != nil && !durable.NoSpace(err) {
		return err
	}
	room, reserve := s.room()
	if reserve > 0 && room.Free < reserve/4 {
		s.stop(false)
		return nil
	}
	db, err := s.openDB()
	switch {
	case durable.NoSpace(err):
		s.stop(true)
		return nil
	case err != nil:
		return fmt.Errorf("opening the time series in %s: %w", s.options.Dir, err)
	}
	s.use.Lock()
	s.db = db
	s.use.Unlock()
	close(s.opened)
	s.look() // before the first sample comes
	return nil
}

func (s *Store) openDB() (db *tsdb.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = s.options.Retention.Milliseconds()
	opts.MaxBytes = s.options.MaxBytes
	opts.OutOfOrderTimeWindow = lateness.Milliseconds()
	opts.IsolationDisabled = true // a chart may show half of what is being appended, and each series needs less
	opts.NoLockfile = true        // the server holds a lock on its whole folder
	opts.StripeSize = 1 << 10     // the default reserves 3 MB for a fleet of any size
	stats := prometheus.NewRegistry()
	if db, err = tsdb.Open(s.options.Dir, slog.New(quiet{s.log.Handler()}), stats, opts, nil); err == nil {
		s.stats.of.Store(stats)
	}
	return db, err
}

// again opens the database anew: a write that failed may have left half a record in its
// log, and what came after it would be lost with the next start.
func (s *Store) again() error {
	s.shut()
	db, err := s.openDB()
	if err != nil {
		return err
	}
	s.use.Lock()
	s.db, s.down = db, false
	s.use.Unlock()
	clear(s.refs) // they were the old one's
	s.many, s.sent = counts{}, counts{label: Origin}
	return nil
}

// shut closes the database, if it is not.
func (s *Store) shut() {
	s.use.Lock()
	defer s.use.Unlock()
	if s.down {
		return
	}
	s.down = true
	defer func() {
		if r := recover(); r != nil {
			s.log.Warn("the time series were not closed in order; some minutes of them may be lost", "err", panicked(r))
		}
	}()
	if err := s.db.Close(); err != nil {
		s.log.Warn("the time series were not closed in order; some minutes of them may be lost", "err", err)
	}
}

// reading lets go on what reads, until it is released.
func (s *Store) reading() (db *tsdb.DB, release func(), err error) {
	select {
	case <-s.opened:
	default:
		return nil, nil, s.notOpen()
	}
	s.use.RLock()
	if s.down {
		s.use.RUnlock()
		return nil, nil, errNoRoom
	}
	return s.db, s.use.RUnlock, nil
}

// notOpen says why nothing can be read.
func (s *Store) notOpen() error {
	if s.Halted() != nil {
		return errNoRoom
	}
	return errOpening
}

// panicked is the error of a panic; whoever panics with one loses nothing.
func panicked(r any) error {
	if err, ok := r.(error); ok {
		return err
	}
	return errors.New(fmt.Sprint(r))
}
