package trace

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// datagrams traces with UDP to one port, from one port. The kernel keeps what
// routers say of them in the socket's queue of errors (IP_RECVERR, ip(7)), which
// takes no rights to read.
type datagrams struct {
	target netip.Addr
	file   *os.File
	buffer [1500]byte
	oob    [512]byte
}

// tracePort is where nobody listens, as a rule: the first of traceroute's.
const tracePort = 33434

// mark begins what we send, so that what is quoted can be told from anything else.
const mark = 0x4442

func openDatagrams(target netip.Addr) (conn, error) {
	family, level, want := unix.AF_INET, unix.IPPROTO_IP, unix.IP_RECVERR
	var to unix.Sockaddr = &unix.SockaddrInet4{Port: tracePort, Addr: as4(target)}
	if target.Is6() {
		family, level, want = unix.AF_INET6, unix.IPPROTO_IPV6, unix.IPV6_RECVERR
		six := &unix.SockaddrInet6{Port: tracePort, Addr: target.As16()}
		if zone := target.Zone(); zone != "" {
			six.ZoneId = zoneOf(zone)
		}
		to = six
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err = unix.SetsockoptInt(fd, level, want, 1); err == nil {
		err = unix.Connect(fd, to)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &datagrams{target: target, file: os.NewFile(uintptr(fd), "trace")}, nil
}

func as4(a netip.Addr) [4]byte {
	if a.Is4() {
		return a.As4()
	}
	return [4]byte{}
}

func (c *datagrams) method() string { return "udp" }

func (c *datagrams) send(ttl, seq int) error {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	b := make([]byte, payload)
	binary.BigEndian.PutUint16(b, mark)
	binary.BigEndian.PutUint16(b[2:], uint16(seq))
	binary.BigEndian.PutUint16(b[4:], ^uint16(seq)) // the checksum stays the same
	var sent error
	err = raw.Control(func(fd uintptr) {
		if c.target.Is4() {
			sent = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TTL, ttl)
		} else {
			sent = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, ttl)
		}
		// A send first returns, once, what an earlier one was answered with: at most one
		// for each, so this ends.
		for range 2 * allHops {
			if sent != nil {
				return
			}
			err := unix.Send(int(fd), b, unix.MSG_DONTWAIT)
			if err == nil || !answeredBy(err) {
				sent = err
				return
			}
		}
	})
	return errors.Join(err, sent)
}

// answeredBy reports whether an error is a router's answer to an earlier probe.
func answeredBy(err error) bool {
	return errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EACCES) ||
		errors.Is(err, unix.EHOSTDOWN) || errors.Is(err, unix.ENOPROTOOPT) || errors.Is(err, unix.EPROTO) || errors.Is(err, unix.EMSGSIZE) || errors.Is(err, unix.EOPNOTSUPP)
}

func (c *datagrams) receive() (event, error) {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return event{}, err
	}
	var e event
	err = raw.Read(func(fd uintptr) bool {
		for {
			n, on, _, _, err := unix.Recvmsg(int(fd), c.buffer[:], c.oob[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EAGAIN) {
				// Somebody may listen at that port, and answer: then it is reached. And what
				// waits as the socket's error has to be taken, or this spins.
				n, _, _, _, err := unix.Recvmsg(int(fd), c.buffer[:], nil, unix.MSG_DONTWAIT)
				if err == nil && n >= 0 {
					e = event{seq: -1, from: c.target, kind: reached, at: time.Now()}
					return true
				}
				if errors.Is(err, unix.EAGAIN) {
					return false
				}
				continue
			}
			if err != nil {
				return false
			}
			var ok bool
			if e, ok = queued(c.buffer[:n], c.oob[:on], c.target); ok {
				return true
			}
		}
	})
	return e, err
}

func (c *datagrams) close() { c.file.Close() }

// queued reads an entry of the queue of errors: what was quoted of the probe, and who
// says what of it.
func queued(data, oob []byte, target netip.Addr) (event, bool) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return event{}, false
	}
	const size = int(unsafe.Sizeof(unix.SockExtendedErr{}))
	for _, m := range messages {
		four := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
		six := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !four && !six || len(m.Data) < size+8 {
			continue
		}
		e := event{seq: -1, at: time.Now()}
		origin, icmpType, code := m.Data[4], m.Data[5], m.Data[6]
		from := m.Data[size:]
		switch {
		case origin == unix.SO_EE_ORIGIN_ICMP:
			e.from = netip.AddrFrom4([4]byte(from[4:8]))
			e.says, e.kind = says4(code), unreachable
			if icmpType == exceeded4 {
				e.says, e.kind = "", exceeded
			}
		case origin == unix.SO_EE_ORIGIN_ICMP6 && len(from) >= 24:
			e.from = netip.AddrFrom16([16]byte(from[8:24]))
			e.says, e.kind = says6(code), unreachable
			if icmpType == exceeded6 {
				e.says, e.kind = "", exceeded
			}
		default:
			return e, false // this machine's own: it counts as lost
		}
		if e.kind == unreachable && e.from == target.WithZone("") {
			e.kind = reached
		}
		if len(data) >= 4 && binary.BigEndian.Uint16(data) == mark {
			e.seq = int(binary.BigEndian.Uint16(data[2:]))
		}
		return e, true
	}
	return event{}, false
}
