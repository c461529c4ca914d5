package probe

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/deskbell/deskbell/diagnostics"
)

// maxEvents is how many bytes are taken from each of Windows's logs: an event
// with its XML is about two KiB.
const maxEvents = 4 << 20

// readLog asks Windows's own program for the newest events of the system's log
// and of the applications'.
func readLog(ctx context.Context, q LogQuery) (diagnostics.Log, error) {
	path := filepath.Join(os.Getenv("SystemRoot"), `System32\wevtutil.exe`)
	l := diagnostics.Log{Source: "System, Application"}
	var failed error
	for _, channel := range []string{"System", "Application"} {
		b, err := output(ctx, maxEvents, path, "query-events", channel, "/query:"+eventQuery(q), "/reversedirection:true",
			"/count:"+strconv.Itoa(q.Lines), "/format:RenderedXml", "/unicode:true")
		if err != nil && len(b) == 0 {
			failed = err
			continue
		}
		l.Entries = append(l.Entries, parseEvents(b)...)
	}
	if len(l.Entries) == 0 && failed != nil {
		return diagnostics.Log{}, failed
	}
	slices.SortStableFunc(l.Entries, func(a, b diagnostics.LogEntry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Unit, b.Unit)) })
	l.Entries = q.lastOf(l.Entries)
	return l, nil
}

// eventQuery selects by level and age where the log can do it itself; the rest is
// ours. Level 0 is information that was logged always.
func eventQuery(q LogQuery) string {
	levels := ""
	switch {
	case q.Level == "error":
		levels = "(Level=1 or Level=2)"
	case q.Level == "warning" || q.trouble:
		levels = "(Level=1 or Level=2 or Level=3)"
	}
	if q.since.IsZero() {
		if levels == "" {
			return "*"
		}
		return "*[System[" + levels + "]]"
	}
	age := "TimeCreated[timediff(@SystemTime) <= " + strconv.FormatInt(snapshotPast.Milliseconds(), 10) + "]"
	if levels == "" {
		return "*[System[" + age + "]]"
	}
	return "*[System[" + levels + " and " + age + "]]"
}
