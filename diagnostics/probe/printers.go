package probe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	maxPrinters = 50
	maxJobs     = 500
	maxIPP      = 1 << 20 // bytes of one answer
	jobHeld     = 4       // pending-held
)

// cupsSockets are where CUPS listens on this machine: nobody else can be there.
var cupsSockets = []string{"/run/cups/cups.sock", "/var/run/cups/cups.sock", "/private/var/run/cupsd"}

// printers asks CUPS for its queues and their jobs. A machine without CUPS, or
// with one that does not answer, has none.
func printers(ctx context.Context) []diagnostics.Printer {
	for _, path := range cupsSockets {
		if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeSocket == 0 {
			continue
		}
		all, err := askCUPS(ctx, path)
		if err == nil {
			return all
		}
	}
	return nil
}

func askCUPS(ctx context.Context, path string) ([]diagnostics.Printer, error) {
	groups, err := ippCall(ctx, path, ippGetPrinters, ippAttributes("requested-attributes", tagKeyword, "printer-name", "printer-state", "printer-state-reasons", "printer-state-message"))
	if err != nil {
		return nil, err
	}
	var all []diagnostics.Printer
	for _, g := range groups {
		name := g.text("printer-name")
		if g.tag != tagPrinter || name == "" || len(all) == maxPrinters {
			continue
		}
		state := map[int]string{3: "idle", 4: "printing", 5: "stopped"}[g.number("printer-state")]
		p := diagnostics.Printer{Name: plainLine(name, 120), State: state, Message: plainLine(g.text("printer-state-message"), 160)}
		if reasons := g.text("printer-state-reasons"); reasons != "none" {
			p.Reasons = plainLine(reasons, 160)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, nil
	}
	request := ippAttributes("printer-uri", tagURI, "ipp://localhost/")
	request = append(request, ippAttributes("requested-attributes", tagKeyword, "job-printer-uri", "job-state", "time-at-creation")...)
	request = append(request, ippAttributes("which-jobs", tagKeyword, "not-completed")...)
	jobs, err := ippCall(ctx, path, ippGetJobs, request)
	if err != nil {
		return all, nil // the queues are something
	}
	seen := 0
	for _, j := range jobs {
		if j.tag != tagJob || seen == maxJobs || j.number("job-state") == jobHeld {
			continue // one that its owner holds back waits for nobody
		}
		seen++
		uri := j.text("job-printer-uri")
		i := slices.IndexFunc(all, func(p diagnostics.Printer) bool { return p.Name == uri[strings.LastIndexByte(uri, '/')+1:] })
		if i < 0 {
			continue
		}
		all[i].Jobs++
		if at := time.Unix(int64(j.number("time-at-creation")), 0); j.number("time-at-creation") > 0 && (all[i].Oldest.IsZero() || at.Before(all[i].Oldest)) {
			all[i].Oldest = at
		}
	}
	return all, nil
}

// ippCall sends one request of the Internet Printing Protocol (RFC 8010, 8011)
// and returns the groups of attributes that were answered.
func ippCall(ctx context.Context, path string, operation uint16, attributes []byte) ([]ippGroup, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/", bytes.NewReader(ippRequest(operation, attributes)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/ipp")
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxIPP))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New("the printing system says " + answer.Status)
	}
	return parseIPP(b)
}
