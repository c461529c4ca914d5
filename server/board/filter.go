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

// parts are a filter's conditions as sets.
type parts struct {
	with    []union // the smallest first
	without []*roaring.Bitmap
	times   []Condition
}

func (b *Board) parts(f Filter) (p parts) {
	for _, c := range f.Conditions {
		switch {
		case c.Time != NoTime:
			p.times = append(p.times, c)
		case c.Not:
			p.without = append(p.without, b.union(c).sets...)
		default:
			p.with = append(p.with, b.union(c))
		}
	}
	// The smallest first, and of the larger ones only what is left of it.
	slices.SortStableFunc(p.with, func(a, b union) int { return cmp.Compare(a.size, b.size) })
	return p
}

// resolve returns the tickets that a filter selects; own says that the caller may
// change the set.
func (b *Board) resolve(f Filter) (set *roaring.Bitmap, own bool) { return b.gather(b.parts(f)) }

func (b *Board) gather(p parts) (set *roaring.Bitmap, own bool) {
	set = b.all
	for i, u := range p.with {
		if i == 0 {
			set, own = u.whole()
		} else {
			set, own = u.and(set), true
		}
	}
	for _, s := range p.without {
		if own {
			set.AndNot(s)
		} else {
			set, own = roaring.AndNot(set, s), true
		}
	}
	for _, c := range p.times {
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

// union is the tickets that are in one of some sets.
type union struct {
	sets []*roaring.Bitmap
	own  bool   // they are the caller's
	size uint64 // at most so many tickets
}

func (u union) whole() (set *roaring.Bitmap, own bool) {
	switch len(u.sets) {
	case 0:
		return roaring.New(), true
	case 1:
		return u.sets[0], u.own
	}
	return roaring.FastOr(u.sets...), true
}

// and returns what is in another set too.
func (u union) and(with *roaring.Bitmap) *roaring.Bitmap {
	switch len(u.sets) {
	case 0:
		return roaring.New()
	case 1:
		return roaring.And(with, u.sets[0])
	}
	if u.size < with.GetCardinality() {
		return roaring.And(with, roaring.FastOr(u.sets...))
	}
	out := roaring.And(with, u.sets[0])
	for _, s := range u.sets[1:] {
		out.Or(roaring.And(with, s))
	}
	return out
}

// within returns the tickets of a set that lie in a span of time.
func (b *Board) within(set *roaring.Bitmap, c Condition) *roaring.Bitmap {
	from, to := uint32(1), ^uint32(0)
	if !c.From.IsZero() {
		from = seconds(c.From)
	}
	if !c.To.IsZero() {
		to = seconds(c.To)
	}
	if c.Time == Due {
		return b.dueWithin(roaring.And(set, b.due), from, to)
	}
	// Zones that lie in the span or out of it as a whole are not looked into.
	whole, out := roaring.New(), roaring.New()
	var hits []uint32
	it := set.Iterator()
	for at, z := range b.zones {
		if z == nil {
			continue
		}
		begin := uint32(at) << zoneBits
		low, high := z.minCreated, z.maxCreated
		if c.Time == Updated {
			low, high = z.minUpdated, z.maxUpdated
		}
		switch {
		case high < from || low >= to: // all out
		case low >= from && high < to: // all in
			whole.AddRange(uint64(begin), uint64(begin)+1<<zoneBits)
		default:
			it.AdvanceIfNeeded(begin)
			for it.HasNext() && it.PeekNext()>>zoneBits == uint32(at) {
				n := it.Next()
				if t := z.rows[n&(1<<zoneBits-1)].time(c.Time); t >= from && t < to {
					hits = append(hits, n)
				}
			}
		}
	}
	out.AddMany(hits)
	if !whole.IsEmpty() {
		whole.And(set)
		out.Or(whole)
	}
	return out
}

// dueWithin takes out of a set what is not due within a span.
func (b *Board) dueWithin(set *roaring.Bitmap, from, to uint32) *roaring.Bitmap {
	hits := make([]uint32, 0, set.GetCardinality())
	for it := set.Iterator(); it.HasNext(); {
		n := it.Next()
		if at := b.zones[n>>zoneBits].rows[n&(1<<zoneBits-1)].due; at >= from && at < to {
			hits = append(hits, n)
		}
	}
	return roaring.BitmapOf(hits...)
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

// count makes no set of what the last condition leaves: of a filter with few conditions,
// as most are, that would be all of the work.
func (b *Board) count(f Filter) int {
	p := b.parts(f)
	last := len(p.with) - 1
	switch {
	case len(p.times) > 0:
	case len(p.without) == 1:
		less := p.without[0]
		p.without = nil
		set, _ := b.gather(p)
		return int(set.GetCardinality() - set.AndCardinality(less))
	case len(p.without) == 0 && last > 0 && len(p.with[last].sets) == 1:
		more := p.with[last].sets[0]
		p.with = p.with[:last]
		set, _ := b.gather(p)
		return int(set.AndCardinality(more))
	}
	set, _ := b.gather(p)
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
