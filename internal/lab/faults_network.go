//go:build linux

package main

import (
	"fmt"
	"os"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// run makes a step of a shell line.
func run(lines ...string) func(*machine) error {
	return func(m *machine) error {
		for _, line := range lines {
			if err := m.sh(line); err != nil {
				return err
			}
		}
		return nil
	}
}

func remote(line string) func(*machine) error {
	return func(m *machine) error { return m.inWorld(line) }
}

// broken makes the network card's counter of broken frames say a number.
func broken(n int) func(*machine) error {
	return func(m *machine) error {
		return m.sh(fmt.Sprintf("echo %d > /run/lab/broken; mount --bind /run/lab/broken /sys/class/net/eth0/statistics/rx_crc_errors", n))
	}
}

func networkFaults() []scenario {
	return []scenario{
		{name: "cable pulled", want: diagnostics.NoLink, how: "the other end of the cable is switched off", spoil: remote("ip link set far0 down")},
		{name: "no address", want: diagnostics.NoAddress, how: "the address and the routes are taken away, as when a lease ends and is not renewed", spoil: run("ip addr flush dev eth0")},
		{name: "no way out", want: diagnostics.NoRoute, how: "the default route is deleted", spoil: run("ip route del default")},
		{name: "dead gateway", want: diagnostics.GatewaySilent, with: []diagnostics.Code{diagnostics.NamesDown, diagnostics.ServerUnreachable}, how: "the gateway loses its address: no echo, no ARP", spoil: remote("ip addr flush dev far0")},
		{name: "packets lost", want: diagnostics.PacketLoss, how: "two of five packets of each protocol vanish on the way to the machine", cable: cable{lose: true}},
		{name: "packets held back", want: diagnostics.NetworkSlow, how: "packets to the machine come 300 ms late", cable: cable{delay: 300 * time.Millisecond}},
		{name: "large packets swallowed", want: diagnostics.LargePacketsLost, how: "frames above 900 bytes vanish both ways, without a word to the sender", cable: cable{largest: 900}},
		{name: "errors on the line", want: diagnostics.LinkErrors, how: "the network card has counted 20 000 broken frames", played: "its counter is a file that is mounted over the kernel's: no card without hardware counts any", spoil: broken(20_000)},
		{name: "address taken twice", want: diagnostics.AddressConflict, how: "somebody else on the cable answers ARP for the machine's address", played: "the other device is a few lines in the cable's relay", cable: cable{twin: true}},
		{name: "address of IPv6 taken twice", want: diagnostics.AddressConflict, how: "the other end of the cable has the machine's new IPv6 address, and the kernel's own detection finds it",
			spoil: func(m *machine) error {
				if err := m.inWorld("ip addr add fd00::77/64 dev far0 nodad"); err != nil {
					return err
				}
				if err := m.sh("ip addr add fd00::77/64 dev eth0"); err != nil {
					return err
				}
				return eventually("the kernel's word", func() bool { return m.sh("ip -6 addr show dev eth0 | grep -q dadfailed") == nil })
			}},
		{name: "proxy gone", want: diagnostics.ProxyGone, how: "the environment names a proxy, and nothing listens at its address", env: []string{"HTTPS_PROXY=http://" + proxyAt + ":3128"}},
		{name: "sign-in page", want: diagnostics.CaptivePortal, how: "port 443 is shut, and plain HTTP to any server is led to a sign-in page", far: far{web: webPortal}},
	}
}

func nameFaults() []scenario {
	return []scenario{
		{name: "dns slow", want: diagnostics.NamesSlow, how: "both name services take a second", far: far{first: namesSlow, second: namesSlow}},
		{name: "dns lies", want: diagnostics.NamesFalse, how: "the name services name one address for every name", far: far{first: namesLie, second: namesLie}},
		{name: "dns refuses", want: diagnostics.NamesDown, how: "both name services answer REFUSED", far: far{first: namesRefuse, second: namesRefuse}},
		{name: "dns silent", want: diagnostics.NamesDown, how: "both name services take the question and say nothing", far: far{first: namesSilent, second: namesSilent}},
		{name: "first dns refuses", want: diagnostics.NamesRefused, how: "the first name service answers REFUSED, the second properly", far: far{first: namesRefuse}},
		{name: "first dns fails", want: diagnostics.NamesServFail, how: "the first name service answers SERVFAIL, the second properly", far: far{first: namesFail}},
		{name: "first dns silent", want: diagnostics.NamesNoAnswer, how: "the first name service says nothing, the second answers properly", far: far{first: namesSilent}},
		{name: "server's name unknown", want: diagnostics.ServerNameUnknown, how: "the name services answer NXDOMAIN for the help desk's server", far: far{first: namesUnknown, second: namesUnknown}},
	}
}

// told makes the machine ask the world's time server.
func told(m *machine) error {
	if err := os.MkdirAll("/etc/systemd", 0o755); err != nil {
		return err
	}
	return os.WriteFile("/etc/systemd/timesyncd.conf", []byte("[Time]\nNTP="+timeAt+"\n"), 0o644)
}

func serverFaults() []scenario {
	return []scenario{
		{name: "server's port shut", want: diagnostics.ServerUnreachable, how: "nothing listens at the help desk's server", far: far{web: webShut}},
		{name: "connection opened", want: diagnostics.ServerIntercepted, how: "the server shows a certificate of an authority that the machine does not know, as an inspecting firewall does", far: far{web: webIntercepted}},
		{name: "server's certificate expired", want: diagnostics.ServerExpired, how: "the server's certificate ended two days ago", far: far{web: webExpired}},
		{name: "server's certificate about to end", want: diagnostics.ServerExpiring, how: "the server's certificate ends in five days", far: far{web: webExpiring}},
		{name: "clock wrong", want: diagnostics.ClockSkew, how: "the time server that the machine is told to ask says that it is 40 min later", played: "the host's clock is never touched: the time server is the one that differs", far: far{clock: 40 * time.Minute}, spoil: told},
		{name: "time server silent", want: diagnostics.TimeSourceSilent, how: "the time server that the machine is told to ask says nothing", far: far{noTime: true}, spoil: told},
		{name: "clock set back", want: diagnostics.ClockJumped, how: "the log holds lines from three hours ahead, written before the clock was set back", played: "the lines are written by the laboratory: the host's clock is never touched",
			spoil: func(m *machine) error {
				if err := m.logAt(time.Now().Add(3*time.Hour), "CRON", "An error of a job was mailed.", "A warning of a job was mailed.", "Failed to mail."); err != nil {
					return err
				}
				return m.log("CRON", "Failed to mail once more.")
			}},
	}
}
