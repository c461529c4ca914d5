package diagnostics

import (
	"slices"
	"time"
)

// LogPart is a part of the answer about a log. Of one that is followed the newest
// lines come first, and then what is new.
type LogPart struct {
	Log
	Missed int   `json:"missed,omitempty"`       // lines left out before these: more came than is sent
	Passed int64 `json:"passed_bytes,omitempty"` // bytes before these that were not even read, for the same reason
}

// LogTail is the end of a log that is followed, as far as it was told. It trusts
// nothing that it is told: what it keeps is bounded, and every text in it is one plain
// line.
type LogTail struct {
	source  string
	entries []LogEntry
	bytes   int
	missed  int
	passed  int64
}

const (
	// MaxTailLines is how many lines of a log that is followed are kept.
	MaxTailLines  = 1000
	maxTailBytes  = 1 << 20
	maxLogUnit    = 120
	maxLogMessage = 6 << 10 // a line of 4 KiB and what may stand in it for secrets
	maxLogSource  = 4 << 10
)

// Fold takes a part in and returns it as it was understood.
func (t *LogTail) Fold(p LogPart) LogPart {
	out := LogPart{Log: Log{Source: bounded(p.Source, maxLogSource), Entries: []LogEntry{}}}
	if over := len(p.Entries) - MaxTailLines; over > 0 {
		p.Entries, p.Missed = p.Entries[over:], max(p.Missed, 0)+over
	}
	if out.Source != "" {
		t.source = out.Source
	}
	for _, e := range p.Entries {
		e = LogEntry{At: e.At, Level: e.Level, Unit: bounded(e.Unit, maxLogUnit), Message: bounded(e.Message, maxLogMessage)}
		if y := e.At.Year(); y < 1 || y > 9999 { // a time that JSON cannot have
			e.At = time.Time{}
		}
		switch e.Level {
		case "error", "warning", "info":
		default:
			e.Level = ""
		}
		out.Entries = append(out.Entries, e)
		t.bytes += size(e)
	}
	t.entries = append(t.entries, out.Entries...)
	drop := 0
	for len(t.entries)-drop > MaxTailLines || t.bytes > maxTailBytes {
		t.bytes -= size(t.entries[drop])
		drop++
	}
	t.entries = slices.Delete(t.entries, 0, drop)
	out.Missed, out.Passed = min(max(p.Missed, 0), maxCount), min(max(p.Passed, 0), 1<<50)
	t.missed, t.passed = min(t.missed+out.Missed, maxCount), min(t.passed+out.Passed, 1<<50)
	return out
}

// Whole is the end of the log as one part.
func (t *LogTail) Whole() LogPart {
	entries := slices.Clone(t.entries)
	if entries == nil {
		entries = []LogEntry{}
	}
	return LogPart{Log: Log{Source: t.source, Entries: entries}, Missed: t.missed, Passed: t.passed}
}

func size(e LogEntry) int { return len(e.Unit) + len(e.Message) + 64 }
