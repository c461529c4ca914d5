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

// union returns the tickets that have one of the values; own says that the caller
// may change it.
func (b *Board) union(f Field, values []string) (set *roaring.Bitmap, own bool) {
	var ids []uint32
	if f == Flag {
		values = append(slices.Clone(values), FlagMajor+"+"+FlagReopened) // has either
	}
	for _, v := range values {
		if n, ok := b.names[f].byID[v]; ok {
			ids = append(ids, n)
		}
	}
	if f >= dense {
		set = roaring.New()
		for _, n := range ids {
			set.AddMany(b.few[f-dense][n])
		}
		return set, true
	}
	var sets []*roaring.Bitmap
	for _, n := range ids {
		if s := b.sets[f][n]; s != nil {
			sets = append(sets, s)
		}
	}
	switch len(sets) {
	case 0:
		return roaring.New(), true
	case 1:
		return sets[0], false
	}
	return roaring.FastOr(sets...), true
}
