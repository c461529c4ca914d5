package probe

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	defaultLines = 200
	maxLogLines  = 1000
	snapshotLog  = 150            // entries in a snapshot
	snapshotPast = 24 * time.Hour // and how far back
	maxMessage   = 2 << 10        // bytes of one entry
	maxLogRead   = 256 << 10      // bytes read from the end of a log file
	maxJournal   = 4 << 20        // bytes taken from journalctl
)

// LogQuery selects the tail of the system's log.
type LogQuery struct {
	Lines  int    // at most; 0 means 200, never more than 1000
	Unit   string // only this unit or source, "nginx" as well as "nginx.service"
	Level  string // this level and worse: error, warning, info; empty means all
	Filter string // only entries that contain it, whatever the case

	trouble bool      // warnings and worse, and what tells of restarts: for a snapshot
	since   time.Time // none older; zero means whatever is there
}

func (p *Prober) log(ctx context.Context) (*diagnostics.Log, string, error) {
	l, err := readLog(ctx, LogQuery{Lines: snapshotLog, trouble: true, since: time.Now().Add(-snapshotPast)})
	if err != nil {
		return nil, "", err
	}
	return &l, "", nil
}

// Log reads the tail of the system's log, oldest first.
func (p *Prober) Log(ctx context.Context, q LogQuery) (diagnostics.Log, error) {
	ctx, cancel := context.WithTimeout(ctx, queryDeadline)
	defer cancel()
	if q.Lines <= 0 {
		q.Lines = defaultLines
	}
	q.Lines = min(q.Lines, maxLogLines)
	l, err := readLog(ctx, q)
	return l, queryFault(err)
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

// rank orders levels, the worse the higher; an entry without one is information.
func rank(level string) int {
	switch level {
	case "error":
		return 3
	case "warning":
		return 2
	}
	return 1
}

// wants reports whether an entry is asked for.
func (q *LogQuery) wants(e *diagnostics.LogEntry) bool {
	if !q.since.IsZero() && !e.At.IsZero() && e.At.Before(q.since) {
		return false
	}
	if q.trouble && rank(e.Level) < 2 && !(e.Level == "" && tellsTrouble(e.Message)) && !tellsRestart(e.Message) {
		return false
	}
	switch {
	case q.Level == "" || q.Level == "info":
	case e.Level == "" && tellsTrouble(e.Message): // a log without levels
	case rank(e.Level) < rank(q.Level):
		return false
	}
	if q.Unit != "" && !sameUnit(q.Unit, e.Unit) {
		return false
	}
	return q.Filter == "" || strings.Contains(strings.ToLower(e.Message), strings.ToLower(q.Filter))
}

func sameUnit(asked, unit string) bool {
	return strings.EqualFold(asked, unit) || strings.EqualFold(strings.TrimSuffix(asked, ".service"), strings.TrimSuffix(unit, ".service"))
}

// tellsRestart recognises what systemd says, as mere information, when it starts
// a service again that has ended.
func tellsRestart(message string) bool {
	return strings.Contains(message, "Scheduled restart job") || strings.Contains(message, "repeated too quickly")
}

// tellsTrouble recognises, in logs that carry no levels, what a snapshot is for.
func tellsTrouble(message string) bool {
	lower := strings.ToLower(message)
	for _, word := range []string{"error", "fail", "warn", "critical", "panic", "oom", "out of memory", "segfault", "timed out", "timeout", "denied", "corrupt"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// lastOf keeps the newest n entries that are wanted; entries come oldest first.
func (q *LogQuery) lastOf(all []diagnostics.LogEntry) []diagnostics.LogEntry {
	all = slices.DeleteFunc(all, func(e diagnostics.LogEntry) bool { return !q.wants(&e) })
	return all[max(0, len(all)-q.Lines):]
}
