package remote

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// actLimit is how long an act is waited for. It is longer than what an act may take.
const actLimit = 75 * time.Second

var errNoHands = fault.New(fault.Unsupported, "Nothing can be done on this machine from afar.")

func (r *Runner) endProcess(p wire.EndProcessParams) (job, error) {
	switch {
	case p.PID <= 0:
		return job{}, fault.Field("pid", "The parameter “pid” is the number of a process, as the list of processes has it.")
	case p.Started.IsZero():
		return job{}, fault.Field("started", "The parameter “started” is missing: without it the number may be another process's by now.")
	case p.Name == "" || len(p.Name) > 256:
		return job{}, fault.Field("name", "The parameter “name” is the process's name, as the list of processes has it.")
	}
	program := fmt.Sprintf("the program “%s” (%d)", oneLine(p.Name, 60), p.PID)
	return r.acting("ended "+program, "end "+program, func(ctx context.Context, id string) (string, error) {
		return r.options.Hands.EndProcess(ctx, id, p)
	})
}

// serviceName is what a service may be called on any system.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@$][A-Za-z0-9:_.\\@$ -]{0,199}$`)

func (r *Runner) controlService(kind wire.AskKind, p wire.ServiceParams) (job, error) {
	if !serviceName.MatchString(p.Name) {
		return job{}, fault.Field("name", "The parameter “name” is a service's name, as the list of services has it.")
	}
	service := " the service “" + oneLine(p.Name, 60) + "”"
	did := map[wire.AskKind]string{wire.ActStartService: "started", wire.ActStopService: "stopped", wire.ActRestartService: "restarted"}[kind]
	return r.acting(did+service, strings.TrimPrefix(string(kind), "service.")+service, func(ctx context.Context, id string) (string, error) {
		return r.options.Hands.Service(ctx, id, kind, p)
	})
}

func (r *Runner) acting(what, wants string, do func(ctx context.Context, id string) (string, error)) (job, error) {
	if r.options.Hands == nil {
		return job{}, errNoHands
	}
	return job{what: what, wants: wants, limit: actLimit, run: func(ctx context.Context, out *output) error {
		if out.id == "" || len(out.id) > 64 {
			return fault.Field("id", "The order has no id, so nobody could tell whether it was done before. Nothing was done.")
		}
		says, err := do(ctx, out.id)
		if err != nil {
			return err
		}
		return send(out, wire.ActPart{Says: oneLine(says, 400)})
	}}, nil
}
