package probe

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	gopsnet "github.com/shirou/gopsutil/v3/net"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/reach"
)

const (
	maxInterfaces = 64 // a container host has hundreds that say nothing
	maxResolvers  = 6
	gatewayWait   = time.Second
	serverWait    = 1500 * time.Millisecond
)

func (p *Prober) network(ctx context.Context, server *Server, at pace) (*diagnostics.Network, string, error) {
	n := &diagnostics.Network{Proxy: environmentProxy()}
	var err error
	if n.Interfaces, err = interfaces(ctx); err != nil {
		return nil, "", err
	}
	note := ""
	n.Gateways, err = defaultRoutes()
	n.RoutesRead = err == nil
	if err != nil {
		note = "The routes could not be read: " + err.Error() + "."
	}
	var asking sync.WaitGroup
	for i := range n.Gateways {
		g := &n.Gateways[i]
		if g.Address != "" && i < 4 {
			asking.Go(func() { askGateway(ctx, g, at) })
		}
	}
	n.Resolvers = configuredResolvers()
	question := questionFor(server)
	for i := range n.Resolvers {
		r := &n.Resolvers[i]
		asking.Go(func() { askResolver(ctx, r, question) })
	}
	if !at.quick {
		findConflicts(ctx, n.Interfaces, &asking)
		n.TimeSources = timeSources()
		for i := range n.TimeSources {
			asking.Go(func() { askTime(ctx, &n.TimeSources[i]) })
		}
	}
	if n.Proxy != "" {
		asking.Go(func() { n.ProxyProblem = tryProxy(ctx, n.Proxy) })
	}
	if server != nil {
		n.Server = &diagnostics.ServerPath{Address: server.Address, Connected: server.Connected, SkewMS: server.Skew.Milliseconds(), Problem: server.Problem}
		if !server.Connected && server.Address != "" {
			asking.Go(func() { tryServer(ctx, n.Server, server, at) })
		}
	}
	asking.Wait()
	if at.quick && ctx.Err() != nil {
		leaveOut(n)
		note = "Not everything answered at once; a full check-up waits longer."
	}
	return n, note, nil
}

// leaveOut takes out what a quick look has no time to be sure of: who has not
// answered yet is not silent.
func leaveOut(n *diagnostics.Network) {
	for i := range n.Gateways {
		if g := &n.Gateways[i]; !g.Answers {
			g.Asked, g.How = false, ""
		}
	}
	n.Resolvers = slices.DeleteFunc(n.Resolvers, func(r diagnostics.Resolver) bool { return !r.Answers })
	n.ProxyProblem = ""
	if s := n.Server; s != nil && !s.Connected {
		s.Problem, s.TLS = "", nil
	}
}

// interfaces lists all but loopback, the connected ones first.
func interfaces(ctx context.Context) ([]diagnostics.Interface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	counters := map[string]gopsnet.IOCountersStat{}
	if all, err := gopsnet.IOCountersWithContext(ctx, true); err == nil {
		for _, c := range all {
			counters[c.Name] = c
		}
	}
	signals := wirelessSignals()
	var found []diagnostics.Interface
	for _, in := range list {
		if in.Flags&net.FlagLoopback != 0 {
			continue
		}
		i := diagnostics.Interface{
			Name: in.Name, MTU: in.MTU, MAC: in.HardwareAddr.String(),
			Up: in.Flags&net.FlagUp != 0, Carrier: in.Flags&net.FlagRunning != 0,
		}
		if addresses, err := in.Addrs(); err == nil {
			for _, a := range addresses[:min(len(addresses), 16)] {
				i.Addresses = append(i.Addresses, a.String())
			}
		}
		c := counters[in.Name]
		i.RxBytes, i.TxBytes, i.RxPackets, i.TxPackets = c.BytesRecv, c.BytesSent, c.PacketsRecv, c.PacketsSent
		i.RxErrors, i.TxErrors, i.RxDropped, i.TxDropped = c.Errin, c.Errout, c.Dropin, c.Dropout
		describe(&i)
		if dbm, ok := signals[in.Name]; ok {
			i.Wireless, i.SignalDBm = true, dbm
		}
		found = append(found, i)
	}
	slices.SortStableFunc(found, func(a, b diagnostics.Interface) int {
		return cmp.Or(first(a.Carrier, b.Carrier), first(!a.Virtual, !b.Virtual), cmp.Compare(a.Name, b.Name))
	})
	return found[:min(len(found), maxInterfaces)], nil
}

// first orders what holds before what does not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// environmentProxy names the proxy that this process was told of; what people set
// in their sessions it does not know. A password in it is for redact to find.
func environmentProxy() string {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		if v := os.Getenv(name); v != "" {
			return plainLine(v, 300)
		}
	}
	return ""
}

// echoes is how many a full check-up sends to a gateway, one each gap; leisurely
// how many more when some were lost.
const (
	echoes     = 10
	echoGap    = 60 * time.Millisecond
	leisurely  = 5
	leisureGap = 200 * time.Millisecond
)

// askGateway asks with echoes, and, when none is answered or none may even be
// sent, looks what the link layer knows of the gateway. It is Asked only when one
// of the two could have told.
func askGateway(ctx context.Context, g *diagnostics.Gateway, at pace) {
	ip, err := netip.ParseAddr(g.Address)
	if err != nil {
		return
	}
	if ip.IsLinkLocalUnicast() && ip.Is6() {
		ip = ip.WithZone(g.Interface)
	}
	n := echoes
	if at.quick {
		n = 2 // one can get lost, above all on a link that has just come up
	}
	times, sent := echoSeveral(ctx, ip, n, echoGap)
	lost := n - len(times)
	if len(times) > 0 && lost >= 3 && !at.quick {
		// Some answer only so many in a while. Asked at leisure, those answer each.
		if slow, _ := echoSeveral(ctx, ip, leisurely, leisureGap); len(slow) == leisurely {
			lost = 0
		} else {
			n, lost = n+leisurely, lost+leisurely-len(slow)
		}
		if ctx.Err() != nil {
			lost = 0 // it was we who stopped listening
		}
	}
	if len(times) > 0 {
		slices.Sort(times)
		g.Asked, g.Answers, g.How, g.RTTms = true, true, "echo", max(0.01, round2(times[len(times)/2].Seconds()*1000))
		if !at.quick {
			g.Sent, g.Lost = n, lost
		}
		return
	}
	if !sent {
		nudge(ip)
		if wait(ctx, 300*time.Millisecond) != nil {
			return
		}
	}
	switch neighbourState(ip, g.Interface) {
	case neighbourReachable:
		g.Asked, g.Answers, g.How = true, true, "neighbour"
	case neighbourFailed:
		g.Asked, g.How = true, "neighbour"
	default:
		g.Asked = sent
		if sent {
			g.How = "echo"
		}
	}
}

// echoSeveral sends echoes one after the other without waiting for their answers,
// and returns how long those took that came; sent says that there was a right to.
func echoSeveral(ctx context.Context, ip netip.Addr, n int, gap time.Duration) (times []time.Duration, sent bool) {
	type result struct {
		rtt time.Duration
		err error
	}
	results := make(chan result, n)
	asked := 0
	for range n {
		if asked > 0 && wait(ctx, gap) != nil {
			break
		}
		asked++
		go func() {
			one, cancel := context.WithTimeout(ctx, gatewayWait)
			defer cancel()
			rtt, err := reach.SendEcho(one, ip)
			results <- result{rtt, err}
		}()
	}
	for range asked {
		r := <-results
		sent = sent || r.err == nil
		if r.err == nil && r.rtt > 0 {
			times = append(times, r.rtt)
		}
	}
	return times, sent
}

// nudge makes the link layer look for a neighbour: one empty datagram to the
// discard port, which nobody needs to answer.
func nudge(ip netip.Addr) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		return
	}
	c.Write(nil)
	c.Close()
}

func round2(v float64) float64 { return float64(int64(v*100+0.5)) / 100 }
