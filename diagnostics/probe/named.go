package probe

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v3/process"

	"github.com/deskbell/deskbell/diagnostics"
)

// commLength is how many bytes of a process's name the Linux kernel keeps.
const commLength = 15

// ProcessesNamed returns the processes of a name, whatever its case and with or
// without “.exe”, those with the most memory first. It reads all once and does not
// measure: CPUPct is not known.
func (p *Prober) ProcessesNamed(ctx context.Context, name string) ([]diagnostics.Process, error) {
	all, err := readProcesses(ctx)
	if err != nil {
		return nil, queryFault(notRead("Processes cannot be read on this system.", err))
	}
	want := bareName(name)
	var found []diagnostics.Process
	for pid, one := range all {
		full := one.name
		if len(full) == commLength && strings.HasPrefix(want, bareName(full)) { // it may have been cut off
			if long, err := (&process.Process{Pid: pid}).NameWithContext(ctx); err == nil && long != "" {
				full = long
			}
		}
		if bareName(full) != want {
			continue
		}
		found = append(found, diagnostics.Process{PID: pid, Parent: one.parent, Name: plainLine(full, 64), State: stateOf(one.state), RSS: one.rss})
	}
	slices.SortFunc(found, func(a, b diagnostics.Process) int {
		return cmp.Or(cmp.Compare(b.RSS, a.RSS), cmp.Compare(a.PID, b.PID))
	})
	return found, nil
}

func bareName(s string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".exe")
}
