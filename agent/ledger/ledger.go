// Package ledger tells who has looked at this machine from afar, for the people
// who work at it. It is kept here, where the server has no say in it.
package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/durable"
)

// maxBytes bounds the file. When it is reached the older half goes: some ten
// thousand looks are told of always.
const maxBytes = 4 << 20

// Ledger is a file of one JSON object a line, readable by everybody at this
// machine. A look has a line when it starts and one when it ends; the later one
// holds. It is safe for concurrent use; one process has it open.
type Ledger struct {
	path    string
	limit   int64
	changed change.Signal

	mu   sync.Mutex
	f    *os.File
	size int64
	open map[string]local.Look // that have not ended, of this process
}

// Open opens the file, or makes it. Half a line that a crash has left is ended.
func Open(path string) (*Ledger, error) { return open(path, maxBytes) }

func open(path string, limit int64) (*Ledger, error) {
	l := &Ledger{path: path, limit: limit, open: map[string]local.Look{}}
	return l, l.reopen()
}

func (l *Ledger) reopen() error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = errors.Join(f.Chmod(0o644), endLine(f, info.Size()))
	}
	if err != nil {
		f.Close()
		return durable.Fault(err)
	}
	l.f, l.size = f, info.Size()
	return nil
}

// endLine keeps what is written next apart from half a line.
func endLine(f *os.File, size int64) error {
	last := make([]byte, 1)
	if size == 0 {
		return nil
	}
	if _, err := f.ReadAt(last, size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err := f.Write([]byte{'\n'})
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
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.changed.Notify()
	if k.Ended.IsZero() {
		l.open[k.ID] = k
	} else {
		delete(l.open, k.ID)
	}
	if l.size+int64(len(b)) > l.limit {
		if err := l.shorten(); err != nil {
			return durable.Fault(err)
		}
	}
	n, err := l.f.Write(append(b, '\n'))
	l.size += int64(n)
	if err == nil {
		err = l.f.Sync()
	} else if n > 0 { // a full disk took half a line
		l.f.Truncate(l.size - int64(n))
		l.size -= int64(n)
	}
	return durable.Fault(err)
}

// shorten keeps the newer half.
func (l *Ledger) shorten() error {
	b, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	b = b[len(b)/2:]
	b = b[bytes.IndexByte(b, '\n')+1:]
	if err := durable.Write(l.path, b, 0o644); err != nil {
		return err
	}
	l.f.Close()
	return l.reopen()
}

// Looking returns the looks under way, oldest first.
func (l *Ledger) Looking() []local.Look {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []local.Look
	for _, k := range l.open {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b local.Look) int { return a.At.Compare(b.At) })
	return out
}

// Newest returns up to n looks, newest first. One that never ended, because the
// agent did, has the result “unknown”.
func (l *Ledger) Newest(n int) ([]local.Look, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	at := map[string]int{}
	var out []local.Look
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var k local.Look
		if json.Unmarshal(lines.Bytes(), &k) != nil || k.ID == "" {
			continue // half a line, or somebody's editor
		}
		if i, again := at[k.ID]; again {
			out[i] = k
			continue
		}
		at[k.ID] = len(out)
		out = append(out, k)
	}
	slices.Reverse(out)
	out = out[:min(n, len(out))]
	for i, k := range out {
		if _, running := l.open[k.ID]; k.Ended.IsZero() && !running {
			out[i].Result = "unknown"
		}
	}
	return out, lines.Err()
}

// Changed returns a channel that is closed at the next change.
func (l *Ledger) Changed() <-chan struct{} { return l.changed.Changed() }
