package remote

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func (r *Runner) portal(p wire.PortalParams) (job, error) {
	var check *url.URL
	if p.URL != "" {
		u, err := checkURL(p.URL)
		if err != nil {
			return job{}, err
		}
		if u.Scheme != "http" {
			return job{}, fault.Field("url", "The parameter “url” has to begin with http://: a network cannot answer in the place of an encrypted page.")
		}
		check = u
	}
	return job{what: "whether the network wants a sign-in", limit: 10 * time.Second, run: func(ctx context.Context, out *output) error {
		var server *probe.Server
		if r.options.Server != nil {
			server = r.options.Server()
		}
		if server == nil && check == nil {
			return fault.New(fault.NotFound, "This machine has no server that could be asked. Name a page that answers 204.")
		}
		way := probe.LookAtWay(ctx, server, check)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return send(out, portalPart(way, server))
	}}, nil
}

// portalPart says what a look at the way comes to. A sign-in is told before anything
// else: who stands between because of it goes away with it.
func portalPart(w probe.Way, server *probe.Server) wire.PortalPart {
	part := wire.PortalPart{Asked: w.Asked, Status: w.Status, Leads: w.Leads}
	var problems []string
	if w.Plain != "" {
		problems = append(problems, "without encryption: "+w.Plain)
	}
	if w.Sealed != "" {
		problems = append(problems, "with encryption: "+w.Sealed)
	}
	part.Problem = oneLine(strings.Join(problems, "; "), 300)
	if server != nil && !server.Plain {
		part.Server = server.Address
	}
	if w.Server != nil {
		part.Verdict, part.Issuer = string(w.Server.Verdict), w.Server.Issuer
	}
	foreign := w.Server != nil && (w.Server.Verdict == diagnostics.TLSOtherKey || w.Server.Verdict == diagnostics.TLSUnknownIssuer || w.Server.Verdict == diagnostics.TLSOtherName)
	switch {
	case w.SignIn || w.Leads != "":
		part.State = wire.PortalCaptive
	case foreign || w.Page:
		part.State = wire.PortalIntercepted
	case w.Server != nil || w.Status > 0:
		part.State = wire.PortalNone
	default:
		part.State = wire.PortalUnknown
	}
	return part
}
