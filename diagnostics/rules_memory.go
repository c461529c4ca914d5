package diagnostics

import (
	"fmt"
	"regexp"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about memory.
const (
	MemoryExhausted Code = "memory.exhausted"
	MemorySwapping  Code = "memory.swapping"
	MemoryKill      Code = "memory.killed"
	MemoryAtLimit   Code = "memory.limit"
)

func memoryRules() []rule {
	return []rule{
		{Rule{MemoryExhausted, SectionMemory, Critical, "Memory used up",
			"Less than 5 % of main memory and less than 1 GiB is available (warning); critical below 2 % and 400 MiB, or when all programs are stalled by it 20 % of the time while less than 30 % is available."}, memoryExhausted},
		{Rule{MemorySwapping, SectionMemory, Warning, "Swapping hard",
			"2 MiB/s or more come back from swap while programs wait for memory 5 % of the time, or 8 MiB/s where the system does not measure waiting."}, memorySwapping},
		{Rule{MemoryKill, SectionMemory, Warning, "Out of memory",
			"The system ended a program in the last 24 h because memory had run out; information only, when a container or a service had reached a limit of its own."}, memoryKill},
		{Rule{MemoryAtLimit, SectionMemory, Warning, "Memory limit reached",
			"A group of programs with a memory limit of its own has used 95 % of it."}, memoryLimit},
	}
}

func memoryExhausted(f *facts) *Finding {
	m := f.memory
	if m.Total == 0 {
		return nil
	}
	free := float64(m.Available) / float64(m.Total) * 100
	low := free < 5 && m.Available < gib
	out := free < 2 && m.Available < 400<<20
	finding := &Finding{Severity: Warning}
	if p := m.Pressure; p != nil {
		// Where waiting is measured, little memory alone is no emergency.
		// A group of programs that is stalled by a limit of its own stalls nobody else,
		// and is counted here too: then there is memory left.
		out = out && p.Some10 >= 1 || p.Full10 >= 20 && free < 30
	}
	switch {
	case out:
		finding.Severity = Critical
	case !low:
		return nil
	}
	finding.Said = says(tongue.Of("finding.memory_exhausted", tongue.MemoryOf("free", m.Available, m.Total)), "advice.close_programs")
	finding.Detail = fmt.Sprintf("%s of main memory available (%s), swap %s.", memoryOf(m.Available, m.Total), percentExact(free), m.swap().English())
	finding.Evidence = []Evidence{
		reading(SectionMemory, tongue.Of("evidence.available"), memoryOfText(m.Available, m.Total)),
		reading(SectionMemory, tongue.Of("evidence.swap"), m.swap()),
	}
	if p := m.Pressure; p != nil {
		finding.Evidence = append(finding.Evidence, reading(SectionMemory, tongue.Of("evidence.all_stalled"), percentText(p.Full10)))
	}
	if big := f.largest(); big != nil {
		finding.Evidence = append(finding.Evidence, reading(SectionProcesses, tongue.Of("evidence.largest"), tongue.Of("evidence.largest_is", tongue.Name("name", clean(big.Name, 40)), pid(big.PID), tongue.Memory("size", big.RSS))))
		if big.RSS > m.Total/4 {
			finding.Said.advise(tongue.Of("advice.uses_most", tongue.Name("program", clean(big.Name, 60)), tongue.Memory("size", big.RSS)))
			finding.Fix = &Fix{EndProcess, fmt.Sprint(big.PID)}
		}
	}
	return finding
}

func (m *Memory) swap() tongue.Text {
	if m.SwapTotal == 0 {
		return tongue.Of("evidence.none")
	}
	return tongue.Of("evidence.used", tongue.MemoryOf("size", m.SwapUsed, m.SwapTotal))
}

// largest is the process with the most memory among those listed, or nil.
func (f *facts) largest() *Process {
	var big *Process
	for i := range f.processes.Top {
		if p := &f.processes.Top[i]; big == nil || p.RSS > big.RSS {
			big = p
		}
	}
	if big == nil || big.RSS == 0 {
		return nil
	}
	return big
}

func memorySwapping(f *facts) *Finding {
	m := f.memory
	// Data that leaves for swap and stays there costs nothing: what is read back does.
	hard := m.SwapInBps >= 8<<20
	if p := m.Pressure; p != nil {
		hard = m.SwapInBps >= 2<<20 && p.Some10 >= 5
	}
	if !hard {
		return nil
	}
	finding := &Finding{
		Said:   says(tongue.Of("finding.memory_swapping"), "advice.close_programs"),
		Detail: fmt.Sprintf("Swap: %s/s in, %s/s out, %s.", bytesText(rate(m.SwapInBps)), bytesText(rate(m.SwapOutBps)), m.swap().English()),
		Evidence: []Evidence{
			reading(SectionMemory, tongue.Of("evidence.swapped_in"), perSecond(m.SwapInBps)),
			reading(SectionMemory, tongue.Of("evidence.swapped_out"), perSecond(m.SwapOutBps)),
		},
	}
	if p := m.Pressure; p != nil {
		finding.Evidence = append(finding.Evidence, reading(SectionMemory, tongue.Of("evidence.some_wait_memory"), percentText(p.Some10)))
	}
	return finding
}

// The kernel's words, of old and new versions, with a limit of its own group or
// of the whole machine; and systemd-oomd's.
var (
	killedByKernel = regexp.MustCompile(`(?i)(memory cgroup )?out of memory: kill(?:ed)? process (\d+),? (?:\(([^)]*)\))?`)
	killedByOomd   = regexp.MustCompile(`^Killed (\S+) due to memory (?:pressure|used)`)
)

func memoryKill(f *facts) *Finding {
	var names []string
	finding := &Finding{Severity: Info}
	for _, e := range f.recentLog(24 * time.Hour) {
		if !hasAny(e.Message, "of memory", "due to memory") {
			continue
		}
		var name string
		var limit bool
		if m := killedByKernel.FindStringSubmatch(e.Message); m != nil && e.kernel() {
			name, limit = m[3], m[1] != ""
		} else if m := killedByOomd.FindStringSubmatch(e.Message); m != nil && e.Unit == "systemd-oomd.service" {
			name = m[1]
		} else {
			continue
		}
		if !limit {
			finding.Severity = Warning
		}
		names = append(names, clean(name, 40))
		if len(finding.Evidence) < 5 {
			finding.Evidence = append(finding.Evidence, e.evidence())
		}
	}
	switch {
	case len(names) > 0:
		last := names[len(names)-1]
		finding.Said = says(tongue.Of("finding.memory_killed", tongue.Name("program", clean(last, 60))), "advice.memory_killed")
		finding.Detail = fmt.Sprintf("Killed for memory in the last 24 h: %s.", list(names, 8))
	case f.memory.OOMKills > 0 && f.uptime() > 0 && f.uptime() <= 24*time.Hour:
		finding.Said = says(tongue.Of("finding.memory_killed_unnamed"), "advice.memory_killed")
		finding.Detail = fmt.Sprintf("The kernel has counted %d kills for memory since boot, %s ago; the log that names them was not read.", f.memory.OOMKills, durationText(f.uptime()))
		finding.Evidence = []Evidence{reading(SectionMemory, tongue.Of("evidence.kills"), verbatim(fmt.Sprint(f.memory.OOMKills)))}
	default:
		return nil
	}
	return finding
}

func memoryLimit(f *facts) *Finding {
	var full []MemoryLimit
	for _, l := range f.memory.Limits {
		if l.Limit > 0 && float64(l.Used) >= 0.95*float64(l.Limit) {
			full = append(full, l)
		}
	}
	if len(full) == 0 {
		return nil
	}
	finding := &Finding{
		Said: says(tongue.Of("finding.memory_limit", tongue.Name("group", clean(full[0].Group, 60))), "advice.memory_limit"),
	}
	var each []string
	for _, l := range full {
		each = append(each, clean(l.Group, 80)+": "+memoryOf(l.Used, l.Limit))
		if len(finding.Evidence) < 5 {
			finding.Evidence = append(finding.Evidence, reading(SectionMemory, tongue.Of("evidence.used_by", tongue.Name("group", clean(l.Group, 80))), memoryOfText(l.Used, l.Limit)))
		}
	}
	finding.Detail = "Groups at their limit: " + list(each, 6) + "."
	return finding
}
