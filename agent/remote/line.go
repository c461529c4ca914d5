package remote

import (
	"context"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/wire"
)

// line prepares a look of this machine at its own line, as its quick check-up knows it:
// the network, its gateway and its name servers. What is told is whether something is
// wrong with it, and what in a word.
func (r *Runner) line() job {
	request := probe.Request{Sections: []diagnostics.SectionName{diagnostics.SectionNetwork}}
	if r.options.Server != nil {
		request.Server = r.options.Server()
	}
	return job{what: "whether this machine's own line to the network works", limit: check.LineTimeout + 5*time.Second, run: func(ctx context.Context, out *output) error {
		began := time.Now()
		s, _ := redact.Snapshot(r.options.Prober.Collect(ctx, request, func(diagnostics.Snapshot, []diagnostics.SectionName) {}))
		if err := ctx.Err(); err != nil {
			return err
		}
		part := wire.CheckPart{Result: lineOf(s)}
		part.Took = time.Since(began)
		return send(out, part)
	}}
}

// lineOf is what a snapshot says of the line.
func lineOf(s diagnostics.Snapshot) check.Result {
	if s.Network.Data == nil {
		return check.Result{Outcome: check.Unable, Says: "The network could not be read."}
	}
	for _, f := range diagnostics.Judge(s) {
		if f.Severity == diagnostics.Info || !onLine(f.Code) {
			continue
		}
		return check.Result{Outcome: check.Failed, Says: diagnostics.Title(f.Code).English() + "."}
	}
	return check.Result{Outcome: check.OK, Says: "Nothing is wrong with its line."}
}

// onLine reports whether a finding is one of the line, and may have begun now: a weak radio
// link and errors that were counted since the start are so on some machines every day.
func onLine(c diagnostics.Code) bool {
	switch c {
	case diagnostics.WifiWeak, diagnostics.LinkErrors:
		return false
	case diagnostics.ServerUnreachable, diagnostics.ServerNameUnknown:
		return true
	}
	return strings.HasPrefix(string(c), "network.") || strings.HasPrefix(string(c), "dns.")
}
