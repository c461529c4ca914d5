// Package stock tells the server the facts by which this machine is compared with
// others: all of them once, later what has changed. It keeps on disk what the server
// has, so that a restart tells nothing twice. Tickets never wait for it, and what is
// lost comes with the next change.
package stock

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/change"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/wire"
)

// Options say what a keeper works with.
type Options struct {
	Dir string
	// System says what the machine runs; Subnet the network from which it reaches the server.
	System func() diagnostics.System
	Subnet func() string
	// Off says that the machine's own settings forbid it: nothing is told then.
	Off bool
	Now func() time.Time // nil: the machine's clock
	Log *slog.Logger
}

// Keeper keeps what was told. It is safe for concurrent use. The facts are not held
// in memory: they are read when there is something to tell.
type Keeper struct {
	o      Options
	change change.Signal
	mu     sync.Mutex
	place  *place // nil: it was not looked yet
}

// kept is the one file.
type kept struct {
	Version  int            `json:"version"`
	Endpoint string         `json:"endpoint"` // whose server has Told
	TakenAt  time.Time      `json:"taken_at"`
	Hash     string         `json:"hash"`
	Facts    []byte         `json:"facts"`
	Left     int            `json:"left,omitempty"`
	Told     string         `json:"told,omitempty"`    // what the server has; empty: nothing
	Changes  []stock.Change `json:"changes,omitempty"` // oldest first
	Untold   int            `json:"untold,omitempty"`  // the newest of them that lead from Told to Hash; -1: they do not
	ToldAt   time.Time      `json:"told_at,omitzero"`
	Day      time.Time      `json:"day,omitzero"` // when Bytes were counted from
	Bytes    int            `json:"bytes,omitempty"`
}

const (
	version  = 1
	fileName = "stock.json"
	maxFile  = 1 << 20
)

// New returns the keeper of a folder that is there.
func New(o Options) *Keeper {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Keeper{o: o}
}

// Noted takes over what the machine is now.
func (k *Keeper) Noted(i *inventory.Inventory) {
	sys, _ := redact.Value(k.o.System())
	facts, left := stock.Of(sys, i, k.o.Subnet())
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.read()
	k.note(h, k.placed(facts, h), left)
}

// note writes down what has changed. The caller holds mu.
func (k *Keeper) note(h kept, facts []stock.Fact, left int) {
	hash := stock.Hash(facts)
	if hash == h.Hash {
		return
	}
	now := k.o.Now().UTC().Truncate(time.Second)
	if h.Hash != "" {
		before, err := stock.Unpack(h.Facts)
		if err != nil {
			before, h.Told = nil, ""
		}
		changes := stock.Diff(before, facts, h.TakenAt, now)
		h.Changes = append(h.Changes, changes...)
		if h.Untold >= 0 {
			h.Untold += len(changes)
		}
		if h.Untold > stock.MaxChanges || stock.Hash(stock.Apply(before, changes)) != hash {
			h.Untold = -1 // it was too much, or a section was read for the first time
		}
		h.Changes = h.Changes[max(0, len(h.Changes)-stock.MaxChanges):]
		for len(h.Changes) > max(0, h.Untold) && h.Changes[0].At.Before(now.Add(-stock.KeepFor)) {
			h.Changes = h.Changes[1:]
		}
	}
	h.Facts, h.Hash, h.TakenAt, h.Left = stock.Pack(facts), hash, now, left
	k.write(h)
	k.change.Notify()
}

// Hash names what the server of this identity has, for the handshake.
func (k *Keeper) Hash(endpoint string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.of(endpoint).Told
}

// of reads what is kept, and forgets what another server was told.
func (k *Keeper) of(endpoint string) kept {
	h := k.read()
	if h.Endpoint != endpoint {
		h.Endpoint, h.Told, h.Untold, h.ToldAt = endpoint, "", 0, time.Time{}
	}
	return h
}

// message makes what is to be told now; ok says whether there is something. whole
// says that the server has nothing or something else.
func (k *Keeper) message(endpoint string, whole bool) (m wire.Stock, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.of(endpoint)
	if h.Hash == "" || (h.Hash == h.Told && !whole) {
		return m, false
	}
	m = wire.Stock{Hash: h.Hash, TakenAt: h.TakenAt, Left: h.Left}
	if !whole && h.Told != "" && h.Untold >= 0 {
		since := h.Changes[len(h.Changes)-h.Untold:]
		if len(newest(since)) == len(since) {
			m.Base, m.Changes = h.Told, since
			return m, true
		}
	}
	m.Facts, m.Changes = h.Facts, newest(lasting(h.Changes))
	return m, true
}

// newest are as many of the newest changes as a message has room for: of more, all
// facts are the shorter way to say it.
func newest(list []stock.Change) []stock.Change {
	size := 0
	for i := len(list) - 1; i >= 0; i-- {
		b, _ := json.Marshal(list[i]) // texts and times: they always marshal
		if size += len(b) + 1; size > maxTold {
			return list[i+1:]
		}
	}
	return list
}

// told notes that the server has these facts.
func (k *Keeper) told(endpoint string, m wire.Stock, bytes int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.of(endpoint)
	now := k.o.Now().UTC().Truncate(time.Second)
	if now.Sub(h.Day) >= day || now.Before(h.Day) {
		h.Day, h.Bytes = now, 0
	}
	h.Bytes += bytes
	h.ToldAt = now
	if h.Told = m.Hash; h.Hash == m.Hash {
		h.Untold = 0
	} else {
		h.Untold = -1 // it has changed meanwhile
	}
	k.write(h)
}

// after is how long to wait before telling so many bytes.
func (k *Keeper) after(endpoint string, bytes int, whole bool) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.of(endpoint)
	now := k.o.Now()
	var wait time.Duration
	if since := now.Sub(h.ToldAt); since >= 0 && since < pause && h.Told != "" && !whole {
		wait = pause - since
	}
	if since := now.Sub(h.Day); since >= 0 && since < day && h.Bytes > 0 && h.Bytes+bytes > aDay {
		wait = max(wait, day-since)
	}
	return wait
}

// read reads what is kept. What cannot be read is begun anew, and told anew.
func (k *Keeper) read() kept {
	var h kept
	b, err := readBounded(filepath.Join(k.o.Dir, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return kept{}
	}
	if err == nil {
		err = json.Unmarshal(b, &h)
	}
	if err == nil && (h.Version != version || h.Untold > len(h.Changes) || h.Untold < -1) {
		err = errors.New("it has another form")
	}
	if err != nil {
		k.o.Log.Warn("what the server was told of this machine cannot be read, and is told anew", "error", err)
		return kept{}
	}
	return h
}

func (k *Keeper) write(h kept) {
	h.Version = version
	h.forget()
	b, err := json.Marshal(h)
	if err == nil {
		err = durable.Write(filepath.Join(k.o.Dir, fileName), b, 0o600)
	}
	if err != nil {
		k.o.Log.Warn("what the server is told of this machine could not be written down", "error", err)
	}
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, errors.New("the file is larger than it can be")
	}
	return os.ReadFile(path)
}
