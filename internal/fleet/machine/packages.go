package machine

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/internal/wire"
)

// versioned is a package in the versions that a fleet has of it: most have the last.
type versioned struct {
	name     string
	bytes    float64
	versions []string
}

func packages(os string) (source string, list []versioned) {
	switch os {
	case "windows":
		return "registry", []versioned{
			{"Microsoft 365 Apps for enterprise", 3100e6, []string{"16.0.17328.20550", "16.0.17628.20144"}}, {"Google Chrome", 410e6, []string{"126.0.6478.127", "127.0.6533.89"}},
			{"7-Zip", 5e6, []string{"23.01", "24.07"}}, {"Adobe Acrobat", 900e6, []string{"24.002.20857", "24.002.20933"}}, {"Microsoft Teams", 520e6, []string{"24152.412.2958.916", "24180.205.2980.1757"}},
			{"Northgate VPN Client", 64e6, []string{"5.1.9", "5.2.0"}}, {"ERP Client", 240e6, []string{"11.4", "11.4.2"}}, {"Notepad++", 14e6, []string{"8.6.8", "8.6.9"}},
			{"VLC media player", 180e6, []string{"3.0.20", "3.0.21"}}, {"Deskbell", 60e6, []string{"0.1.0"}},
		}
	case "darwin":
		return "app", []versioned{
			{"Google Chrome", 640e6, []string{"126.0.6478.127", "127.0.6533.89"}}, {"Microsoft Teams", 800e6, []string{"24152.412", "24180.205"}}, {"Slack", 480e6, []string{"4.38.127", "4.39.95"}},
			{"Xcode", 3400e6, []string{"15.3", "15.4"}}, {"Northgate VPN Client", 70e6, []string{"5.1.9", "5.2.0"}}, {"Deskbell", 60e6, []string{"0.1.0"}},
		}
	}
	return "dpkg", []versioned{
		{"firefox-esr", 231e6, []string{"128.13.0esr-1", "128.14.0esr-1"}}, {"libreoffice", 310e6, []string{"4:7.4.7-1+deb12u7", "4:7.4.7-1+deb12u8"}}, {"openvpn", 2e6, []string{"2.6.3-1+deb12u2", "2.6.3-1+deb12u3"}},
		{"openssh-client", 4e6, []string{"1:9.2p1-2+deb12u6", "1:9.2p1-2+deb12u7"}}, {"cups", 1e6, []string{"2.4.2-3+deb12u8", "2.4.2-3+deb12u9"}}, {"systemd", 11e6, []string{"252.38-1~deb12u1", "252.39-1~deb12u1"}},
		{"libc6", 13e6, []string{"2.36-9+deb12u10", "2.36-9+deb12u13"}}, {"bash", 7e6, []string{"5.2.15-2+b9"}}, {"python3.11", 1e6, []string{"3.11.2-6+deb12u6"}}, {"deskbell", 60e6, []string{"0.1.0"}},
	}
}

// oddVersion is one machine in so many that was left behind with a driver that none
// of its neighbours has any more: what comparing is to find.
const oddVersion = 23

// software is what is installed: the same for ever, some of it older than elsewhere.
func (m *Machine) software(now time.Time) *inventory.Software {
	source, list := packages(m.model.os)
	s := &inventory.Software{Sources: []string{source}}
	for i, p := range list {
		n := uint64(1000 + i)
		if m.roll(n) < 0.06 {
			continue // not everybody has everything
		}
		version := p.versions[len(p.versions)-1]
		if m.roll(n+100) < 0.12 {
			version = p.versions[0]
		}
		age := 1 + int(m.roll(n+200)*300)
		s.Packages = append(s.Packages, inventory.Package{Name: p.name, Version: version, Arch: m.model.arch, Source: source, Installed: now.AddDate(0, 0, -age).UTC().Truncate(24 * time.Hour), Bytes: uint64(p.bytes)})
	}
	return s
}

func (m *Machine) drivers() *inventory.Drivers {
	d := &inventory.Drivers{Kernel: m.model.kernel}
	version := "12.5"
	if m.seed%oddVersion == 0 {
		version = "12.4-beta2"
	}
	d.Modules = append(d.Modules, inventory.Module{Name: "netx", Version: version})
	return d
}

// Facts are those by which the machine is compared with others.
func (m *Machine) Facts(now time.Time) wire.Stock {
	i := m.Stock(now)
	facts, left := stock.Of(m.System(now), &i, m.subnet())
	return wire.Stock{Hash: stock.Hash(facts), TakenAt: now.UTC(), Facts: stock.Pack(facts), Left: left}
}

func (m *Machine) subnet() string { return fmt.Sprintf("10.%d.%d.0/24", 16+m.seed%8, m.seed>>8%200) }

// startup is what runs from the beginning.
func (m *Machine) startup() *inventory.Startup {
	s := &inventory.Startup{}
	for _, n := range services[m.model.os] {
		s.Items = append(s.Items, inventory.StartupItem{Name: n[0], Kind: "service", Where: m.Services(false).Manager})
	}
	return s
}
