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
		return Item{}, fault.Say(fault.TooLarge, "error.message_too_large")
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
