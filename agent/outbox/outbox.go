// Package outbox keeps on disk what people of this machine have written until the
// server has it, and a day longer, so that a server that was restored from a
// backup can ask for it again.
//
// It is a folder of files, one an entry, that appear whole and never change. What
// became of an entry stands in a second small file, its mark; without a mark it
// waits. So there is no moment at which a crash loses an entry or doubles it, and
// the worst that a damaged file can do is to damage itself.
package outbox

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// The bounds of an outbox, attachments included. One person can use up to three
// quarters of each, so that nobody can keep the others from ringing.
const (
	MaxBytes   = 64 << 20
	MaxEntries = 500
)

// How long things are kept.
const (
	KeepSent    = 24 * time.Hour      // after the server has them
	KeepRefused = 30 * 24 * time.Hour // for the person to see
	KeepUnused  = time.Hour           // an attachment that no entry names
)

// State is what has become of an entry.
type State string

// The states.
const (
	Waiting State = "waiting"
	Sent    State = "sent"
	Refused State = "refused" // for good; Ack says why
)

// Entry is one message for the server.
type Entry struct {
	Seq         string            `json:"seq"`              // a ULID, given by Append: the order of writing
	ID          string            `json:"id"`               // a ULID: the message's id on the wire; when the writer gave none, the Seq
	Owner       string            `json:"owner"`            // uid of who wrote it
	Type        wire.Type         `json:"type"`             // ticket.open, ticket.reply or ticket.act
	Ticket      string            `json:"ticket,omitempty"` // the ticket it is about, by id or ref; empty for a ring
	At          time.Time         `json:"at"`
	Body        json.RawMessage   `json:"body"`                  // of the message
	Attachments []wire.Attachment `json:"attachments,omitempty"` // that have to be put before it
}

// Item is what is known of an entry without reading its body.
type Item struct {
	Seq         string
	ID          string
	Owner       string
	Type        wire.Type
	Ticket      string
	At          time.Time
	Attachments []wire.Attachment
	State       State
	Ack         wire.Ack  // when it is sent or refused
	Marked      time.Time // when it became so
	Endpoint    string    // the identity that the ack was given to

	size   int64
	tries  int       // how often it failed, in this process
	notBef time.Time // when it may be tried again
}

// thread is what has to stay in order whatever happens: a ring and all about it.
func (i *Item) thread() string {
	if i.Ticket != "" {
		return i.Ticket
	}
	return i.ID
}

// Options are how an outbox works. The zero value is right outside of tests.
type Options struct {
	MaxBytes   int64
	MaxEntries int
	Now        func() time.Time
	Log        *slog.Logger
}

// Box is an outbox. It is safe for concurrent use; one process has it open.
type Box struct {
	dir     string
	options Options
	changed change.Signal

	mu    sync.Mutex
	items map[string]*Item
	order []string // ids in the order of writing, which is that of Seq
	files map[attachmentKey]*file
	last  ulid.ULID
	moves map[string]int64 // by owner: rises with each change of theirs
}

// Open opens the outbox in dir and makes it when it is not there. Files that
// cannot be read are set aside in its folder “damaged”, and stand in the box as
// refused for the person who wrote them.
func Open(dir string, o Options) (*Box, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = MaxBytes
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = MaxEntries
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &Box{dir: dir, options: o, items: map[string]*Item{}, files: map[attachmentKey]*file{}, moves: map[string]int64{}}
	for _, d := range []string{dir, b.path(entriesDir), b.path(marksDir), b.path(filesDir), b.path(damagedDir)} {
		if err := os.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, durable.Fault(err)
		}
	}
	if err := b.load(); err != nil {
		return nil, err
	}
	b.Sweep()
	return b, nil
}

// moved notes that something of a person's has changed.
func (b *Box) moved(owner string) {
	b.moves[owner]++
	b.changed.Notify()
}

// Moves returns a number that rises with each change of a person's entries, from
// 0 at each start of the process.
func (b *Box) Moves(owner string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moves[owner]
}

// Changed returns a channel that is closed at the next change of the box.
func (b *Box) Changed() <-chan struct{} { return b.changed.Changed() }

// Append makes an entry durable and returns what is known of it. An entry whose id
// is in the box already has no effect: the owner gets what is known of that one,
// everybody else a Conflict. When it returns another error nothing was kept: Full
// when there is no room, on the disk or within the bounds, and TooLarge when no
// message holds it.
func (b *Box) Append(e Entry) (Item, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := b.items[e.ID]; i != nil && i.Owner == e.Owner {
		return *i, nil
	} else if i != nil {
		return Item{}, fault.Field("ref", "This reference is taken. Use another one.")
	}
	if len(e.Body)+512 > wire.MaxMessage {
		return Item{}, fault.New(fault.TooLarge, "This is too much for one message, so it was not saved. Take a section or an attachment out.")
	}
	release, err := b.use(&e)
	if err != nil {
		return Item{}, err
	}
	defer release()
	e.Seq = b.newSeq().String()
	if e.ID == "" {
		e.ID = e.Seq
	}
	data, err := encode(e)
	if err != nil {
		return Item{}, err
	}
	if err := b.makeRoom(e.Owner, int64(len(data)), 1); err != nil {
		return Item{}, err
	}
	name := nameOf(e.Seq, e.ID, e.Owner)
	if err := durable.Write(b.path(entriesDir, name), data, 0o600); err != nil {
		if _, unsure := errors.AsType[*durable.UnsureError](err); unsure {
			os.Remove(b.path(entriesDir, name)) // nobody is told that it was saved
		}
		return Item{}, durable.Fault(err)
	}
	i := itemOf(e, int64(len(data)))
	b.add(i)
	b.moved(i.Owner)
	return *i, nil
}

func itemOf(e Entry, size int64) *Item {
	return &Item{
		Seq: e.Seq, ID: e.ID, Owner: e.Owner, Type: e.Type, Ticket: e.Ticket, At: e.At, Attachments: e.Attachments,
		State: Waiting, size: size,
	}
}

// name is the entry's file's.
func (i *Item) name() string { return nameOf(i.Seq, i.ID, i.Owner) }

// newSeq returns one that is greater than every one before it, even when the
// clock was set back.
func (b *Box) newSeq() ulid.ULID {
	var id ulid.ULID
	id.SetTime(max(ulid.Timestamp(b.options.Now()), b.last.Time()))
	if err := id.SetEntropy(ulid.Make().Entropy()); err != nil {
		panic(err) // ten bytes always fit
	}
	if id.Compare(b.last) <= 0 {
		id = b.last
		for i := len(id) - 1; i >= 0; i-- {
			if id[i]++; id[i] != 0 {
				break
			}
		}
	}
	b.last = id
	return id
}

func (b *Box) add(i *Item) {
	b.items[i.ID] = i
	b.order = append(b.order, i.ID)
	b.count(i.Owner, i.Attachments, 1)
}

// makeRoom checks the bounds for so many bytes and entries more of this person.
// What the server has already goes, oldest first, when there is too little and
// that helps. The lock is held.
func (b *Box) makeRoom(owner string, size int64, entries int) error {
	if b.unsent("")+entries > b.options.MaxEntries || b.unsent(owner)+entries > b.options.MaxEntries*3/4 {
		return fault.New(fault.Full, "Too many messages wait on this computer to be sent, so this one was not saved. Tell your help desk by phone.")
	}
	fits := func(all, own int64) bool {
		return all+size <= b.options.MaxBytes && own+size <= b.options.MaxBytes*3/4
	}
	all, own := b.used(owner)
	if fits(all, own) {
		return nil
	}
	if freeAll, freeOwn := b.freeable(owner); !fits(all-freeAll, own-freeOwn) {
		return fault.New(fault.Full, "There is no room left for messages that wait on this computer to be sent, so this one was not saved. Leave attachments out, or tell your help desk by phone.")
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

// Item returns what is known of an entry.
func (b *Box) Item(id string) (Item, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := b.items[id]; i != nil {
		return *i, true
	}
	return Item{}, false
}

// Of returns a person's entries, oldest first.
func (b *Box) Of(owner string) []Item {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Item
	for _, id := range b.order {
		if i := b.items[id]; i.Owner == owner {
			out = append(out, *i)
		}
	}
	return out
}

// Waiting counts a person's entries that are not sent yet.
func (b *Box) Waiting(owner string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, i := range b.items {
		if i.Owner == owner && i.State == Waiting {
			n++
		}
	}
	return n
}

// Read returns an entry with its body. An entry that was damaged since it was
// read last becomes refused, and the error says so.
func (b *Box) Read(id string) (Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.items[id]
	if i == nil || i.Type == "" {
		return Entry{}, fault.New(fault.NotFound, "There is no such message on this computer.")
	}
	e, _, err := readEntry(b.path(entriesDir, i.name()))
	if err != nil {
		b.options.Log.Error("an outbox entry cannot be read", "id", id, "error", err)
		b.setAside(i.name())
		i.State, i.Ack, i.Marked, i.Type = Refused, damagedAck(i.At), b.options.Now(), ""
		b.moved(i.Owner)
		return Entry{}, fault.Wrap(err, fault.Internal, i.Ack.Sentence)
	}
	return e, nil
}

// Sweep removes what has been kept long enough. Call it now and then.
func (b *Box) Sweep() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.options.Now()
	for _, i := range slices.Collect(maps.Values(b.items)) {
		age := now.Sub(i.Marked)
		if i.State == Sent && age > KeepSent || i.State == Refused && age > KeepRefused {
			b.remove(i)
		}
	}
	b.dropUnused(KeepUnused)
}

// remove forgets an entry. The entry goes before its mark: the other way round a
// crash would have it sent again.
func (b *Box) remove(i *Item) {
	for _, name := range []string{b.path(entriesDir, i.name()), b.path(damagedDir, i.name()), b.path(marksDir, i.Seq)} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			b.options.Log.Warn("an old outbox file cannot be removed", "file", filepath.Base(name), "error", err)
			return
		}
	}
	delete(b.items, i.ID)
	b.order = slices.DeleteFunc(b.order, func(id string) bool { return id == i.ID })
	b.count(i.Owner, i.Attachments, -1)
}
