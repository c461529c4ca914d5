package remote

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/reach"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// The bounds of checks, whatever the server asks.
const (
	checksAtOnce    = 6
	checksPerMinute = 60
	maxNoted        = 2000
	noteAgain       = 24 * time.Hour
)

// service prepares a look at a service, for all: with nothing that could be a secret, at
// other machines only, and of what comes back it is told whether it fits.
func (r *Runner) service(p wire.CheckParams) (job, error) {
	if p.Kind == check.Line {
		return r.line(), nil
	}
	s := p.Spec()
	if s.Kind == check.HTTP && s.Method == "" {
		s.Method = http.MethodGet
	}
	if err := s.Check(); err != nil {
		return job{}, err
	}
	if err := s.Afar(); err != nil {
		return job{}, &fault.Error{Code: fault.Forbidden, Field: fault.FieldOf(err), Sentence: "This machine looks at other machines only, and sends nothing along that could be a secret.", Err: err}
	}
	looker := reach.Runner{Resolvers: probe.Resolvers, Roots: r.roots, ProxyFor: r.options.ProxyFor, Agent: "Deskbell", Guest: true}
	what := "whether “" + oneLine(s.At(), 120) + "” answers, again and again"
	return job{what: what, limit: s.Timeout + 5*time.Second, run: func(ctx context.Context, out *output) error {
		part := wire.CheckPart{Result: looker.Run(ctx, s)}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return send(out, part)
	}}, nil
}

// check looks at a service. The people here are told once a day who has it looked at:
// each minute's would hide all other looks from them.
func (r *Runner) check(ctx context.Context, j job, look local.Look, out *output) {
	note, told := r.note(look)
	if note {
		r.options.OnLook(look) // which ends ctx when it cannot be written down
	}
	limited, cancel := context.WithTimeoutCause(ctx, j.limit, errTooLong)
	defer cancel()
	err := limited.Err()
	if err == nil {
		err = r.guarded(limited, wire.AskCheck, j, out)
	}
	if err != nil && limited.Err() != nil {
		err = interrupted(limited)
	}
	if look.Ended, look.Result = r.options.Now(), outcome(wire.AskCheck, err); note {
		r.options.OnLook(look)
		if ctx.Err() == nil {
			told()
		}
	}
	out.done(err)
}

// noted is what the people here were told of checks within a day.
type noted struct {
	mu sync.Mutex
	at map[string]time.Time
}

// note reports whether a look is to be told, and how to remember that it was. Of checks
// one is told once a day; of what there are too many to remember, each.
func (r *Runner) note(look local.Look) (tell bool, told func()) {
	if look.Kind != wire.AskCheck {
		return true, func() {}
	}
	key := strings.Join([]string{look.Who, look.Role, look.What, look.Result}, "\x00")
	n, now := &r.noted, r.options.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	if at, ok := n.at[key]; ok && now.Sub(at) < noteAgain && !at.After(now) {
		return false, nil
	}
	return true, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		for k, at := range n.at {
			if now.Sub(at) >= noteAgain || at.After(now) {
				delete(n.at, k)
			}
		}
		if n.at == nil {
			n.at = map[string]time.Time{}
		}
		if len(n.at) < maxNoted {
			n.at[key] = now
		}
	}
}
