package diagnostics

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about what the log tells.
const (
	DiskErrors Code = "disk.errors"
	CrashLoop  Code = "service.crash_loop"
)

func logRules() []rule {
	return []rule{
		{Rule{DiskErrors, SectionLog, Critical, "Disk errors",
			"The kernel has logged errors of a disk or its file system in the last 24 h: 3 or more, or one that says the medium is bad (critical), fewer (warning). Sticks, optical drives and disks that are gone do not count."}, diskErrors},
		{Rule{CrashLoop, SectionLog, Warning, "Crashes again and again",
			"In the last 24 h a service was restarted 5 times or more, or was given up for restarting too fast, or one program crashed 3 times or more."}, crashLoop},
	}
}

// recentLog returns the entries of that last while. An entry or a snapshot
// without a time counts: the tail of a log is recent.
func (f *facts) recentLog(within time.Duration) []LogEntry {
	return slices.DeleteFunc(slices.Clone(f.log.Entries), func(e LogEntry) bool {
		return !e.At.IsZero() && !f.TakenAt.IsZero() && f.TakenAt.Sub(e.At) > within
	})
}

// kernel reports whether the kernel itself wrote the entry: what a program
// prints is not to be taken for it.
func (e *LogEntry) kernel() bool { return e.Unit == "kernel" }

func (e *LogEntry) evidence() Evidence {
	what := tongue.Of("evidence.log")
	if !e.At.IsZero() {
		what = tongue.Of("evidence.log_at", tongue.Name("at", e.At.UTC().Format("2006-01-02 15:04:05")+" UTC"))
	}
	return reading(SectionLog, what, verbatim(clean(e.Message, 200)))
}

func hasAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// diskTrouble finds the kernel's words about a disk, and the device in them.
var diskTrouble = []struct {
	words *regexp.Regexp // the first group is the device
	bad   bool           // once is enough: the medium, or the file system on it, is damaged
}{
	{regexp.MustCompile(`(?i)critical (?:medium|target) error, dev (\w+)`), true},
	{regexp.MustCompile(`(?i)\bI/O error, dev (\w+),? sector`), false},
	{regexp.MustCompile(`(?i)Buffer I/O error on (?:dev|device) (\w+)`), false},
	{regexp.MustCompile(`EXT[234]-fs error \(device ([\w-]+)\)`), true},
	{regexp.MustCompile(`XFS \(([\w-]+)\): .*(?:[Cc]orrupt|metadata I/O error|[Ss]hutting down)`), true},
	{regexp.MustCompile(`BTRFS (?:error|critical) \(device ([\w-]+)[^)]*\)`), true},
	{regexp.MustCompile(`(?i)(ata\d+)(?:\.\d+)?: (?:failed command|error: \{ UNC)`), false},
	{regexp.MustCompile(`(nvme\d+)(?:n\d+)?: (?:.*controller is down|I/O \d+.*timeout, reset|Device not ready|failed to set APST)`), false},
}

// builtIn reports whether an error of the device matters: a stick that was pulled
// and a drive without a disc complain too.
func (f *facts) builtIn(device string) bool {
	for _, p := range []string{"sr", "fd", "loop", "ram", "zram", "nbd"} {
		if rest, ok := strings.CutPrefix(device, p); ok && strings.Trim(rest, "0123456789") == "" {
			return false
		}
	}
	for i := range f.disks.FileSystems {
		if fs := &f.disks.FileSystems[i]; fs.Removable && strings.HasPrefix(strings.TrimPrefix(fs.Device, "/dev/"), device) {
			return false
		}
	}
	if len(f.disks.Devices) == 0 || !strings.HasPrefix(device, "sd") {
		return true // no list to look in, or not something that is plugged in and out
	}
	return slices.ContainsFunc(f.disks.Devices, func(d Device) bool { return d.Name != "" && strings.HasPrefix(device, d.Name) })
}

func diskErrors(f *facts) *Finding {
	var lines []LogEntry
	devices := map[string]int{}
	bad := false
	for _, e := range f.recentLog(24 * time.Hour) {
		if !e.kernel() || !hasAny(e.Message, "rror", "failed", "orrupt", "hutting", "down", "timeout", "not ready") {
			continue // most lines: the expressions are dear
		}
		for _, t := range diskTrouble {
			m := t.words.FindStringSubmatch(e.Message)
			if m == nil || !f.builtIn(m[1]) {
				continue
			}
			bad = bad || t.bad
			devices[m[1]]++
			lines = append(lines, e)
			break
		}
	}
	if len(lines) == 0 {
		return nil
	}
	finding := &Finding{
		Severity: Warning,
		Said:     says(tongue.Of("finding.disk_errors"), "advice.disk_errors"),
		Detail:   fmt.Sprintf("%s in the last 24 h: %s.", count(len(lines), "error of a disk in the kernel's log", "errors of disks in the kernel's log"), list(countsOf(devices), 6)),
	}
	if bad || len(lines) >= 3 {
		finding.Severity = Critical
	}
	for _, e := range lines[max(0, len(lines)-5):] {
		finding.Evidence = append(finding.Evidence, e.evidence())
	}
	return finding
}

// countsOf writes "sda 3, sdb 1", in the order of the names.
func countsOf(m map[string]int) []string {
	var each []string
	for name, n := range m {
		each = append(each, fmt.Sprintf("%s %d", clean(name, 60), n))
	}
	slices.Sort(each)
	return each
}

var (
	restarted = regexp.MustCompile(`^(\S+): Scheduled restart job, restart counter is at (\d+)\.`)
	givenUp   = regexp.MustCompile(`^(\S+): Start request repeated too quickly\.`)
	segfault  = regexp.MustCompile(`^([^\[\]]{1,64})\[\d+\]: segfault at `)
	trapped   = regexp.MustCompile(`^traps: ([^\[\]]{1,64})\[\d+\] (?:general protection|trap)`)
)

func crashLoop(f *facts) *Finding {
	again := map[string]int{} // what, and how often
	crashes := map[string]int{}
	last := map[string]LogEntry{}
	for _, e := range f.recentLog(24 * time.Hour) {
		if !hasAny(e.Message, "Scheduled restart", "too quickly", "segfault at", "traps: ") {
			continue
		}
		if m := restarted.FindStringSubmatch(e.Message); m != nil {
			if n, err := strconv.Atoi(m[2]); err == nil && n >= 5 {
				again[m[1]] = max(again[m[1]], n)
				last[m[1]] = e
			}
		} else if m := givenUp.FindStringSubmatch(e.Message); m != nil {
			again[m[1]] = max(again[m[1]], 5)
			last[m[1]] = e
		} else if m := firstMatch(e.Message, segfault, trapped); m != "" && e.kernel() {
			crashes[m]++
			last[m] = e
		}
	}
	for name, n := range crashes {
		if n >= 3 {
			again[name] = n
		}
	}
	if len(again) == 0 {
		return nil
	}
	finding := &Finding{
		Detail: "Restarts or crashes in the last 24 h: " + list(countsOf(again), 8) + ".",
	}
	var names []string
	for name := range again {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), 5)] {
		e := last[name]
		finding.Evidence = append(finding.Evidence, e.evidence())
	}
	if strings.HasSuffix(names[0], ".service") {
		finding.Fix = &Fix{RestartService, clean(strings.TrimSuffix(names[0], ".service"), 60)}
	}
	finding.Said = says(tongue.Of("finding.crash_loop", tongue.Name("program", clean(names[0], 60))), "advice.crash_loop")
	if len(names) > 1 {
		finding.Said = says(tongue.Of("finding.crash_loops", tongue.Count("n", len(names))), "advice.crash_loop")
	}
	return finding
}

func firstMatch(s string, patterns ...*regexp.Regexp) string {
	for _, p := range patterns {
		if m := p.FindStringSubmatch(s); m != nil {
			return m[1]
		}
	}
	return ""
}
