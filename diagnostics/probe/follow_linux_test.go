package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// following is a file that a test follows.
type following struct {
	path  string
	mu    sync.Mutex
	first []string
	more  []string
	past  int64
	ended chan error
}

func follow(t *testing.T, path string, q LogQuery) *following {
	t.Helper()
	f := &following{path: path, ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	began := make(chan struct{})
	log := LogFile{Path: path, Every: time.Millisecond, Open: func() (*os.File, error) { return os.Open(path) }}
	go func() {
		f.ended <- log.Follow(ctx, q, LogReader{
			Newest: func(l diagnostics.Log) {
				for _, e := range l.Entries {
					f.first = append(f.first, e.Message)
				}
				close(began)
			},
			More: func(e diagnostics.LogEntry) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.more = append(f.more, e.Message)
			},
			Passed: func(n int64) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.past += n
			},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-f.ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
	<-began
	return f
}

// until waits for what comes, and returns it.
func (f *following) until(t *testing.T, last string) string {
	t.Helper()
	var all string
	waitFor(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		all = strings.Join(f.more, "|")
		return strings.HasSuffix(all, last)
	})
	return all
}

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// A log is followed by its name through all that is done to logs: no line is lost
// between the newest and the first that comes, and none comes twice.
func TestLogFileIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	write(t, path, "one\ntwo\nthree\nhal")
	f := follow(t, path, LogQuery{Lines: 2})
	if got := strings.Join(f.first, "|"); got != "two|three" {
		t.Errorf("at first: %q", got)
	}
	write(t, path, "f\nfour\n")
	if got := f.until(t, "four"); got != "half|four" {
		t.Errorf("a line that is written in two goes: %q", got)
	}
	// Rotated: the old file is renamed and still written to, the new one comes later.
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, path+".1", "the old one's last\nwithout an end")
	f.until(t, "the old one's last")
	write(t, path, "the new one's first\n")
	if got := f.until(t, "the new one's first"); got != "half|four|the old one's last|without an end|the new one's first" {
		t.Errorf("rotated: %q", got)
	}
	// Emptied, as copytruncate does.
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return f.looked(t, path, "a") })
	// Gone, and there again.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, path, "back\n")
	f.until(t, "back")
	// Binary: each byte that moves a cursor is written out.
	write(t, path, "\x00\xff\x1b[2J\u2028x\ny\n")
	if got := f.until(t, "y"); strings.ContainsAny(got, "\x00\x1b") || !strings.Contains(got, `\x1b[2J`) {
		t.Errorf("binary: %q", got)
	}
}

// looked writes a short line again and again until it is seen: the file may have been
// emptied before it was looked at.
func (f *following) looked(t *testing.T, path, line string) bool {
	t.Helper()
	write(t, path, line+"\n")
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.more) > 0 && f.more[len(f.more)-1] == line
}

// What is selected is selected of what comes, too.
func TestFollowedIsSelected(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	write(t, path, "tea\nCoffee\n")
	f := follow(t, path, LogQuery{Filter: "coffee"})
	write(t, path, "more tea\nmore coffee\n")
	if got := strings.Join(f.first, "|") + "|" + f.until(t, "more coffee"); got != "Coffee|more coffee" {
		t.Errorf("%q", got)
	}
}

// A line of 10 MiB is cut and said to be, whatever it is made of, and no more of it is
// held than is shown.
func TestLongLineIsCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	write(t, path, "before\n")
	f := follow(t, path, LogQuery{})
	long := strings.Repeat("x", 10<<20)
	write(t, path, "password=first "+long+"\nafter\n")
	f.until(t, "after")
	if len(f.more) != 2 || !strings.HasPrefix(f.more[0], "password=first xxx") || !strings.HasSuffix(f.more[0], cutSaid) || len(f.more[0]) > followedLine+len(cutSaid) {
		t.Errorf("%d lines, the first of %d bytes", len(f.more), len(f.more[0]))
	}
	// The newest lines, too, and a secret at the cut is not shown by half.
	write(t, path, strings.Repeat("\x01 ", followedLine/2-4)+" token=abcdefghijkl"+long+"\nlast\n")
	if got := follow(t, path, LogQuery{}); len(got.first) != 1 || got.first[0] != "last" {
		t.Errorf("a line that is longer than what is read at first: %d lines", len(got.first))
	}
	f.until(t, "last")
	if one := f.more[2]; strings.Contains(one, "abc") || !strings.HasSuffix(one, cutSaid) || len(one) > followedLine+len(cutSaid) {
		t.Errorf("%d bytes: %q", len(one), one[len(one)-100:])
	}

	// However much is fed, the splitter holds one line's bound.
	s := splitter{most: followedLine}
	chunk := bytes.Repeat([]byte("x"), 64<<10)
	if n := testing.AllocsPerRun(1, func() {
		for range 160 { // 10 MiB
			s.feed(chunk, func([]byte, bool) { t.Error("a line came") })
		}
	}); n > 20 || cap(s.line) > 2*followedLine {
		t.Errorf("10 MiB cost %v allocations, and %d bytes are held", n, cap(s.line))
	}
}

// The memory of following does not grow with what comes.
func TestFollowingIsFlat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	write(t, path, "")
	lines, ended := 0, make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	log := LogFile{Path: path, Every: time.Millisecond, Open: func() (*os.File, error) { return os.Open(path) }}
	done := make(chan struct{})
	var passed int64
	go func() {
		ended <- log.Follow(ctx, LogQuery{}, LogReader{
			Newest: func(diagnostics.Log) {},
			More: func(e diagnostics.LogEntry) {
				if lines++; e.Message == "end" {
					close(done)
				}
			},
			Passed: func(n int64) { passed += n },
		})
	}()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	write(t, path, strings.Repeat(strings.Repeat("y", 1<<20)+"\n", 48)+"end\n") // 48 MiB at once: more than is read at one look
	<-done
	cancel()
	<-ended
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d bytes are held after 48 MiB", grown)
	}
	if lines == 0 || lines > 49 || lines < 49 && passed == 0 {
		t.Errorf("%d lines came, %d bytes were passed over", lines, passed)
	}
}

// What is too much to be read before the next look is passed over, and said to be.
func TestTooMuchIsPassedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	write(t, path, "one\n")
	log := LogFile{Path: path, Open: func() (*os.File, error) { return os.Open(path) }}
	tail, err := log.begin(t.Context(), LogQuery{}, func(diagnostics.Log) {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { tail.file.Close() }()
	line := strings.Repeat("z", 99)
	write(t, path, strings.Repeat(line+"\n", (followedLook+followedHop)/100+1)+"end\n")
	var passed int64
	n, last := 0, ""
	if err := tail.look(t.Context(), func(b int64) { passed += b }, func(b []byte, _ bool) {
		if n++; string(b) != line && string(b) != "end" {
			t.Errorf("a piece of a line: %q", b)
		}
		last = string(b)
	}); err != nil {
		t.Fatal(err)
	}
	info, _ := tail.file.Stat()
	if want := info.Size() - 4 - followedHop; passed != want || n < 2000 || n > followedHop/100+2 || last != "end" {
		t.Errorf("%d bytes passed of %d, %d lines, the last %q", passed, want, n, last)
	}
	if fmt.Sprint(tail.at) != fmt.Sprint(info.Size()) {
		t.Errorf("it is at %d of %d", tail.at, info.Size())
	}
}

// followsJournal follows the journal: the newest lines once, and then what comes, of
// which a line that the journal's program leaves out is said to be.
func followsJournal(t *testing.T, p *Prober, say func(priority, name, text string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var all []string
	began, ended := make(chan struct{}), make(chan error, 1)
	add := func(e diagnostics.LogEntry) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, e.Message)
	}
	go func() {
		ended <- p.FollowLog(ctx, LogQuery{Unit: "app"}, LogReader{
			Newest: func(l diagnostics.Log) {
				for _, e := range l.Entries {
					add(e)
				}
				close(began)
			},
			More: add,
		})
	}()
	<-began
	say("info", "app", "one more")
	say("info", "other", "of another")
	say("info", "app", strings.Repeat("long ", 2000))
	say("info", "app", "the last")
	want := "all is well|it is getting warm|one more|" + leftOut + "|the last"
	waitFor(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.HasSuffix(strings.Join(all, "|"), "the last")
	})
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if got := strings.Join(all, "|"); got != want {
		t.Errorf("%q", got)
	}
}
