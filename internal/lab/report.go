//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "**no**"
}

func codes(all []diagnostics.Code) string {
	if len(all) == 0 {
		return "–"
	}
	var words []string
	for _, c := range all {
		words = append(words, "`"+string(c)+"`")
	}
	return strings.Join(words, " ")
}

// line tells how one machine went, for who watches.
func (o *outcome) line() string {
	state := "ok"
	switch {
	case o.problem != "":
		return fmt.Sprintf("?    %s: could not be made here: %s", o.name, o.problem)
	case o.want == "" && len(o.false) > 0, o.want != "" && (!o.first || !o.named || len(o.false) > 0):
		state = "FAIL"
	}
	var found []string
	for _, f := range o.found {
		found = append(found, string(f.Code))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%-4s %s: %s, found %v, false %v, quick %.1f s, full %.1f s", state, o.name, o.want, found, o.false, o.quick.Seconds(), o.full.Seconds())
	if state != "ok" {
		for _, f := range o.found {
			fmt.Fprintf(&text, "\n       %s %s", f.Code, f.Detail)
		}
	}
	return text.String()
}

// sums are the laboratory's figures.
type sums struct {
	faults, first, named, falseOnFaults  int
	healthy, falseOnHealthy              int
	unmade, host                         int
	said                                 []diagnostics.Code // of the host
	quickHealthy, fullHealthy, fullFault time.Duration
}

func add(outcomes []outcome) (s sums) {
	for _, o := range outcomes {
		if len(o.host) > 0 {
			s.host++
		}
		for _, c := range o.host {
			if !slices.Contains(s.said, c) {
				s.said = append(s.said, c)
			}
		}
		switch {
		case o.problem != "":
			s.unmade++
		case o.want == "":
			s.healthy++
			s.falseOnHealthy += len(o.false)
			s.quickHealthy, s.fullHealthy = max(s.quickHealthy, o.quick), max(s.fullHealthy, o.full)
		default:
			s.faults++
			if o.first {
				s.first++
			}
			if o.named {
				s.named++
			}
			s.falseOnFaults += len(o.false)
			s.fullFault = max(s.fullFault, o.full)
		}
	}
	return s
}

// report writes the tables in Markdown.
func report(outcomes []outcome) string {
	s := add(outcomes)
	var b strings.Builder
	var u unix.Utsname
	unix.Uname(&u) // an empty name at worst
	fmt.Fprintf(&b, "Measured on %s, on Linux %s with %d processors (%s).\n\n", time.Now().UTC().Format("2006-01-02"), unix.ByteSliceToString(u.Release[:]), runtime.NumCPU(), processorModel())
	fmt.Fprintf(&b, "| | to reach | here |\n|---|---|---|\n")
	if s.faults > 0 {
		fmt.Fprintf(&b, "| faults: the cause is first | 95 %% | %d of %d (%.0f %%) |\n", s.first, s.faults, float64(s.first)/float64(s.faults)*100)
		fmt.Fprintf(&b, "| faults: the cause is named | 100 %% | %d of %d |\n", s.named, s.faults)
		fmt.Fprintf(&b, "| faults: findings that are neither the cause nor said to follow from it | – | %d |\n", s.falseOnFaults)
		fmt.Fprintf(&b, "| faults: the longest full check-up | 5 s | %.1f s |\n", s.fullFault.Seconds())
	}
	if s.healthy > 0 {
		fmt.Fprintf(&b, "| %d healthy machines: findings | 0 | %d |\n", s.healthy, s.falseOnHealthy)
		fmt.Fprintf(&b, "| healthy machines: the longest check-up, quick and full | 1 s, 5 s | %.2f s, %.1f s |\n", s.quickHealthy.Seconds(), s.fullHealthy.Seconds())
	}
	if s.host > 0 {
		fmt.Fprintf(&b, "\nWhile %d of the machines were looked at, the host itself was overloaded by other programs. They said so (%s), which was true and is not counted.\n", s.host, codes(s.said))
	}
	fmt.Fprintf(&b, "\n| fault | how it is made | cause | first | named | false | said to follow | quick | full |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, o := range outcomes {
		if o.want == "" {
			continue
		}
		how := o.how
		if o.played != "" {
			how += " – *" + o.played + "*"
		}
		if o.problem != "" {
			fmt.Fprintf(&b, "| %s | %s | `%s` | could not be made here: %s | | | | | |\n", o.name, how, o.want, o.problem)
			continue
		}
		var follow []diagnostics.Code
		for _, f := range o.found {
			if f.Code == o.want {
				follow = f.Explains
			}
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s | %s | %s | %.1f s | %.1f s |\n", o.name, how, o.want, yes(o.first), yes(o.named), codes(o.false), codes(follow), o.quick.Seconds(), o.full.Seconds())
	}
	fmt.Fprintf(&b, "\n| healthy machine | what is special | findings | quick | full |\n|---|---|---|---|---|\n")
	for _, o := range outcomes {
		switch {
		case o.want != "":
		case o.problem != "":
			fmt.Fprintf(&b, "| %s | %s | could not be made here: %s | | |\n", o.name, o.how, o.problem)
		default:
			fmt.Fprintf(&b, "| %s | %s | %s | %.2f s | %.1f s |\n", o.name, o.how, codes(o.false), o.quick.Seconds(), o.full.Seconds())
		}
	}
	return b.String()
}

func processorModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(v), ":"))
		}
	}
	return "unknown"
}

// verdict is the laboratory's result: nil when every target is reached.
func verdict(outcomes []outcome) error {
	s := add(outcomes)
	var short []string
	if s.unmade > 0 {
		short = append(short, fmt.Sprintf("%d machines could not be made here", s.unmade))
	}
	if float64(s.first) < 0.95*float64(s.faults) {
		short = append(short, fmt.Sprintf("the cause is first in %d of %d", s.first, s.faults))
	}
	if s.named < s.faults {
		short = append(short, fmt.Sprintf("the cause is named in %d of %d", s.named, s.faults))
	}
	if s.falseOnHealthy > 0 {
		short = append(short, fmt.Sprintf("%d findings on healthy machines", s.falseOnHealthy))
	}
	if s.quickHealthy > time.Second || s.fullHealthy > 5*time.Second {
		short = append(short, fmt.Sprintf("check-ups took %v and %v", s.quickHealthy, s.fullHealthy))
	}
	if len(short) > 0 {
		return errors.New("The targets are not reached: " + strings.Join(short, "; ") + ".")
	}
	return nil
}
