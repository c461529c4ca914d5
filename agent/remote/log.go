package remote

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	// followFor is how long a log is followed. Who wants to see more asks again, and
	// the employee reads that they did.
	followFor = 10 * time.Minute
	// tellEvery is how often what has come is told, and tellMost how many lines and
	// tellBytes how many bytes of it: a hundred lines a second.
	tellEvery = 500 * time.Millisecond
	tellMost  = 50
	tellBytes = 32 << 10
	// calmFor is after how long of silence a part without lines is sent: the server
	// takes a machine that says nothing for lost.
	calmFor = 30 * time.Second
	// maxFollowed bounds all parts: it is what tellBytes make in followFor, and the
	// newest lines.
	maxFollowed = int(followFor/tellEvery)*tellBytes*2 + maxAnswer
	// followers is how many logs are followed at once.
	followers = 2
)

var errFollowers = fault.New(fault.TooMany, "Two logs of this machine are being followed already. Stop one of them, or wait until it ends.")

func (r *Runner) log(p wire.LogParams) (job, error) {
	lines, err := between("lines", p.Lines, 1, 1000, 200)
	if err != nil {
		return job{}, err
	}
	switch p.Level {
	case "", "error", "warning", "info":
	default:
		return job{}, fault.Field("level", "The parameter “level” can be error, warning or info.")
	}
	for field, v := range map[string]string{"unit": p.Unit, "filter": p.Filter} {
		if len(v) > 200 || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return job{}, fault.Field(field, "The parameter “"+field+"” is longer than 200 bytes, or not text.")
		}
	}
	query := probe.LogQuery{Lines: lines, Unit: p.Unit, Level: p.Level, Filter: p.Filter}
	name, read, follow := "the system's log", r.options.Prober.Log, r.options.Prober.FollowLog
	if p.File != "" {
		file, err := r.logFile(p.File)
		if err != nil {
			return job{}, err
		}
		name, read, follow = "the log “"+oneLine(p.File, 120)+"”", file.Tail, file.Follow
	}
	if p.Follow {
		if p.File != "" && runtime.GOOS != "linux" { // elsewhere an open file cannot be renamed, which would keep its program from rotating it
			return job{}, fault.New(fault.Unsupported, "Log files are followed on Linux only. Read the end of it instead.")
		}
		return job{what: name + ", as it was written", limit: followFor + time.Minute, run: func(ctx context.Context, out *output) error {
			out.most = maxFollowed
			return r.followLog(ctx, out, func(ctx context.Context, to probe.LogReader) error { return follow(ctx, query, to) })
		}}, nil
	}
	return job{what: "the end of " + name, limit: 15 * time.Second, run: func(ctx context.Context, out *output) error {
		l, err := read(ctx, query)
		if err != nil {
			return logFault(err)
		}
		var key keyGuard
		for i, e := range l.Entries {
			l.Entries[i] = key.pass(e)
		}
		l.Entries = newest(l.Entries, maxPart/2)
		return send(out, diagnostics.LogPart{Log: l})
	}}, nil
}

// logFile is a log file that this machine's settings name.
func (r *Runner) logFile(path string) (probe.LogFile, error) {
	open := func() (*os.File, error) {
		return patiently(r, func() (*os.File, error) { return r.options.Logs.Open(path) })
	}
	f, err := open()
	if err != nil {
		return probe.LogFile{}, err
	}
	f.Close()
	return probe.LogFile{Path: path, Open: open}, nil
}

// logFault gives what went wrong with a file a sentence.
func logFault(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.NotFound, "There is no such log file any more.")
	}
	return fault.Wrap(err, fault.Unavailable, "The log could not be read on this machine.")
}

// newest keeps the last entries that fit into so many bytes.
func newest(entries []diagnostics.LogEntry, most int) []diagnostics.LogEntry {
	size := 0
	for i := len(entries) - 1; i >= 0; i-- {
		b, err := json.Marshal(entries[i])
		if size += len(b) + 64; err != nil || size > most { // marks may be longer than what they replace
			return entries[i+1:]
		}
	}
	return entries
}

// followLog tells what comes, in parts of a bounded size at a bounded rate. What is
// more is left out, and counted.
func (r *Runner) followLog(ctx context.Context, out *output, follow func(context.Context, probe.LogReader) error) error {
	select {
	case r.following <- struct{}{}:
	default:
		return errFollowers
	}
	reading, stop := context.WithTimeout(ctx, followFor)
	defer stop()
	var came backlog
	ended := make(chan error, 1)
	go func() {
		defer func() { <-r.following }() // a reader that hangs keeps its place
		var err error
		if p := caught(func() { err = follow(reading, came.reader()) }); p != nil {
			err = p
		}
		ended <- err
	}()
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	told := time.Now()
	for {
		var err error
		over := false
		select {
		case <-tick.C:
		case err = <-ended:
			over = true
		case <-reading.Done():
			over = true
		}
		for part, more := came.take(); more || time.Since(told) >= calmFor; part, more = came.take() {
			if err := send(out, part); err != nil {
				return err
			}
			told = time.Now()
			if len(part.Entries) > 0 && !over {
				break // the rest at the next tick
			}
		}
		switch {
		case !over:
		case ctx.Err() != nil:
			return ctx.Err()
		case reading.Err() != nil: // the time is over, as it was to be
			return nil
		default:
			return logFault(err)
		}
	}
}

// keyGuard takes out the body of a private key that stands in several lines: one by
// one nobody would know them as one.
type keyGuard struct{ within int }

func (g *keyGuard) pass(e diagnostics.LogEntry) diagnostics.LogEntry {
	const longest = 200 // lines of a key
	_, after, begins := strings.Cut(e.Message, "PRIVATE KEY")
	switch {
	case g.within > 0:
		if g.within--; strings.Contains(e.Message, "-----END ") {
			g.within = 0
		}
		e.Message = redact.Mark
	case begins && strings.Contains(e.Message, "-----BEGIN ") && !strings.Contains(after, "-----END "):
		g.within = longest
	}
	return e
}

// backlog is what has come and was not told yet: the newest lines of it.
type backlog struct {
	mu      sync.Mutex
	first   *diagnostics.Log
	entries []diagnostics.LogEntry
	missed  int
	passed  int64
	key     keyGuard
}

func (b *backlog) reader() probe.LogReader {
	return probe.LogReader{
		Newest: func(l diagnostics.Log) {
			b.mu.Lock()
			defer b.mu.Unlock()
			for i, e := range l.Entries {
				l.Entries[i] = b.key.pass(e)
			}
			b.first = &l
		},
		More: func(e diagnostics.LogEntry) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if len(b.entries) == 2*tellMost { // a log that is written faster than it can be told
				b.missed += tellMost
				b.entries = b.entries[:copy(b.entries, b.entries[tellMost:])]
			}
			b.entries = append(b.entries, b.key.pass(e))
		},
		Passed: func(n int64) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.missed += len(b.entries)
			b.entries, b.passed = b.entries[:0], b.passed+n
		},
	}
}

// take is the next part, and whether there is one.
func (b *backlog) take() (diagnostics.LogPart, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.first != nil {
		l := *b.first
		l.Entries = newest(l.Entries, maxPart/2)
		b.first = nil
		return diagnostics.LogPart{Log: l}, true
	}
	kept := newest(b.entries[max(0, len(b.entries)-tellMost):], tellBytes)
	part := diagnostics.LogPart{
		Log: diagnostics.Log{Entries: append([]diagnostics.LogEntry{}, kept...)}, Missed: b.missed + len(b.entries) - len(kept), Passed: b.passed,
	}
	b.entries, b.missed, b.passed = b.entries[:0], 0, 0
	return part, len(part.Entries) > 0 || part.Missed > 0 || part.Passed > 0
}
