package probe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	followedLine = 4 << 10   // bytes of a line that are kept while a log is followed
	followedTail = 256 << 10 // bytes read from the end of a file, for its newest lines
	followEvery  = 500 * time.Millisecond
	followedLook = 32 << 20  // bytes of a file that are read at one look
	followedHop  = 256 << 10 // and, where there are more, those at the end of them
	cutWord      = 256       // bytes at the end of a cut line that may be half a word
	cutSaid      = " [cut: the line is longer than 4 KiB]"
)

// LogReader takes what is read while a log is followed. It is called from one
// goroutine at a time.
type LogReader struct {
	Newest func(diagnostics.Log) // once, at first: the newest lines, oldest first
	More   func(diagnostics.LogEntry)
	Passed func(bytes int64) // what was not even read: too much had come since the last look
}

// splitter makes lines of bytes. Of a line it holds no more than most, however
// long it is.
type splitter struct {
	most int
	line []byte
	cut  bool
	skip bool // the line began before what is read
}

func (s *splitter) feed(b []byte, each func(line []byte, cut bool)) {
	for len(b) > 0 {
		part, rest, ended := bytes.Cut(b, []byte("\n"))
		room := s.most - len(s.line)
		if len(part) > room {
			s.cut = true
		}
		s.line = append(s.line, part[:min(len(part), room)]...)
		if b = rest; !ended {
			return
		}
		if !s.skip {
			each(s.line, s.cut)
		}
		s.line, s.cut, s.skip = s.line[:0], false, false
	}
}

// flush hands over a line that has no end yet, and has none to come.
func (s *splitter) flush(each func(line []byte, cut bool)) {
	if len(s.line) > 0 && !s.skip {
		each(s.line, s.cut)
	}
	s.line, s.cut, s.skip = s.line[:0], false, false
}

// followedText is a line as it is shown. Half a word at the end of a cut line goes:
// it may be half a secret, which nobody would know as one.
func followedText(line []byte, cut bool) string {
	if at := bytes.LastIndexAny(line, " \t"); cut && at > len(line)-cutWord {
		line = line[:at]
	}
	text := strings.ToValidUTF8(strings.TrimRight(string(line), "\r"), "\uFFFD")
	plain := plainLine(text, followedLine)
	if short, ok := strings.CutSuffix(plain, "…"); ok && !strings.HasSuffix(text, "…") {
		plain, cut = short, true // its escapes are longer than what they stand for
	}
	if cut {
		plain += cutSaid
	}
	return plain
}

// LogFile is a text file that is read as a log.
type LogFile struct {
	Path string
	// Open opens the file of that name as it is now, ready to be read.
	Open func() (*os.File, error)
	// Parse makes an entry of a line; nil: the line is the message.
	Parse func(text string, at time.Time) diagnostics.LogEntry
	Every time.Duration // how often it is looked at; 0 means twice a second
}

// Tail reads the newest lines of a file, without one that has no end yet.
func (l LogFile) Tail(ctx context.Context, q LogQuery) (diagnostics.Log, error) {
	var got diagnostics.Log
	t, err := l.begin(ctx, q, func(log diagnostics.Log) { got = log })
	if err != nil {
		return got, err
	}
	return got, t.file.Close()
}

// Follow reads the newest lines of a file, and then what is added, until ctx is
// done. It stays with the name: a file that is put in the place of the one before
// is read from its start, and so is one that was emptied.
func (l LogFile) Follow(ctx context.Context, q LogQuery, r LogReader) error {
	t, err := l.begin(ctx, q, r.Newest)
	if err != nil {
		return err
	}
	defer func() { t.file.Close() }()
	every := l.Every
	if every == 0 {
		every = followEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := t.look(ctx, r.Passed, func(line []byte, cut bool) {
			if e := t.entry(line, cut); q.wants(&e) && e.Message != "" {
				r.More(e)
			}
		}); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// followed is a file that is being followed.
type followed struct {
	LogFile
	file    *os.File
	at      int64
	changed time.Time
	lines   splitter
	chunk   []byte
}

func (l LogFile) begin(ctx context.Context, q LogQuery, newest func(diagnostics.Log)) (*followed, error) {
	q.bound()
	f, err := l.Open()
	if err != nil {
		return nil, err
	}
	t := &followed{LogFile: l, file: f, lines: splitter{most: followedLine}, chunk: make([]byte, 64<<10)}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	if t.at = max(0, info.Size()-followedTail); t.at > 0 {
		t.lines.skip = true
		var before [1]byte
		if _, err := f.ReadAt(before[:], t.at-1); err == nil && before[0] == '\n' {
			t.lines.skip = false
		}
	}
	t.changed = info.ModTime()
	log := diagnostics.Log{Source: l.Path, Entries: []diagnostics.LogEntry{}}
	if err := t.drain(ctx, info.Size(), func(line []byte, cut bool) {
		if e := t.entry(line, cut); q.wants(&e) && e.Message != "" {
			if log.Entries = append(log.Entries, e); len(log.Entries) >= 2*q.Lines {
				log.Entries = append(log.Entries[:0], log.Entries[len(log.Entries)-q.Lines:]...)
			}
		}
	}); err != nil {
		f.Close()
		return nil, err
	}
	log.Entries = log.Entries[max(0, len(log.Entries)-q.Lines):]
	newest(log)
	return t, nil
}

func (t *followed) entry(line []byte, cut bool) diagnostics.LogEntry {
	text := followedText(line, cut)
	if t.Parse != nil {
		return t.Parse(text, t.changed)
	}
	return diagnostics.LogEntry{Message: text}
}

// look reads what is new, of the file that was open and of one in its place.
func (t *followed) look(ctx context.Context, passed func(int64), each func([]byte, bool)) error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < t.at { // emptied, and perhaps written to again
		t.restart(each)
	}
	t.changed = info.ModTime()
	t.hop(info.Size(), passed)
	if err := t.drain(ctx, info.Size(), each); err != nil {
		return err
	}
	now, err := t.Open()
	if errors.Is(err, fs.ErrNotExist) { // it was moved away, and the new one is not there yet
		return nil
	}
	if err != nil {
		return err
	}
	other, err := now.Stat()
	if err != nil || os.SameFile(info, other) {
		now.Close()
		return err
	}
	// What was written to the old one until now belongs before what is in the new one.
	last, err := t.file.Stat()
	if err == nil {
		t.hop(last.Size(), passed)
		err = t.drain(ctx, last.Size(), each)
	}
	t.file.Close()
	t.file = now
	t.restart(each)
	if err != nil {
		return err
	}
	t.changed = other.ModTime()
	t.hop(other.Size(), passed)
	return t.drain(ctx, other.Size(), each)
}

// restart begins a file at its start.
func (t *followed) restart(each func([]byte, bool)) {
	t.lines.flush(each)
	t.at = 0
}

// hop passes over what is too much to be read before the next look.
func (t *followed) hop(to int64, passed func(int64)) {
	if to-t.at <= followedLook {
		return
	}
	if passed != nil {
		passed(to - followedHop - t.at)
	}
	t.at = to - followedHop
	t.lines.line, t.lines.cut, t.lines.skip = t.lines.line[:0], false, true
}

// drain reads up to a place.
func (t *followed) drain(ctx context.Context, to int64, each func([]byte, bool)) error {
	for t.at < to && ctx.Err() == nil {
		n, err := t.file.ReadAt(t.chunk[:min(int64(len(t.chunk)), to-t.at)], t.at)
		t.at += int64(n)
		t.lines.feed(t.chunk[:n], each)
		if errors.Is(err, io.EOF) { // cut meanwhile
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
