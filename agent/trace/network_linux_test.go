package trace

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// chain builds, in the network of this process, a machine (10.0.1.1) and behind it
// three routers and a host, each a network of its own:
//
//	10.0.1.2 r1, 10.0.2.2 r2, 10.0.3.2 r3, 10.0.4.2 end; the same with fd00:1::2 and so on
//
// cable joins r1 and r2; nil is an ordinary one.
func chain(t *testing.T, lossy bool) *cable {
	t.Helper()
	run(t, "mount --make-rprivate /")
	run(t, "mount -t tmpfs none /run")
	run(t, "ip link set lo up")
	run(t, "sysctl -qw net.ipv6.conf.default.accept_dad=0") // it would take seconds
	names := []string{"", "r1", "r2", "r3", "end"}
	for _, n := range names[1:] {
		run(t, "ip netns add "+n)
		run(t, "ip -n "+n+" link set lo up")
		for _, set := range []string{"net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.all.send_redirects=0"} {
			run(t, "ip netns exec "+n+" sysctl -qw "+set)
		}
	}
	in := func(n string) string {
		if n == "" {
			return "ip "
		}
		return "ip -n " + n + " "
	}
	var c *cable
	for i := 1; i < len(names); i++ {
		left, right := fmt.Sprintf("right%d", i), fmt.Sprintf("left%d", i)
		if lossy && i == 2 {
			c = newCable(t, left, right)
		} else {
			run(t, "ip link add "+left+" type veth peer name "+right)
		}
		for _, side := range []struct {
			device, where string
			last          int
		}{{left, names[i-1], 1}, {right, names[i], 2}} {
			if side.where != "" {
				run(t, "ip link set "+side.device+" netns "+side.where)
			}
			run(t, in(side.where)+fmt.Sprintf("addr add 10.0.%d.%d/24 dev %s", i, side.last, side.device))
			run(t, in(side.where)+fmt.Sprintf("addr add fd00:%d::%d/64 dev %s nodad", i, side.last, side.device))
			run(t, in(side.where)+"link set "+side.device+" up")
		}
	}
	for i, n := range names {
		for net := 1; net < len(names); net++ {
			switch {
			case net > i+1: // farther on
				run(t, in(n)+fmt.Sprintf("route add 10.0.%d.0/24 via 10.0.%d.2", net, i+1))
				run(t, in(n)+fmt.Sprintf("route add fd00:%d::/64 via fd00:%d::2", net, i+1))
			case net < i: // back
				run(t, in(n)+fmt.Sprintf("route add 10.0.%d.0/24 via 10.0.%d.1", net, i))
				run(t, in(n)+fmt.Sprintf("route add fd00:%d::/64 via fd00:%d::1", net, i))
			}
		}
	}
	return c
}

func run(t *testing.T, line string) string {
	t.Helper()
	words := strings.Fields(line)
	out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s(the test needs root or namespaces of users, and the packages iproute2, procps and traceroute)", line, err, out)
	}
	return string(out)
}

// cable carries frames between two devices, and drops three echo requests of ten.
type cable struct{ near, far *os.File }

func newCable(t *testing.T, near, far string) *cable {
	t.Helper()
	c := &cable{tap(t, near), tap(t, far)}
	ended := make(chan struct{}, 2)
	go carry(c.near, c.far, true, ended)
	go carry(c.far, c.near, false, ended)
	t.Cleanup(func() {
		c.near.Close()
		c.far.Close()
		<-ended
		<-ended
	})
	return c
}

func carry(from, to *os.File, drop bool, ended chan<- struct{}) {
	defer func() { ended <- struct{}{} }()
	b := make([]byte, 2048)
	echoes := 0
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if f := b[:n]; drop && n > 34 && f[12] == 8 && f[13] == 0 && f[23] == protoICMP4 && f[34] == echo4 {
			echoes++
			if k := echoes % 10; k == 2 || k == 5 || k == 8 {
				continue
			}
		}
		to.Write(b[:n]) // the device may be down yet
	}
}

// tap makes a network device whose other end is a file.
func tap(t *testing.T, name string) *os.File {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatalf("%v (the test needs /dev/net/tun)", err)
	}
	var r struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(r.name[:], name)
	r.flags = unix.IFF_TAP | unix.IFF_NO_PI
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(&r))); e != 0 {
		t.Fatal(e)
	}
	return os.NewFile(uintptr(fd), name)
}

var (
	end4 = netip.MustParseAddr("10.0.4.2")
	end6 = netip.MustParseAddr("fd00:4::2")
)
