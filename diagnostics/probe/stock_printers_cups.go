//go:build !windows

package probe

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/ipp"
)

// readQueues reads the print queues of CUPS, where they lead and how many jobs wait.
// Cost: three questions over a local socket, a few milliseconds. Deadline: 3 s, and
// a second for each question. Accounts and passwords in a device's address are left out.
func readQueues(ctx context.Context, _ root) (*inventory.Printers, string, error) {
	path := ipp.Socket()
	if path == "" {
		return nil, "", unsupported("There is no printing system (CUPS) on this machine, or it does not run.")
	}
	groups, err := cupsCall(ctx, path, ipp.GetPrinters, ipp.Attributes("requested-attributes", ipp.TagKeyword, "printer-name", "printer-make-and-model", "device-uri"))
	if err != nil {
		return nil, "", err
	}
	queues, err := askCUPS(ctx, path)
	if err != nil {
		return nil, "", err
	}
	found := &inventory.Printers{Printers: []inventory.Printer{}}
	for _, g := range groups {
		name := g.Text("printer-name")
		if g.Tag != ipp.TagPrinter || name == "" || len(found.Printers) == maxPrinters {
			continue
		}
		p := inventory.Printer{Name: plainLine(name, 120), Model: plainLine(g.Text("printer-make-and-model"), 120), Device: plainLine(deviceAddress(g.Text("device-uri")), 200)}
		if i := slices.IndexFunc(queues, func(q diagnostics.Printer) bool { return q.Name == p.Name }); i >= 0 {
			p.State, p.Jobs = queues[i].State, queues[i].Jobs
		}
		found.Printers = append(found.Printers, p)
	}
	return found, "", nil
}

// deviceAddress takes the account out of a device's address.
func deviceAddress(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		scheme, _, _ := strings.Cut(uri, ":")
		return scheme
	}
	u.User = nil
	return u.String()
}
