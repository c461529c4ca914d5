package metrics

import (
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/deskbell/deskbell/internal/durable"
)

// StoppedSeries is 1 while nothing is stored because the disk is full, and 0 otherwise.
// It is not stored, so that a rule hears of it in any case.
const StoppedSeries = Prefix + "telemetry_stopped"

// mostReserve bounds what stays free of a large disk where nothing else is said.
const mostReserve = 1 << 30

// Halt says that no sample is stored, and since when. Tickets and all else go on.
type Halt struct {
	Since time.Time
	Full  bool // a write has failed; otherwise less than the reserve is free
}

// Halted returns why nothing is stored; nil: it is.
func (s *Store) Halted() *Halt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halt == nil {
		return nil
	}
	h := *s.halt
	return &h
}

// room returns the room on the disk and how much of it stays free.
func (s *Store) room() (durable.Room, uint64) {
	room, err := durable.RoomOf(s.options.Dir)
	if err != nil {
		return room, 0 // the next write says what is wrong
	}
	switch {
	case s.options.Reserve < 0:
		return room, 0
	case s.options.Reserve > 0:
		return room, uint64(s.options.Reserve)
	}
	return room, min(room.Total/20, mostReserve)
}

// look stops the store when the disk is nearly full, and lets it go on when there is
// room again: a quarter more than the reserve, so that it does not flutter. A full disk
// without a reserve is tried again by writing.
func (s *Store) look() {
	room, reserve := s.room()
	switch h := s.Halted(); {
	case h == nil && room.Free < reserve:
		s.stop(false)
	case h == nil:
	case h.Full && room.Free < max(reserve+reserve/4, leastRoom), room.Free < reserve+reserve/4:
	default:
		s.resume(*h)
	}
}

// leastRoom is what has to be free before a disk that was full is written to again.
const leastRoom = 1 << 20

// stop refuses samples until there is room. The database writes the chunks that it has
// in memory while there still is some: it would bring down the whole server if it
// found the disk full later.
func (s *Store) stop(full bool) {
	s.mu.Lock()
	if s.halt != nil {
		s.halt.Full = s.halt.Full || full
		s.mu.Unlock()
		return
	}
	s.halt = &Halt{Since: time.Now(), Full: full}
	s.mu.Unlock()
	s.log.Error("the disk is full: readings of endpoints are not stored until there is room; tickets are not touched", "folder", s.options.Dir)
	if s.db == nil { // not open yet, or elsewhere
		return
	}
	s.db.DisableCompactions()
	if err := s.keepChunks(); err != nil {
		s.log.Warn("the time series are closed until there is room", "err", err)
		s.mu.Lock()
		s.halt.Full = true
		s.mu.Unlock()
		s.shut()
	}
}

func (s *Store) keepChunks() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
	}()
	s.db.ForceHeadMMap()
	return nil
}

func (s *Store) resume(h Halt) {
	if s.db != nil {
		if h.Full {
			if err := s.again(); err != nil {
				s.log.Error("the time series cannot be opened again; it is tried on", "err", err)
				return
			}
		}
		s.db.EnableCompactions()
	}
	s.mu.Lock()
	s.halt = nil
	s.mu.Unlock()
	s.log.Info("there is room on the disk: readings of endpoints are stored again", "after", time.Since(h.Since).Round(time.Second))
}

// self are the series that the store makes of itself.
func (s *Store) self() []made {
	stopped := 0.0
	if s.Halted() != nil {
		stopped = 1
	}
	return []made{{labels: labels.FromStrings(model.MetricNameLabel, StoppedSeries), value: stopped}}
}
