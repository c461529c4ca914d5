package probe

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/ipp"
)

const (
	maxPrinters = 50
	maxJobs     = 500
)

// printers asks CUPS for its queues and their jobs. A machine without CUPS, or
// with one that does not answer, has none.
func printers(ctx context.Context) []diagnostics.Printer {
	path := ipp.Socket()
	if path == "" {
		return nil
	}
	all, err := askCUPS(ctx, path)
	if err != nil {
		return nil
	}
	return all
}

func askCUPS(ctx context.Context, path string) ([]diagnostics.Printer, error) {
	groups, err := cupsCall(ctx, path, ipp.GetPrinters, ipp.Attributes("requested-attributes", ipp.TagKeyword, "printer-name", "printer-state", "printer-state-reasons", "printer-state-message"))
	if err != nil {
		return nil, err
	}
	var all []diagnostics.Printer
	for _, g := range groups {
		name := g.Text("printer-name")
		if g.Tag != ipp.TagPrinter || name == "" || len(all) == maxPrinters {
			continue
		}
		state := map[int]string{3: "idle", 4: "printing", 5: "stopped"}[g.Number("printer-state")]
		p := diagnostics.Printer{Name: plainLine(name, 120), State: state, Message: plainLine(g.Text("printer-state-message"), 160)}
		if reasons := g.Text("printer-state-reasons"); reasons != "none" {
			p.Reasons = plainLine(reasons, 160)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, nil
	}
	request := ipp.Attributes("printer-uri", ipp.TagURI, "ipp://localhost/")
	request = append(request, ipp.Attributes("requested-attributes", ipp.TagKeyword, "job-printer-uri", "job-state", "time-at-creation")...)
	request = append(request, ipp.Attributes("which-jobs", ipp.TagKeyword, "not-completed")...)
	jobs, err := cupsCall(ctx, path, ipp.GetJobs, request)
	if err != nil {
		return all, nil // the queues are something
	}
	seen := 0
	for _, j := range jobs {
		if j.Tag != ipp.TagJob || seen == maxJobs || j.Number("job-state") == ipp.JobHeld {
			continue // one that its owner holds back waits for nobody
		}
		seen++
		uri := j.Text("job-printer-uri")
		i := slices.IndexFunc(all, func(p diagnostics.Printer) bool { return p.Name == uri[strings.LastIndexByte(uri, '/')+1:] })
		if i < 0 {
			continue
		}
		all[i].Jobs++
		if at := time.Unix(int64(j.Number("time-at-creation")), 0); j.Number("time-at-creation") > 0 && (all[i].Oldest.IsZero() || at.Before(all[i].Oldest)) {
			all[i].Oldest = at
		}
	}
	return all, nil
}

// cupsCall asks CUPS one thing, and waits no longer than a second for it.
func cupsCall(ctx context.Context, path string, operation uint16, attributes []byte) ([]ipp.Group, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	groups, err := ipp.Call(ctx, path, "", operation, attributes)
	if errors.Is(err, ipp.ErrNone) {
		return nil, nil
	}
	return groups, err
}
