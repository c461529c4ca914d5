// Package board holds in memory what tickets are found, counted and sorted by, for
// all of them: a few dozen bytes a ticket, and for each value of each field the set
// of the tickets that have it. Any view is then an intersection of sets, and its
// page or its count takes well under a millisecond among a million tickets, whatever
// the view asks; no database has an index for every question that people think of.
//
// The truth stays in the database. The board is filled from it at the start, and is
// told of every change; Put takes a ticket as it is now, and the newest version wins,
// so that being told twice or late does no harm.
package board

import (
	"math"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/deskbell/deskbell/server/ticket"
)

// Ticket is what the board knows of a ticket.
type Ticket struct {
	Number    int64
	Version   int64
	State     ticket.State
	Kind      ticket.Kind
	Waiting   ticket.Waiting
	Priority  ticket.Priority
	Category  string
	Team      string
	Requester ticket.Person
	Assignee  ticket.Person
	Endpoint  ticket.Person // an id with the name beside it
	Site      ticket.Person
	Tags      []string
	Findings  []string // codes
	Watchers  []string // ids
	Major     bool
	Reopened  bool
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Field is what sets are kept of.
type Field uint8

// The fields whose values are ids or words.
const (
	State Field = iota
	Kind
	Waiting
	Priority // "1" to "5"
	Category
	Team
	Site
	Assignee
	Flag // FlagMajor, FlagReopened
	Tag
	Finding
	Watcher
	dense     // from here on there are many values with few tickets each
	Requester = iota - 1
	Endpoint
	fields
)

// The values of Flag.
const (
	FlagMajor    = "major"
	FlagReopened = "reopened"
)

// Board is all tickets. Its methods may be called from anywhere at once.
type Board struct {
	mu    sync.RWMutex
	all   *roaring.Bitmap
	due   *roaring.Bitmap // those with a clock that runs
	names [fields]names
	sets  [dense]map[uint32]*roaring.Bitmap
	few   [2]map[uint32][]uint32 // of Requester and Endpoint
	zones []*zone                // by number >> zoneBits

	ready  chan struct{}
	loaded sync.Once
}

// A zone is a run of neighbouring numbers. What its times lie between lets whole
// zones be taken or left without a look at their tickets.
const zoneBits = 9

type zone struct {
	rows       [1 << zoneBits]row
	minCreated uint32
	maxCreated uint32
	minUpdated uint32
	maxUpdated uint32
}

// row is a ticket with its values as indices into names; 0 is the empty one.
type row struct {
	version  uint32 // 0: there is no such ticket
	created  uint32 // seconds of Unix time
	updated  uint32
	due      uint32
	one      [9]uint32 // State to Assignee, and the flags at 8
	who, at  uint32    // Requester, Endpoint
	multiple *[3][]uint32
}

// New returns an empty board.
func New() *Board {
	b := &Board{all: roaring.New(), due: roaring.New(), ready: make(chan struct{})}
	for f := range b.sets {
		b.sets[f] = map[uint32]*roaring.Bitmap{}
	}
	for i := range b.few {
		b.few[i] = map[uint32][]uint32{}
	}
	for f := range b.names {
		b.names[f].init()
	}
	return b
}

// Loaded says that the board holds all tickets.
func (b *Board) Loaded() { b.loaded.Do(func() { close(b.ready) }) }

// Ready is closed once the board holds all tickets.
func (b *Board) Ready() <-chan struct{} { return b.ready }

// Len returns how many tickets there are.
func (b *Board) Len() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return int(b.all.GetCardinality())
}

// Version returns the version of a ticket that the board holds, 0 for none.
func (b *Board) Version(number int64) int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if r := b.row(number); r != nil {
		return int64(r.version)
	}
	return 0
}

// maxNumber is the highest number that the board takes: zones are a list.
const maxNumber = 1 << 31

func (b *Board) row(number int64) *row {
	if number < 1 || number>>zoneBits >= int64(len(b.zones)) || b.zones[number>>zoneBits] == nil {
		return nil
	}
	r := &b.zones[number>>zoneBits].rows[number&(1<<zoneBits-1)]
	if r.version == 0 {
		return nil
	}
	return r
}

// Put brings tickets up to date. A version older than the board's is left out.
func (b *Board) Put(tickets ...Ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range tickets {
		if t := &tickets[i]; t.Number > 0 && t.Number < maxNumber && t.Version > 0 {
			b.put(t)
		}
	}
}

func (b *Board) put(t *Ticket) {
	n := uint32(t.Number)
	at := int(n >> zoneBits)
	if at >= len(b.zones) {
		b.zones = append(b.zones, make([]*zone, at+1-len(b.zones))...)
	}
	z := b.zones[at]
	if z == nil {
		z = &zone{minCreated: math.MaxUint32, minUpdated: math.MaxUint32}
		b.zones[at] = z
	}
	old := &z.rows[n&(1<<zoneBits-1)]
	if int64(old.version) > t.Version {
		return
	}
	now := b.rowOf(t)
	now.due = old.due
	if old.version == 0 {
		b.all.Add(n)
	}
	b.move(n, old, &now)
	*old = now
	z.minCreated, z.maxCreated = min(z.minCreated, now.created), max(z.maxCreated, now.created)
	z.minUpdated, z.maxUpdated = min(z.minUpdated, now.updated), max(z.maxUpdated, now.updated)
}

func (b *Board) rowOf(t *Ticket) row {
	flag := ""
	switch {
	case t.Major && t.Reopened:
		flag = FlagMajor + "+" + FlagReopened
	case t.Major:
		flag = FlagMajor
	case t.Reopened:
		flag = FlagReopened
	}
	r := row{
		version: uint32(t.Version), created: seconds(t.CreatedAt), updated: seconds(t.UpdatedAt),
		one: [9]uint32{
			State: b.names[State].id(string(t.State), ""), Kind: b.names[Kind].id(string(t.Kind), ""), Waiting: b.names[Waiting].id(string(t.Waiting), ""),
			Priority: b.names[Priority].id(string('0'+byte(t.Priority)), ""), Category: b.names[Category].id(t.Category, ""), Team: b.names[Team].id(t.Team, ""),
			Site: b.names[Site].id(t.Site.ID, t.Site.Name), Assignee: b.names[Assignee].id(t.Assignee.ID, t.Assignee.Name), Flag: b.names[Flag].id(flag, ""),
		},
		who: b.names[Requester].id(t.Requester.ID, t.Requester.Name),
		at:  b.names[Endpoint].id(t.Endpoint.ID, t.Endpoint.Name),
	}
	if len(t.Tags)+len(t.Findings)+len(t.Watchers) > 0 {
		r.multiple = &[3][]uint32{b.names[Tag].ids(t.Tags), b.names[Finding].ids(t.Findings), b.names[Watcher].ids(t.Watchers)}
	}
	return r
}

// move takes a ticket out of the sets that it has left and into those it has come to.
func (b *Board) move(n uint32, old, now *row) {
	is := old.version != 0
	for f := range now.one {
		if is && old.one[f] == now.one[f] {
			continue
		}
		if is {
			b.sets[f][old.one[f]].Remove(n)
		}
		b.set(Field(f), now.one[f]).Add(n)
	}
	for i := range 3 {
		var was, has []uint32
		if old.multiple != nil {
			was = old.multiple[i]
		}
		if now.multiple != nil {
			has = now.multiple[i]
		}
		f := Tag + Field(i)
		if is && len(was) == 0 && len(has) == 0 {
			continue
		}
		for _, v := range was {
			b.sets[f][v].Remove(n)
		}
		for _, v := range has {
			b.set(f, v).Add(n)
		}
		if len(has) == 0 {
			b.set(f, 0).Add(n)
		} else if is && len(was) == 0 {
			b.set(f, 0).Remove(n)
		}
	}
	b.moveFew(0, n, is, old.who, now.who)
	b.moveFew(1, n, is, old.at, now.at)
}

// SetDue says when a ticket's next clock runs out; the zero time: none runs. Clocks
// change without the ticket, when a calendar does. A ticket that the board does not
// hold is left out.
func (b *Board) SetDue(number int64, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.row(number)
	if r == nil {
		return
	}
	if r.due = seconds(at); r.due != 0 {
		b.due.Add(uint32(number))
	} else {
		b.due.Remove(uint32(number))
	}
}

// Due returns when a ticket's next clock runs out.
func (b *Board) Due(number int64) time.Time {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if r := b.row(number); r != nil && r.due != 0 {
		return time.Unix(int64(r.due), 0).UTC()
	}
	return time.Time{}
}

func (b *Board) set(f Field, v uint32) *roaring.Bitmap {
	s := b.sets[f][v]
	if s == nil {
		s = roaring.New()
		b.sets[f][v] = s
	}
	return s
}

func seconds(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(min(max(t.Unix(), 1), math.MaxUint32))
}
