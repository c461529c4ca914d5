// Package reach looks at other machines over the network: whether they answer, how
// fast, and whether as is asked for. It knows nothing of the machine that it runs on.
package reach

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// Runner carries out checks. It is safe for concurrent use.
type Runner struct {
	// Resolvers lists the addresses of the name servers of this machine.
	Resolvers func() []string
	Roots     *x509.CertPool // trusted authorities; nil: the system's
	// ProxyFor names the proxy for a page; nil: that of the environment.
	ProxyFor func(*http.Request) (*url.URL, error)
	Agent    string // as what pages are asked for
	// Guest: it looks from somebody's computer for others. What is on that computer itself
	// is not looked at, and of what comes back nothing is told but whether it fits.
	Guest bool
}

// refusedError is why nothing is sent to an address.
type refusedError string

func (e refusedError) Error() string { return string(e) }

// refused says why nobody looks at an address from here; empty: it can be looked at.
func (r *Runner) refused(ip netip.Addr) string {
	if why := check.Refused(ip); why != "" || !r.Guest {
		return why
	}
	return check.Own(ip)
}

// guard holds what is sent from addresses at which nobody looks, also where a name or a
// redirect leads to one.
func guard(refused func(netip.Addr) string) func(_, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if why := refused(at.Addr()); why != "" {
			return refusedError(why)
		}
		return nil
	}
}

func (r *Runner) dialer() *net.Dialer {
	return &net.Dialer{Control: guard(r.refused), KeepAlive: -1}
}

// Run carries out one check, which has been checked itself. It ends with its time or
// with ctx, whichever is first.
func (r *Runner) Run(ctx context.Context, s check.Spec) check.Result {
	limited, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	start := time.Now()
	var out check.Result
	var err error
	switch s.Kind {
	case check.ICMP:
		err = r.icmp(limited, s, &out)
	case check.TCP:
		err = r.tcp(limited, s, &out)
	case check.HTTP:
		err = r.http(limited, s, &out)
	case check.DNS:
		err = r.dns(limited, s, &out)
	case check.TLS:
		err = r.tls(limited, s, &out)
	default:
		err = refusedError("This kind of check is not known here.")
	}
	if out.Took == 0 {
		out.Took = time.Since(start)
	}
	out.Outcome = check.OK
	refused, isRefused := errors.AsType[refusedError](err)
	switch {
	case err != nil && ctx.Err() != nil:
		out = check.Result{Outcome: check.Unable, Says: "It was broken off."}
	case isRefused:
		out.Outcome, out.Says = check.Unable, string(refused)
	case err != nil && over(limited) && errors.Is(err, context.DeadlineExceeded):
		out.Outcome, out.Says = check.Failed, "No answer in "+span(s.Timeout)+" from "+s.At()+"."
	case err != nil:
		out.Outcome, out.Says = check.Failed, err.Error()
	case s.Slowest > 0 && out.Took > s.Slowest:
		out.Outcome, out.Says = check.Failed, fmt.Sprintf("It answered, and took %s; at most %s is asked for.", span(out.Took), span(s.Slowest))
	}
	return out.Clean()
}

// over reports whether a check's time is. A socket with the same deadline can notice it
// before the context does.
func over(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(end)
}

// span is a time as it is read: 12 ms, 1.5 s.
func span(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
}

// lookup finds addresses of a host that may be looked at, those of IPv4 first.
func (r *Runner) lookup(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	start := time.Now()
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = append(ips, ip)
	} else if ips, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, time.Since(start), fmt.Errorf("%s: %s.%w", host, DialProblem(err), quiet{err})
	}
	took := time.Since(start)
	var four, six []netip.Addr
	for _, ip := range ips {
		if why := r.refused(ip); why != "" {
			return nil, took, refusedError(why)
		}
		if ip = ip.Unmap(); ip.Is4() {
			four = append(four, ip)
		} else {
			six = append(six, ip)
		}
	}
	return append(four, six...), took, nil
}

// quiet is a cause that adds nothing to the sentence before it.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

// echoes is how many are sent before a host is called silent.
const echoes = 3

func (r *Runner) icmp(ctx context.Context, s check.Spec, out *check.Result) error {
	ips, took, err := r.lookup(ctx, s.Host)
	out.Lookup = took
	if err != nil {
		return err
	}
	out.Address = ips[0].String()
	one, stop := context.WithCancel(ctx)
	defer stop()
	sent := 0
	err = Ping(one, ips[0], echoes, 200*time.Millisecond, func(e Echo) {
		sent++
		if e.RTT > 0 && out.Took == 0 {
			out.Took = e.RTT
			stop() // it answers
		}
	})
	switch {
	case out.Took > 0:
		out.Says = fmt.Sprintf("%s answered an echo in %s.", out.Address, span(out.Took))
		if sent > 1 {
			out.Says = fmt.Sprintf("%s answered the echo number %d in %s.", out.Address, sent, span(out.Took))
		}
		return nil
	case errors.Is(err, ErrNoRights):
		return refusedError("This system lets Deskbell send no echoes. On Linux, set net.ipv4.ping_group_range to “0 2147483647”, or give the service CAP_NET_RAW; or check a TCP port instead.")
	case err != nil && ctx.Err() != nil && sent == 0:
		return ctx.Err()
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("No echo could be sent to %s: %s.", out.Address, DialProblem(err)) //nolint:staticcheck // a sentence for people
	}
	return fmt.Errorf("%s answered none of %d echoes.", out.Address, sent) //nolint:staticcheck // a sentence for people
}

func (r *Runner) tcp(ctx context.Context, s check.Spec, out *check.Result) error {
	conn, err := r.connect(ctx, s, out)
	if err != nil {
		return err
	}
	conn.Close()
	out.Took = out.Lookup + out.Connect
	out.Says = fmt.Sprintf("%s is open, connected in %s.", out.Address, span(out.Connect))
	return nil
}

// connect tries up to three of a host's addresses, one after the other.
func (r *Runner) connect(ctx context.Context, s check.Spec, out *check.Result) (net.Conn, error) {
	ips, took, err := r.lookup(ctx, s.Host)
	out.Lookup = took
	if err != nil {
		return nil, err
	}
	ips = ips[:min(len(ips), 3)]
	for i, ip := range ips {
		part := ctx
		if end, ok := ctx.Deadline(); ok && i < len(ips)-1 {
			var cancel context.CancelFunc
			part, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(len(ips)-i))
			defer cancel()
		}
		out.Address = netip.AddrPortFrom(ip, uint16(s.Port)).String()
		start := time.Now()
		var conn net.Conn
		conn, err = r.dialer().DialContext(part, "tcp", out.Address)
		if out.Connect = time.Since(start); err == nil {
			return conn, nil
		}
		if _, ok := errors.AsType[refusedError](err); ok || ctx.Err() != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s: %s.%w", out.Address, DialProblem(err), quiet{err})
}
