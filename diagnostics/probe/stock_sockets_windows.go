package probe

import (
	"cmp"
	"context"
	"slices"
	"strings"

	gopsnet "github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readSockets asks the IP Helper for the sockets that wait and whose they are. Cost:
// a few milliseconds, and a question for each process. Deadline: 5 s.
func readSockets(ctx context.Context, _ root) (*inventory.Sockets, string, error) {
	all, err := gopsnet.ConnectionsWithContext(ctx, "inet")
	if err != nil {
		return nil, "", err
	}
	s := &inventory.Sockets{Sockets: []inventory.Socket{}}
	names := map[int32]string{}
	for _, c := range all {
		tcp := c.Type == 1 // SOCK_STREAM
		if tcp && c.Status != "LISTEN" || !tcp && c.Raddr.Port != 0 {
			continue
		}
		if len(s.Sockets) == 1000 {
			s.Cut++
			continue
		}
		protocol := map[bool]string{true: "tcp", false: "udp"}[tcp]
		if strings.ContainsRune(c.Laddr.IP, ':') {
			protocol += "6"
		}
		if _, known := names[c.Pid]; !known {
			name, _ := (&process.Process{Pid: c.Pid}).NameWithContext(ctx) // ended meanwhile: it has none
			names[c.Pid] = plainLine(name, 64)
		}
		s.Sockets = append(s.Sockets, inventory.Socket{
			Protocol: protocol, Address: c.Laddr.IP, Port: int(c.Laddr.Port), PID: int(c.Pid), Process: names[c.Pid],
			Local: strings.HasPrefix(c.Laddr.IP, "127.") || c.Laddr.IP == "::1",
		})
	}
	slices.SortFunc(s.Sockets, func(a, b inventory.Socket) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), strings.Compare(a.Protocol, b.Protocol), strings.Compare(a.Address, b.Address))
	})
	return s, "", nil
}
