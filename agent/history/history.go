// Package history keeps what this machine is made of and how it is set up, and
// writes down what changes: on disk, bounded, whole or not at all. It also keeps the
// last snapshot with which nothing was wrong.
package history

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/durable"
)

// Keeps is how long a change is told of.
const Keeps = 180 * 24 * time.Hour

// Bounds of what is kept.
const (
	keepFor = Keeps
	maxFile = 16 << 20 // of what is read back: more is not ours
)

// Keeper keeps the history of one machine. It is safe for concurrent use. The
// inventory is not held in memory: it is read when there is something to compare.
type Keeper struct {
	dir string
	log *slog.Logger
	now func() time.Time
	mu  sync.Mutex
	// latest is the newest snapshot of the whole machine, while this program runs.
	latest *diagnostics.Snapshot
	noted  func(*inventory.Inventory)
}

// OnNoted has f hear of the whole inventory whenever some of it was read.
func (k *Keeper) OnNoted(f func(*inventory.Inventory)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.noted = f
}

// kept is the one file that inventory and changes lie in: so that a crash between
// the two cannot tell a change twice, or not at all.
type kept struct {
	Version   int                 `json:"version"`
	Since     time.Time           `json:"since"`
	Full      time.Time           `json:"full"` // when all was read last
	Inventory inventory.Inventory `json:"inventory"`
	Changes   []inventory.Change  `json:"changes"` // oldest first
	// Stamps are what sections were read from when they were read last; see Reader.
	Stamps map[inventory.Name]string `json:"stamps,omitempty"`
}

const (
	historyFile = "history.json"
	healthyFile = "healthy.json"
)

// Open returns the keeper of a folder, which is made when it is not there.
func Open(dir string, log *slog.Logger) (*Keeper, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := durable.Sweep(dir); err != nil {
		return nil, err
	}
	return &Keeper{dir: dir, log: log, now: time.Now}, nil
}

// Full is when all was read last; zero: never, or nobody knows any more.
func (k *Keeper) Full() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read().Full
}

// Note compares an inventory, or a part of one, with what is known, writes down what
// has changed and takes it over. full says that all was read.
func (k *Keeper) Note(i inventory.Inventory, full bool) error { return k.note(i, full, nil) }

func (k *Keeper) note(i inventory.Inventory, full bool, stamps map[inventory.Name]string) error {
	i, _ = redact.Value(i)
	k.mu.Lock()
	all, err := k.take(i, full, stamps)
	noted := k.noted
	k.mu.Unlock()
	if noted != nil {
		noted(&all)
	}
	return err
}

// take does so, and returns all that is known now.
func (k *Keeper) take(i inventory.Inventory, full bool, stamps map[inventory.Name]string) (inventory.Inventory, error) {
	h := k.read()
	first := h.Since.IsZero()
	if first {
		h.Since = k.now().UTC().Truncate(time.Second)
	}
	changes := inventory.Diff(&h.Inventory, &i)
	if first {
		changes = nil
	}
	if len(changes) == 0 && !full && !first && !k.news(&h.Inventory, &i) {
		h.Inventory.Merge(fresh(i))
		return h.Inventory, nil // a part that says what is known already
	}
	h.Changes = append(h.Changes, changes...)
	whole := fresh(i)
	h.Inventory.Merge(whole)
	h.stamp(&whole, stamps)
	if full {
		h.Full = k.now().UTC().Truncate(time.Second)
	}
	k.trim(&h)
	h.Version = inventory.Version
	b, err := json.Marshal(h)
	if err != nil {
		return h.Inventory, err
	}
	return h.Inventory, durable.Write(filepath.Join(k.dir, historyFile), b, 0o600)
}

// stamp keeps from what the sections that were read just now were read.
func (h *kept) stamp(read *inventory.Inventory, stamps map[inventory.Name]string) {
	for _, s := range read.Sections() {
		if s.Data == nil {
			continue
		}
		delete(h.Stamps, s.Name)
		if stamps[s.Name] != "" && s.State == diagnostics.StateOK {
			if h.Stamps == nil {
				h.Stamps = map[inventory.Name]string{}
			}
			h.Stamps[s.Name] = stamps[s.Name]
		}
	}
}

// changed leaves out the sections that are read from what has not changed since
// they were read last, and returns what the others are read from.
func (k *Keeper) changed(r Reader, names []inventory.Name) ([]inventory.Name, map[inventory.Name]string) {
	k.mu.Lock()
	h := k.read()
	k.mu.Unlock()
	now := k.now()
	known := map[inventory.Name]bool{}
	for _, s := range h.Inventory.Sections() {
		age := now.Sub(s.ReadAt)
		known[s.Name] = s.Data != nil && age >= 0 && age < believe
	}
	stamps := map[inventory.Name]string{}
	var left []inventory.Name
	for _, name := range names {
		stamp := r.Stamp(name)
		if stamp != "" && stamp == h.Stamps[name] && known[name] {
			continue
		}
		stamps[name] = stamp
		left = append(left, name)
	}
	return left, stamps
}

// fresh leaves out what was not read anew: a failure must not become what is known.
func fresh(i inventory.Inventory) inventory.Inventory {
	out := inventory.Inventory{Version: i.Version, TakenAt: i.TakenAt, OS: i.OS}
	for _, s := range i.Sections() {
		if s.State == diagnostics.StateOK || s.State == diagnostics.StatePartial {
			out.Merge(i.Only(s.Name))
		}
	}
	return out
}

// news reports whether a section is there for the first time.
func (k *Keeper) news(old, now *inventory.Inventory) bool {
	had := old.Sections()
	for n, s := range now.Sections() {
		if s.Data != nil && had[n].Data == nil {
			return true
		}
	}
	return false
}

func (k *Keeper) trim(h *kept) {
	from := k.now().Add(-keepFor)
	h.Changes = slices.DeleteFunc(h.Changes, func(c inventory.Change) bool { return c.At.Before(from) })
	if over := len(h.Changes) - inventory.MaxChanges; over > 0 {
		h.Changes = slices.Delete(h.Changes, 0, over)
	}
}

// read reads what is kept. What cannot be read is begun anew: a damaged history must
// not keep the machine from having one.
func (k *Keeper) read() kept {
	var h kept
	b, err := readBounded(filepath.Join(k.dir, historyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return kept{}
	}
	if err == nil {
		err = json.Unmarshal(b, &h)
	}
	if err != nil || h.Version != inventory.Version {
		k.log.Warn("what is known of this machine's past cannot be read, and begins anew", "error", err)
		return kept{}
	}
	return h
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

// Judged takes a whole snapshot and what was found in it. The last one without
// findings is kept on disk, at most one an hour.
func (k *Keeper) Judged(s diagnostics.Snapshot, findings []diagnostics.Finding) {
	s.Log, s.Processes = diagnostics.Section[diagnostics.Log]{}, short(s.Processes)
	s, _ = redact.Value(s)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.latest = &s
	if len(findings) > 0 || !whole(s) {
		return
	}
	path := filepath.Join(k.dir, healthyFile)
	if info, err := os.Stat(path); err == nil && k.now().Sub(info.ModTime()) < time.Hour && info.ModTime().Before(k.now()) {
		return
	}
	b, err := json.Marshal(s)
	if err == nil {
		err = durable.Write(path, b, 0o600)
	}
	if err != nil {
		k.log.Warn("the last healthy state of this machine could not be kept", "error", err)
	}
}

// whole reports whether enough was read to call it healthy.
func whole(s diagnostics.Snapshot) bool {
	return s.System.Data != nil && s.CPU.Data != nil && s.Memory.Data != nil && s.Disks.Data != nil && s.Network.Data != nil
}

// short keeps the numbers of the processes and not the list.
func short(s diagnostics.Section[diagnostics.Processes]) diagnostics.Section[diagnostics.Processes] {
	if s.Data != nil {
		d := *s.Data
		d.Top, d.OutOfFiles = nil, nil
		s.Data = &d
	}
	return s
}

// Changes returns what has changed, newest first, and how the machine stands against
// its last healthy moment.
func (k *Keeper) Changes() inventory.Changes {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.read()
	c := inventory.Changes{Version: inventory.Version, MadeAt: k.now().UTC().Truncate(time.Second), Since: h.Since, Changes: h.Changes}
	slices.Reverse(c.Changes)
	if c.Changes == nil {
		c.Changes = []inventory.Change{}
	}
	var healthy diagnostics.Snapshot
	b, err := readBounded(filepath.Join(k.dir, healthyFile))
	if err == nil {
		err = json.Unmarshal(b, &healthy)
	}
	if err == nil {
		c.Healthy = healthy.TakenAt.UTC()
		if k.latest != nil {
			c.Differs = inventory.Differ(healthy, *k.latest)
		}
	}
	return c
}
