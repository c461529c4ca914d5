package fix

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// How long a link is off, and how long it may take to be on again.
const (
	offFor    = time.Second
	offAbout  = 3 * time.Second // until it carries anything again, as a rule
	onAgainIn = 20 * time.Second
)

// Plan looks whether the link can be switched, and what hangs on it.
func (c CycleLink) Plan(context.Context) (Plan, error) {
	link, err := linkOf(c.Link)
	if err != nil {
		return Plan{}, err
	}
	if link.Flags&net.FlagUp == 0 {
		return Plan{}, fault.Say(fault.Conflict, "error.fix_link_off", tongue.Name("link", link.Name))
	}
	routes, err := routesOf(link.Index)
	if err != nil {
		return Plan{}, err
	}
	name, length := tongue.Name("link", link.Name), tongue.Duration("length", offAbout)
	plan := plans("fix.link_plan_bare", name, length)
	if len(routes) > 0 {
		plan = plans("fix.link_plan", tongue.Count("n", len(routes)), name, length)
	}
	return plan.of(len(routes), fmt.Sprint(link.Index)), nil
}

// Do switches the link off and on. What the kernel forgets meanwhile, routes and
// addresses that no program would set again, is remembered and put back. Once it
// is off it is switched on again whatever happens.
func (c CycleLink) Do(ctx context.Context, p Plan) (Done, error) {
	link, err := linkOf(c.Link)
	if err != nil {
		return Done{}, err
	}
	if fmt.Sprint(link.Index) != p.Mark {
		return Done{}, fault.Say(fault.Stale, "error.fix_network_changed")
	}
	routes, err := routesOf(link.Index)
	if err != nil {
		return Done{}, err
	}
	addresses, err := addressesSet(link.Index)
	if err != nil {
		return Done{}, err
	}
	if err := switchLink(link.Index, false); err != nil {
		return Done{}, cannot(err, "error.fix_link_not_off", tongue.Name("link", link.Name))
	}
	stopped := pause(ctx, offFor)
	if err := switchLink(link.Index, true); err != nil {
		return Done{}, cannot(err, "error.fix_link_not_on", tongue.Name("link", link.Name))
	}
	lost := putBack(addresses) + putBack(routes)
	if stopped != nil {
		return Done{}, stopped
	}
	for end := time.Now().Add(onAgainIn); ; {
		if now, err := net.InterfaceByIndex(link.Index); err == nil && now.Flags&net.FlagRunning != 0 {
			break
		}
		if time.Now().After(end) {
			return Done{}, fault.Say(fault.Unavailable, "error.fix_link_silent", tongue.Name("link", link.Name))
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return Done{}, err
		}
	}
	lost = min(lost, putBack(addresses)+putBack(routes)) // with the link there, the rest may go
	done := did("fix.link_done", tongue.Name("link", link.Name)).of(len(routes), "")
	if lost > 0 {
		done = done.and("fix.link_lost", tongue.Count("n", lost))
	}
	return done, nil
}

// Of rtnetlink(7), what is read from the kernel's answers.
const (
	routeOut      = unix.RTA_OIF
	routeByKernel = unix.RTPROT_KERNEL
	routeByRA     = unix.RTPROT_RA
)

// linkSetting is one message that makes the kernel set something again.
type linkSetting struct {
	kind uint16
	body []byte
}

// routesOf lists the routes over a link that the kernel does not make by itself.
func routesOf(index int) ([]linkSetting, error) {
	all, err := dump(unix.RTM_GETROUTE, unix.AF_UNSPEC, unix.RTM_NEWROUTE, func(b []byte) bool {
		if len(b) < unix.SizeofRtMsg || b[7] != unix.RTN_UNICAST || b[5] == routeByKernel || b[5] == routeByRA || b[4] == unix.RT_TABLE_LOCAL {
			return false
		}
		out, ok := attribute(b[unix.SizeofRtMsg:], routeOut)
		return ok && len(out) >= 4 && int(binary.NativeEndian.Uint32(out)) == index
	})
	for _, r := range all { // how the route fares now is not a setting, and would be refused as one
		flags := binary.NativeEndian.Uint32(r.body[8:])
		binary.NativeEndian.PutUint32(r.body[8:], flags&unix.RTNH_F_ONLINK)
	}
	return all, err
}

// addressesSet lists the link's IPv6 addresses that were set for good: the kernel
// forgets them with the link, and keeps those of IPv4.
func addressesSet(index int) ([]linkSetting, error) {
	return dump(unix.RTM_GETADDR, unix.AF_INET6, unix.RTM_NEWADDR, func(b []byte) bool {
		return len(b) >= unix.SizeofIfAddrmsg && b[0] == unix.AF_INET6 && b[2]&unix.IFA_F_PERMANENT != 0 && b[3] == unix.RT_SCOPE_UNIVERSE &&
			int(binary.NativeEndian.Uint32(b[4:])) == index
	})
}

func dump(ask, family int, kind uint16, want func([]byte) bool) ([]linkSetting, error) {
	b, err := syscall.NetlinkRIB(ask, family)
	if err != nil {
		return nil, err
	}
	messages, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return nil, err
	}
	var all []linkSetting
	for _, m := range messages {
		if m.Header.Type == kind && want(m.Data) {
			all = append(all, linkSetting{kind, m.Data})
		}
	}
	return all, nil
}

// attribute returns one attribute of a message.
func attribute(b []byte, kind uint16) ([]byte, bool) {
	for len(b) >= 4 {
		size := int(binary.NativeEndian.Uint16(b))
		if size < 4 || size > len(b) {
			return nil, false
		}
		if binary.NativeEndian.Uint16(b[2:]) == kind {
			return b[4:size], true
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return nil, false
}

// putBack sets again what is not there, in two rounds: a route by way of a gateway
// needs the one that leads to the gateway. It returns how many could not be set.
func putBack(all []linkSetting) (lost int) {
	for range 2 {
		lost = 0
		for _, s := range all {
			err := netlink(s.kind, unix.NLM_F_CREATE|unix.NLM_F_EXCL, s.body)
			if err != nil && !errors.Is(err, unix.EEXIST) {
				lost++
			}
		}
	}
	return lost
}

// switchLink switches a link on or off.
func switchLink(index int, on bool) error {
	b := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(b[4:], uint32(index))
	if on {
		binary.NativeEndian.PutUint32(b[8:], unix.IFF_UP)
	}
	binary.NativeEndian.PutUint32(b[12:], unix.IFF_UP)
	return netlink(unix.RTM_NEWLINK, 0, b)
}

// netlink sends the kernel one message and waits for its answer.
func netlink(kind uint16, flags int, body []byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		return err
	}
	b := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
	binary.NativeEndian.PutUint32(b, uint32(unix.SizeofNlMsghdr+len(body)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], uint16(unix.NLM_F_REQUEST|unix.NLM_F_ACK|flags))
	binary.NativeEndian.PutUint32(b[8:], 1)
	if err := unix.Sendto(fd, append(b, body...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 8<<10)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 || binary.NativeEndian.Uint16(answer[4:]) != unix.NLMSG_ERROR {
		return errors.New("the kernel's answer is none")
	}
	if code := int32(binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:])); code != 0 {
		return unix.Errno(-code)
	}
	return nil
}
