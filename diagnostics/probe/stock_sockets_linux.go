package probe

import (
	"cmp"
	"context"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

const maxSockets = 1000

// readSockets reads the sockets that wait for somebody, and whose they are. Cost: the
// kernel's tables, and a look at every open file of every process, some 10 µs each:
// 50 000 processes take a second or two. Deadline: 5 s. Whoever is not found by then
// stays unknown. Processes of others are seen by root only.
func readSockets(ctx context.Context, at root) (*inventory.Sockets, string, error) {
	s := &inventory.Sockets{Sockets: []inventory.Socket{}}
	inodes := map[string][]int{} // an inode to the rows that it owns
	read := false
	for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := at.text("/proc/net/"+protocol, 16<<20)
		if err != nil {
			continue // a kernel without IPv6 has none of the sixes
		}
		read = true
		for line := range strings.Lines(text) {
			one, uid, inode, ok := parseSocket(protocol, line)
			if !ok {
				continue
			}
			if len(s.Sockets) == maxSockets {
				s.Cut++
				continue
			}
			one.User = userName(at, uid)
			inodes[inode] = append(inodes[inode], len(s.Sockets))
			s.Sockets = append(s.Sockets, one)
		}
	}
	if !read {
		return nil, "", unsupported("The kernel does not list its sockets.")
	}
	missed, late := owners(ctx, at, inodes, s.Sockets)
	slices.SortFunc(s.Sockets, func(a, b inventory.Socket) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), strings.Compare(a.Protocol, b.Protocol), strings.Compare(a.Address, b.Address), cmp.Compare(a.PID, b.PID))
	})
	switch {
	case late:
		return s, "There are so many processes that not every socket's could be found in time.", nil
	case missed && os.Geteuid() != 0:
		return s, "Which processes of other accounts wait there is shown to the administrator only.", nil
	}
	return s, "", nil
}

// parseSocket reads a line of /proc/net/tcp and its like, as in proc_net(5).
func parseSocket(protocol, line string) (s inventory.Socket, uid, inode string, ok bool) {
	f := strings.Fields(line)
	if len(f) < 10 {
		return s, "", "", false
	}
	listens := f[3] == "0A" // TCP_LISTEN
	if strings.HasPrefix(protocol, "udp") {
		listens = f[3] == "07" && strings.HasSuffix(f[2], ":0000") // bound, and connected to nobody
	}
	local, ok := parseHexAddress(f[1])
	if !listens || !ok {
		return s, "", "", false
	}
	s = inventory.Socket{Protocol: protocol, Address: local.Addr().String(), Port: int(local.Port()), Local: local.Addr().Unmap().IsLoopback()}
	return s, f[7], f[9], true
}

// parseHexAddress reads an address as the kernel writes it: words of four bytes in
// the machine's order, which is the little end first on all that we build for.
func parseHexAddress(text string) (netip.AddrPort, bool) {
	address, port, ok := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	b, bad := hex.DecodeString(address)
	if !ok || err != nil || bad != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	ip, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip, uint16(n)), ok
}

// owners finds the processes that hold the sockets. It reports whether some were not
// found, and whether the time was up.
func owners(ctx context.Context, at root, inodes map[string][]int, sockets []inventory.Socket) (missed, late bool) {
	left := len(inodes)
	dir, err := os.Open(at.path("/proc"))
	if err != nil {
		return left > 0, false
	}
	defer dir.Close()
	for left > 0 {
		names, err := dir.Readdirnames(512)
		for _, name := range names {
			pid, bad := strconv.Atoi(name)
			if bad != nil {
				continue
			}
			if ctx.Err() != nil {
				return true, true
			}
			left -= ownedBy(at, pid, name, inodes, sockets)
		}
		if err != nil {
			break
		}
	}
	return left > 0, false
}

// ownedBy notes the sockets of one process and returns how many were without an
// owner before. A process that ends meanwhile has none.
func ownedBy(at root, pid int, name string, inodes map[string][]int, sockets []inventory.Socket) (found int) {
	fds, err := os.Open(at.path("/proc/" + name + "/fd"))
	if err != nil {
		return 0
	}
	defer fds.Close()
	all, _ := fds.Readdirnames(100_000) // those that came before it ended
	process := ""
	for _, fd := range all {
		to, err := os.Readlink(at.path("/proc/" + name + "/fd/" + fd))
		if err != nil || !strings.HasPrefix(to, "socket:[") {
			continue
		}
		rows := inodes[strings.TrimSuffix(to[len("socket:["):], "]")]
		for i, row := range rows {
			if sockets[row].Process != "" {
				continue // the first that is found: others have inherited it
			}
			if process == "" {
				text, _ := at.text("/proc/"+name+"/comm", 8192) // gone meanwhile: it has no name
				process = cmp.Or(plainLine(text, 64), "?")
			}
			sockets[row].PID, sockets[row].Process = pid, process
			if i == 0 {
				found++
			}
		}
	}
	return found
}
