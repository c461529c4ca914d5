package machine

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// answerPath makes up a way: the gateway, a router that keeps silent, the provider, the host.
func (m *Machine) answerPath(p wire.PathParams) ([]Part, error) {
	address, found := known(p.Host)
	if !found {
		return nil, fault.New(fault.Unavailable, p.Host+": "+noName+".")
	}
	if p.Rounds < 1 || p.Rounds > 60 {
		p.Rounds = 10
	}
	hops := []wire.PathHop{
		{TTL: 1, Addresses: []string{fmt.Sprintf("10.%d.0.1", 16+m.seed%8)}, Name: "gateway.example.com"},
		{TTL: 2},
		{TTL: 3, Addresses: []string{"198.51.100.7"}, Name: "edge7.provider.example.net"},
		{TTL: 4, Addresses: []string{address}, End: true},
	}
	whole := m.trip(p.Host)
	parts := make([]Part, 0, p.Rounds)
	sums := make([]time.Duration, len(hops))
	for round := 1; round <= p.Rounds; round++ {
		part := wire.PathPart{Address: address, Method: "icmp", Round: round, Rounds: p.Rounds}
		for i := range hops {
			h := &hops[i]
			h.Sent++
			if len(h.Addresses) > 0 && (h.TTL == 1 || m.float() > 0.01) {
				h.Received++
				h.Last = whole*time.Duration(h.TTL)/4 + time.Duration(m.float()*float32(time.Millisecond))
				sums[i] += h.Last
				h.Mean, h.Worst = sums[i]/time.Duration(h.Received), max(h.Worst, h.Last)
				if h.Best == 0 || h.Last < h.Best {
					h.Best = h.Last
				}
			}
			part.Hops = append(part.Hops, *h)
		}
		parts = append(parts, Part{time.Second, part})
	}
	return parts, nil
}
