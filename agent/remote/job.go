package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// job is an ask whose parameters were checked.
type job struct {
	what  string        // for the employee: what is looked at, to complete “looked at …”
	wants string        // what somebody wants to do, to complete “wants to …”
	lasts time.Duration // how long it may go on; 0: it is done at once
	limit time.Duration // after which it is stopped
	run   func(ctx context.Context, out *output) error

	personal bool   // it is somebody's own: they are asked
	whose    string // uid of that somebody
	about    string // what a yes is about, where it is not about the kind as a whole
}

// jobOf checks the parameters. An error names the field at fault.
func (r *Runner) jobOf(ask wire.Ask) (job, error) {
	switch ask.Kind {
	case wire.AskSnapshot:
		return prepare(ask, r.snapshot)
	case wire.AskProcesses:
		return prepare(ask, r.processes)
	case wire.AskServices:
		return prepare(ask, r.services)
	case wire.AskLog:
		return prepare(ask, r.log)
	case wire.AskDisk:
		return prepare(ask, r.disk)
	case wire.AskInventory:
		return prepare(ask, r.inventory)
	case wire.AskChanges:
		return prepare(ask, r.changes)
	case wire.AskPing:
		return prepare(ask, r.ping)
	case wire.AskPath:
		return prepare(ask, r.path)
	case wire.AskPortal:
		return prepare(ask, r.portal)
	case wire.AskProxy:
		return prepare(ask, r.proxy)
	case wire.AskSpeed:
		return prepare(ask, r.speed)
	case wire.AskDNS:
		return prepare(ask, r.dns)
	case wire.AskTCP:
		return prepare(ask, r.tcp)
	case wire.AskHTTP:
		return prepare(ask, r.http)
	case wire.AskTLS:
		return prepare(ask, r.tls)
	case wire.AskCheck:
		return prepare(ask, r.service)
	case wire.ActEndProcess:
		return prepare(ask, r.endProcess)
	case wire.ActStartService, wire.ActStopService, wire.ActRestartService:
		return prepare(ask, func(p wire.ServiceParams) (job, error) { return r.controlService(ask.Kind, p) })
	case wire.AskHasFinding:
		return prepare(ask, r.hasFinding)
	case wire.AskHasProcess:
		return prepare(ask, r.hasProcess)
	case wire.AskHasSoftware:
		return prepare(ask, r.hasSoftware)
	case wire.ActRunScript, wire.ActRunRootScript:
		return prepare(ask, func(p wire.RunScriptParams) (job, error) { return r.script(ask.Kind, p) })
	case wire.ActListFiles:
		return prepare(ask, r.listFiles)
	case wire.ActFetchFile:
		return prepare(ask, r.fetchFile)
	case wire.ActScreen:
		return prepare(ask, func(struct{}) (job, error) { return r.screen(ask) })
	case wire.ActTerminal, wire.ActRootTerminal:
		return prepare(ask, func(p wire.TerminalParams) (job, error) { return r.terminal(ask.Kind, p) })
	}
	return job{}, fault.New(fault.Unsupported, "The agent on this machine does not know this diagnostic. It may be older than the server.")
}

// maxParams is more than any parameters need.
const maxParams = 16 << 10

// maxScript is more than a script and its values need.
const maxScript = 6*wire.MaxScript + 64<<10

func prepare[P any](ask wire.Ask, make func(P) (job, error)) (job, error) {
	var p P
	raw := bytes.TrimSpace(ask.Params)
	if len(raw) > maxParams && (!ask.Kind.Script() || len(raw) > maxScript) {
		return job{}, fault.Field("params", "The parameters are too long.")
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p); err != nil {
			return job{}, paramsFault(err)
		}
	}
	return make(p)
}

// paramsFault names the field whose value has the wrong type, when there is one.
func paramsFault(err error) error {
	field := "params"
	if t, ok := asTypeError(err); ok && t.Field != "" {
		field = t.Field
	}
	return &fault.Error{Code: fault.Invalid, Field: field, Sentence: "The parameter “" + field + "” does not have the form that this diagnostic needs.", Err: err}
}

// lookOf is what the employee will read of the ask.
func (r *Runner) lookOf(id string, ask wire.Ask) local.Look {
	return local.Look{
		ID: id, Who: oneLine(ask.Who.Name, 120), Role: oneLine(ask.Who.Role, 40), Kind: wire.AskKind(oneLine(string(ask.Kind), 40)),
		What: "a diagnostic", Ticket: ask.Ticket, At: r.options.Now(),
	}
}
