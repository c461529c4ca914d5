package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/trace"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func (r *Runner) path(p wire.PathParams) (job, error) {
	name, err := host("host", p.Host)
	if err != nil {
		return job{}, err
	}
	rounds, err := between("rounds", p.Rounds, 1, 60, 10)
	if err != nil {
		return job{}, err
	}
	if p.Family != 0 && p.Family != 4 && p.Family != 6 {
		return job{}, fault.Field("family", "The parameter “family” can be 4 or 6.")
	}
	limit := lookupWait + time.Duration(rounds)*time.Second + 10*time.Second
	return job{what: "the way to “" + name + "”", limit: limit, run: func(ctx context.Context, out *output) error {
		target, err := targetOf(ctx, name, p.Family)
		if err != nil {
			return err
		}
		var unsent error
		err = trace.Run(ctx, trace.Options{Target: target, Rounds: rounds, Name: nameOf}, func(path trace.Path) bool {
			unsent = send(out, pathPart(path, rounds))
			return unsent == nil
		})
		switch {
		case unsent != nil:
			return unsent
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, trace.ErrNoRights):
			return fault.Wrap(err, fault.Unavailable, "The system does not let the agent send probes. It has to run as the system's service.")
		case err != nil:
			return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("Nothing could be sent to %s: %s.", target, probe.DialProblem(err)))
		}
		return nil
	}}, nil
}

// targetOf is the address to which the way is looked for.
func targetOf(ctx context.Context, name string, family int) (netip.Addr, error) {
	ips, _, err := lookup(ctx, name)
	if err != nil {
		return netip.Addr{}, fault.Wrap(err, fault.Unavailable, fmt.Sprintf("%s: %s.", name, probe.DialProblem(err)))
	}
	for _, ip := range ips {
		if family == 0 || ip.Unmap().Is4() == (family == 4) {
			return ip.Unmap(), nil
		}
	}
	return netip.Addr{}, fault.New(fault.NotFound, fmt.Sprintf("%s has no address of IPv%d.", name, family))
}

// nameOf looks up the name of an address. Whoever has the address decides what it
// says.
func nameOf(ctx context.Context, a netip.Addr) string {
	list, err := net.DefaultResolver.LookupAddr(ctx, a.WithZone("").String())
	if err != nil || len(list) == 0 {
		return ""
	}
	return oneLine(strings.TrimSuffix(list[0], "."), 253)
}

func pathPart(p trace.Path, rounds int) wire.PathPart {
	part := wire.PathPart{Address: p.Target.String(), Method: p.Method, Round: p.Round, Rounds: rounds}
	for _, h := range p.Hops {
		hop := wire.PathHop{
			TTL: h.TTL, Name: h.Name, Sent: h.Sent, Received: h.Received, Last: h.Last, Best: h.Best, Mean: h.Mean, Worst: h.Worst, Says: h.Says, End: h.End,
		}
		for _, a := range h.Addresses {
			hop.Addresses = append(hop.Addresses, a.String())
		}
		part.Hops = append(part.Hops, hop)
	}
	return part
}
