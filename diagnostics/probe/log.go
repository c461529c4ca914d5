package probe

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	defaultLines = 200
	maxLogLines  = 1000
	snapshotLog  = 150            // entries in a snapshot
	snapshotPast = 24 * time.Hour // and how far back
	maxMessage   = 2 << 10        // bytes of one entry
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
	q.bound()
	l, err := readLog(ctx, q)
	return l, queryFault(err)
}

func (q *LogQuery) bound() {
	if q.Lines <= 0 {
		q.Lines = defaultLines
	}
	q.Lines = min(q.Lines, maxLogLines)
}
