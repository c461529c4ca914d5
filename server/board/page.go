package board

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/deskbell/deskbell/server/query"
)

// Position is where a page ended: the last ticket's place in the order.
type Position struct {
	Key    int64 `json:"k,omitempty"`
	Number int64 `json:"n"`
}

// Page returns the numbers of the tickets that a filter selects and that follow a
// position in the order, at most limit. It goes by keys, not by counting: what
// happens to earlier tickets meanwhile neither hides nor repeats any.
func (b *Board) Page(f Filter, order query.Sort, after *Position, limit int) []int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	set, _ := b.resolve(f)
	return b.page(set, order, after, limit)
}

// Order returns the tickets of a list in an order.
func (b *Board) Order(numbers []int64, order query.Sort, after *Position, limit int) []int64 {
	return b.Page(Filter{[]Condition{{Numbers: append([]int64{}, numbers...)}}}, order, after, limit)
}

// PositionOf returns a ticket's place in an order.
func (b *Board) PositionOf(number int64, order query.Sort) Position {
	b.mu.RLock()
	defer b.mu.RUnlock()
	p := Position{Number: number}
	r := b.row(number)
	if r == nil {
		return p
	}
	switch order {
	case query.ByPriority:
		p.Key, _ = strconv.ParseInt(b.names[Priority].values[r.one[Priority]], 10, 64)
	case query.ByUpdated:
		p.Key = int64(r.updated)
	case query.ByDue:
		p.Key = b.dueKey(r)
	}
	return p
}

func (b *Board) page(set *roaring.Bitmap, order query.Sort, after *Position, limit int) []int64 {
	switch order {
	case query.Newest:
		below := int64(maxNumber)
		if after != nil {
			below = after.Number
		}
		return newest(set, below, limit)
	case query.Oldest:
		from := int64(0)
		if after != nil {
			from = after.Number + 1
		}
		return oldest(nil, set, from, limit)
	case query.ByUpdated:
		return b.byUpdated(set, after, limit)
	case query.ByDue:
		return b.byDue(set, after, limit)
	}
	return b.byPriority(set, after, limit)
}

func newest(set *roaring.Bitmap, below int64, limit int) []int64 {
	if below <= 0 {
		return nil
	}
	rank := set.Rank(uint32(min(below, maxNumber) - 1))
	out := make([]int64, 0, min(uint64(limit), rank))
	for len(out) < limit && rank > 0 {
		rank--
		n, err := set.Select(uint32(rank))
		if err != nil {
			break
		}
		out = append(out, int64(n))
	}
	return out
}

func oldest(out []int64, set *roaring.Bitmap, from int64, limit int) []int64 {
	if from < 0 || from >= maxNumber {
		return out
	}
	it := set.Iterator()
	it.AdvanceIfNeeded(uint32(from))
	for len(out) < limit && it.HasNext() {
		out = append(out, int64(it.Next()))
	}
	return out
}

// byPriority goes through the priorities, and through each by number.
func (b *Board) byPriority(set *roaring.Bitmap, after *Position, limit int) []int64 {
	var out []int64
	for p := int64(0); p <= 9 && len(out) < limit; p++ {
		v, ok := b.names[Priority].byID[strconv.FormatInt(p, 10)]
		if !ok || b.sets[Priority][v] == nil || after != nil && p < after.Key {
			continue
		}
		from := int64(0)
		if after != nil && p == after.Key {
			from = after.Number + 1
		}
		out = oldest(out, roaring.And(set, b.sets[Priority][v]), from, limit)
	}
	return out
}

// byUpdated takes zones by their last change, and stops when no further one can hold
// a ticket that belongs on the page.
func (b *Board) byUpdated(set *roaring.Bitmap, after *Position, limit int) []int64 {
	type span struct {
		at   uint32
		last uint32
	}
	var zones []span
	it := set.Iterator()
	for it.HasNext() {
		at := it.PeekNext() >> zoneBits
		zones = append(zones, span{at, b.zones[at].maxUpdated})
		it.AdvanceIfNeeded((at + 1) << zoneBits)
	}
	slices.SortFunc(zones, func(a, b span) int { return cmp.Compare(b.last, a.last) })
	best := newTop(limit)
	for _, z := range zones {
		if best.full() && z.last < uint32(best.worst().key) {
			break
		}
		it := set.Iterator()
		it.AdvanceIfNeeded(z.at << zoneBits)
		for it.HasNext() && it.PeekNext()>>zoneBits == z.at {
			n := it.Next()
			e := entry{int64(b.zones[z.at].rows[n&(1<<zoneBits-1)].updated), int64(n)}
			if after == nil || e.key < after.Key || e.key == after.Key && e.number < after.Number {
				best.add(e)
			}
		}
	}
	return best.numbers()
}

// dueKey is a ticket's place among those with a clock: when it runs out, then how urgent
// it is; below ten without a clock.
func (b *Board) dueKey(r *row) int64 {
	return int64(r.due)*10 + int64(b.names[Priority].values[r.one[Priority]][0]-'0')
}

// byDue takes those with a clock, the first to run out first, and then the others by
// priority; it is the order in which they are taken and given out.
func (b *Board) byDue(set *roaring.Bitmap, after *Position, limit int) []int64 {
	var out []int64
	if after == nil || after.Key > 9 {
		best := newTop(limit)
		it := roaring.And(set, b.due).Iterator()
		for it.HasNext() {
			n := it.Next()
			// The order is the other way round: keys and numbers are turned.
			e := entry{-b.dueKey(&b.zones[n>>zoneBits].rows[n&(1<<zoneBits-1)]), -int64(n)}
			if after == nil || e.key < -after.Key || e.key == -after.Key && e.number < -after.Number {
				best.add(e)
			}
		}
		out = best.numbers()
		for i := range out {
			out[i] = -out[i]
		}
		after = nil
	}
	if len(out) >= limit {
		return out
	}
	return append(out, b.byPriority(roaring.AndNot(set, b.due), after, limit-len(out))...)
}

// entry is a ticket with what it is sorted by, the highest first.
type entry struct{ key, number int64 }

func (a entry) less(b entry) bool { return a.key < b.key || a.key == b.key && a.number < b.number }

// top keeps the highest entries, as a heap with the lowest of them at its root.
type top struct {
	limit int
	heap  []entry
}

func newTop(limit int) *top { return &top{limit: limit, heap: make([]entry, 0, limit+1)} }

func (t *top) full() bool { return len(t.heap) >= t.limit }

func (t *top) worst() entry {
	if len(t.heap) == 0 {
		return entry{math.MinInt64, 0}
	}
	return t.heap[0]
}

func (t *top) add(e entry) {
	if !t.full() {
		t.heap = append(t.heap, e)
		for i := len(t.heap) - 1; i > 0 && t.heap[i].less(t.heap[(i-1)/2]); i = (i - 1) / 2 {
			t.heap[i], t.heap[(i-1)/2] = t.heap[(i-1)/2], t.heap[i]
		}
		return
	}
	if t.limit == 0 || !t.heap[0].less(e) {
		return
	}
	t.heap[0] = e
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(t.heap) {
			return
		}
		if c+1 < len(t.heap) && t.heap[c+1].less(t.heap[c]) {
			c++
		}
		if !t.heap[c].less(t.heap[i]) {
			return
		}
		t.heap[i], t.heap[c] = t.heap[c], t.heap[i]
		i = c
	}
}

func (t *top) numbers() []int64 {
	slices.SortFunc(t.heap, func(a, b entry) int {
		if a.less(b) {
			return 1
		}
		return -1
	})
	out := make([]int64, len(t.heap))
	for i, e := range t.heap {
		out[i] = e.number
	}
	return out
}
