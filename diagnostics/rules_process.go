package diagnostics

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about processes.
const (
	ProcessRunaway   Code = "process.runaway"
	ProcessZombies   Code = "process.zombies"
	ProcessesBlocked Code = "process.blocked"
	ProcessGrowing   Code = "process.growing"
	ProcessOutOfFile Code = "process.open_files"
)

func processRules() []rule {
	return []rule{
		{Rule{ProcessRunaway, SectionProcesses, Warning, "Runaway program",
			"One process that is older than 2 min uses 90 % of a core or more and 40 % or more of what the machine does, while the machine is hampered: processor overloaded, 90 % busy, hot or slowed by heat."}, processRunaway},
		{Rule{ProcessZombies, SectionProcesses, Warning, "Dead processes",
			"50 or more processes have ended and were not cleared away (information), 500 or more (warning)."}, processZombies},
		{Rule{ProcessesBlocked, SectionProcesses, Warning, "Programs stuck",
			"3 or more programs wait without interruption for a disk, a network drive or a device, over the whole interval."}, processesBlocked},
		{Rule{ProcessGrowing, SectionProcesses, Warning, "Takes ever more memory",
			"A process that is older than 2 min and has 1 GiB or a quarter of the memory gains 4 MiB/s or more, and would have used up what is left within half an hour."}, processGrowing},
		{Rule{ProcessOutOfFile, SectionProcesses, Warning, "Too many open files",
			"A process has opened 95 % of the files that it may open."}, processOutOfFiles},
	}
}

// kernelThread reports whether a process is a part of the system that has no
// program: Linux's are children of process 2, Windows's are 0 and 4.
func (f *facts) kernelThread(p *Process) bool {
	switch f.system.OS {
	case "windows":
		return p.PID <= 4
	case "linux":
		return p.PID == 2 || p.Parent == 2
	}
	return p.PID == 0
}

func processRunaway(f *facts) *Finding {
	c := f.cpu
	hampered := f.saturated() || c.BusyPercent >= 90 || f.hot() || f.throttled()
	if !hampered || c.Cores <= 0 {
		return nil
	}
	work := c.BusyPercent * float64(c.Cores) // in per cent of a core, like CPUPct
	var worst *Process
	for i := range f.processes.Top {
		p := &f.processes.Top[i]
		young := !p.Started.IsZero() && f.TakenAt.Sub(p.Started) < 2*time.Minute
		// Sixteen compilers on sixteen cores are work; one of them is no runaway.
		if p.CPUPct < 90 || p.CPUPct < 0.4*work || young || f.kernelThread(p) {
			continue
		}
		if worst == nil || p.CPUPct > worst.CPUPct {
			worst = p
		}
	}
	if worst == nil {
		return nil
	}
	detail := fmt.Sprintf("%s (%d, user %s): %s of a core of %d; the machine is %s busy.", clean(worst.Name, 60), worst.PID, clean(worst.User, 40), percent(worst.CPUPct), c.Cores, percent(c.BusyPercent))
	if !worst.Started.IsZero() {
		detail += " It started " + durationText(f.TakenAt.Sub(worst.Started)) + " ago."
	}
	return &Finding{
		Said:   says(tongue.Of("finding.process_runaway", tongue.Name("program", clean(worst.Name, 60))), "advice.restart_program"),
		Detail: detail,
		Evidence: []Evidence{
			reading(SectionProcesses, worst.text(), ofACore(worst.CPUPct)),
			reading(SectionCPU, tongue.Of("evidence.all_cores_busy"), percentText(c.BusyPercent)),
		},
		Fix: &Fix{EndProcess, fmt.Sprint(worst.PID)},
	}
}

func processZombies(f *facts) *Finding {
	n := f.processes.Zombies
	if n < 50 {
		return nil
	}
	finding := &Finding{
		Severity: Info,
		Said:     says(tongue.Of("finding.process_zombies", tongue.Count("n", n)), "advice.process_zombies"),
		Detail:   fmt.Sprintf("%d zombies among %d processes: a parent does not wait for its children.", n, f.processes.Total),
		Evidence: []Evidence{reading(SectionProcesses, tongue.Of("evidence.zombies"), verbatim(fmt.Sprint(n)))},
	}
	if n >= 500 {
		finding.Severity = Warning
	}
	return finding
}

func processesBlocked(f *facts) *Finding {
	n := f.processes.Blocked
	if n < 3 {
		return nil
	}
	finding := &Finding{
		Said:     says(tongue.Of("finding.process_blocked", tongue.Count("n", n)), "advice.process_blocked"),
		Detail:   fmt.Sprintf("%d processes in uninterruptible sleep over %d ms.", n, f.processes.IntervalMS),
		Evidence: []Evidence{reading(SectionProcesses, tongue.Of("evidence.blocked"), verbatim(fmt.Sprint(n)))},
	}
	for _, p := range f.processes.Top {
		if p.State == "D" && len(finding.Evidence) < 6 {
			finding.Evidence = append(finding.Evidence, reading(SectionProcesses, p.text(), tongue.Of("evidence.waits")))
		}
	}
	return finding
}

func processGrowing(f *facts) *Finding {
	m := &f.memory
	var worst *Process
	for i := range f.processes.Top {
		p := &f.processes.Top[i]
		young := p.Started.IsZero() || f.TakenAt.Sub(p.Started) < 2*time.Minute
		large := p.RSS >= gib || m.Total > 0 && p.RSS >= m.Total/4
		if young || !large || !(p.Growth >= 4<<20) || float64(m.Available)/p.Growth > 1800 {
			continue
		}
		if worst == nil || p.Growth > worst.Growth {
			worst = p
		}
	}
	if worst == nil || m.Total == 0 {
		return nil
	}
	return &Finding{
		Said: says(tongue.Of("finding.process_growing", tongue.Name("program", clean(worst.Name, 60)), tongue.Memory("size", worst.RSS)), "advice.restart_program"),
		Detail: fmt.Sprintf("%s (%d, user %s): %s resident, %s/s more; %s are available.", clean(worst.Name, 60), worst.PID, clean(worst.User, 40),
			memoryText(worst.RSS), memoryText(rate(worst.Growth)), memoryOf(m.Available, m.Total)),
		Evidence: []Evidence{
			reading(SectionProcesses, worst.text(), tongue.Of("evidence.growing", tongue.Memory("size", worst.RSS), tongue.Memory("more", rate(worst.Growth)))),
			reading(SectionMemory, tongue.Of("evidence.available"), memoryOfText(m.Available, m.Total)),
		},
		Fix: &Fix{EndProcess, fmt.Sprint(worst.PID)},
	}
}

func processOutOfFiles(f *facts) *Finding {
	var full []Process
	for _, p := range f.processes.OutOfFiles {
		if p.FileLimit > 0 && float64(p.OpenFiles) >= 0.95*float64(p.FileLimit) {
			full = append(full, p)
		}
	}
	if len(full) == 0 {
		return nil
	}
	finding := &Finding{
		Said: says(tongue.Of("finding.process_open_files", tongue.Name("program", clean(full[0].Name, 60))), "advice.restart_program"),
		Fix:  &Fix{EndProcess, fmt.Sprint(full[0].PID)},
	}
	var each []string
	for _, p := range full {
		open := fmt.Sprintf("%d of %d", p.OpenFiles, p.FileLimit)
		each = append(each, fmt.Sprintf("%s (%d): %s", clean(p.Name, 40), p.PID, open))
		if len(finding.Evidence) < 5 {
			finding.Evidence = append(finding.Evidence, reading(SectionProcesses, tongue.Of("evidence.open_files", tongue.Name("name", clean(p.Name, 40)), pid(p.PID)), tongue.Of("number.of", tongue.Name("part", fmt.Sprint(p.OpenFiles)), tongue.Name("whole", fmt.Sprint(p.FileLimit)))))
		}
	}
	finding.Detail = "Open files: " + list(each, 6) + "."
	return finding
}
