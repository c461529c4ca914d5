package outbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// The folders within the outbox.
const (
	entriesDir = "entries"
	marksDir   = "marks"
	filesDir   = "files"
	damagedDir = "damaged"
)

func (b *Box) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// nameOf carries the order of an entry, its id, who wrote it and, in the first,
// when: if the file is ever damaged that much is still known.
func nameOf(seq, id, owner string) string { return seq + "." + id + "." + owner }

func parseName(name string) (seq ulid.ULID, id, owner string, ok bool) {
	first, rest, _ := strings.Cut(name, ".")
	id, owner, found := strings.Cut(rest, ".")
	seq, err := ulid.ParseStrict(first)
	return seq, id, owner, found && err == nil && id != "" && owner != ""
}

// magic starts every file: the format's version, then the hash of the rest.
const magic = "deskbell-outbox-1 "

// encode frames a value with its checksum.
func encode(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return fmt.Appendf(nil, "%s%x\n%s", magic, sum, body), nil
}

// decode checks and reads what encode made.
func decode(data []byte, into any) error {
	head, body, ok := bytes.Cut(data, []byte{'\n'})
	sum := sha256.Sum256(body)
	if !ok || string(head) != magic+hex.EncodeToString(sum[:]) {
		return errors.New("the checksum does not fit")
	}
	return json.Unmarshal(body, into)
}

func readEntry(path string) (e Entry, size int64, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return e, 0, err
	}
	if err := decode(data, &e); err != nil {
		return e, 0, err
	}
	if nameOf(e.Seq, e.ID, e.Owner) != filepath.Base(path) {
		return e, 0, errors.New("the file holds another entry than its name says")
	}
	return e, int64(len(data)), nil
}

// mark is what has become of an entry.
type mark struct {
	State    State     `json:"state"`
	At       time.Time `json:"at"`
	Endpoint string    `json:"endpoint"`
	Ack      wire.Ack  `json:"ack"`
}

func (b *Box) writeMark(i *Item) error {
	data, err := encode(mark{i.State, i.Marked, i.Endpoint, i.Ack})
	if err != nil {
		return err
	}
	return durable.Fault(durable.Write(b.path(marksDir, i.Seq), data, 0o600))
}

// load reads the folders. Only a folder that cannot be read at all is an error.
func (b *Box) load() error {
	for _, d := range []string{entriesDir, marksDir, filesDir} {
		if err := durable.Sweep(b.path(d)); err != nil {
			return err
		}
	}
	if err := b.loadFiles(); err != nil {
		return err
	}
	if err := b.loadEntries(); err != nil {
		return err
	}
	if err := b.loadDamaged(); err != nil {
		return err
	}
	if err := b.loadMarks(); err != nil {
		return err
	}
	slices.SortFunc(b.order, func(x, y string) int { return strings.Compare(b.items[x].Seq, b.items[y].Seq) })
	if n := len(b.order); n > 0 {
		b.last = ulid.MustParseStrict(b.items[b.order[n-1]].Seq) // parseName has parsed it
	}
	return nil
}

func (b *Box) loadEntries() error {
	list, err := os.ReadDir(b.path(entriesDir))
	if err != nil {
		return err
	}
	for _, f := range list {
		_, id, _, ok := parseName(f.Name())
		e, size, err := readEntry(b.path(entriesDir, f.Name()))
		if !ok || err != nil || b.items[id] != nil {
			b.options.Log.Error("an outbox entry is damaged and was set aside", "file", f.Name(), "error", err)
			b.setAside(f.Name())
			continue
		}
		b.add(itemOf(e, size))
	}
	return nil
}

// setAside moves an entry's file out of the way, or at least tries to.
func (b *Box) setAside(name string) {
	if err := os.Rename(b.path(entriesDir, name), b.path(damagedDir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.options.Log.Error("a damaged outbox entry cannot be set aside", "file", name, "error", err)
	}
}

// loadDamaged lists what was set aside, now or earlier, for whoever wrote it.
func (b *Box) loadDamaged() error {
	list, err := os.ReadDir(b.path(damagedDir))
	if err != nil {
		return err
	}
	for _, f := range list {
		seq, id, owner, ok := parseName(f.Name())
		info, err := f.Info()
		if !ok || err != nil || b.items[id] != nil {
			continue
		}
		at := ulid.Time(seq.Time())
		b.add(&Item{Seq: seq.String(), ID: id, Owner: owner, At: at, State: Refused, Ack: damagedAck(at), Marked: info.ModTime()})
	}
	return nil
}

func damagedAck(at time.Time) wire.Ack {
	return wire.Ack{Code: fault.Internal, Sentence: "What was written at " + at.Local().Format("15:04 on 2 January 2006") + " cannot be read back from this computer's disk, and was not sent. Please write it again."}
}

// loadMarks applies the marks. One that cannot be read is dropped: the entry is
// sent again, and the server knows its id.
func (b *Box) loadMarks() error {
	list, err := os.ReadDir(b.path(marksDir))
	if err != nil {
		return err
	}
	bySeq := map[string]*Item{}
	for _, i := range b.items {
		bySeq[i.Seq] = i
	}
	for _, f := range list {
		i := bySeq[f.Name()]
		var m mark
		data, err := os.ReadFile(b.path(marksDir, f.Name()))
		if err == nil {
			err = decode(data, &m)
		}
		if i == nil || err != nil || (m.State != Sent && m.State != Refused) {
			os.Remove(b.path(marksDir, f.Name()))
			continue
		}
		if i.State == Waiting {
			i.State, i.Ack, i.Marked, i.Endpoint = m.State, m.Ack, m.At, m.Endpoint
		}
	}
	return nil
}
