// Package recorder is the flight recorder: what this machine and its heaviest
// processes did in the last two hours, second by second, and in the last day in
// spans of ten seconds. It stays on this machine's disk; what a person attaches to
// a ticket is all that leaves it.
package recorder

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
)

// What is kept and how.
const (
	keepSeconds = 2 * 60 * 60
	keepTens    = 24 * 60 * 6
	maxBytes    = 32 << 20
	flushEvery  = 10 // samples: what a crash loses at most
	flushTens   = 6  // spans of ten seconds
	// While the disk is full or hangs this much waits in memory, the newest.
	waitSeconds = 600
	waitTens    = 60
	waitMarks   = 64
	markWait    = 2 * time.Second
	maxMarkAge  = 24 * time.Hour
)

// Keeps are how long each second is kept, and how long spans of ten.
func Keeps() (seconds, tens time.Duration) {
	return keepSeconds * time.Second, keepTens * 10 * time.Second
}

// Clock is what time it is: by the machine's clock, and since its start by one that
// nobody sets.
type Clock func() (at time.Time, up time.Duration)

// Options say what a Recorder works with. Zero values choose what the agent uses.
type Options struct {
	MaxBytes int64
	Log      *slog.Logger
	Clock    Clock
	Boot     string                           // changes with each start of the machine, or of the clock's second part
	Read     func(now time.Time) probe.Vitals // reads the machine
}

// Recorder is one folder's. It is safe for concurrent use; one process has the
// folder open.
type Recorder struct {
	clock Clock
	boot  uint64
	read  func(time.Time) probe.Vitals
	log   *slog.Logger
	names names
	wake  chan struct{}

	disk   sync.Mutex // held while files are written or read; taken before mu
	shelf  shelf
	paused bool

	mu      sync.Mutex
	ten     ten
	seconds queue[Sample]
	tens    queue[Sample]
	unsaved queue[Mark]
	marks   []Mark        // the newest, saved or not, oldest first
	saved   chan struct{} // closed when marks have been saved, and made anew
}

// Mark is a moment that somebody has marked.
type Mark struct {
	Kind string
	At   time.Time     // by the machine's clock
	Up   time.Duration // as in Sample
	boot uint64
}

// Open opens a folder. It always succeeds: what is wrong with the folder is logged,
// recording goes on in memory, and the folder is tried again.
func Open(dir string, o Options) *Recorder {
	if o.MaxBytes == 0 {
		o.MaxBytes = maxBytes
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock, o.Boot = systemClock()
	}
	r := &Recorder{
		clock: o.Clock, read: o.Read, log: o.Log, wake: make(chan struct{}, 1), saved: make(chan struct{}),
		shelf: shelf{dir: dir, most: o.MaxBytes, keep: map[kind]int{seconds: keepSeconds, tens: keepTens}, open: map[kind]*file{}},
	}
	sum := sha256.Sum256([]byte(o.Boot))
	r.boot = binary.LittleEndian.Uint64(sum[:])
	r.disk.Lock()
	defer r.disk.Unlock()
	r.report(r.list())
	return r
}

// list learns what is on the disk. The disk lock is held.
func (r *Recorder) list() error {
	var found []Mark
	if r.shelf.listed {
		return nil
	}
	err := r.shelf.list(func(m Mark) { found = append(found, m) })
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.marks = newest(append(found, r.marks...))
	}
	return err
}

func newest(marks []Mark) []Mark { return slices.Clone(marks[max(0, len(marks)-waitMarks):]) }

// Run records a sample each second until ctx ends. Writing is a goroutine of its
// own: a disk that hangs is what somebody will want to see, so it must not stop the
// reading.
func (r *Recorder) Run(ctx context.Context) {
	if r.read == nil {
		pulse := probe.NewPulse()
		defer pulse.Close()
		r.read = pulse.Read
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { r.write(ctx) })
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		r.Add(r.sample(r.read(time.Now())))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// write writes what waits, whenever there is enough of it, and what is left at the end.
func (r *Recorder) write(ctx context.Context) {
	for {
		select {
		case <-r.wake:
			r.Flush()
		case <-ctx.Done():
			r.Close()
			return
		}
	}
}

// Add takes the next second. It never waits for the disk.
func (r *Recorder) Add(s Sample) {
	s.At, s.Up = s.At.Truncate(time.Millisecond), s.Up.Truncate(time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	if done, ok := r.ten.add(s); ok {
		r.tens.push(done, waitTens)
	}
	r.seconds.push(s, waitSeconds)
	if r.seconds.next%flushEvery == 0 {
		r.rouse()
	}
}

// rouse has the writer look.
func (r *Recorder) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

var kindRule = regexp.MustCompile(`^[a-z][a-z_]{0,31}$`)

// Mark marks a moment of the last day, and waits until that is on the disk; but a
// moment only: a disk that hangs gets it later.
func (r *Recorder) Mark(kind string, at time.Time) (Mark, error) {
	now, up := r.clock()
	age := now.Sub(at)
	switch {
	case !kindRule.MatchString(kind):
		return Mark{}, fault.Field("kind", "The kind of a mark is a word in small letters.")
	case age < -time.Minute || age > maxMarkAge:
		return Mark{}, fault.Field("at", "The moment to mark is not within the last day. Check this computer's clock.")
	}
	age = max(age, 0)
	m := Mark{Kind: kind, At: now.Add(-age).Truncate(time.Millisecond), Up: (up - age).Truncate(time.Millisecond), boot: r.boot}
	r.mu.Lock()
	r.unsaved.push(m, waitMarks)
	r.marks = newest(append(r.marks, m))
	saved := r.saved
	r.mu.Unlock()
	r.rouse()
	timer := time.NewTimer(markWait)
	defer timer.Stop()
	select {
	case <-saved:
	case <-timer.C:
	}
	return m, nil
}

// Flush writes what waits. An error is logged once, and what waits goes on waiting.
func (r *Recorder) Flush() error {
	r.disk.Lock()
	defer r.disk.Unlock()
	err := r.list()
	if err == nil {
		err = r.flush()
	}
	r.report(err)
	return err
}

// Close writes what waits and closes the files.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if done, ok := r.ten.end(); ok {
		r.tens.push(done, waitTens)
	}
	r.mu.Unlock()
	r.disk.Lock()
	defer r.disk.Unlock()
	err := r.list()
	if err == nil {
		err = r.flush()
	}
	if err == nil {
		err = r.flushQueue(tens, &r.tens)
	}
	r.report(err)
	r.shelf.shut(seconds)
	r.shelf.shut(tens)
	return err
}

// flush writes what waits, marks first: they are what somebody asked for.
func (r *Recorder) flush() error {
	if err := r.flushMarks(); err != nil {
		return err
	}
	if err := r.flushQueue(seconds, &r.seconds); err != nil {
		return err
	}
	r.mu.Lock()
	enough := len(r.tens.items) >= flushTens
	r.mu.Unlock()
	if enough {
		return r.flushQueue(tens, &r.tens)
	}
	return nil
}

func (r *Recorder) flushMarks() error {
	r.mu.Lock()
	marks, upTo := r.unsaved.all()
	saved := r.saved
	r.mu.Unlock()
	if len(marks) == 0 {
		return nil
	}
	var records []byte
	for _, m := range marks {
		records = appendRecord(records, func(b []byte) []byte { return appendMark(b, m) })
	}
	if err := r.shelf.append(tens, r.boot, records, nil); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsaved.drop(upTo)
	if len(r.unsaved.items) == 0 {
		close(saved)
		r.saved = make(chan struct{})
	}
	return nil
}

func (r *Recorder) flushQueue(k kind, q *queue[Sample]) error {
	for {
		r.mu.Lock()
		batch, upTo := q.all()
		r.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		n := batchOf(batch)
		record := appendRecord(nil, func(b []byte) []byte { return appendBatch(b, k, r.boot, batch[:n]) })
		if err := r.shelf.append(k, r.boot, record, batch[:n]); err != nil {
			return err
		}
		r.mu.Lock()
		q.drop(upTo - uint64(len(batch)-n))
		r.mu.Unlock()
	}
}

// batchOf is how many of these samples fit into a batch.
func batchOf(all []Sample) int {
	n := 1
	for n < min(len(all), maxBatch) && all[n].Up > all[n-1].Up {
		n++
	}
	return n
}

// report tells once that writing fails, and once that it works again. The disk lock
// is held.
func (r *Recorder) report(err error) {
	switch {
	case err != nil && !r.paused && durable.NoSpace(err):
		r.log.Warn("the disk is full: the flight recorder keeps the last ten minutes in memory until there is room", "error", err)
	case err != nil && !r.paused:
		r.log.Error("the flight recorder cannot write: it keeps the last ten minutes in memory and tries again", "error", err)
	case err == nil && r.paused:
		r.log.Info("the flight recorder writes again")
	}
	r.paused = err != nil
}

// queue is what waits for the disk.
type queue[T any] struct {
	items []T
	next  uint64 // the number of the next item
}

// push adds an item; the oldest goes when there are more than most.
func (q *queue[T]) push(v T, most int) {
	if len(q.items) >= most {
		q.items = slices.Delete(q.items, 0, len(q.items)-most+1)
	}
	q.items = append(q.items, v)
	q.next++
}

// all returns a copy of what waits, and what to call drop with once it is written.
func (q *queue[T]) all() ([]T, uint64) { return slices.Clone(q.items), q.next }

// drop forgets the items before this number.
func (q *queue[T]) drop(before uint64) {
	first := q.next - uint64(len(q.items))
	if before > first {
		q.items = slices.Delete(q.items, 0, int(min(before-first, uint64(len(q.items)))))
	}
}
