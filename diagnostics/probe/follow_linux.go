package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

// followedRecord bounds a record of the journal's: journalctl leaves out fields of
// more than 4 KiB, so one that is longer is none.
const followedRecord = 256 << 10

// FollowLog reads the newest lines of the system's log, and then what comes, until
// ctx is done.
func (p *Prober) FollowLog(ctx context.Context, q LogQuery, r LogReader) error {
	q.bound()
	if journalctl, err := exec.LookPath("journalctl"); err == nil && hasJournal() {
		return queryFault(followJournal(ctx, journalctl, q, r))
	}
	for _, path := range []string{"/var/log/syslog", "/var/log/messages"} {
		err := LogFile{Path: path, Open: func() (*os.File, error) { return openLog(path) }, Parse: parseSyslogLine}.Follow(ctx, q, r)
		if !errors.Is(err, fs.ErrNotExist) {
			return queryFault(err)
		}
	}
	return unsupported("There is no journal and no log file on this system that could be followed.")
}

// openLog opens a log file. A pipe in its place must not hold us.
func openLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New(path + " is not a file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func parseSyslogLine(text string, changed time.Time) diagnostics.LogEntry {
	bare, cut := strings.CutSuffix(text, cutSaid)
	all := parseSyslog([]byte(bare), changed)
	if len(all) == 0 {
		return diagnostics.LogEntry{}
	}
	if cut {
		all[0].Message += cutSaid
	}
	return all[0]
}

// followJournal reads the newest entries and follows from the last of them: none
// is lost between, and none comes twice.
func followJournal(ctx context.Context, journalctl string, q LogQuery, r LogReader) error {
	first, cancel := context.WithTimeout(ctx, queryDeadline)
	defer cancel()
	b, err := output(first, maxJournal, journalctl, journalArgs(q)...)
	if err != nil && len(b) == 0 {
		return err
	}
	entries := parseJournal(b)
	slices.Reverse(entries)
	newest := diagnostics.Log{Source: "journal", Entries: q.lastOf(entries)}
	args := slices.DeleteFunc(journalArgs(q), func(a string) bool { return a == "--reverse" || strings.HasPrefix(a, "--lines=") })
	if at := cursorOf(b); at != "" {
		args = append(args, "--after-cursor="+at, "--no-tail")
	} else {
		args = append(args, "--lines=0")
	}
	r.Newest(newest)
	return stream(ctx, followedRecord, func(line []byte, _ bool) {
		for _, e := range parseJournal(line) {
			if q.wants(&e) {
				r.More(e)
			}
		}
	}, journalctl, append(args, "--follow")...)
}

// cursorOf is the place in the journal of the newest entry, which comes first.
func cursorOf(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	var e struct {
		Cursor string `json:"__CURSOR"`
	}
	if json.Unmarshal(line, &e) != nil {
		return ""
	}
	return e.Cursor
}

// stream runs a program of the system and hands over its lines, cut at most bytes,
// until it ends or ctx is done. It is killed then, and nobody waits for one that does
// not die.
func stream(ctx context.Context, most int, each func(line []byte, cut bool), path string, args ...string) error {
	outR, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	var said tail
	cmd := exec.Command(path, args...) //nolint:noctx // it is killed below
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=")
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = outW, &said, grace
	detach(cmd)
	err = cmd.Start()
	outW.Close()
	if err != nil {
		outR.Close()
		return err
	}
	ended, read := make(chan error, 1), make(chan struct{})
	go func() { ended <- cmd.Wait() }()
	var failed error
	go func() {
		defer close(read)
		failed = guardedRead(outR, &splitter{most: most}, each)
	}()
	defer func() {
		cmd.Process.Kill()
		outR.Close() // which ends the reading
		<-read
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-read:
	}
	if failed != nil {
		return failed
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err := <-ended:
		if err == nil {
			err = errors.New("it ended")
		}
		return &programError{path: path, said: said.String(), err: err}
	case <-late.C:
		return errors.New(path + " closed its output and did not end")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// guardedRead makes an error of a panic: what it reads is not ours.
func guardedRead(f *os.File, s *splitter, each func([]byte, bool)) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("panic: %v", e)
		}
	}()
	chunk := make([]byte, 64<<10)
	for {
		n, err := f.Read(chunk)
		s.feed(chunk[:n], each)
		if err != nil {
			return nil // the end of the output; why, the program's status says
		}
	}
}
