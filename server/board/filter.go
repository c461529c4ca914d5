package board

import (
	"cmp"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Filter selects tickets to which every condition applies.
type Filter struct{ Conditions []Condition }

// Condition is one of: one of the values of a field, one of some numbers, or a time
// within a span.
type Condition struct {
	Not     bool
	Field   Field
	Values  []string // ids; "" is the empty one
	Numbers []int64  // instead of a field
	Time    Time     // instead of a field
	From    time.Time
	To      time.Time // not in it; zero: no end
}

// Time is a time of a ticket.
type Time uint8

// The times.
const (
	NoTime Time = iota
	Created
	Updated
	Due
)

func (r *row) time(t Time) uint32 {
	switch t {
	case Created:
		return r.created
	case Updated:
		return r.updated
	}
	return r.due
}

// resolve returns the tickets that a filter selects; own says that the caller may
// change the set.
func (b *Board) resolve(f Filter) (set *roaring.Bitmap, own bool) {
	type part struct {
		set  *roaring.Bitmap
		own  bool
		size uint64
	}
	var with []part
	var without []*roaring.Bitmap
	var times []Condition
	for _, c := range f.Conditions {
		switch {
		case c.Time != NoTime:
			times = append(times, c)
			continue
		case c.Numbers != nil:
			s := roaring.New()
			for _, n := range c.Numbers {
				if b.row(n) != nil {
					s.Add(uint32(n))
				}
			}
			if c.Not {
				without = append(without, s)
			} else {
				with = append(with, part{s, true, s.GetCardinality()})
			}
			continue
		}
		s, own := b.union(c.Field, c.Values)
		if c.Not {
			without = append(without, s)
		} else {
			with = append(with, part{s, own, s.GetCardinality()})
		}
	}
	slices.SortStableFunc(with, func(a, b part) int { return cmp.Compare(a.size, b.size) })
	set, own = b.all, false
	for i, p := range with {
		switch {
		case i == 0:
			set, own = p.set, p.own
		case own:
			set.And(p.set)
		default:
			set, own = roaring.And(set, p.set), true
		}
	}
	for _, s := range without {
		if own {
			set.AndNot(s)
		} else {
			set, own = roaring.AndNot(set, s), true
		}
	}
	for _, c := range times {
		in := b.within(set, c)
		switch {
		case !c.Not:
			set, own = in, true
		case own:
			set.AndNot(in)
		default:
			set, own = roaring.AndNot(set, in), true
		}
	}
	return set, own
}

// within returns the tickets of a set that lie in a span of time. Zones that lie in
// it or out of it as a whole are not looked into.
func (b *Board) within(set *roaring.Bitmap, c Condition) *roaring.Bitmap {
	from, to := uint32(1), ^uint32(0)
	if !c.From.IsZero() {
		from = seconds(c.From)
	}
	if !c.To.IsZero() {
		to = seconds(c.To)
	}
	if c.Time == Due {
		set = roaring.And(set, b.due)
	}
	out := roaring.New()
	it := set.Iterator()
	var hits []uint32
	for it.HasNext() {
		n := it.PeekNext()
		z := b.zones[n>>zoneBits]
		end := n>>zoneBits<<zoneBits + 1<<zoneBits
		low, high := z.minCreated, z.maxCreated
		switch c.Time {
		case Updated:
			low, high = z.minUpdated, z.maxUpdated
		case Due:
			low, high = 0, ^uint32(0)
		}
		switch {
		case high < from || low >= to: // all out
			it.AdvanceIfNeeded(end)
		case low >= from && high < to: // all in
			for it.HasNext() && it.PeekNext() < end {
				hits = append(hits, it.Next())
			}
		default:
			for it.HasNext() && it.PeekNext() < end {
				n := it.Next()
				at := z.rows[n&(1<<zoneBits-1)].time(c.Time)
				if at >= from && at < to {
					hits = append(hits, n)
				}
			}
		}
		if len(hits) > 4096 {
			out.AddMany(hits)
			hits = hits[:0]
		}
	}
	out.AddMany(hits)
	return out
}

// Count returns how many tickets a filter selects.
func (b *Board) Count(f Filter) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.count(f)
}

// Counts counts several filters at one moment.
func (b *Board) Counts(filters []Filter) []int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := make([]int, len(filters))
	for i, f := range filters {
		out[i] = b.count(f)
	}
	return out
}

func (b *Board) count(f Filter) int {
	set, _ := b.resolve(f)
	return int(set.GetCardinality())
}

// Holds returns which of the numbers a filter selects.
func (b *Board) Holds(f Filter, numbers []int64) []int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	g := Filter{append([]Condition{{Numbers: append([]int64{}, numbers...)}}, f.Conditions...)}
	set, _ := b.resolve(g)
	return wide(set.ToArray())
}

func wide(list []uint32) []int64 {
	out := make([]int64, len(list))
	for i, n := range list {
		out[i] = int64(n)
	}
	return out
}

// Set is a selection as it was at one moment.
type Set struct{ set *roaring.Bitmap }

// Select returns what a filter selects now.
func (b *Board) Select(f Filter) Set {
	b.mu.RLock()
	defer b.mu.RUnlock()
	set, own := b.resolve(f)
	if !own {
		set = set.Clone()
	}
	return Set{set}
}

// Len returns how many tickets are in the set.
func (s Set) Len() int { return int(s.set.GetCardinality()) }

// Has reports whether a ticket is in the set.
func (s Set) Has(number int64) bool {
	return number > 0 && number < maxNumber && s.set.Contains(uint32(number))
}

// Below returns the highest number in the set that is below another one; 0: none.
func (s Set) Below(number int64) int64 {
	if number <= 0 {
		return 0
	}
	rank := s.set.Rank(uint32(min(number, maxNumber) - 1))
	if rank == 0 {
		return 0
	}
	n, err := s.set.Select(uint32(rank - 1))
	if err != nil {
		return 0
	}
	return int64(n)
}
