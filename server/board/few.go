package board

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Of requesters and endpoints there are as many as an organisation has, each with a
// handful of tickets: a sorted list is a tenth of what a set of its own would take.

func (b *Board) moveFew(i int, n uint32, is bool, old, now uint32) {
	if is && old == now {
		return
	}
	if is {
		list := b.few[i][old]
		if at, found := slices.BinarySearch(list, n); found {
			b.few[i][old] = slices.Delete(list, at, at+1)
		}
	}
	list := b.few[i][now]
	if len(list) == 0 || list[len(list)-1] < n { // as they come
		b.few[i][now] = append(list, n)
		return
	}
	at, _ := slices.BinarySearch(list, n)
	b.few[i][now] = slices.Insert(list, at, n)
}

// union returns the tickets to which a condition about a field, or numbers, applies.
func (b *Board) union(c Condition) union {
	if c.Numbers != nil {
		s := roaring.New()
		for _, n := range c.Numbers {
			if b.row(n) != nil {
				s.Add(uint32(n))
			}
		}
		return union{[]*roaring.Bitmap{s}, true, s.GetCardinality()}
	}
	f, values := c.Field, c.Values
	if f == Flag {
		values = append(slices.Clone(values), FlagMajor+"+"+FlagReopened) // has either
	}
	var ids []uint32
	for _, v := range values {
		if n, ok := b.names[f].byID[v]; ok {
			ids = append(ids, n)
		}
	}
	if f >= dense {
		s := roaring.New()
		for _, n := range ids {
			s.AddMany(b.few[f-dense][n])
		}
		return union{[]*roaring.Bitmap{s}, true, s.GetCardinality()}
	}
	var u union
	for _, n := range ids {
		if s := b.sets[f][n]; s != nil && !s.IsEmpty() {
			u.sets = append(u.sets, s)
			u.size += s.GetCardinality()
		}
	}
	return u
}
