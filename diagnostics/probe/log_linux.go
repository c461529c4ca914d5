package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

// restartScheduled is the journal's id for "Scheduled restart job, restart
// counter is at N" (sd-messages(3)); systemd logs it as information.
const restartScheduled = "5eb03494b6584870a536b337290809b3"

const (
	maxLogRead = 256 << 10 // bytes read from the end of a log file
	maxJournal = 4 << 20   // bytes taken from journalctl
)

// readLog takes the first log that has something: the journal, a log file, the
// kernel's own ring.
func readLog(ctx context.Context, q LogQuery) (diagnostics.Log, error) {
	var problems []error
	if l, err := readJournal(ctx, q); err == nil && l.Source != "" {
		return l, nil
	} else if err != nil {
		problems = append(problems, err)
	}
	if err := ctx.Err(); err != nil {
		return diagnostics.Log{}, err
	}
	for _, path := range []string{"/var/log/syslog", "/var/log/messages"} {
		entries, err := readLogFile(path)
		if err == nil {
			return diagnostics.Log{Source: path, Entries: q.lastOf(entries)}, nil
		}
		if !os.IsNotExist(err) {
			problems = append(problems, err)
		}
	}
	entries, err := readKernelRing()
	if err == nil {
		return diagnostics.Log{Source: "/dev/kmsg", Entries: q.lastOf(entries)}, nil
	}
	if !os.IsNotExist(err) {
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return diagnostics.Log{}, err
	}
	return diagnostics.Log{}, unsupported("There is no journal, no log file and no kernel log on this system.")
}

// hasJournal reports whether journald has written anything here.
func hasJournal() bool {
	for _, dir := range []string{"/var/log/journal", "/run/log/journal"} {
		if files, err := filepath.Glob(dir + "/*/*.journal"); err == nil && len(files) > 0 {
			return true
		}
	}
	return false
}

// readJournal asks journalctl; a log without a source means that there is no journal.
func readJournal(ctx context.Context, q LogQuery) (diagnostics.Log, error) {
	if !hasJournal() {
		return diagnostics.Log{}, nil
	}
	journalctl, err := exec.LookPath("journalctl")
	if err != nil {
		return diagnostics.Log{}, nil
	}
	b, err := output(ctx, maxJournal, journalctl, journalArgs(q)...)
	if err != nil && len(b) == 0 {
		return diagnostics.Log{}, err
	}
	entries := parseJournal(b)
	slices.Reverse(entries)
	return diagnostics.Log{Source: "journal", Entries: q.lastOf(entries)}, nil
}

// journalArgs asks for more lines than are wanted where only we can select, and
// for the newest first: what is beyond our bound is then the oldest.
func journalArgs(q LogQuery) []string {
	lines := q.Lines
	if q.Unit != "" || q.Filter != "" {
		lines = min(lines*20, 5000)
	}
	args := []string{"--output=json", "--output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT,UNIT,SYSLOG_IDENTIFIER,_TRANSPORT,_COMM",
		"--quiet", "--no-pager", "--reverse", "--lines=" + strconv.Itoa(lines)}
	if !q.since.IsZero() {
		args = append(args, "--since=@"+strconv.FormatInt(q.since.Unix(), 10))
	}
	switch {
	case q.trouble:
		for p := range 5 {
			args = append(args, "PRIORITY="+strconv.Itoa(p))
		}
		args = append(args, "+", "MESSAGE_ID="+restartScheduled)
	case q.Level == "error":
		args = append(args, "--priority=3")
	case q.Level == "warning":
		args = append(args, "--priority=4")
	case q.Level == "info":
		args = append(args, "--priority=6")
	}
	return args
}

// journalText is a field of the journal's: text, or bytes that are not UTF-8 as
// an array of numbers, or null when it was too long, or several of these.
type journalText string

// leftOut stands for a field that journalctl leaves out of its JSON.
const leftOut = "[This line is longer than 4 KiB, and the journal's program leaves it out.]"

func (t *journalText) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = leftOut
		return nil
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = journalText(s)
		return nil
	}
	var numbers []int
	if json.Unmarshal(b, &numbers) == nil {
		raw := make([]byte, len(numbers))
		for i, n := range numbers {
			raw[i] = byte(n)
		}
		*t = journalText(raw)
		return nil
	}
	var several []string
	if json.Unmarshal(b, &several) == nil && len(several) > 0 {
		*t = journalText(several[0])
	}
	return nil
}

func parseJournal(b []byte) []diagnostics.LogEntry {
	var all []diagnostics.LogEntry
	for line := range bytes.Lines(b) {
		var e struct {
			Time       journalText `json:"__REALTIME_TIMESTAMP"`
			Message    journalText `json:"MESSAGE"`
			Priority   journalText `json:"PRIORITY"`
			SystemUnit journalText `json:"_SYSTEMD_UNIT"`
			Identifier journalText `json:"SYSLOG_IDENTIFIER"`
			Transport  journalText `json:"_TRANSPORT"`
			Comm       journalText `json:"_COMM"`
		}
		if json.Unmarshal(line, &e) != nil { // the last one, when the output was cut
			continue
		}
		one := diagnostics.LogEntry{Message: plainLine(string(e.Message), maxMessage)}
		if one.Message == "" {
			continue
		}
		if us, err := strconv.ParseInt(string(e.Time), 10, 64); err == nil {
			one.At = time.UnixMicro(us)
		}
		if n, err := strconv.Atoi(string(e.Priority)); err == nil {
			one.Level = levelOf(n)
		}
		if e.Transport == "kernel" {
			one.Unit = "kernel" // only the kernel's own transport: anybody can call themselves so
		} else {
			for _, u := range []journalText{e.SystemUnit, e.Identifier, e.Comm} {
				if u != "" && u != "kernel" && u != leftOut {
					one.Unit = plainLine(string(u), 120)
					break
				}
			}
		}
		all = append(all, one)
	}
	return all
}

// readLogFile reads the end of a text log.
func readLogFile(path string) ([]diagnostics.LogEntry, error) {
	f, err := openLog(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-maxLogRead)
	b := make([]byte, min(info.Size(), maxLogRead))
	n, err := f.ReadAt(b, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	b = b[:n]
	if from > 0 {
		_, b, _ = bytes.Cut(b, []byte("\n")) // the first line is cut in the middle
	}
	return parseSyslog(b, info.ModTime()), nil
}

var (
	// "2026-11-21T21:31:04.123456+01:00 host name[123]: text"
	syslogISO = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) \S+ ([^\s:\[]+)(?:\[\d+\])?: ?(.*)$`)
	// "Nov 21 21:31:04 host name[123]: text": no year
	syslogOld  = regexp.MustCompile(`^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ ([^\s:\[]+)(?:\[\d+\])?: ?(.*)$`)
	kernelTime = regexp.MustCompile(`^\[ *\d+\.\d+\] `)
)

// parseSyslog reads lines as rsyslog writes them. Old ones name no year: then it
// is that of the file, or the one before when that would lie ahead of it.
func parseSyslog(b []byte, changed time.Time) []diagnostics.LogEntry {
	var all []diagnostics.LogEntry
	for line := range bytes.Lines(b) {
		text := strings.TrimRight(string(line[:min(len(line), 2*maxMessage)]), "\r\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		e := diagnostics.LogEntry{Message: plainLine(text, maxMessage)}
		if m := syslogISO.FindStringSubmatch(text); m != nil {
			if at, err := time.Parse(time.RFC3339Nano, m[1]); err == nil {
				e.At = at
			}
			e.Unit, e.Message = plainLine(m[2], 120), plainLine(m[3], maxMessage)
		} else if m := syslogOld.FindStringSubmatch(text); m != nil {
			if at, err := time.ParseInLocation("2006 Jan _2 15:04:05", strconv.Itoa(changed.Year())+" "+m[1], time.Local); err == nil {
				if at.After(changed.Add(24 * time.Hour)) {
					at = at.AddDate(-1, 0, 0)
				}
				e.At = at
			}
			e.Unit, e.Message = plainLine(m[2], 120), plainLine(m[3], maxMessage)
		}
		if e.Unit == "kernel" {
			e.Message = kernelTime.ReplaceAllString(e.Message, "")
		}
		all = append(all, e)
	}
	return all
}

// readKernelRing reads what the kernel has logged. It is read with plain system
// calls: the runtime would wait for more at its end.
func readKernelRing() ([]diagnostics.LogEntry, error) {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/dev/kmsg", Err: err}
	}
	defer unix.Close(fd)
	var up unix.Sysinfo_t
	boot := time.Time{}
	if unix.Sysinfo(&up) == nil {
		boot = time.Now().Round(0).Add(-time.Duration(up.Uptime) * time.Second)
	}
	var all []diagnostics.LogEntry
	b := make([]byte, 8<<10)
	for range 100_000 { // more than the largest ring has
		n, err := unix.Read(fd, b)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EPIPE): // EPIPE: overwritten before we came to it
			continue
		case errors.Is(err, unix.EINVAL): // one that is larger than the kernel says it can be
			continue
		case err != nil || n <= 0: // EAGAIN: the end
			return slices.Clip(all), nil
		}
		if e, ok := parseKmsg(b[:n], boot); ok {
			all = append(all, e)
		}
		if len(all) > 10_000 {
			all = append(all[:0], all[5_000:]...)
		}
	}
	return all, nil
}

// parseKmsg reads one record: "priority,sequence,microseconds,flags;text", then
// lines that begin with a blank and belong to a device.
func parseKmsg(b []byte, boot time.Time) (diagnostics.LogEntry, bool) {
	head, text, ok := strings.Cut(string(b), ";")
	f := strings.Split(head, ",")
	if !ok || len(f) < 3 {
		return diagnostics.LogEntry{}, false
	}
	priority, err := strconv.Atoi(f[0])
	if err != nil || priority>>3 != 0 { // another facility: a program wrote it
		return diagnostics.LogEntry{}, false
	}
	text, _, _ = strings.Cut(text, "\n")
	e := diagnostics.LogEntry{Unit: "kernel", Level: levelOf(priority & 7), Message: plainLine(text, maxMessage)}
	if us, err := strconv.ParseInt(f[2], 10, 64); err == nil && !boot.IsZero() {
		e.At = boot.Add(time.Duration(us) * time.Microsecond)
	}
	return e, e.Message != ""
}

// levelOf names a syslog priority. Notices are information: few systems mean more.
func levelOf(priority int) string {
	switch {
	case priority < 0 || priority > 7:
		return ""
	case priority <= 3:
		return "error"
	case priority == 4:
		return "warning"
	}
	return "info"
}
