package diagnostics

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxProcessRows is how many processes a table of all of them holds.
const MaxProcessRows = 5000

// ProcessRow is a process in the table of all of them. What does not change while it
// lives is told once.
type ProcessRow struct {
	ProcessNow
	Name    string    `json:"name"`
	User    string    `json:"user,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Command string    `json:"command,omitempty"` // redacted
}

// ProcessState is a letter as in proc_pid_stat(5); empty when the system does not tell.
type ProcessState string

// ProcessNow is what a process does at the moment.
type ProcessNow struct {
	PID    int32        `json:"pid"`
	Parent int32        `json:"ppid,omitempty"`
	State  ProcessState `json:"state,omitempty"`
	CPUPct float64      `json:"cpu_percent"` // of one core
	RSS    uint64       `json:"rss"`
	IO     *uint64      `json:"io,omitempty"` // bytes a second from and to disks; absent when this cannot be known
}

// ProcessChanges is what is new in the table of all processes. Whoever folds them one
// after the other has the table.
type ProcessChanges struct {
	Begin      bool         `json:"begin,omitempty"` // forget what came before
	Total      int          `json:"total"`           // on the machine
	Running    int          `json:"running"`
	LeftOut    int          `json:"left_out,omitempty"` // that have no row: there are too many
	IntervalMS int64        `json:"interval_ms,omitempty"`
	Rows       []ProcessRow `json:"rows,omitempty"` // new, or another program now
	Now        []ProcessNow `json:"now,omitempty"`  // of rows that are known
	Gone       []int32      `json:"gone,omitempty"`
}

// ProcessTable is all processes of a machine as far as they were told. It trusts
// nothing that it is told: its rows are bounded in number and size, and every text in
// them is one plain line.
type ProcessTable struct {
	total, running, leftOut int
	interval                int64
	rows                    map[int32]ProcessRow
}

const (
	maxProcessName    = 80
	maxProcessUser    = 80
	maxProcessCommand = 300
	maxCPUPercent     = 1e6
	maxCount          = 1 << 31
)

// Fold takes changes in and returns those of them that were.
func (t *ProcessTable) Fold(c ProcessChanges) ProcessChanges {
	if c.Begin || t.rows == nil {
		t.rows = map[int32]ProcessRow{}
	}
	out := ProcessChanges{Begin: c.Begin, IntervalMS: min(max(c.IntervalMS, 0), int64(time.Hour/time.Millisecond))}
	for _, pid := range c.Gone {
		if _, there := t.rows[pid]; there {
			delete(t.rows, pid)
			out.Gone = append(out.Gone, pid)
		}
	}
	dropped := 0
	for _, r := range c.Rows {
		_, there := t.rows[r.PID]
		if r.PID < 0 || !there && len(t.rows) >= MaxProcessRows {
			dropped++
			continue
		}
		r = ProcessRow{
			ProcessNow: sane(r.ProcessNow), Name: bounded(r.Name, maxProcessName), User: bounded(r.User, maxProcessUser),
			Started: r.Started, Command: bounded(r.Command, maxProcessCommand),
		}
		if y := r.Started.Year(); y < 1 || y > 9999 { // a time that JSON cannot have
			r.Started = time.Time{}
		}
		t.rows[r.PID] = r
		out.Rows = append(out.Rows, r)
	}
	for _, n := range c.Now {
		r, there := t.rows[n.PID]
		if !there {
			continue
		}
		r.ProcessNow = sane(n)
		t.rows[n.PID] = r
		out.Now = append(out.Now, r.ProcessNow)
	}
	t.total = min(max(c.Total, len(t.rows)), maxCount)
	t.running, t.interval = min(max(c.Running, 0), t.total), out.IntervalMS
	t.leftOut = min(max(c.LeftOut, dropped, 0), maxCount)
	out.Total, out.Running, out.LeftOut = t.total, t.running, t.leftOut
	return out
}

// Whole is the table as the changes from nothing, by number.
func (t *ProcessTable) Whole() ProcessChanges {
	rows := slices.SortedFunc(maps.Values(t.rows), func(a, b ProcessRow) int { return cmp.Compare(a.PID, b.PID) })
	return ProcessChanges{Begin: true, Total: t.total, Running: t.running, LeftOut: t.leftOut, IntervalMS: t.interval, Rows: rows}
}

func sane(n ProcessNow) ProcessNow {
	if len(n.State) != 1 || n.State[0] < 'A' || n.State[0] > 'z' {
		n.State = ""
	}
	n.Parent = max(n.Parent, 0)
	n.CPUPct = min(max(n.CPUPct, 0), maxCPUPercent)
	return n
}

// bounded makes one bounded line of a text.
func bounded(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
