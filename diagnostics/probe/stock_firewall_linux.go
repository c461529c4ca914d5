package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readFirewall says which packet filters there are and counts their rules. Cost: two
// questions to the kernel over netlink and a few files; where iptables keeps tables of
// its own, that program too: so in the child. Deadline: 5 s. The rules can be counted
// by root only, and are those of this network namespace.
func readFirewall(ctx context.Context, at root) (*inventory.Firewall, string, error) {
	f := &inventory.Firewall{}
	note := ""
	nft := inventory.Filter{Name: "nftables"}
	rules, err := countNftRules(ctx)
	switch {
	case err == nil:
		nft.Known, nft.Rules, nft.Active = true, rules, rules > 0
	case errors.Is(err, unix.EPERM):
		note = "Only the administrator can count the rules."
	default: // the kernel has none of it
		nft.Known = true
	}
	f.Filters = append(f.Filters, nft)
	if tables, err := at.text("/proc/net/ip_tables_names", 4096); err == nil && strings.TrimSpace(tables) != "" {
		old := inventory.Filter{Name: "iptables", Active: true}
		if save, err := exec.LookPath("iptables-legacy-save"); err == nil {
			if b, err := output(ctx, 4<<20, save); err == nil {
				old.Known, old.Rules = true, strings.Count("\n"+string(b), "\n-A ")
				old.Active = old.Rules > 0
			}
		}
		f.Filters = append(f.Filters, old)
	}
	if text, err := at.text("/etc/ufw/ufw.conf", 64<<10); err == nil {
		f.Filters = append(f.Filters, inventory.Filter{Name: "ufw", Active: strings.EqualFold(strings.Trim(valueOf(text, "ENABLED="), `"'`), "yes")})
	}
	if at.exists("/usr/sbin/firewalld") || at.exists("/etc/firewalld") {
		f.Filters = append(f.Filters, inventory.Filter{Name: "firewalld", Active: at.exists("/run/dbus/system_bus_socket") && runs(at, "firewalld") || at.exists("/run/firewalld/direct-addresses")})
	}
	return f, note, nil
}

const (
	nfnlNftables  = 10 // NFNL_SUBSYS_NFTABLES
	nftNewRule    = 6  // NFT_MSG_NEWRULE
	nftGetRule    = 7  // NFT_MSG_GETRULE
	nlmsgOverhead = 16
)

// countNftRules asks the kernel for all rules of nftables, which are those that
// iptables makes nowadays too, and counts them.
func countNftRules(ctx context.Context) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, err
	}
	wait := time.Second
	if end, ok := ctx.Deadline(); ok {
		wait = max(10*time.Millisecond, min(wait, time.Until(end)))
	}
	tv := unix.NsecToTimeval(int64(wait))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		return 0, err
	}
	m := make([]byte, nlmsgOverhead+4) // a header and nfgenmsg: all families
	binary.NativeEndian.PutUint32(m, uint32(len(m)))
	binary.NativeEndian.PutUint16(m[4:], nfnlNftables<<8|nftGetRule)
	binary.NativeEndian.PutUint16(m[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(m[8:], 1)
	if err := unix.Sendto(fd, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, err
	}
	buffer, rules := make([]byte, 64<<10), 0
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return rules, err
		}
		more, done, err := countMessages(buffer[:n])
		rules += more
		if done || err != nil {
			return rules, err
		}
		if ctx.Err() != nil {
			return rules, ctx.Err()
		}
	}
}

func countMessages(b []byte) (rules int, done bool, err error) {
	for len(b) >= nlmsgOverhead {
		size := int(binary.NativeEndian.Uint32(b))
		if size < nlmsgOverhead || size > len(b) {
			return rules, true, errors.New("the kernel's answer is damaged")
		}
		switch kind := binary.NativeEndian.Uint16(b[4:]); kind {
		case unix.NLMSG_DONE:
			return rules, true, nil
		case unix.NLMSG_ERROR:
			if size >= nlmsgOverhead+4 {
				if code := int32(binary.NativeEndian.Uint32(b[nlmsgOverhead:])); code != 0 {
					return rules, true, unix.Errno(-code)
				}
			}
			return rules, true, nil
		case nfnlNftables<<8 | nftNewRule:
			rules++
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return rules, false, nil
}
