package fix

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// flushers are the programs that keep names on a machine: where each runs, and how
// it is told to forget.
var flushers = []struct {
	runs    string // a path that is there while it does
	name    string
	program string
	args    []string
}{
	{"/run/systemd/resolve", "systemd-resolved", "resolvectl", []string{"flush-caches"}},
	{"/run/nscd/socket", "nscd", "nscd", []string{"--invalidate=hosts"}},
	{"/var/run/nscd/socket", "nscd", "nscd", []string{"--invalidate=hosts"}},
}

// Plan looks who keeps names here.
func (FlushDNS) Plan(context.Context) (Plan, error) {
	for _, f := range flushers {
		if exists(f.runs) && find(f.program) != "" {
			return plans("fix.names_plan", tongue.Name("program", f.name)).of(1, f.runs), nil
		}
	}
	return Plan{}, fault.Say(fault.NotFound, "error.fix_names_none")
}

// Do makes it forget.
func (FlushDNS) Do(ctx context.Context, p Plan) (Done, error) {
	for _, f := range flushers {
		if f.runs != p.Mark {
			continue
		}
		if _, err := program(ctx, f.program, f.args...); err != nil {
			return Done{}, cannot(err, "error.fix_names_refused", tongue.Name("program", f.name))
		}
		return did("fix.names_done", tongue.Name("program", f.name)).of(1, ""), nil
	}
	return Done{}, errors.New("no plan")
}

// addressWait is how long the network has to give an address.
const addressWait = 20 * time.Second

// keeper returns the program that looks after a link, and how it is told to ask for
// an address again.
func keeper(ctx context.Context, link *net.Interface) (name string, argv []string, err error) {
	if b, err := os.ReadFile(at(fmt.Sprintf("/run/systemd/netif/links/%d", link.Index))); err == nil && !strings.Contains(string(b), "ADMIN_STATE=unmanaged") && find("networkctl") != "" {
		return "systemd-networkd", []string{"networkctl", "renew", link.Name}, nil
	}
	if exists("/run/NetworkManager") && find("nmcli") != "" {
		state, err := program(ctx, "nmcli", "-g", "GENERAL.STATE", "device", "show", link.Name)
		if err == nil && !strings.HasPrefix(strings.TrimSpace(state), "10 ") { // unmanaged
			return "NetworkManager", []string{"nmcli", "--wait", "20", "device", "connect", link.Name}, nil
		}
	}
	if (exists("/run/dhcpcd/"+link.Name+".pid") || exists("/run/dhcpcd.pid") || exists("/run/dhcpcd/pid")) && find("dhcpcd") != "" {
		return "dhcpcd", []string{"dhcpcd", "--rebind", link.Name}, nil
	}
	return "", nil, fault.Say(fault.Unsupported, "error.fix_address_manual", tongue.Name("link", link.Name))
}

// linkOf finds a link by the name that a finding gave it.
func linkOf(name string) (*net.Interface, error) {
	link, err := net.InterfaceByName(name)
	if err != nil || strings.HasPrefix(name, "-") {
		return nil, fault.Say(fault.Stale, "error.fix_link_gone")
	}
	if link.Flags&net.FlagLoopback != 0 {
		return nil, fault.Say(fault.Forbidden, "error.fix_link_self")
	}
	return link, nil
}

// Plan looks who can ask for an address.
func (r RenewLease) Plan(ctx context.Context) (Plan, error) {
	link, err := linkOf(r.Link)
	if err != nil {
		return Plan{}, err
	}
	name, _, err := keeper(ctx, link)
	if err != nil {
		return Plan{}, err
	}
	return plans("fix.address_plan", tongue.Name("program", name), tongue.Name("link", link.Name), tongue.Sub("address", addressText(link))).of(1, name), nil
}

// Do asks, and waits for the address.
func (r RenewLease) Do(ctx context.Context, p Plan) (Done, error) {
	link, err := linkOf(r.Link)
	if err != nil {
		return Done{}, err
	}
	name, argv, err := keeper(ctx, link)
	if err != nil {
		return Done{}, err
	}
	if name != p.Mark {
		return Done{}, fault.Say(fault.Stale, "error.fix_network_changed")
	}
	if _, err := program(ctx, argv[0], argv[1:]...); err != nil {
		return Done{}, cannot(err, "error.fix_address_refused", tongue.Name("program", name), tongue.Name("link", link.Name))
	}
	for end := time.Now().Add(addressWait); ; {
		if len(addressesOf(link)) > 0 {
			return did("fix.address_done", tongue.Name("link", link.Name), tongue.Sub("address", addressText(link))).of(1, ""), nil
		}
		if time.Now().After(end) {
			return Done{}, fault.Say(fault.Unavailable, "error.fix_no_address", tongue.Name("link", link.Name))
		}
		if err := pause(ctx, 250*time.Millisecond); err != nil {
			return Done{}, err
		}
	}
}

// addressesOf lists the addresses that reach further than the cable.
func addressesOf(link *net.Interface) []string {
	all, err := link.Addrs()
	if err != nil {
		return nil
	}
	var out []string
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
			out = append(out, n.String())
		}
	}
	return out
}

func addressText(link *net.Interface) tongue.Text {
	all := addressesOf(link)
	if len(all) == 0 {
		return tongue.Of("fix.address_no")
	}
	return tongue.Of("fix.address_is", tongue.Name("address", strings.Join(all[:min(len(all), 3)], ", ")))
}
