package probe

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

// The inventory of this very machine against what independent tools say of it.

func taken(t *testing.T, names ...inventory.Name) inventory.Inventory {
	t.Helper()
	i := New(asChild(t)).TakeStock(t.Context(), names, nil)
	for _, s := range i.Sections() {
		if s.State != diagnostics.StateMissing && s.Data == nil {
			t.Fatalf("%s: %q %s", s.Name, s.State, s.Note)
		}
	}
	return i
}

func TestDisksAsLsblkSays(t *testing.T) {
	var want, got []string
	for line := range strings.Lines(probetest.Run(t, "lsblk", "-bnlo", "NAME,SIZE,TYPE")) {
		if f := strings.Fields(line); len(f) == 3 && (f[2] == "disk" && wholeDisk(f[0]) || f[2] == "part") {
			want = append(want, f[0]+" "+f[1])
		}
	}
	for _, d := range taken(t, inventory.NameDisks).Disks.Data.Disks {
		got = append(got, fmt.Sprintf("%s %d", d.Name, d.Bytes))
		for _, p := range d.Parts {
			if p.Name != d.Name {
				got = append(got, fmt.Sprintf("%s %d", p.Name, p.Bytes))
			}
		}
	}
	if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
		t.Error(d)
	}
}

func TestLinksAsIpSays(t *testing.T) {
	want, got := map[string]string{}, map[string]string{}
	for line := range strings.Lines(probetest.Run(t, "ip", "-br", "link", "show")) {
		if f := strings.Fields(line); len(f) >= 3 && f[0] != "lo" {
			name, _, _ := strings.Cut(f[0], "@")
			want[name] = f[2]
		}
	}
	n := taken(t, inventory.NameNetwork).Network.Data
	for _, l := range n.Links {
		got[l.Name] = l.MAC
	}
	if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
		t.Error(d)
	}
	for line := range strings.Lines(probetest.Run(t, "ip", "route", "show", "default")) {
		if f := strings.Fields(line); len(f) > 4 && !strings.Contains(strings.Join(n.Gateways, "\n"), f[2]+" on "+f[4]) {
			t.Errorf("ip names the gateway %s, and we have %v", f[2], n.Gateways)
		}
	}
}

// Every unit that we say was switched on, systemctl says is enabled. It says so from
// the files, whether systemd runs or not.
func TestServicesAsSystemctlSays(t *testing.T) {
	enabled := map[string]bool{}
	for line := range strings.Lines(probetest.Run(t, "systemctl", "--root=/", "list-unit-files", "--state=enabled", "--no-legend", "--no-pager")) {
		if f := strings.Fields(line); len(f) > 0 {
			enabled[f[0]] = true
		}
	}
	seen := 0
	for _, i := range taken(t, inventory.NameStartup).Startup.Data.Items {
		if i.Where != "systemd" || strings.ContainsRune(i.Name, '@') {
			continue
		}
		name := i.Name
		if i.Kind == "service" {
			name += ".service"
		}
		seen++
		if !enabled[name] {
			t.Errorf("systemctl does not say that %s is enabled", name)
		}
	}
	if seen == 0 {
		t.Error("no unit is enabled here; the tests need the package systemd")
	}
}

func TestMachineAsOtherToolsSay(t *testing.T) {
	i := taken(t, inventory.NameHardware, inventory.NameDrivers, inventory.NameAccounts, inventory.NameBoot)
	if want := strings.TrimSpace(probetest.Run(t, "uname", "-r")); i.Drivers.Data.Kernel != want {
		t.Errorf("the kernel is %q, uname says %q", i.Drivers.Data.Kernel, want)
	}
	if want := strings.TrimSpace(probetest.Run(t, "nproc", "--all")); fmt.Sprint(i.Hardware.Data.CPUThreads) != want {
		t.Errorf("%d threads, nproc says %s", i.Hardware.Data.CPUThreads, want)
	}
	free := strings.Fields(strings.Split(probetest.Run(t, "free", "-b"), "\n")[1])
	if fmt.Sprint(i.Hardware.Data.MemoryBytes) != free[1] {
		t.Errorf("%d bytes of memory, free says %s", i.Hardware.Data.MemoryBytes, free[1])
	}
	passwd := probetest.Run(t, "getent", "passwd")
	for _, a := range i.Accounts.Data.Accounts {
		if !strings.Contains("\n"+passwd, "\n"+a.Name+":x:"+a.UID+":") {
			t.Errorf("getent does not know %+v", a)
		}
	}
	since := strings.TrimSpace(probetest.Run(t, "uptime", "-s"))
	if got := i.Boot.Data.BootedAt.Local(); got.Sub(parseLocal(t, since)).Abs().Seconds() > 3 {
		t.Errorf("started %v, uptime says %s", got, since)
	}
}

func parseLocal(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateTime, s, time.Local)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
