package fix

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
)

// subject says what a finding is about, so that it can be told from another of the
// same code: another program that runs away is another finding.
func subject(f diagnostics.Finding) string {
	if f.Fix != nil && f.Fix.Recipe == diagnostics.EndProcess && len(f.Evidence) > 0 {
		name, _, _ := strings.Cut(strings.TrimPrefix(f.Evidence[0].What, "open files of "), " (")
		return name
	}
	return ""
}

// still reports whether what was found is there again: by its code, or as something
// milder that the same recipe is for, as a disk that was full and is nearly full.
func still(was diagnostics.Finding, now []diagnostics.Finding) (diagnostics.Finding, bool) {
	i := slices.IndexFunc(now, func(f diagnostics.Finding) bool {
		if was.Fix.Recipe == diagnostics.RestartService {
			return f.Code == was.Code && slices.ContainsFunc(f.Evidence, func(e diagnostics.Evidence) bool { return e.What == was.Fix.Target })
		}
		if f.Code == was.Code {
			return subject(f) == subject(was)
		}
		return f.Fix != nil && f.Fix.Recipe == was.Fix.Recipe && f.Fix.Target == was.Fix.Target && was.Fix.Recipe == diagnostics.FreeSpace
	})
	if i < 0 {
		return diagnostics.Finding{}, false
	}
	return now[i], true
}

// readable reports whether the sections that a finding rests on could be read: from
// a section that is not there no finding ever comes.
func readable(f diagnostics.Finding, s diagnostics.Snapshot) bool {
	need := []diagnostics.SectionName{}
	for _, r := range diagnostics.Rules() {
		if r.Code == f.Code {
			need = append(need, r.Section)
		}
	}
	for _, e := range f.Evidence {
		need = append(need, e.Section)
	}
	for _, i := range s.Sections() {
		if slices.Contains(need, i.Name) && i.Data == nil {
			return false
		}
	}
	return true
}

// past reports whether a finding is about what has been: the log goes on telling of
// it for hours, whatever is mended.
func past(f diagnostics.Finding) bool {
	return slices.ContainsFunc(diagnostics.Rules(), func(r diagnostics.Rule) bool { return r.Code == f.Code && r.Section == diagnostics.SectionLog })
}

// readings are what a recipe is to change, as a snapshot has it. They are taken
// before and after, also when there is nothing to find any more.
func readings(f diagnostics.Fix, s diagnostics.Snapshot) []diagnostics.Evidence {
	var all []diagnostics.Evidence
	add := func(section diagnostics.SectionName, what, value string) {
		all = append(all, diagnostics.Evidence{Section: section, What: what, Value: value})
	}
	switch f.Recipe {
	case diagnostics.FreeSpace:
		if s.Disks.Data == nil {
			break
		}
		for _, fs := range s.Disks.Data.FileSystems {
			if fs.Mount == f.Target {
				add(diagnostics.SectionDisks, "free on "+fs.Mount, bytesText(fs.Free)+" of "+bytesText(fs.Total))
			}
		}
	case diagnostics.EndProcess:
		if c := s.CPU.Data; c != nil {
			add(diagnostics.SectionCPU, "processor busy", fmt.Sprintf("%.0f %%", c.BusyPercent))
		}
		if m := s.Memory.Data; m != nil {
			add(diagnostics.SectionMemory, "memory available", bytesText(m.Available)+" of "+bytesText(m.Total))
		}
	case diagnostics.RestartService:
		if s.Services.Data == nil {
			break
		}
		state := "not failed"
		if slices.ContainsFunc(s.Services.Data.Failed, func(v diagnostics.Service) bool { return v.Name == f.Target }) {
			state = "failed"
		}
		add(diagnostics.SectionServices, "service "+f.Target, state)
	case diagnostics.ClearPrinting:
		if s.Services.Data == nil {
			break
		}
		for _, p := range s.Services.Data.Printers {
			if p.Name == f.Target {
				add(diagnostics.SectionServices, "printer "+p.Name, plural(p.Jobs, p.State+", one document waits", p.State+", %d documents wait"))
			}
		}
	default:
		all = networkReadings(f, s)
	}
	return all
}

func networkReadings(f diagnostics.Fix, s diagnostics.Snapshot) (all []diagnostics.Evidence) {
	if s.Network.Data == nil {
		return nil
	}
	add := func(what, value string) {
		all = append(all, diagnostics.Evidence{Section: diagnostics.SectionNetwork, What: what, Value: value})
	}
	switch n := s.Network.Data; f.Recipe {
	case diagnostics.FlushNames:
		for _, r := range n.Resolvers[:min(len(n.Resolvers), 3)] {
			value := "no answer"
			if r.Answers {
				value = fmt.Sprintf("answers after %.0f ms", r.RTTms)
			}
			add("name server "+r.Address, value)
		}
	case diagnostics.RenewAddress:
		for _, i := range n.Interfaces {
			if (f.Target == "" && !i.Virtual || i.Name == f.Target) && i.Up && len(all) < 4 {
				value := "no address"
				if len(i.Addresses) > 0 {
					value = strings.Join(i.Addresses[:min(len(i.Addresses), 3)], ", ")
				}
				add("address of "+i.Name, value)
			}
		}
		add("ways out of the network", fmt.Sprint(len(n.Gateways)))
	case diagnostics.RestartLink:
		for _, g := range n.Gateways {
			switch {
			case g.Interface != f.Target:
			case g.Sent > 0:
				add("lost on the way to "+g.Address, fmt.Sprintf("%d of %d", g.Lost, g.Sent))
			case g.Asked:
				add("answer of "+g.Address, map[bool]string{true: "yes", false: "none"}[g.Answers])
			}
		}
	case local.RestartPart:
		if n.Server != nil {
			value := "none"
			if n.Server.Connected {
				value = "up"
			}
			add("connection to "+n.Server.Address, value)
		}
	case diagnostics.SetClock:
		for _, t := range n.TimeSources {
			if t.Answers {
				add("clock against "+t.Address, fmt.Sprintf("%+.1f s", float64(t.SkewMS)/1000))
			}
		}
	}
	return all
}

// clockRight reports whether the time servers say that the clock is right. The
// finding may go by our own server, whose word is as old as the session is.
func clockRight(s diagnostics.Snapshot) bool {
	if s.Network.Data == nil {
		return false
	}
	return slices.ContainsFunc(s.Network.Data.TimeSources, func(t diagnostics.TimeSource) bool {
		return t.Answers && (time.Duration(t.SkewMS)*time.Millisecond).Abs() < 2*time.Minute
	})
}
