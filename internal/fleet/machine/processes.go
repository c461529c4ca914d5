package machine

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// answerAll tells of all processes: the table, and then what changes in it. The
// programs that a person sees stand below a session, each with helpers of its own.
func (m *Machine) answerAll(p wire.ProcessesParams, now time.Time) []Part {
	n := p.Seconds
	if n < 1 || n > 600 {
		n = 10
	}
	const first, session = 1, 640
	row := func(pid, parent int32, name, user, command string, after time.Duration) diagnostics.ProcessRow {
		io := uint64(0)
		return diagnostics.ProcessRow{
			ProcessNow: diagnostics.ProcessNow{PID: pid, Parent: parent, State: "S", RSS: (3 + m.seed>>(pid%13)%40) << 20, IO: &io},
			Name:       name, User: user, Command: command, Started: m.Booted().Add(after).Truncate(time.Second),
		}
	}
	person := m.People()[0].Name
	rows := []diagnostics.ProcessRow{row(first, 0, "init", "root", "/sbin/init", 0), row(session, first, "session", person, "session --user", 9*time.Second)}
	now0 := m.Processes(now)
	for i, one := range now0.Top {
		parent := int32(session)
		if one.User != person {
			parent = first
		}
		io := uint64(one.CPUPct * 4096)
		rows = append(rows, diagnostics.ProcessRow{
			ProcessNow: diagnostics.ProcessNow{PID: one.PID, Parent: parent, State: diagnostics.ProcessState(one.State), CPUPct: one.CPUPct, RSS: one.RSS, IO: &io},
			Name:       one.Name, User: one.User, Command: one.Command, Started: one.Started.Truncate(time.Second),
		})
		for h := range 4 + int(m.seed>>i%5) {
			rows = append(rows, row(int32(10_000+i*100+h), one.PID, fmt.Sprintf("helper-%d", h+1), one.User, one.Command+fmt.Sprintf(" --helper=%d", h+1), time.Minute))
		}
	}
	for i := len(rows); i < now0.Total; i++ {
		rows = append(rows, row(int32(20_000+i), first, fmt.Sprintf("service-%d", i), "root", fmt.Sprintf("/usr/lib/service-%d", i), 5*time.Second))
	}
	parts := []Part{{300 * time.Millisecond, diagnostics.ProcessChanges{Begin: true, Total: len(rows), Running: now0.Running, IntervalMS: 250, Rows: rows}}}
	for i := 1; i < n; i++ {
		m.step(now.Unix() + int64(i))
		list := m.Processes(now.Add(time.Duration(i) * time.Second))
		c := diagnostics.ProcessChanges{Total: len(rows), Running: list.Running, IntervalMS: 1000}
		for _, one := range list.Top {
			parent := int32(session)
			if one.User != person {
				parent = first
			}
			io := uint64(one.CPUPct * 4096)
			c.Now = append(c.Now, diagnostics.ProcessNow{PID: one.PID, Parent: parent, State: diagnostics.ProcessState(one.State), CPUPct: one.CPUPct, RSS: one.RSS, IO: &io})
		}
		parts = append(parts, Part{time.Second, c})
	}
	return parts
}
