package fix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
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
	add := func(section diagnostics.SectionName, what, value tongue.Text) {
		all = append(all, diagnostics.Reading(section, what, value))
	}
	switch f.Recipe {
	case diagnostics.FreeSpace:
		if s.Disks.Data == nil {
			break
		}
		for _, fs := range s.Disks.Data.FileSystems {
			if fs.Mount == f.Target {
				add(diagnostics.SectionDisks, tongue.Of("evidence.free_on", tongue.Name("mount", fs.Mount)), tongue.Of("evidence.value", tongue.BytesOf("value", fs.Free, fs.Total)))
			}
		}
	case diagnostics.EndProcess:
		if c := s.CPU.Data; c != nil {
			add(diagnostics.SectionCPU, tongue.Of("evidence.all_cores_busy"), tongue.Of("evidence.value", tongue.Percent("value", c.BusyPercent)))
		}
		if m := s.Memory.Data; m != nil {
			add(diagnostics.SectionMemory, tongue.Of("evidence.memory_available"), tongue.Of("evidence.value", tongue.MemoryOf("value", m.Available, m.Total)))
		}
	case diagnostics.RestartService:
		if s.Services.Data == nil {
			break
		}
		state := "evidence.not_failed"
		if slices.ContainsFunc(s.Services.Data.Failed, func(v diagnostics.Service) bool { return v.Name == f.Target }) {
			state = "evidence.failed"
		}
		add(diagnostics.SectionServices, tongue.Of("evidence.service", tongue.Name("name", f.Target)), tongue.Of(state))
	case diagnostics.ClearPrinting:
		if s.Services.Data == nil {
			break
		}
		for _, p := range s.Services.Data.Printers {
			if p.Name == f.Target {
				add(diagnostics.SectionServices, tongue.Of("evidence.queue", tongue.Name("name", p.Name)), tongue.Of("evidence.queue_is", tongue.Count("n", p.Jobs), tongue.Name("state", p.State)))
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
	add := func(what, value tongue.Text) {
		all = append(all, diagnostics.Reading(diagnostics.SectionNetwork, what, value))
	}
	switch n := s.Network.Data; f.Recipe {
	case diagnostics.FlushNames:
		for _, r := range n.Resolvers[:min(len(n.Resolvers), 3)] {
			value := tongue.Of("evidence.no_answer")
			if r.Answers {
				value = tongue.Of("evidence.answers_in", tongue.Name("ms", fmt.Sprintf("%.0f ms", r.RTTms)))
			}
			add(tongue.Of("evidence.resolver", tongue.Name("address", r.Address)), value)
		}
	case diagnostics.RenewAddress:
		for _, i := range n.Interfaces {
			if (f.Target == "" && !i.Virtual || i.Name == f.Target) && i.Up && len(all) < 4 {
				value := tongue.Of("evidence.address_none")
				if len(i.Addresses) > 0 {
					value = tongue.Verbatim(strings.Join(i.Addresses[:min(len(i.Addresses), 3)], ", "))
				}
				add(tongue.Of("evidence.address_of", tongue.Name("name", i.Name)), value)
			}
		}
		add(tongue.Of("evidence.default_routes"), tongue.Verbatim(strconv.Itoa(len(n.Gateways))))
	case diagnostics.RestartLink:
		for _, g := range n.Gateways {
			switch {
			case g.Interface != f.Target:
			case g.Sent > 0:
				add(tongue.Of("evidence.lost_to", tongue.Name("address", g.Address)), tongue.Of("evidence.part_of", tongue.Count("part", g.Lost), tongue.Count("whole", g.Sent)))
			case g.Asked:
				add(tongue.Of("evidence.answer_of", tongue.Name("what", g.Address)), tongue.Of(map[bool]string{true: "evidence.comes", false: "evidence.none"}[g.Answers]))
			}
		}
	case local.RestartPart:
		if n.Server != nil {
			value := "evidence.none"
			if n.Server.Connected {
				value = "evidence.up"
			}
			add(tongue.Of("evidence.connection_to", tongue.Name("address", n.Server.Address)), tongue.Of(value))
		}
	case diagnostics.SetClock:
		for _, t := range n.TimeSources {
			if t.Answers {
				add(tongue.Of("evidence.clock_against", tongue.Name("whose", t.Address)), tongue.Verbatim(fmt.Sprintf("%+.1f s", float64(t.SkewMS)/1000)))
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
