package machine

import (
	"path"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	// logFiles are those that the settings of a simulated machine name.
	logFiles = "/var/log/app/*.log"
	// A log that is followed goes on for ten minutes.
	logFor   = 10 * time.Minute
	logEvery = 5 * time.Second
)

func (m *Machine) answerLog(p wire.LogParams, now time.Time) ([]Part, error) {
	if p.File != "" {
		if ok, err := path.Match(logFiles, p.File); !ok || err != nil {
			return nil, fault.New(fault.Forbidden, "This machine's own settings do not name this log file (deskbell-agent run --log-file). They name "+logFiles+".")
		}
	}
	if p.Lines < 1 || p.Lines > 1000 {
		p.Lines = 200
	}
	l := m.Log(now, p.Lines)
	if p.File != "" {
		l.Source = p.File
	}
	l.Entries = selected(l.Entries, p)
	l.Entries = l.Entries[max(0, len(l.Entries)-p.Lines):]
	parts := []Part{{250 * time.Millisecond, diagnostics.LogPart{Log: l}}}
	if !p.Follow {
		return parts, nil
	}
	usual := m.Log(now, 60).Entries
	for at := logEvery; at <= logFor; at += logEvery {
		x := mix(m.seed + uint64(at))
		came := make([]diagnostics.LogEntry, 1+x%3)
		for i := range came {
			came[i] = usual[(x>>8+uint64(i))%uint64(len(usual))]
			came[i].At = now.Add(at - time.Duration(len(came)-i)*time.Second)
		}
		parts = append(parts, Part{logEvery, diagnostics.LogPart{Log: diagnostics.Log{Entries: selected(came, p)}}})
	}
	return parts, nil
}

func selected(entries []diagnostics.LogEntry, p wire.LogParams) []diagnostics.LogEntry {
	rank := map[string]int{"error": 1, "warning": 2, "info": 3}
	kept := entries[:0]
	for _, e := range entries {
		if (p.Unit == "" || e.Unit == p.Unit) && (p.Level == "" || rank[e.Level] <= rank[p.Level]) && strings.Contains(e.Message, p.Filter) {
			kept = append(kept, e)
		}
	}
	return kept
}
