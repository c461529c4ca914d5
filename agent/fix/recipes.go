package fix

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
)

// How old files must be before they are in nobody's way.
const oldFiles = 7 * 24 * time.Hour

// recipeFor returns how a finding of a snapshot is mended for a person with that
// home folder. It takes nothing from elsewhere: what the finding does not name is
// not touched.
func recipeFor(f diagnostics.Finding, s diagnostics.Snapshot, home string) (Recipe, error) {
	if f.Fix == nil {
		return Recipe{}, fault.New(fault.NotFound, "There is no fix for this on this computer. Your help desk can look at it.")
	}
	r := Recipe{Code: f.Fix.Recipe, Target: f.Fix.Target, Timeout: time.Minute}
	var err error
	switch r.Code {
	case diagnostics.FreeSpace:
		r.Title, r.What = "Clear caches and temporary files", "It deletes copies that programs can fetch again and temporary files, all of them yours and unused for a week."
		r.Steps, r.Timeout = []Step{DeleteFiles{Home: home, Under: r.Target, Kinds: []FileKind{Caches, Temporary}, OlderThan: oldFiles}}, 5*time.Minute
	case diagnostics.FlushNames:
		r.Title, r.What = "Forget old network names", "It makes this computer forget what the name service has said, so that it asks again."
		r.Steps = []Step{FlushDNS{}}
	case diagnostics.RenewAddress:
		r.Title, r.What = "Ask for a new address", "It asks your network for an address again. The connection may be away for some seconds."
		r.Steps, err = renewal(r.Target, s)
	case diagnostics.RestartLink:
		r.Title, r.What = "Switch the network off and on", "It switches the network connection off and on again. The connection is away for some seconds."
		r.Steps = []Step{CycleLink{Link: r.Target}}
	case diagnostics.RestartService:
		r.Title, r.What = "Start the service again", "It starts the background service that has failed again."
		r.Steps = []Step{RestartService{Name: r.Target}}
	case diagnostics.ClearPrinting:
		r.Title, r.What = "Clear the print queue", "It deletes the documents that wait for this printer, whoever printed them, and starts printing anew. Print again what you still need."
		r.Steps = []Step{ClearQueue{Printer: r.Target}, RestartService{Name: "cups"}}
	case diagnostics.EndProcess:
		r.Title, r.What = "End the program", "It asks the program to close, and ends it when it does not. What is not saved in it is lost."
		r.Steps, err = ending(r.Target, s)
	case diagnostics.SetClock:
		r.Title, r.What, r.Undo = "Set the clock", "It sets this computer's clock to the right time.", "The clock is put back to where it was."
		r.Steps, err = setting(s)
	case local.RestartPart:
		r.Title, r.What = "Restart the connection to the help desk", "Deskbell gives up the connection that does not come about, and begins a new one."
		r.Steps = []Step{RestartPart{Part: r.Target}}
	default:
		return r, fault.New(fault.Unsupported, "This version of Deskbell does not know that fix yet.")
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
		return nil, fault.New(fault.NotFound, "There is no network connection to ask on: no cable is plugged in, and no wireless network is joined.")
	}
	return steps, nil
}

// ending names the process exactly: its number alone may be another's by now.
func ending(target string, s diagnostics.Snapshot) ([]Step, error) {
	pid, err := strconv.ParseInt(target, 10, 32)
	gone := fault.New(fault.Stale, "The check-up does not say which program that was. Check this computer again.")
	if err != nil || s.Processes.Data == nil {
		return nil, gone
	}
	all := append(slices.Clone(s.Processes.Data.Top), s.Processes.Data.OutOfFiles...)
	i := slices.IndexFunc(all, func(p diagnostics.Process) bool { return p.PID == int32(pid) })
	if i < 0 {
		return nil, gone
	}
	if int(pid) == os.Getpid() || pid <= 1 {
		return nil, fault.New(fault.Forbidden, fmt.Sprintf("The program “%s” keeps this computer running, so it is not ended. Your help desk can look at it.", all[i].Name))
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
		return nil, fault.New(fault.NotFound, "No time server that this computer is told to ask gives an answer. Your help desk can set the clock.")
	}
	return []Step{SetClock{Source: best.Address}}, nil
}

func abs(n int64) int64 { return max(n, -n) }
