package recorder

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// segment is what is known of one file.
type segment struct {
	number     uint64 // they count up: the order of recording, whatever the clock said
	kind       kind
	size       int64
	samples    int
	boot       uint64 // all samples of a segment are of one start of the machine
	from, to   time.Time
	first, end time.Duration // Up
	damaged    bool          // not all of it can be read
}

func (s *segment) name() string { return fmt.Sprintf("%010d.%s", s.number, s.kind.word()) }

func (k kind) word() string {
	if k == seconds {
		return "seconds"
	}
	return "tens"
}

// segmentOf reads a file's name; false when it is none of ours.
func segmentOf(name string) (segment, bool) {
	digits, word, _ := strings.Cut(name, ".")
	s := segment{kind: seconds}
	if word != seconds.word() {
		s.kind = tens
	}
	var err error
	s.number, err = strconv.ParseUint(digits, 10, 62)
	return s, err == nil && s.name() == name
}

// note takes samples into account.
func (s *segment) note(boot uint64, batch []Sample) {
	for _, one := range batch {
		if s.samples == 0 {
			s.boot, s.from, s.to, s.first = boot, one.At, one.At, one.Up
		}
		if one.At.Before(s.from) {
			s.from = one.At
		}
		if one.At.After(s.to) {
			s.to = one.At
		}
		s.end = one.Up
		s.samples++
	}
}

// Bounds of a segment.
const (
	maxSegment     = 1 << 20
	secondsSegment = 900 // samples: a quarter of an hour
	tensSegment    = 720 // two hours
)

// shelf is the folder of segments. It belongs to whoever holds the recorder's disk
// lock.
type shelf struct {
	dir      string
	most     int64        // bytes of all
	keep     map[kind]int // samples that stay at least, as far as most allows
	listed   bool
	last     uint64     // the highest number that is taken
	segments []*segment // oldest first
	open     map[kind]*file
}

// file is a segment that is written.
type file struct {
	*segment
	f *os.File
}

// list learns what is there, once. Marks are handed to mark.
func (h *shelf) list(mark func(Mark)) error {
	if h.listed {
		return nil
	}
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return err
	}
	h.segments = nil
	for _, e := range entries {
		s, ok := segmentOf(e.Name())
		if !ok {
			continue
		}
		h.last = max(h.last, s.number)
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		s.size = info.Size()
		s.damaged = h.scan(&s, func(boot uint64, batch []Sample) { s.note(boot, batch) }, mark) != nil
		h.segments = append(h.segments, &s)
	}
	slices.SortFunc(h.segments, func(a, b *segment) int { return cmp.Compare(a.number, b.number) })
	h.listed = true
	h.forget()
	return nil
}

// scan reads a segment up to its end, or to the first record that is torn or
// damaged, which is an error.
func (h *shelf) scan(s *segment, each func(uint64, []Sample), mark func(Mark)) error {
	f, err := os.Open(filepath.Join(h.dir, s.name()))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, min(info.Size(), maxSegment+maxRecord)) // a larger one is not ours
	if _, err := io.ReadFull(f, b); err != nil {
		return err
	}
	want := head(s.kind)
	if len(b) < headSize || [headSize]byte(b) != want {
		return errDamaged
	}
	var one uint64
	known := false
	for b = b[headSize:]; len(b) > 0; {
		body, rest, ok := cutRecord(b)
		if !ok {
			return errDamaged
		}
		boot, batch, m, err := readBody(s.kind, body)
		if err != nil || known && boot != one {
			return errDamaged
		}
		one, known = boot, true
		if m != nil {
			mark(*m)
		} else {
			each(boot, batch)
		}
		b = rest
	}
	return nil
}

// append writes a record with these samples and flushes it to the disk. After an
// error nothing of it is in the file.
func (h *shelf) append(k kind, boot uint64, record []byte, batch []Sample) error {
	o, err := h.fileFor(k, int64(len(record)))
	if err != nil {
		return err
	}
	_, err = o.f.Write(record)
	if err == nil {
		err = o.f.Sync()
	}
	if err != nil {
		if o.f.Truncate(o.size) != nil { // then what is behind the last whole record ends this segment
			h.shut(k)
		}
		return err
	}
	o.size += int64(len(record))
	o.note(boot, batch)
	return nil
}

// fileFor returns the file that a record goes to, and makes room for it.
func (h *shelf) fileFor(k kind, size int64) (*file, error) {
	h.room(size + headSize)
	most := secondsSegment
	if k == tens {
		most = tensSegment
	}
	if o := h.open[k]; o != nil {
		if o.samples < most && o.size+size <= maxSegment {
			return o, nil
		}
		h.shut(k)
		h.forget()
	}
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return nil, err
	}
	h.last++
	s := &segment{number: h.last, kind: k, size: headSize}
	path := filepath.Join(h.dir, s.name())
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	start := head(k)
	if _, err := f.Write(start[:]); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	h.segments = append(h.segments, s)
	h.open[k] = &file{segment: s, f: f}
	return h.open[k], nil
}

func (h *shelf) shut(k kind) {
	if o := h.open[k]; o != nil {
		o.f.Close()
		delete(h.open, k)
	}
}

// forget removes the oldest segments whose samples are more than is kept. Time is
// counted in samples: a clock that jumps a year ahead makes nothing old.
func (h *shelf) forget() {
	have := map[kind]int{}
	for _, s := range h.segments {
		have[s.kind] += s.samples
	}
	for _, s := range slices.Clone(h.segments) {
		if have[s.kind]-s.samples < h.keep[s.kind] || !h.remove(s) {
			have[s.kind] = 0 // this one stays, and so do all after it
			continue
		}
		have[s.kind] -= s.samples
	}
}

// room removes the oldest segments until so many bytes more are within the bound.
func (h *shelf) room(size int64) {
	total := size
	for _, s := range h.segments {
		total += s.size
	}
	for _, s := range slices.Clone(h.segments) {
		if total <= h.most {
			return
		}
		if h.remove(s) {
			total -= s.size
		}
	}
}

// remove removes a segment's file, unless it is being written.
func (h *shelf) remove(s *segment) bool {
	if o := h.open[s.kind]; o != nil && o.segment == s {
		return false
	}
	if err := os.Remove(filepath.Join(h.dir, s.name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false // the next time
	}
	h.segments = slices.DeleteFunc(h.segments, func(o *segment) bool { return o == s })
	return true
}
