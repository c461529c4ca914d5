package outbox

import (
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
)

// makeRoom checks the bounds for so many bytes and entries more of this person.
// What the server has already goes, oldest first, when there is too little and
// that helps. The lock is held.
func (b *Box) makeRoom(owner string, size int64, entries int) error {
	if b.unsent("")+entries > b.options.MaxEntries || b.unsent(owner)+entries > b.options.MaxEntries*3/4 {
		return fault.Say(fault.Full, "error.too_many_waiting")
	}
	fits := func(all, own int64) bool {
		return all+size <= b.options.MaxBytes && own+size <= b.options.MaxBytes*3/4
	}
	all, own := b.used(owner)
	if fits(all, own) {
		return nil
	}
	if freeAll, freeOwn := b.freeable(owner); !fits(all-freeAll, own-freeOwn) {
		return fault.Say(fault.Full, "error.no_room_waiting")
	}
	for _, id := range slices.Clone(b.order) {
		if i := b.items[id]; i.State == Sent {
			b.remove(i)
			b.dropUnused(0)
			if fits(b.used(owner)) {
				return nil
			}
		}
	}
	return nil
}

// unsent counts entries that the server does not have; of one person, or of all.
func (b *Box) unsent(owner string) int {
	n := 0
	for _, i := range b.items {
		if i.State != Sent && (owner == "" || i.Owner == owner) {
			n++
		}
	}
	return n
}

// used returns the bytes in use, by all and by one person.
func (b *Box) used(owner string) (all, own int64) {
	for _, i := range b.items {
		all += i.size
		if i.Owner == owner {
			own += i.size
		}
	}
	for k, f := range b.files {
		all += f.attachment.Size
		if k.owner == owner {
			own += f.attachment.Size
		}
	}
	return all, own
}

// freeable returns how many of the bytes in use only what was sent needs.
func (b *Box) freeable(owner string) (all, own int64) {
	sentUse := map[attachmentKey]int{}
	count := func(who string, size int64) {
		all += size
		if who == owner {
			own += size
		}
	}
	for _, i := range b.items {
		if i.State != Sent {
			continue
		}
		count(i.Owner, i.size)
		for _, a := range i.Attachments {
			sentUse[attachmentKey{i.Owner, a.SHA256}]++
		}
	}
	for k, f := range b.files {
		if f.used > 0 && f.used == sentUse[k] {
			count(k.owner, f.attachment.Size)
		}
	}
	return all, own
}
