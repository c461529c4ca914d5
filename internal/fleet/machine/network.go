package machine

import (
	"fmt"

	"github.com/deskbell/deskbell/diagnostics"
)

// network is how the machine is connected. An endpoint that is asked for it has a
// session, so the way out works, whatever else does not.
func (m *Machine) network() diagnostics.Network {
	up := uint64(max(0, m.at-m.booted))
	in := diagnostics.Interface{
		Name: m.interfaceName(), Up: true, Carrier: true, MTU: 1500, MAC: fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", m.seed&255, m.seed>>8&255, m.seed>>16&255, m.seed>>24&255, m.seed>>32&255),
		Addresses: []string{m.address() + "/22"},
		RxBytes:   up * uint64(20_000+m.roll(21)*200_000), TxBytes: up * uint64(4_000+m.roll(22)*40_000),
	}
	in.RxPackets, in.TxPackets = in.RxBytes/900, in.TxBytes/300
	if m.wireless() {
		in.Wireless = true
		if m.model.os == "linux" {
			in.SignalDBm = -48 - int(m.roll(23)*18)
			if m.Ill() == WeakSignal {
				in.SignalDBm = -79 - int(m.roll(24)*6)
			}
		}
	} else {
		in.SpeedMbps = 1000
	}
	gateway := fmt.Sprintf("10.%d.0.1", 16+m.seed%8)
	n := diagnostics.Network{
		Interfaces: []diagnostics.Interface{in}, RoutesRead: true,
		Gateways: []diagnostics.Gateway{{Address: gateway, Interface: in.Name, Asked: true, How: "echo", Answers: true, RTTms: round(float32(0.6 + 3*m.roll(25)))}},
		Server:   &diagnostics.ServerPath{Address: "deskbell.example.com:443", Connected: true, SkewMS: int64(m.roll(26) * 300)},
	}
	first, second := "10.0.0.53", "10.0.1.53"
	a := diagnostics.Resolver{Address: first, Name: "deskbell.example.com", Answers: true, RCode: "NOERROR", RTTms: round(float32(1 + 20*m.roll(27)))}
	b := a
	b.Address = second
	if m.Ill() == NamesFail {
		a.RCode, a.RTTms = "SERVFAIL", 2003
	}
	n.Resolvers = []diagnostics.Resolver{a, b}
	if m.Ill() == ClockWrong {
		n.Server.SkewMS = 7*60_000 + int64(m.roll(28)*100_000)
	}
	return n
}

func (m *Machine) wireless() bool {
	return m.model.form == Laptop && (m.Ill() == WeakSignal || m.roll(29) < 0.7)
}

func (m *Machine) interfaceName() string {
	switch {
	case m.model.os == "windows" && m.wireless():
		return "Wi-Fi"
	case m.model.os == "windows":
		return "Ethernet"
	case m.model.os == "darwin":
		return "en0"
	case m.wireless():
		return "wlp0s20f3"
	}
	return "enp0s31f6"
}
