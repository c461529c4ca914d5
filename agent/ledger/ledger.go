// Package ledger tells who has looked at this machine from afar, for the people
// who work at it. It is kept here, where the server has no say in it.
package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/durable"
)

// maxBytes bounds the file. When it is reached the older half goes: some ten
// thousand looks are told of always.
const maxBytes = 4 << 20

// Ledger is a file of one JSON object a line, readable by everybody at this
// machine. A look has a line when it starts and one when it ends; the later one
// holds. Each line carries the hash of the one before, so that one that is changed,
// or taken out, shows. Whoever has all rights here can of course write the whole
// file anew: its beginning is then a recent one, and that is told too.
// It is safe for concurrent use; one process has it open.
type Ledger struct {
	path    string
	limit   int64
	changed change.Signal

	mu   sync.Mutex
	f    *os.File
	size int64
	torn bool // what is beyond size is half a line that we could not take back
	head head
	open map[string]local.Look // that have not ended, of this process
}

// Open opens the file, or makes it. Half a line that a power cut has left goes.
func Open(path string) (*Ledger, error) { return open(path, maxBytes) }

func open(path string, limit int64) (*Ledger, error) {
	l := &Ledger{path: path, limit: limit, open: map[string]local.Look{}}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	h, ok, err := readHead(l.headPath())
	if err != nil {
		return nil, err
	}
	was := h
	if !ok {
		if b, err = l.older(b); err != nil {
			return nil, durable.Fault(err)
		}
		h = begin(b, time.Now())
	}
	r := read(b, h)
	h.begins(r.from, r.old)
	if r.whole() && r.last.N > h.Last.N {
		h.Last = r.last // a line was written, and the power went before its head was
	}
	l.head = h
	if !ok || was.Last != h.Last || was.Next != nil || was.Doubt != h.Doubt {
		if err := h.write(l.headPath()); err != nil {
			return nil, durable.Fault(err)
		}
	}
	if err := l.reopen(); err != nil {
		return nil, err
	}
	if torn := l.size - r.good; torn > 0 && r.last == h.Last && r.whole() {
		err = l.f.Truncate(r.good)
		l.size = r.good
	} else {
		err = l.endLine()
	}
	if err != nil {
		l.f.Close()
		return nil, durable.Fault(err)
	}
	return l, nil
}

// older prepares a file of before there was a chain: its last line is ended, and
// it leaves room for what comes.
func (l *Ledger) older(b []byte) ([]byte, error) {
	if unchained(b) != len(b) {
		return b, nil
	}
	if int64(len(b)) > l.limit/2 {
		b = b[len(b)-int(l.limit/2):]
		b = b[bytes.IndexByte(b, '\n')+1:]
		if err := durable.Write(l.path, b, 0o644); err != nil {
			return nil, err
		}
	}
	if len(b) > 0 && b[len(b)-1] != '\n' {
		b = append(b, '\n') // on the disk it comes when the head is there
	}
	return b, nil
}

func (l *Ledger) headPath() string { return l.path + ".head" }

// reopen opens the file that has the name.
func (l *Ledger) reopen() error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return durable.Fault(err)
	}
	info, err := f.Stat()
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil && info.Size() == 0 {
		err = durable.SyncDir(filepath.Dir(l.path))
	}
	if err != nil {
		f.Close()
		return durable.Fault(err)
	}
	if l.f != nil {
		l.f.Close()
	}
	l.f, l.size, l.torn = f, info.Size(), false
	return nil
}

// endLine keeps what is written next apart from half a line.
func (l *Ledger) endLine() error {
	last := make([]byte, 1)
	if l.size == 0 {
		return nil
	}
	if _, err := l.f.ReadAt(last, l.size-1); err != nil || last[0] == '\n' {
		return err
	}
	n, err := l.f.Write([]byte{'\n'})
	l.size += int64(n)
	return err
}

// Close closes the file.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.f.Close()
}

// Add writes a look, at its start or at its end. When it returns nil the line is
// on the disk.
func (l *Ledger) Add(k local.Look) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.changed.Notify()
	if k.Ended.IsZero() {
		l.open[k.ID] = k
	} else {
		delete(l.open, k.ID)
	}
	return durable.Fault(l.add(k))
}

func (l *Ledger) add(k local.Look) error {
	b, err := json.Marshal(line{l.head.Last.N + 1, l.head.Last.Hash, k})
	if err != nil {
		return err
	}
	if err := l.ready(); err != nil {
		return err
	}
	if l.size+int64(len(b)) > l.limit {
		if err := l.shorten(); err != nil {
			return err
		}
	}
	n, err := l.f.Write(append(b, '\n'))
	if err == nil {
		err = l.f.Sync()
	}
	if err != nil { // a full disk took half a line
		l.torn = n > 0 && l.f.Truncate(l.size) != nil
		return err
	}
	l.size += int64(n)
	l.head.Last = place{l.head.Last.N + 1, hashOf(b)}
	return l.head.write(l.headPath())
}

// ready sees to it that what is written goes behind what is there: somebody's
// editor may have put another file in the place of ours, or taken off its end.
func (l *Ledger) ready() error {
	named, err := os.Stat(l.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ours, bad := l.f.Stat()
	if bad != nil || err != nil || !os.SameFile(named, ours) {
		if err := l.reopen(); err != nil {
			return err
		}
	} else if l.torn && ours.Size() > l.size {
		if err := l.f.Truncate(l.size); err != nil {
			return err
		}
	} else {
		l.size = ours.Size()
	}
	l.torn = false
	return l.endLine()
}

// shorten keeps the newer half. The head learns of it before the file does.
func (l *Ledger) shorten() error {
	b, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	b = b[len(b)/2:]
	first, ok := line{}, false
	for !ok && len(b) > 0 { // to the first line that is whole
		_, b, _ = bytes.Cut(b, []byte("\n"))
		first, ok = firstOf(b)
	}
	next := l.head.Last
	if ok {
		next = place{first.N - 1, first.Prev}
	}
	l.head.Next = &next
	if err := l.head.write(l.headPath()); err != nil {
		return err
	}
	if err := durable.Write(l.path, b, 0o644); err != nil {
		return err
	}
	l.head.begins(next, 0)
	return l.reopen()
}

// Looking returns the looks under way, oldest first.
func (l *Ledger) Looking() []local.Look {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []local.Look
	for _, k := range l.open {
		if !k.Asking() {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b local.Look) int { return a.At.Compare(b.At) })
	return out
}

// Newest returns up to n looks, newest first, and whether the file is whole. One
// that never ended, because the agent did, has the result “unknown”.
func (l *Ledger) Newest(n int) (local.Ledger, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := os.ReadFile(l.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return local.Ledger{}, err
	}
	r := read(b, l.head)
	out := local.Ledger{Since: l.head.Began, Removed: r.removed, Changed: r.changed, Looks: []local.Look{}}
	if r.last.N > l.head.Last.N { // nobody but us writes here
		out.Changed += int(min(r.last.N-l.head.Last.N, maxBytes))
	}
	if l.head.Doubt > 0 {
		out.Changed++
	}
	at := map[string]int{}
	for _, k := range r.looks {
		if i, again := at[k.ID]; again {
			out.Looks[i] = k
			continue
		}
		at[k.ID] = len(out.Looks)
		out.Looks = append(out.Looks, k)
	}
	slices.Reverse(out.Looks)
	out.Looks = out.Looks[:min(n, len(out.Looks))]
	for i, k := range out.Looks {
		if _, running := l.open[k.ID]; k.Ended.IsZero() && !running {
			out.Looks[i].Result = "unknown"
		}
	}
	return out, nil
}

// Changed returns a channel that is closed at the next change.
func (l *Ledger) Changed() <-chan struct{} { return l.changed.Changed() }
