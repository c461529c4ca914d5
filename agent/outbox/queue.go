package outbox

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/wire"
)

// Next returns the entry of a person's that is to be sent now. Without one, ok is
// false, and wait says when to ask again, 0 meaning not before a change.
//
// A person's entries go in their order. One that failed is waited for; when it has
// failed more than a few times only what belongs to the same ticket waits for it.
func (b *Box) Next(owner string) (next Item, wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.options.Now()
	blocked := map[string]bool{}
	for _, id := range b.order {
		i := b.items[id]
		if i.Owner != owner || i.State != Waiting || blocked[i.thread()] {
			continue
		}
		left := i.notBef.Sub(now)
		if left <= 0 {
			return *i, 0, true
		}
		if wait == 0 || left < wait {
			wait = left
		}
		if i.tries <= patience {
			return Item{}, wait, false
		}
		blocked[i.thread()] = true
	}
	return Item{}, wait, false
}

// patience is how often an entry may fail before others of the same person pass it.
const patience = 3

// Owners returns everybody who has something waiting, in the order of their oldest.
func (b *Box) Owners() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, id := range b.order {
		if i := b.items[id]; i.State == Waiting && !slices.Contains(out, i.Owner) {
			out = append(out, i.Owner)
		}
	}
	return out
}

// Rung finds the ring that the server took in as a ticket of this number.
func (b *Box) Rung(number int64) (Item, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range b.order {
		if i := b.items[id]; i.Type == wire.TypeTicketOpen && i.State == Sent && i.Ack.Number == number && number != 0 {
			return *i, true
		}
	}
	return Item{}, false
}

// Failed puts an entry off that did not go through, for at least so long.
func (b *Box) Failed(id string, atLeast time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := b.items[id]; i != nil {
		i.tries++
		i.notBef = b.options.Now().Add(max(atLeast, min(time.Second<<min(i.tries, 10), 10*time.Minute)))
	}
}

// Settle notes that the server has the entry, or will not have it: ack.OK tells.
// endpoint is the identity that it was told to. An error means that the note is
// not on the disk: the entry may be sent again after a restart, which is harmless.
func (b *Box) Settle(id, endpoint string, ack wire.Ack) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.items[id]
	if i == nil || i.State != Waiting {
		return nil
	}
	i.State, i.Ack, i.Marked, i.Endpoint = Sent, ack, b.options.Now(), endpoint
	if !ack.OK {
		i.State = Refused
	}
	b.moved(i.Owner)
	return b.writeMark(i)
}

// Requeue has entries wait again that the server said it lacks, and with them
// those that it could not have been asked about: all that this endpoint sent and
// that listed does not hold.
func (b *Box) Requeue(endpoint string, missing, listed []string) error {
	if len(missing) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.items {
		if i.State != Sent || i.Endpoint != endpoint || (slices.Contains(listed, i.ID) && !slices.Contains(missing, i.ID)) {
			continue
		}
		if err := os.Remove(b.path(marksDir, i.Seq)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		i.State, i.Ack, i.Marked, i.Endpoint, i.tries, i.notBef = Waiting, wire.Ack{}, time.Time{}, "", 0, time.Time{}
		b.moved(i.Owner)
	}
	return durable.SyncDir(b.path(marksDir))
}

// Recent returns the ids of what this endpoint has sent within a day, the newest
// wire.MaxRecent of them.
func (b *Box) Recent(endpoint string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, id := range slices.Backward(b.order) {
		if i := b.items[id]; i.State == Sent && i.Endpoint == endpoint && len(out) < wire.MaxRecent {
			out = append(out, id)
		}
	}
	return out
}
