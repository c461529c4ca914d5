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
	Halt      *Halt // nil: samples are stored

	// What was not stored since the start, in values.
	Future, TooOld, TooMany, NoRoom uint64
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
	room, reserve := s.room()
	u.Free, u.Total, u.Reserve = room.Free, room.Total, reserve
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
