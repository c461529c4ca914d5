package trace

import (
	"net/netip"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	iphlpapi        = windows.NewLazySystemDLL("iphlpapi.dll")
	icmpCreateFile  = iphlpapi.NewProc("IcmpCreateFile")
	icmp6CreateFile = iphlpapi.NewProc("Icmp6CreateFile")
	icmpCloseHandle = iphlpapi.NewProc("IcmpCloseHandle")
	icmpSendEcho    = iphlpapi.NewProc("IcmpSendEcho")
	icmp6SendEcho2  = iphlpapi.NewProc("Icmp6SendEcho2")
)

// The states of an answer, of ipexport.h. Those from 11002 to 11005 mean the same for
// IPv6 but for one word.
const (
	ipSuccess     = 0
	ipNoNetwork   = 11002
	ipNoHost      = 11003
	ipNoProtocol  = 11004 // IPv6: forbidden
	ipNoPort      = 11005
	ipExpired     = 11013
	windowsWaitMS = 2000
)

// system traces with the echoes that the system sends for anybody. It chooses what
// stands in them, so that here a router may take them for several flows.
type system struct {
	target netip.Addr
	handle uintptr
	found  chan event
	done   chan struct{}
	all    sync.WaitGroup
}

func open(target netip.Addr) (conn, error) {
	create := icmpCreateFile
	if target.Is6() {
		create = icmp6CreateFile
	}
	if err := create.Find(); err != nil {
		return nil, err
	}
	h, _, err := create.Call()
	if windows.Handle(h) == windows.InvalidHandle {
		return nil, err
	}
	return &system{target: target, handle: h, found: make(chan event, 64), done: make(chan struct{})}, nil
}

func (c *system) method() string { return "icmp" }

// send asks in a goroutine: the system's call waits for the answer. There are as many
// at once as probes that are waited for.
func (c *system) send(ttl, seq int) error {
	c.all.Go(func() {
		e, ok := c.echo(ttl)
		if !ok {
			return // silence
		}
		e.seq, e.at = seq, time.Now()
		select {
		case c.found <- e:
		case <-c.done:
		}
	})
	return nil
}

func (c *system) receive() (event, error) {
	select {
	case e := <-c.found:
		return e, nil
	case <-c.done:
		return event{}, os.ErrClosed
	}
}

func (c *system) close() {
	close(c.done)
	c.all.Wait() // each ends by itself in two seconds
	icmpCloseHandle.Call(c.handle)
}

// optionInformation is IP_OPTION_INFORMATION.
type optionInformation struct {
	ttl, tos, flags, size byte
	data                  uintptr
}

func (c *system) echo(ttl int) (event, bool) {
	options := optionInformation{ttl: byte(ttl)}
	var data [payload]byte
	var reply [512]byte // the answer, eight bytes for an error, and what is quoted
	if c.target.Is4() {
		four := c.target.As4()
		n, _, _ := icmpSendEcho.Call(c.handle, uintptr(*(*uint32)(unsafe.Pointer(&four))), uintptr(unsafe.Pointer(&data)), payload,
			uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&reply)), uintptr(len(reply)), windowsWaitMS)
		if n == 0 {
			return event{}, false
		}
		return told(*(*uint32)(unsafe.Pointer(&reply[4])), netip.AddrFrom4([4]byte(reply[0:4])), false)
	}
	from := windows.RawSockaddrInet6{Family: windows.AF_INET6}
	to := windows.RawSockaddrInet6{Family: windows.AF_INET6, Addr: c.target.As16()}
	n, _, _ := icmp6SendEcho2.Call(c.handle, 0, 0, 0, uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&to)), uintptr(unsafe.Pointer(&data)), payload,
		uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&reply)), uintptr(len(reply)), windowsWaitMS)
	if n == 0 {
		return event{}, false
	}
	// ICMPV6_ECHO_REPLY: an address of 26 bytes with the port (2) and the flow (4) before
	// it, then, aligned, the state.
	return told(*(*uint32)(unsafe.Pointer(&reply[28])), netip.AddrFrom16([16]byte(reply[6:22])), true)
}

func told(state uint32, from netip.Addr, six bool) (event, bool) {
	e := event{from: from, kind: unreachable}
	switch state {
	case ipSuccess:
		e.kind = reached
	case ipExpired:
		e.kind = exceeded
	case ipNoNetwork:
		e.says = says4(0)
	case ipNoHost:
		e.says = says4(1)
	case ipNoProtocol:
		if e.says = says4(2); six {
			e.says = says6(1)
		}
	case ipNoPort:
	default:
		return e, false
	}
	return e, true
}
