package metrics

import (
	"math"
	"time"
)

// Usage is what the series take, and how far back they reach.
type Usage struct {
	Open      bool      // false: they are still being read
	Bytes     int64     // on disk
	Oldest    time.Time // zero: there are none
	Series    int       // that were written to of late
	Retention time.Duration
	MaxBytes  int64 // 0: no bound
	MaxSeries int   // of one metric
	Free      uint64
	Total     uint64 // of the disk
	Reserve   uint64
	Halt      *Halt      // nil: samples are stored
	Away      *AwayUsage // nil: the series are kept here

	// What was not stored since the start, in values.
	Future, TooOld, TooMany, NoRoom, Refused uint64
}

// AwayUsage is how it stands with another store.
type AwayUsage struct {
	Address string
	Waiting int64     // bytes that are not sent
	Buffer  int64     // how many may wait
	Dropped uint64    // requests that had no room among them
	Problem string    // why nothing is sent; empty: it is
	Since   time.Time // of the problem
}

// ADay is how many bytes a day has come to, and whether that can be said yet.
func (u Usage) ADay(now time.Time) (int64, bool) {
	days := now.Sub(u.Oldest).Hours() / 24
	if u.Oldest.IsZero() || days < 0.25 {
		return 0, false
	}
	return int64(float64(u.Bytes) / days), true
}

// Usage says what the series take.
func (s *Store) Usage() Usage {
	u := Usage{
		Retention: s.options.Retention, MaxBytes: s.options.MaxBytes, MaxSeries: s.options.MaxSeries, Halt: s.Halted(),
		Future: s.stats.refused[future].Load(), TooOld: s.stats.refused[tooOld].Load(), TooMany: s.stats.refused[tooMany].Load(), NoRoom: s.stats.refused[noRoom].Load(),
	}
	u.Refused = s.stats.refused[refused].Load()
	room, reserve := s.room()
	u.Free, u.Total, u.Reserve = room.Free, room.Total, reserve
	if q := s.queue; q != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		u.Open, u.Away = true, &AwayUsage{Address: q.away.Query, Waiting: q.bytes, Buffer: q.most, Dropped: q.dropped, Problem: q.problem, Since: q.since}
		return u
	}
	db, release, err := s.reading()
	if err != nil {
		return u
	}
	defer release()
	u.Open = true
	head := db.Head()
	oldest := int64(math.MaxInt64)
	u.Bytes, u.Series = head.Size(), int(head.NumSeries())
	if u.Series > 0 {
		oldest = min(head.MinTime(), head.MinOOOTime())
	}
	for _, b := range db.Blocks() {
		u.Bytes += b.Size()
		oldest = min(oldest, b.Meta().MinTime)
	}
	if oldest != math.MaxInt64 {
		u.Oldest = time.UnixMilli(oldest).UTC()
	}
	return u
}
