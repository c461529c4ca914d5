package machine

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

func ok[T any](data T, took int64) diagnostics.Section[T] {
	return diagnostics.Section[T]{State: diagnostics.StateOK, TookMS: took, Data: &data}
}

// Snapshot is the machine's state at the moment, agreeing with its last sample.
func (m *Machine) Snapshot(now time.Time) diagnostics.Snapshot {
	now = now.UTC().Truncate(time.Millisecond)
	s := diagnostics.Snapshot{Version: diagnostics.SnapshotVersion, TakenAt: now, TookMS: 1040 + int64(m.roll(20)*300)}
	s.System = ok(m.System(now), 6)
	s.CPU = ok(m.processor(), 804)
	s.Memory = ok(m.mainMemory(), 803)
	s.Disks = ok(diagnostics.Disks{FileSystems: m.FileSystems(), Devices: m.devices()}, 812)
	s.Network = ok(m.network(), 140)
	s.Processes = ok(m.Processes(now), 1010)
	s.Services = ok(m.Services(false), 60)
	s.Log = ok(m.Log(now, 60), 35)
	return s
}

// Findings is what is wrong with the machine now, as its agent would judge.
func (m *Machine) Findings(now time.Time) []diagnostics.Finding {
	return diagnostics.Judge(m.Snapshot(now))
}

// System is what the machine is.
func (m *Machine) System(now time.Time) diagnostics.System {
	s := diagnostics.System{
		Hostname: m.name, OS: m.model.os, Platform: m.model.platform, Kernel: m.model.kernel, Arch: m.model.arch,
		Vendor: m.model.vendor, Model: m.model.name, BootedAt: m.Booted(), TimeZone: m.model.zoneName, RebootPending: m.Ill() == RestartNeeded,
	}
	if m.model.form == Virtual {
		s.Virtualization = "kvm"
	}
	if m.model.form != Server && m.model.form != Virtual {
		where := map[string]string{"windows": "Console", "linux": ":0", "darwin": "console"}[m.model.os]
		s.Users = []diagnostics.Session{{User: m.People()[0].Name, Where: where, Since: m.Booted().Add(5 * time.Minute), Desktop: true}}
	}
	return s
}

// Inventory is what the machine is made of. Its hash changes when that does.
func (m *Machine) Inventory(now time.Time, agent string) wire.Inventory {
	return wire.Inventory{
		Hash: m.InventoryHash(), System: m.System(now), Agent: agent, Address: m.address(),
		CPUModel: m.model.cpu, Cores: m.model.cores, Memory: m.model.memory, Disk: m.model.disk,
	}
}

// InventoryHash is Inventory's hash.
func (m *Machine) InventoryHash() string {
	h := mix(m.seed + 99)
	if m.Ill() == RestartNeeded {
		h++
	}
	return fmt.Sprintf("%016x", h)
}

func (m *Machine) address() string {
	return fmt.Sprintf("10.%d.%d.%d", 16+m.seed%8, m.seed>>8%200, 10+m.seed>>16%240)
}

func (m *Machine) processor() diagnostics.CPU {
	c := diagnostics.CPU{Model: m.model.cpu, Cores: m.model.cores, BusyPercent: round(m.busy()), IntervalMS: 802}
	for range m.model.cores {
		c.PerCore = append(c.PerCore, round(min(100, m.busy()*(0.4+1.2*m.float()))))
	}
	if m.model.os == "windows" {
		return c
	}
	one := float64(m.load()) * float64(m.model.cores)
	c.Load1, c.Load5, c.Load15 = round(float32(one)), round(float32(one*0.9)), round(float32(one*0.8))
	if m.model.os != "linux" {
		return c
	}
	c.Pressure = &diagnostics.Pressure{Some10: round(m.busy() / 12), Some60: round(m.busy() / 14)}
	c.IOWait = round(m.io / 8)
	if m.model.form != Virtual {
		c.MaxTempC, c.TempLimitC = round(m.temperature()), 100
	}
	return c
}

func (m *Machine) mainMemory() diagnostics.Memory {
	x := diagnostics.Memory{Total: m.model.memory, SwapTotal: m.model.memory / 2}
	x.Available = uint64(float64(x.Total) * float64(100-m.memoryUsed()) / 100)
	x.SwapUsed = uint64(float64(x.SwapTotal) * float64(m.swapUsed()) / 100)
	ill := m.Ill() == Swapping
	if ill {
		x.SwapInBps, x.SwapOutBps = float64(11+m.memory/10)*(1<<20), float64(6+m.memory/10)*(1<<20)
	}
	if m.model.os == "linux" {
		x.Pressure = &diagnostics.Pressure{}
		if ill {
			x.Pressure = &diagnostics.Pressure{Some10: round(9 + m.memory/10), Some60: round(7 + m.memory/10), Full10: 3.1, Full60: 2.4}
		}
	}
	return x
}

// FileSystems are the mounted file systems.
func (m *Machine) FileSystems() []diagnostics.FileSystem {
	used := float64(m.diskUsed())
	fs := func(mount, device, kind string, total uint64, used float64) diagnostics.FileSystem {
		return diagnostics.FileSystem{Mount: mount, Device: device, Type: kind, Total: total, Free: uint64(float64(total) * (100 - used) / 100), UsedPct: used}
	}
	switch m.model.os {
	case "windows":
		return []diagnostics.FileSystem{fs("C:", "C:", "ntfs", m.model.disk, used)}
	case "darwin":
		return []diagnostics.FileSystem{fs("/System/Volumes/Data", "/dev/disk3s5", "apfs", m.model.disk, used)}
	}
	root := fs("/", "/dev/nvme0n1p2", "ext4", m.model.disk, used)
	root.InodesPct = 7
	list := []diagnostics.FileSystem{root, fs("/boot/efi", "/dev/nvme0n1p1", "vfat", 535*1000*1000, 1.2)}
	if m.model.form != Server {
		share := fs("/mnt/teams", "nas01:/export/teams", "nfs4", 40_000*gb, 71)
		share.Network = true
		list = append(list, share)
	}
	return list
}

func (m *Machine) devices() []diagnostics.Device {
	if m.model.os != "linux" {
		return nil
	}
	busy := m.diskBusy()
	return []diagnostics.Device{{
		Name: "nvme0n1", Model: "SAMSUNG MZVL2512HCJQ-00BL7", BusyPct: round(busy),
		ReadBps: float64(busy) * 180_000, WriteBps: float64(busy) * 90_000, ReadAwait: round(0.2 + busy/60), WriteAwait: round(0.4 + busy/40),
	}}
}

func round(v float32) float64 { return float64(int(v*10+0.5)) / 10 }
