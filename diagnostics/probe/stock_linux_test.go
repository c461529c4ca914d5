package probe

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

// made makes files below a folder that stands for the machine's root. A value that
// begins with “->” is a link.
func made(t *testing.T, files map[string]string) root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, link := strings.CutPrefix(text, "->"); link {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root(dir)
}

// A laptop, as its kernel shows it: what is read of it section by section.
func TestMadeLaptop(t *testing.T) {
	module := "\x11\x22\x11\x00\x00\x00\x00\x00\x40\x00\x40\x00\x00\x40\x0d\x00\x01\x00\x1a\x00\x00\x80\x0c\x02\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00" + "DIMM A\x00Samsung\x00M471A2K43\x00\x00"
	at := made(t, map[string]string{
		"sys/class/dmi/id/sys_vendor": "LENOVO\n", "sys/class/dmi/id/product_name": "21AH\n", "sys/class/dmi/id/product_serial": "PF3\x1b[31m\n", "sys/class/dmi/id/board_name": "Default string\n",
		"sys/class/dmi/id/bios_version": "N3MET17W (1.16)\n", "sys/class/dmi/id/bios_date": "09/12/2025\n", "sys/class/dmi/id/chassis_type": "10\n", "sys/firmware/efi/fw_platform_size": "64\n",
		"sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": "\x06\x00\x00\x00\x01", "sys/firmware/dmi/entries/17-0/raw": module,
		"proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU\nphysical id\t: 0\ncore id\t\t: 0\n\nprocessor\t: 1\nmodel name\t: Some CPU\nphysical id\t: 0\ncore id\t\t: 0\n\n", "proc/meminfo": "MemTotal:       16384 kB\n",
		"sys/class/power_supply/AC/type": "Mains\n", "sys/class/power_supply/AC/online": "0\n",
		"sys/class/power_supply/BAT0/type": "Battery\n", "sys/class/power_supply/BAT0/status": "Discharging\n", "sys/class/power_supply/BAT0/energy_full": "40000000\n", "sys/class/power_supply/BAT0/energy_full_design": "50000000\n", "sys/class/power_supply/BAT0/capacity": "61\n", "sys/class/power_supply/BAT0/cycle_count": "312\n",
		"sys/class/power_supply/mouse/type": "Battery\n", "sys/class/power_supply/mouse/scope": "Device\n",
		"sys/class/hwmon/hwmon0/name": "coretemp\n", "sys/class/hwmon/hwmon0/temp1_input": "61500\n", "sys/class/hwmon/hwmon0/temp1_label": "Package\n", "sys/class/hwmon/hwmon0/temp1_crit": "100000\n", "sys/class/hwmon/hwmon0/temp2_input": "-274000\n", "sys/class/hwmon/hwmon0/fan1_input": "2400\n",
		"sys/bus/usb/devices/usb1/idVendor": "1d6b\n", "sys/bus/usb/devices/1-2/idVendor": "046d\n", "sys/bus/usb/devices/1-2/idProduct": "c52b\n", "sys/bus/usb/devices/1-2/product": "Receiver\n", "sys/bus/usb/devices/1-2/speed": "12\n", "sys/bus/usb/devices/1-2/bDeviceClass": "00\n", "sys/bus/usb/devices/1-2:1.0/bInterfaceClass": "03\n", "sys/bus/usb/devices/1-2:1.0/driver": "->../../drivers/usbhid",
		"sys/bus/pci/devices/0000:00:02.0/class": "0x030000\n", "sys/bus/pci/devices/0000:00:02.0/vendor": "0x8086\n", "sys/bus/pci/devices/0000:00:02.0/device": "0x46a6\n", "sys/bus/pci/devices/0000:00:02.0/driver": "->../../i915", "sys/bus/pci/devices/0000:00:1f.0/class": "0x060100\n",
		"usr/share/misc/pci.ids": "8086  Intel Corporation\n\t46a6  Iris Xe Graphics\n\t\t8086 0001  A card\n10de  NVIDIA\n", "proc/modules": "i915 1 0 - Live 0x0\nbtrfs 1 0 - Live 0x0\n", "proc/sys/kernel/osrelease": "6.1.0-28-amd64\n",
		"sys/block/nvme0n1/size": "1000\n", "sys/block/nvme0n1/removable": "0\n", "sys/block/nvme0n1/queue/rotational": "0\n", "sys/block/nvme0n1/device/model": "SSD 980\n", "sys/block/nvme0n1/nvme0n1p1/partition": "1\n", "sys/block/nvme0n1/nvme0n1p1/size": "600\n", "sys/block/nvme0n1/nvme0n1p1/dev": "259:1\n",
		"proc/self/mountinfo": "1 0 253:0 / / rw - ext4 /dev/mapper/root rw\n2 1 259:1 / /boot rw - ext4 /dev/nvme0n1p1 rw\n3 1 0:30 / /tmp rw - tmpfs tmpfs rw\n",
		"sys/dev/block/253:0": "->../../block/dm-0", "sys/block/dm-0/dm/uuid": "LVM-abc\n", "sys/block/dm-0/slaves/dm-1/dm/uuid": "CRYPT-LUKS2-0123-name\n", "sys/dev/block/259:1": "->../../block/nvme0n1/nvme0n1p1",
		"etc/passwd": "root:x:0:0::/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\nmia:x:1000:1000:Mia:/home/mia:/bin/zsh\n", "etc/group": "sudo:x:27:mia\n",
		"home/mia/.config/autostart/chat.desktop": "[Desktop Entry]\nName=Chat\nExec=chat --quiet\nHidden=true\n", "etc/xdg/autostart/a.desktop": "[Desktop Entry]\nExec=a\n", "etc/crontab": "@reboot root /usr/local/bin/warm up\n17 * * * * root run\n",
		"etc/systemd/system/multi-user.target.wants/ssh.service": "[Service]\nExecStart=/usr/sbin/sshd -D\n", "etc/systemd/system/timers.target.wants/apt-daily.timer": "",
		"var/lib/systemd/coredump/core.my\\x2eprogram.1000.0a1b2c3d4e5f60718293a4b5c6d7e8f9.4312.1700000000000000.zst": "x", "var/crash/_usr_bin_chat.1000.crash": "x",
		"opt/eset/x": "", "proc/77/comm": "oaeventd\n",
	})
	check := func(name inventory.Name, want any, from func(inventory.Inventory) any) {
		t.Helper()
		i := New(asChild(t)).takeStock(t.Context(), at, []inventory.Name{name}, nil)
		if d := cmp.Diff(want, from(i)); d != "" {
			t.Errorf("%s: %s\n%+v", name, d, i.Sections())
		}
	}
	check(inventory.NameHardware, &inventory.Hardware{Vendor: "LENOVO", Model: "21AH", Serial: `PF3\x1b[31m`, Chassis: "laptop", BIOSVersion: "N3MET17W (1.16)", BIOSDate: "09/12/2025", UEFI: true, SecureBoot: "on",
		CPU: "Some CPU", CPUSockets: 1, CPUCores: 1, CPUThreads: 2, MemoryBytes: 16 << 20, MemoryModule: []inventory.MemoryModule{{Slot: "DIMM A", Bytes: 16 << 30, Type: "DDR4", MTs: 3200, Maker: "Samsung", Part: "M471A2K43"}},
	}, func(i inventory.Inventory) any { return i.Hardware.Data })
	check(inventory.NameBattery, &inventory.Battery{Batteries: []inventory.OneBattery{{Name: "BAT0", State: "discharging", ChargePct: 61, HealthPct: 80, Cycles: 312}}}, func(i inventory.Inventory) any { return i.Battery.Data })
	check(inventory.NameThermals, &inventory.Thermals{Sensors: []inventory.Sensor{{Name: "coretemp Package", TempC: 61.5, CritC: 100}}, Fans: []inventory.Fan{{Name: "coretemp fan1", RPM: 2400}}}, func(i inventory.Inventory) any { return i.Thermals.Data })
	check(inventory.NameUSB, &inventory.USB{Devices: []inventory.USBDevice{{Port: "1-2", ID: "046d:c52b", Name: "Receiver", Class: "keyboard or mouse", Mbps: 12, Driver: "usbhid"}}}, func(i inventory.Inventory) any { return i.USB.Data })
	check(inventory.NameGPUs, &inventory.GPUs{GPUs: []inventory.GPU{{Name: "Intel Corporation Iris Xe Graphics", Driver: "i915", Bus: "0000:00:02.0"}}}, func(i inventory.Inventory) any { return i.GPUs.Data })
	check(inventory.NameDrivers, &inventory.Drivers{Kernel: "6.1.0-28-amd64", Modules: []inventory.Module{{Name: "btrfs"}, {Name: "i915"}}}, func(i inventory.Inventory) any { return i.Drivers.Data })
	check(inventory.NameDisks, &inventory.Disks{Disks: []inventory.Disk{{Name: "nvme0n1", Model: "SSD 980", Bytes: 512_000, Kind: "ssd", Bus: "nvme", Parts: []inventory.Partition{{Name: "nvme0n1p1", Bytes: 307_200, Mount: "/boot"}}}}}, func(i inventory.Inventory) any { return i.Disks.Data })
	check(inventory.NameEncryption, &inventory.Encryption{Volumes: []inventory.Volume{{Mount: "/", Device: "dm-0", Encrypted: true, Kind: "LUKS2"}, {Mount: "/boot", Device: "nvme0n1p1", Kind: "plain"}}}, func(i inventory.Inventory) any { return i.Encryption.Data })
	check(inventory.NameAccounts, []string{"mia", "root"}, func(i inventory.Inventory) any {
		return []string{i.Accounts.Data.Accounts[0].Name, i.Accounts.Data.Accounts[1].Name}
	})
	check(inventory.NameStartup, []inventory.StartupItem{
		{Name: "warm", Kind: "cron", Command: "/usr/local/bin/warm up", User: "root", Where: "/etc/crontab"},
		{Name: "Chat", Kind: "desktop", Command: "chat --quiet", User: "mia", Where: "/home/mia/.config/autostart/chat.desktop", Off: true},
		{Name: "a", Kind: "desktop", Command: "a", Where: "/etc/xdg/autostart/a.desktop"},
		{Name: "ssh", Kind: "service", Command: "/usr/sbin/sshd -D", Where: "systemd"}, {Name: "apt-daily.timer", Kind: "timer", Where: "systemd"},
	}, func(i inventory.Inventory) any { return i.Startup.Data.Items })
	check(inventory.NameCrashes, []string{"chat report", "my.program coredump"}, func(i inventory.Inventory) any {
		var all []string
		for _, c := range i.Crashes.Data.Crashes {
			all = append(all, c.Program+" "+c.Kind)
		}
		return all
	})
	check(inventory.NameAntivirus, []inventory.Product{{Name: "ESET", Running: true}}, func(i inventory.Inventory) any { return i.Antivirus.Data.Products })
	if !onBattery(at) || onBattery(made(t, nil)) {
		t.Error("whether it runs on its battery is wrong")
	}
}

// A collector that hangs costs its deadline, is not asked again at once, and what it
// said last is shown with its age.
func TestHungCollectorKeepsItsLastValue(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	hung := probetest.MountHung(t)
	at := made(t, map[string]string{"sys/class/hwmon/hwmon0/temp1_input": "50000\n"})
	p := New(asChild(t))
	only := []inventory.Name{inventory.NameThermals}
	good := p.takeStock(t.Context(), at, only, nil).Thermals
	if good.State != diagnostics.StateOK || good.Data.Sensors[0].TempC != 50 {
		t.Fatalf("%+v", good)
	}
	dead := made(t, map[string]string{"sys/class/hwmon": "->" + hung.Dir})
	start := time.Now()
	s := p.takeStock(t.Context(), dead, only, nil).Thermals
	if took := time.Since(start); took > 20*time.Second || took < 2900*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	if s.State != diagnostics.StateTimeout || s.Note == "" || s.Data == nil || s.Data.Sensors[0].TempC != 50 || !s.ReadAt.Equal(good.ReadAt) {
		t.Errorf("%+v", s)
	}
	start = time.Now()
	again := p.takeStock(t.Context(), dead, only, nil).Thermals
	if again.State != diagnostics.StateTimeout || again.Data == nil || time.Since(start) > 2900*time.Millisecond {
		t.Errorf("after %v: %+v", time.Since(start), again)
	}
}

// 50 000 processes, some of which vanish while they are read, one with a name of
// 4 KiB with escape codes: the socket's owner is found within the deadline.
func TestSocketsAmongManyProcesses(t *testing.T) {
	files := map[string]string{
		"proc/net/tcp": "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 0\n   1: 0100007F:0278 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 0\n",
		"proc/net/udp": "   0: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   104        0 4244 2 0 0\n",
		"etc/passwd":   "root:x:0:0::/root:/bin/sh\navahi:x:104:1::/:/bin/false\n",
	}
	at := made(t, files)
	for pid := range 50_000 {
		if err := os.MkdirAll(at.path(fmt.Sprintf("/proc/%d/fd", pid+1)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	name := "\x1b]0;evil\x07" + strings.Repeat("x", 4096)
	for path, to := range map[string]string{"/proc/49999/fd/3": "socket:[4242]", "/proc/17/fd/0": "/dev/null", "/proc/18/fd/9": "socket:[4244]"} {
		if err := os.Symlink(to, at.path(path)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at.path("/proc/49999/comm"), []byte(name+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	stop, gone := make(chan struct{}), make(chan struct{})
	go func() { // processes end all the time
		defer close(gone)
		for pid := 1000; pid < 40_000; pid++ {
			select {
			case <-stop:
				return
			default:
				os.RemoveAll(at.path(fmt.Sprintf("/proc/%d", pid)))
			}
		}
	}()
	start := time.Now()
	s := New(Options{}).takeStock(t.Context(), at, []inventory.Name{inventory.NameSockets}, nil).Sockets
	took := time.Since(start)
	close(stop)
	<-gone
	if s.State != diagnostics.StateOK || took > 5*time.Second {
		t.Fatalf("after %v: %q %s", took, s.State, s.Note)
	}
	want := []inventory.Socket{
		{Protocol: "tcp", Address: "127.0.0.1", Port: 631, PID: 49999, Process: `\x1b]0;evil\x07` + strings.Repeat("x", 45) + "…", User: "root", Local: true},
		{Protocol: "udp", Address: "0.0.0.0", Port: 5353, PID: 18, Process: "?", User: "avahi"},
	}
	if len(s.Data.Sockets) > 0 {
		want[0].Process = s.Data.Sockets[0].Process // its form is checked below
	}
	if d := cmp.Diff(want, s.Data.Sockets); d != "" {
		t.Error(d)
	}
	if p := s.Data.Sockets[0].Process; len(p) > 70 || strings.ContainsAny(p, "\x1b\x07") || !strings.HasPrefix(p, `\x1b]0;evil\x07xx`) {
		t.Errorf("the name came through as %q", p)
	}
}

// Against independent tools, on this very machine.
func TestSoftwareAsDpkgQuerySays(t *testing.T) {
	i := New(asChild(t)).TakeStock(t.Context(), []inventory.Name{inventory.NameSoftware}, nil).Software
	if i.Data == nil {
		t.Fatalf("%+v", i)
	}
	got := map[string]string{}
	for _, p := range i.Data.Packages {
		if p.Source == "dpkg" {
			got[p.Name+":"+p.Arch] = p.Version
		}
	}
	want := map[string]string{}
	for line := range strings.Lines(probetest.Run(t, "dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}:${Architecture} ${Version}\n")) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "installed" {
			want[f[1]] = f[2]
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSocketsAsSsSays(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	i := New(Options{}).TakeStock(t.Context(), []inventory.Name{inventory.NameSockets}, nil).Sockets
	out := probetest.Run(t, "ss", "-Hltn4")
	port := l.Addr().(*net.TCPAddr).Port
	ours := 0
	for _, s := range i.Data.Sockets {
		if s.Port == port && s.Protocol == "tcp" {
			ours++
			if s.PID != os.Getpid() || s.Address != "127.0.0.1" || !s.Local || !strings.HasPrefix("probe.test", s.Process) {
				t.Errorf("%+v", s)
			}
		}
		if s.Protocol == "tcp" && s.Port == port && !strings.Contains(out, fmt.Sprintf("%s:%d", s.Address, s.Port)) {
			t.Errorf("ss does not know of %+v", s)
		}
	}
	if ours != 1 {
		t.Errorf("our own socket is there %d times", ours)
	}
	known := map[string]bool{}
	for _, s := range i.Data.Sockets {
		known[fmt.Sprintf("%s:%d", s.Address, s.Port)] = true
	}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || strings.Contains(f[3], "%") {
			continue
		}
		if strings.HasSuffix(f[3], fmt.Sprintf(":%d", port)) && !known[f[3]] {
			t.Errorf("ss names %s, and we do not", f[3])
		}
	}
}
