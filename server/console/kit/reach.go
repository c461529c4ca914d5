package kit

import (
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// Reach says what can be done on a machine from where somebody stands: what the
// person may, and what the machine itself allows. Its zero value reaches nothing.
type Reach struct {
	Action  string // where an order is sent
	Machine string // its name, for buttons that name the act
	Online  bool
	May     bool         // the person may act on machines
	Policy  *wire.Policy // nil: an agent that does not say, and acts on nothing
}

// Can reports whether a button for the act makes sense.
func (r Reach) Can(k wire.AskKind) bool {
	return r.Action != "" && r.May && r.Online && r.Policy != nil && slices.Contains(r.Policy.Allow, k)
}

// Forbids reports whether the machine refuses a diagnostic.
func (r Reach) Forbids(k wire.AskKind) bool {
	return r.Policy != nil && slices.Contains(r.Policy.Forbid, k)
}

// Refused lists what the machine does not allow, by name.
func (r Reach) Refused() []string {
	var out []string
	for _, k := range wire.AskKinds() {
		if r.Forbids(k) {
			out = append(out, AskWord(k))
		}
	}
	for _, k := range wire.ActKinds() {
		if r.Policy == nil || !slices.Contains(r.Policy.Allow, k) {
			out = append(out, AskWord(k))
		}
	}
	return out
}

// Act is an order as a button has it: its kind, its words and its parameters.
type Act struct {
	Kind   wire.AskKind
	Short  string // on the page: “End…”
	Whole  string // on the button that does it: “End process 4312 on PC-17”
	Fields map[string]string
}

// EndOf is the order to end a process.
func EndOf(p diagnostics.Process, machine string) Act {
	pid := strconv.Itoa(int(p.PID))
	return Act{
		Kind: wire.ActEndProcess, Short: "End…", Whole: "End process " + pid + " on " + machine,
		Fields: map[string]string{"pid": pid, "started": p.Started.UTC().Format(time.RFC3339Nano), "name": p.Name},
	}
}

// ServiceAct is an order about a service.
func ServiceAct(k wire.AskKind, name, machine string) Act {
	word := map[wire.AskKind]string{wire.ActStartService: "Start", wire.ActStopService: "Stop", wire.ActRestartService: "Restart"}[k]
	return Act{Kind: k, Short: word + "…", Whole: word + " " + name + " on " + machine, Fields: map[string]string{"name": name}}
}

// actsOn lists what makes sense for a service as it is.
func actsOn(s diagnostics.Service) []wire.AskKind {
	switch s.State {
	case "running", "starting":
		return []wire.AskKind{wire.ActRestartService, wire.ActStopService}
	}
	return []wire.AskKind{wire.ActStartService}
}
