package fix

import (
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// How old files must be before they are in nobody's way.
const oldFiles = 7 * 24 * time.Hour

// recipeFor returns how a finding of a snapshot is mended for a person with that
// home folder. It takes nothing from elsewhere: what the finding does not name is
// not touched.
func recipeFor(f diagnostics.Finding, s diagnostics.Snapshot, home string) (Recipe, error) {
	if f.Fix == nil {
		return Recipe{}, fault.Say(fault.NotFound, "error.fix_none")
	}
	r := Recipe{Code: f.Fix.Recipe, Target: f.Fix.Target, Timeout: time.Minute}
	var err error
	switch r.Code {
	case diagnostics.FreeSpace:
		r.call("fix.space", "fix.space_what")
		r.Steps, r.Timeout = []Step{DeleteFiles{Home: home, Under: r.Target, Kinds: []FileKind{Caches, Temporary}, OlderThan: oldFiles}}, 5*time.Minute
	case diagnostics.FlushNames:
		r.call("fix.names", "fix.names_what")
		r.Steps = []Step{FlushDNS{}}
	case diagnostics.RenewAddress:
		r.call("fix.address", "fix.address_what")
		r.Steps, err = renewal(r.Target, s)
	case diagnostics.RestartLink:
		r.call("fix.link", "fix.link_what")
		r.Steps = []Step{CycleLink{Link: r.Target}}
	case diagnostics.RestartService:
		r.call("fix.service", "fix.service_what")
		r.Steps = []Step{RestartService{Name: r.Target}}
	case diagnostics.ClearPrinting:
		r.call("fix.printing", "fix.printing_what")
		r.Steps = []Step{ClearQueue{Printer: r.Target}, RestartService{Name: "cups"}}
	case diagnostics.EndProcess:
		r.call("fix.process", "fix.process_what")
		r.Steps, err = ending(r.Target, s)
	case diagnostics.SetClock:
		r.call("fix.clock", "fix.clock_what")
		r.Undo = r.says("fix.clock_undo")
		r.Steps, err = setting(s)
	case local.RestartPart:
		r.call("fix.part", "fix.part_what")
		r.Steps = []Step{RestartPart{Part: r.Target}}
	default:
		return r, fault.Say(fault.Unsupported, "error.fix_unknown")
	}
	return r, err
}

// renewal names the links that may be asked for: the one that the finding names,
// or every one that has a cable or a radio link and hardware of its own.
func renewal(target string, s diagnostics.Snapshot) ([]Step, error) {
	if target != "" {
		return []Step{RenewLease{Link: target}}, nil
	}
	var steps []Step
	if s.Network.Data != nil {
		for _, i := range s.Network.Data.Interfaces {
			if i.Up && i.Carrier && !i.Virtual && len(steps) < 4 {
				steps = append(steps, RenewLease{Link: i.Name})
			}
		}
	}
	if len(steps) == 0 {
		return nil, fault.Say(fault.NotFound, "error.fix_no_network")
	}
	return steps, nil
}

// ending names the process exactly: its number alone may be another's by now.
func ending(target string, s diagnostics.Snapshot) ([]Step, error) {
	pid, err := strconv.ParseInt(target, 10, 32)
	gone := fault.Say(fault.Stale, "error.fix_which_program")
	if err != nil || s.Processes.Data == nil {
		return nil, gone
	}
	all := append(slices.Clone(s.Processes.Data.Top), s.Processes.Data.OutOfFiles...)
	i := slices.IndexFunc(all, func(p diagnostics.Process) bool { return p.PID == int32(pid) })
	if i < 0 {
		return nil, gone
	}
	if int(pid) == os.Getpid() || pid <= 1 {
		return nil, fault.Say(fault.Forbidden, "error.fix_program_keeps", tongue.Name("program", line(all[i].Name, 60)))
	}
	return []Step{EndProcess{PID: int32(pid), Name: all[i].Name, Started: all[i].Started, Seen: s.TakenAt}}, nil
}

// setting goes by a time server that the machine itself is told to ask, and that
// answered: of several by the nearest, as the finding does. Our own server's word
// is not enough, or whoever steals it could move the clocks of all machines.
func setting(s diagnostics.Snapshot) ([]Step, error) {
	var best *diagnostics.TimeSource
	if s.Network.Data != nil {
		for i, t := range s.Network.Data.TimeSources {
			if t.Answers && (best == nil || abs(t.SkewMS) < abs(best.SkewMS)) {
				best = &s.Network.Data.TimeSources[i]
			}
		}
	}
	if best == nil {
		return nil, fault.Say(fault.NotFound, "error.fix_no_time")
	}
	return []Step{SetClock{Source: best.Address}}, nil
}

func abs(n int64) int64 { return max(n, -n) }

// call gives a recipe its name, and the sentence that says what it will do.
func (r *Recipe) call(title, what string) { r.Title, r.What = r.says(title), r.says(what) }

// says is a text's English; the text goes along.
func (r *Recipe) says(id string) string {
	t := tongue.Of(id)
	r.Said = append(r.Said, t)
	return t.English()
}
