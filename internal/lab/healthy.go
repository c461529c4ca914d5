//go:build linux

package main

import (
	"fmt"
	"os"
	"time"
)

// healthyMachines have nothing wrong, and each has something that a careless rule
// would report.
func healthyMachines() []scenario {
	day := 24 * time.Hour
	return []scenario{
		{name: "ordinary", how: "a cable, two name services, no swap"},
		{name: "IPv6 only", how: "no IPv4 address, no IPv4 route", six: true},
		{name: "one name service", how: "only the second of the two is set", resolvers: []string{secondName}},
		{name: "server by address", how: "the help desk's server is known by its address, and there is a session", address: serverAt, connected: true},
		{name: "isolated network", how: "no way out, and a session with the server beside it", connected: true, spoil: run("ip route del default; ip route add 198.51.100.0/24 via " + gatewayAt)},
		{name: "silent gateway", how: "the gateway answers no echo, and passes everything on", far: far{mute: true}},
		{name: "far away", how: "packets to the machine come 90 ms late", cable: cable{delay: 90 * time.Millisecond}},
		{name: "some broken frames", how: "the network card has counted 300 broken frames", played: "as above", spoil: broken(300)},
		{name: "small packets only, and said so", how: "the link's MTU is 1280 at both ends", spoil: func(m *machine) error {
			if err := m.sh("ip link set eth0 mtu 1280"); err != nil {
				return err
			}
			return m.inWorld("ip link set far0 mtu 1280")
		}},
		{name: "proxy that works", how: "the server is reached through a proxy only", far: far{proxy: true, hidden: true}, env: []string{"HTTPS_PROXY=http://" + proxyAt + ":3128"}},
		{name: "VPN up", how: "a tunnel with an address and a route of its own", spoil: run("ip tuntap add dev tun0 mode tun; ip link set tun0 up; ip addr add 10.8.0.2/24 dev tun0; ip route add 10.0.0.0/8 dev tun0")},
		{name: "container host", how: "a bridge without a link, and one with two containers' ends", spoil: run("ip link add docker0 type bridge; ip link set docker0 up; ip addr add 172.17.0.1/16 dev docker0; ip link add veth1 type veth peer name veth2; ip link set veth1 up; ip link set veth2 up")},
		{name: "right time", how: "the time server that it is told to ask agrees with the clock", spoil: told},
		{name: "small disk with room", how: "an ext4 of 96 MiB, 80 % used", spoil: func(m *machine) error { return m.usedDisk(80) }},
		{name: "mounted read-only on purpose", how: "an ext4 that was mounted read-only", spoil: func(m *machine) error { return m.disk("/srv/data", "/run/dev/sdb1", "32M", "", "ro") }},
		{name: "full image", how: "an image that is 100 % full, as snaps are", spoil: func(m *machine) error {
			return m.sh("truncate -s 8M /run/snap; mkfs.ext4 -q -m 0 /run/snap; mkdir -p /srv/snap; mount -o loop /run/snap /srv/snap; head -c 9000000 /dev/zero > /srv/snap/x || true")
		}},
		{name: "network drive", how: "a file system through FUSE that answers", spoil: func(m *machine) error {
			if err := m.sh("mkdir -p /srv/share"); err != nil {
				return err
			}
			return acting("answer", "/srv/share", "sshfs", "nas:/share")(m)
		}},
		{name: "many programs", how: "300 programs that sleep", spoil: run("for i in $(seq 300); do sleep 600 & done >/dev/null 2>&1")},
		{name: "at work", how: "a program that has just begun keeps one core busy", spoil: acting("spin", "1")},
		{name: "some dead processes", how: "five that nobody waited for", spoil: acting("zombies", "5")},
		{name: "many open files", how: "a program has 800 of its 1024 files open", spoil: acting("files", "1024", "800")},
		{name: "a group with room", how: "a control group of 256 MiB with a program of a few MiB in it", spoil: func(m *machine) error {
			dir, err := m.limited("app", 256<<20)
			if err != nil {
				return err
			}
			p, err := m.act("idle")
			if err != nil {
				return err
			}
			return os.WriteFile(dir+"/cgroup.procs", []byte(fmt.Sprint(p.cmd.Process.Pid)), 0o644)
		}},
		{name: "old and new certificates", how: "a certificate that ended a year ago was left, and its successor is good for a year", spoil: func(*machine) error {
			if err := ownCertificate("/etc/openvpn/client/old.crt", -365*day); err != nil {
				return err
			}
			return ownCertificate("/etc/openvpn/client/new.crt", 365*day)
		}},
		{name: "services at work", how: "three services run, one has done its work", spoil: func(m *machine) error {
			return m.services(map[string]string{"ssh.service": "running", "cron.service": "running", "dbus.service": "running", "fstrim.service": "dead"})
		}},
		{name: "printer at rest", how: "CUPS has a queue, stopped by its owner, without a document", spoil: func(m *machine) error { return m.printing("Stopped", false) }},
		{name: "talkative log", how: "programs log errors that are theirs, and name disks and crashes", spoil: func(m *machine) error {
			return m.log("chatty[77]", "Error: I/O error, dev sda, sector 4 (says the manual)", "segfault at 0, they say", "Out of memory: Killed process 7 (x), as the forum has it", "backup failed: will try again")
		}},
		{name: "six weeks up", how: "started 40 days ago", upDays: 40},
	}
}
