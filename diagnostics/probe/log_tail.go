package probe

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

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
