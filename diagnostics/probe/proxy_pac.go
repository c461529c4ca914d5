package probe

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/deskbell/deskbell/diagnostics/pac"
)

// taskPAC runs a script that decides about proxies.
const taskPAC = "pac"

// pacDeadline is how long a script may take. Browsers wait longer, and their people
// with them: a script that needs more is a finding itself.
const pacDeadline = 5 * time.Second

type pacParams struct{ Script, Page string }

type pacSaid struct{ Says, Problem string }

// runPAC answers with what a script says, and with its mistake: that is an answer too.
func runPAC(ctx context.Context, params json.RawMessage, emit func(any) error) error {
	var p pacParams
	if err := json.Unmarshal(params, &p); err != nil {
		return err
	}
	page, err := url.Parse(p.Page)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, pacDeadline)
	defer cancel()
	says, err := pac.Find(ctx, p.Script, page, pac.World{Resolve: resolve4, Own: ownAddress(ctx), Now: time.Now()})
	said := pacSaid{Says: plainLine(says, 500)}
	if err != nil {
		said.Problem = plainLine(err.Error(), 200)
	}
	return emit(said)
}

func resolve4(ctx context.Context, host string) (netip.Addr, bool) {
	if len(host) > 253 {
		return netip.Addr{}, false
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil || len(all) == 0 {
		return netip.Addr{}, false
	}
	return all[0].Unmap(), true
}

// ownAddress is the address that this machine would go out by; nothing is sent. The
// destination is one that is for documentation alone (RFC 5737).
func ownAddress(ctx context.Context) netip.Addr {
	c, err := (&net.Dialer{}).DialContext(ctx, "udp4", "192.0.2.1:9")
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	at, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}
	}
	return at.AddrPort().Addr()
}

// RunPAC runs a script in a child and returns what it says of a page. Its own mistakes
// are errors that say which. Deadline: 6 s, for the child to begin and to end.
func (p *Prober) RunPAC(ctx context.Context, script string, page *url.URL) (says string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pacDeadline+time.Second)
	defer cancel()
	var said *pacSaid
	err = ask(ctx, p, taskPAC, pacParams{script, page.String()}, func(s pacSaid) { said = &s })
	switch {
	case said != nil && said.Problem != "":
		return "", errors.New(said.Problem)
	case said != nil:
		return said.Says, nil
	case ctx.Err() != nil:
		return "", errors.New("it does not come to an end")
	case err != nil:
		return "", err
	}
	return "", errors.New("nothing came of it")
}
