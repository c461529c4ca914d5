package diagnostics

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A case changes one healthy machine twice: so far that the rule reports, and to
// just before.
type ruleCase struct {
	code     Code
	name     string
	severity Severity
	causedBy Code
	beyond   func(*Snapshot)
	before   func(*Snapshot) // nothing of this code
	says     string          // in the sentence
	detail   string          // in the detail
}

func root(s *Snapshot) *FileSystem { return &s.Disks.Data.FileSystems[0] }

func setRoot(total, free uint64) func(*Snapshot) {
	return func(s *Snapshot) {
		fs := root(s)
		fs.Total, fs.Free, fs.UsedPct = total, free, 100-float64(free)/float64(total)*100
	}
}

func logged(unit string, lines ...string) func(*Snapshot) {
	return func(s *Snapshot) {
		for i, line := range lines {
			s.Log.Data.Entries = append(s.Log.Data.Entries, LogEntry{At: s.TakenAt.Add(-time.Duration(len(lines)-i) * time.Minute), Unit: unit, Message: line})
		}
	}
}

// loggedBefore is the same two days earlier.
func loggedBefore(unit string, lines ...string) func(*Snapshot) {
	return func(s *Snapshot) {
		n := len(s.Log.Data.Entries)
		logged(unit, lines...)(s)
		for i := range s.Log.Data.Entries[n:] {
			s.Log.Data.Entries[n+i].At = s.Log.Data.Entries[n+i].At.Add(-48 * time.Hour)
		}
	}
}

func repeat(n int, line string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = line
	}
	return all
}

// offline makes nothing beyond the machine answer.
func offline(s *Snapshot) {
	n := s.Network.Data
	for i := range n.Gateways {
		n.Gateways[i].Answers = false
	}
	for i := range n.Resolvers {
		n.Resolvers[i].Answers, n.Resolvers[i].RCode, n.Resolvers[i].Problem = false, "", "no answer in 1.5 s"
	}
	n.Server.Connected, n.Server.Problem, n.Server.SkewMS = false, "no answer", 0
}

func noCarrier(s *Snapshot) {
	offline(s)
	n := s.Network.Data
	n.Gateways = nil
	for i := range n.Interfaces {
		if n.Interfaces[i].Name != "docker0" {
			n.Interfaces[i].Carrier = false
		}
		if n.Interfaces[i].Name == "docker0" {
			n.Interfaces[i].Carrier = true // a container keeps it up
		}
		if n.Interfaces[i].Name == "wlp0s20f3" {
			n.Interfaces[i].Addresses = nil
		}
	}
}

func linkLocalOnly(s *Snapshot) {
	offline(s)
	n := s.Network.Data
	n.Gateways = nil
	n.Interfaces[0].Addresses = []string{"169.254.17.3/16", "fe80::a251:bff:fe11:2233/64"}
}

func resolvers(all ...Resolver) func(*Snapshot) {
	return func(s *Snapshot) { s.Network.Data.Resolvers = all }
}

func good(address string) Resolver {
	return Resolver{Address: address, Name: "bell.example.com", Answers: true, RCode: "NOERROR", RTTms: 2}
}

func answers(address, rcode string) Resolver {
	return Resolver{Address: address, Name: "bell.example.com", Answers: true, RCode: rcode, RTTms: 2}
}

func silent(address string) Resolver {
	return Resolver{Address: address, Name: "bell.example.com", Problem: "no answer in 1.5 s"}
}

func both(all ...func(*Snapshot)) func(*Snapshot) {
	return func(s *Snapshot) {
		for _, f := range all {
			f(s)
		}
	}
}

func skewed(d time.Duration) func(*Snapshot) {
	return func(s *Snapshot) { s.Network.Data.Server.SkewMS = d.Milliseconds() }
}

func busy(percent, some10, some60 float64) func(*Snapshot) {
	return func(s *Snapshot) {
		s.CPU.Data.BusyPercent, s.CPU.Data.Pressure = percent, &Pressure{Some10: some10, Some60: some60}
		s.Processes.Data.Top = nil
	}
}

func top(p Process) func(*Snapshot) {
	return func(s *Snapshot) { s.Processes.Data.Top = []Process{p} }
}

var longAgo = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func ruleCases() []ruleCase {
	return []ruleCase{
		{code: DiskFull, severity: Critical, beyond: setRoot(256e9, 300e6), before: setRoot(256e9, 1100e6), says: "Your disk is full: 0.3 of 256 GB are free.", detail: "/ (/dev/mapper/ubuntu--vg-root, ext4): 99.9 % used"},
		{code: DiskFull, name: "small", severity: Critical, beyond: setRoot(4<<30, 60<<20), before: setRoot(4<<30, 120<<20)},
		{code: DiskFull, name: "large disks have room at 99 %", severity: Critical, beyond: setRoot(16e12, 900e6), before: setRoot(16e12, 100e9)},
		{code: DiskFull, name: "network drive", severity: Warning, says: "The network drive “/mnt/share” is full",
			beyond: func(s *Snapshot) {
				setRoot(1e12, 1e6)(s)
				root(s).Network, root(s).Mount = true, "/mnt/share"
			},
			before: func(s *Snapshot) { setRoot(1e12, 20e9)(s); root(s).Network = true }},
		{code: DiskNearlyFull, severity: Warning, beyond: setRoot(256e9, 12e9), before: setRoot(256e9, 26e9), says: "nearly full: 12 of 256 GB are free."},
		{code: DiskNearlyFull, name: "large", severity: Warning, beyond: setRoot(8e12, 90e9), before: setRoot(8e12, 300e9)},
		{code: DiskNearlyFull, name: "another mount", severity: Warning, says: "The disk at “/srv/data” is nearly full",
			beyond: both(setRoot(256e9, 12e9), func(s *Snapshot) { root(s).Mount = "/srv/data" }), before: func(s *Snapshot) { root(s).Mount = "/srv/data" }},
		{code: DiskInodes, severity: Warning, beyond: func(s *Snapshot) { root(s).InodesPct = 95 }, before: func(s *Snapshot) { root(s).InodesPct = 94.9 }},
		{code: DiskInodes, name: "none left", severity: Critical, beyond: func(s *Snapshot) { root(s).InodesPct = 100 }, before: func(s *Snapshot) { root(s).InodesPct = 90 }, says: "can take no more files"},
		{code: DiskReadOnly, severity: Critical, beyond: func(s *Snapshot) {
			root(s).ReadOnly, root(s).ErrorState = true, "mounted for writing, and read-only since: errors"
		}, before: func(s *Snapshot) { root(s).ReadOnly = true }, says: "can be read but not written to"},
		{code: DiskNoAnswer, severity: Critical, beyond: func(s *Snapshot) { root(s).NoAnswer = true }, before: func(*Snapshot) {}},
		{code: DiskNoAnswer, name: "network drive", severity: Warning, beyond: func(s *Snapshot) {
			root(s).NoAnswer, root(s).Network, root(s).Mount = true, true, "/mnt/nas"
		}, before: func(s *Snapshot) { root(s).Network = true }, says: "The network drive “/mnt/nas” does not answer."},
		{code: DiskSaturated, severity: Warning, beyond: func(s *Snapshot) { s.Disks.Data.Devices[0].BusyPct, s.Disks.Data.Devices[0].WriteAwait = 95, 50 }, before: func(s *Snapshot) { s.Disks.Data.Devices[0].BusyPct, s.Disks.Data.Devices[0].WriteAwait = 95, 49 }},
		{code: DiskSaturated, name: "programs stall", severity: Warning, beyond: func(s *Snapshot) {
			s.Disks.Data.Devices[0].BusyPct, s.Disks.Data.Pressure = 80, &Pressure{Full10: 40}
		}, before: func(s *Snapshot) { s.Disks.Data.Devices[0].BusyPct, s.Disks.Data.Pressure = 79, &Pressure{Full10: 90} }},
		{code: DiskSaturated, name: "because of swap", severity: Warning, causedBy: MemorySwapping, beyond: func(s *Snapshot) {
			s.Disks.Data.Devices[0].WriteAwait = 80
			s.Memory.Data.SwapInBps, s.Memory.Data.Pressure = 30e6, &Pressure{Some10: 40}
		}, before: func(*Snapshot) {}},

		{code: MemoryExhausted, severity: Warning, beyond: func(s *Snapshot) { s.Memory.Data.Available = 700 << 20 }, before: func(s *Snapshot) { s.Memory.Data.Available = 1 << 30 }, says: "0.7 of 16 GB are free"},
		{code: MemoryExhausted, name: "none", severity: Critical, beyond: func(s *Snapshot) { s.Memory.Data.Available, s.Memory.Data.Pressure = 100<<20, &Pressure{Some10: 1} }, before: func(s *Snapshot) { s.Memory.Data.Available = 900 << 20 }},
		{code: MemoryExhausted, name: "all stalled", severity: Critical, beyond: func(s *Snapshot) {
			s.Memory.Data.Available, s.Memory.Data.Pressure = 3<<30, &Pressure{Some10: 60, Full10: 20}
		}, before: func(s *Snapshot) {
			s.Memory.Data.Available, s.Memory.Data.Pressure = 3<<30, &Pressure{Some10: 60, Full10: 19}
		}},
		{code: MemoryExhausted, name: "only a group with a limit of its own is stalled", severity: Critical, beyond: func(s *Snapshot) {
			s.Memory.Data.Available, s.Memory.Data.Pressure = 4<<30, &Pressure{Some10: 60, Full10: 50}
		}, before: func(s *Snapshot) {
			s.Memory.Data.Available, s.Memory.Data.Pressure = 5<<30, &Pressure{Some10: 60, Full10: 50}
		}},
		{code: MemoryExhausted, name: "little, but nobody waits", severity: Warning, beyond: func(s *Snapshot) { s.Memory.Data.Available, s.Memory.Data.Pressure = 100<<20, &Pressure{} }, before: func(s *Snapshot) { s.Memory.Data.Available = 2 << 30 }},
		{code: MemorySwapping, severity: Warning, beyond: func(s *Snapshot) { s.Memory.Data.SwapInBps, s.Memory.Data.Pressure = 2<<20, &Pressure{Some10: 5} }, before: func(s *Snapshot) { s.Memory.Data.SwapInBps, s.Memory.Data.Pressure = 9<<20, &Pressure{Some10: 4} }},
		{code: MemorySwapping, name: "without pressure measured", severity: Warning, beyond: func(s *Snapshot) { s.Memory.Data.SwapInBps, s.Memory.Data.Pressure = 8<<20, nil }, before: func(s *Snapshot) {
			s.Memory.Data.SwapInBps, s.Memory.Data.SwapOutBps, s.Memory.Data.Pressure = 7<<20, 90<<20, nil
		}},
		{code: MemorySwapping, name: "because memory is used up", severity: Warning, causedBy: MemoryExhausted, beyond: func(s *Snapshot) {
			s.Memory.Data.SwapInBps, s.Memory.Data.Pressure, s.Memory.Data.Available = 9<<20, &Pressure{Some10: 30}, 100<<20
		}, before: func(*Snapshot) {}},
		{code: MemoryKill, severity: Warning, says: "ended the program “chrome”",
			beyond: logged("kernel", "Out of memory: Killed process 4242 (chrome) total-vm:3145728kB, anon-rss:1800000kB"),
			before: loggedBefore("kernel", "Out of memory: Killed process 4242 (chrome) total-vm:3145728kB")},
		{code: MemoryKill, name: "a container's limit", severity: Info, beyond: logged("kernel", "Memory cgroup out of memory: Killed process 77 (java) total-vm:1kB"),
			before: logged("app.service", "Out of memory: Killed process 4242 (chrome) said the app")},
		{code: MemoryKill, name: "old kernel", severity: Warning, beyond: logged("kernel", "Out of memory: Kill process 4242 (chrome) score 900 or sacrifice child"), before: func(*Snapshot) {}},
		{code: MemoryKill, name: "oomd", severity: Warning, beyond: logged("systemd-oomd.service", "Killed /user.slice/app-chrome.scope due to memory pressure for /user.slice being 60%"), before: func(*Snapshot) {}},
		{code: MemoryKill, name: "counted today", severity: Info, beyond: func(s *Snapshot) { s.Memory.Data.OOMKills = 2 }, before: func(s *Snapshot) {
			s.Memory.Data.OOMKills, s.System.Data.BootedAt = 2, s.TakenAt.Add(-25*time.Hour)
		}},

		{code: CPUSaturated, severity: Warning, beyond: busy(90, 50, 25), before: busy(90, 49, 25)},
		{code: CPUSaturated, name: "a moment ago it was not", severity: Warning, beyond: busy(100, 90, 30), before: busy(100, 90, 24)},
		{code: CPUSaturated, name: "by load", severity: Warning, beyond: func(s *Snapshot) { s.CPU.Data.Pressure, s.CPU.Data.BusyPercent, s.CPU.Data.Load1 = nil, 95, 16 }, before: func(s *Snapshot) { s.CPU.Data.Pressure, s.CPU.Data.BusyPercent, s.CPU.Data.Load1 = nil, 60, 90 }},
		{code: CPUSaturated, name: "neither measured", severity: Warning, beyond: func(s *Snapshot) { s.CPU.Data.Pressure, s.CPU.Data.BusyPercent, s.CPU.Data.Load1 = nil, 98, 0 }, before: func(s *Snapshot) { s.CPU.Data.Pressure, s.CPU.Data.BusyPercent, s.CPU.Data.Load1 = nil, 97.9, 0 }},
		{code: CPUSaturated, name: "because of one program", severity: Warning, causedBy: ProcessRunaway, beyond: both(busy(95, 90, 80), top(Process{PID: 9, Name: "indexer", CPUPct: 700, Started: longAgo})), before: func(*Snapshot) {}},
		{code: CPUThrottled, severity: Warning, beyond: func(s *Snapshot) { s.CPU.Data.Throttles, s.CPU.Data.MaxTempC = 5, 90 }, before: func(s *Snapshot) { s.CPU.Data.Throttles, s.CPU.Data.MaxTempC = 50, 89 }},
		{code: CPUThrottled, name: "no sensor", severity: Warning, beyond: func(s *Snapshot) { s.CPU.Data.Throttles, s.CPU.Data.MaxTempC = 20, 0 }, before: func(s *Snapshot) { s.CPU.Data.Throttles, s.CPU.Data.MaxTempC = 19, 0 }},
		{code: CPUThrottled, name: "too hot", severity: Warning, causedBy: CPUHot, beyond: func(s *Snapshot) { s.CPU.Data.Throttles, s.CPU.Data.MaxTempC = 90, 99 }, before: func(*Snapshot) {}},
		{code: CPUHot, severity: Warning, beyond: func(s *Snapshot) { s.CPU.Data.MaxTempC = 97 }, before: func(s *Snapshot) { s.CPU.Data.MaxTempC = 96.9 }},
		{code: CPUHot, name: "no limit known", severity: Warning, beyond: func(s *Snapshot) { s.CPU.Data.MaxTempC, s.CPU.Data.TempLimitC = 97, 0 }, before: func(s *Snapshot) { s.CPU.Data.MaxTempC, s.CPU.Data.TempLimitC = 255, 0 }},
		{code: CPUSteal, severity: Warning, beyond: func(s *Snapshot) { s.CPU.Data.Steal = 15 }, before: func(s *Snapshot) { s.CPU.Data.Steal = 14.9 }},

		{code: ProcessRunaway, severity: Warning, says: "“indexer” keeps your machine busy",
			beyond: both(busy(90, 10, 10), top(Process{PID: 9, Name: "indexer", CPUPct: 400, Started: longAgo})),
			before: both(busy(89, 10, 10), top(Process{PID: 9, Name: "indexer", CPUPct: 400, Started: longAgo}))},
		{code: ProcessRunaway, name: "one of many is none", severity: Warning,
			beyond: both(busy(95, 80, 60), top(Process{PID: 9, Name: "indexer", CPUPct: 305, Started: longAgo})),
			before: both(busy(95, 80, 60), top(Process{PID: 9, Name: "indexer", CPUPct: 300, Started: longAgo}))},
		{code: ProcessRunaway, name: "it has only begun", severity: Warning,
			beyond: both(busy(95, 80, 60), top(Process{PID: 9, Name: "indexer", CPUPct: 700})),
			before: both(busy(95, 80, 60), top(Process{PID: 9, Name: "indexer", CPUPct: 700, Started: longAgo.Add(119 * time.Minute)}))},
		{code: ProcessRunaway, name: "the kernel is no program", severity: Warning,
			beyond: both(busy(95, 80, 60), top(Process{PID: 9, Parent: 1, Name: "kswapd0", CPUPct: 700})),
			before: both(busy(95, 80, 60), top(Process{PID: 9, Parent: 2, Name: "kswapd0", CPUPct: 700}))},
		{code: ProcessZombies, severity: Info, beyond: func(s *Snapshot) { s.Processes.Data.Zombies = 50 }, before: func(s *Snapshot) { s.Processes.Data.Zombies = 49 }},
		{code: ProcessZombies, name: "very many", severity: Warning, beyond: func(s *Snapshot) { s.Processes.Data.Zombies = 500 }, before: func(s *Snapshot) { s.Processes.Data.Zombies = 3 }},
		{code: ProcessesBlocked, severity: Warning, beyond: func(s *Snapshot) { s.Processes.Data.Blocked = 3 }, before: func(s *Snapshot) { s.Processes.Data.Blocked = 2 }},
		{code: ProcessesBlocked, name: "by a dead drive", severity: Warning, causedBy: DiskNoAnswer, beyond: func(s *Snapshot) {
			s.Processes.Data.Blocked, root(s).NoAnswer, root(s).Network = 30, true, true
		}, before: func(*Snapshot) {}},

		{code: NoLink, severity: Critical, beyond: noCarrier, before: func(s *Snapshot) { noCarrier(s); s.Network.Data.Interfaces[4].Carrier = true }, says: "not connected to any network"},
		{code: NoLink, name: "no interface", severity: Critical, beyond: func(s *Snapshot) {
			s.Network.Data = &Network{RoutesRead: true}
		}, before: func(s *Snapshot) { s.Network = Section[Network]{State: StateFailed} }},
		{code: NoAddress, severity: Critical, beyond: linkLocalOnly, before: func(s *Snapshot) {
			linkLocalOnly(s)
			s.Network.Data.Interfaces[0].Addresses = []string{"fe80::1/64", "10.1.1.1/8"}
		}},
		{code: NoRoute, severity: Critical, beyond: func(s *Snapshot) { offline(s); s.Network.Data.Gateways = nil }, before: func(s *Snapshot) { s.Network.Data.Gateways = nil }},
		{code: NoRoute, name: "could not be read", severity: Critical, beyond: func(s *Snapshot) { offline(s); s.Network.Data.Gateways = nil }, before: func(s *Snapshot) {
			offline(s)
			s.Network.Data.Gateways, s.Network.Data.RoutesRead = nil, false
		}},
		{code: NoRoute, name: "no address", severity: Critical, causedBy: NoAddress, beyond: linkLocalOnly, before: func(*Snapshot) {}},
		{code: GatewaySilent, severity: Critical, beyond: offline, before: func(s *Snapshot) {
			offline(s)
			s.Network.Data.Resolvers = []Resolver{answers("9.9.9.9", "REFUSED")}
		}},
		{code: GatewaySilent, name: "a server beside us is not beyond it", severity: Critical, beyond: func(s *Snapshot) {
			offline(s)
			s.Network.Data.Resolvers = []Resolver{good("192.168.178.5")}
		}, before: func(s *Snapshot) { offline(s); s.Network.Data.Resolvers = []Resolver{good("192.168.178.1")} }},
		{code: GatewaySilent, name: "nobody else was asked", severity: Warning, beyond: func(s *Snapshot) {
			offline(s)
			s.Network.Data.Resolvers, s.Network.Data.Server = nil, nil
		}, before: func(s *Snapshot) {
			offline(s)
			for i := range s.Network.Data.Gateways {
				s.Network.Data.Gateways[i].Asked = false
			}
		}},
		{code: WifiWeak, severity: Warning, beyond: func(s *Snapshot) { s.Network.Data.Interfaces[0].SignalDBm = -75 }, before: func(s *Snapshot) { s.Network.Data.Interfaces[0].SignalDBm = -74 }},
		{code: WifiWeak, name: "with a cable beside it", severity: Warning, beyond: func(s *Snapshot) { s.Network.Data.Interfaces[0].SignalDBm = -88 }, before: func(s *Snapshot) {
			n := s.Network.Data
			n.Interfaces[0].SignalDBm, n.Interfaces[4].Carrier = -88, true
			n.Gateways = append(n.Gateways, Gateway{Address: "10.0.0.1", Interface: "enp0s31f6", Asked: true, Answers: true})
		}},
		{code: LinkErrors, severity: Warning, beyond: func(s *Snapshot) { s.Network.Data.Interfaces[0].RxErrors = 20000 }, before: func(s *Snapshot) { s.Network.Data.Interfaces[0].RxErrors = 16000 }},
		{code: LinkErrors, name: "a handful is nothing", severity: Warning, beyond: func(s *Snapshot) {
			i := &s.Network.Data.Interfaces[0]
			i.RxErrors, i.TxErrors, i.RxPackets, i.TxPackets = 1000, 0, 1000, 0
		}, before: func(s *Snapshot) {
			i := &s.Network.Data.Interfaces[0]
			i.RxErrors, i.TxErrors, i.RxPackets, i.TxPackets = 999, 0, 1000, 0
		}},

		{code: NamesDown, severity: Critical, beyond: resolvers(silent("10.0.0.2"), answers("10.0.0.3", "SERVFAIL")), before: resolvers(silent("10.0.0.2"), good("10.0.0.3")), detail: "SERVFAIL"},
		{code: NamesDown, name: "only this machine's own is dead", severity: Critical,
			beyond: resolvers(silent("127.0.0.53"), Resolver{Address: "10.0.0.2", Answers: true, RCode: "NOERROR", Upstream: true}), before: resolvers()},
		{code: NamesDown, name: "behind a silent router", severity: Critical, causedBy: GatewaySilent, beyond: offline, before: func(*Snapshot) {}},
		{code: NamesNoAnswer, severity: Warning, beyond: resolvers(silent("10.0.0.2"), good("10.0.0.3")), before: resolvers(good("10.0.0.2"), good("10.0.0.3"))},
		{code: NamesNoAnswer, name: "the second", severity: Info, beyond: resolvers(good("10.0.0.2"), silent("10.0.0.3")), before: resolvers(silent("10.0.0.2"))},
		{code: NamesRefused, severity: Warning, beyond: resolvers(answers("10.0.0.2", "REFUSED"), good("10.0.0.3")), before: resolvers(answers("10.0.0.2", "NXDOMAIN"), good("10.0.0.3")), detail: "REFUSED"},
		{code: NamesServFail, severity: Warning, beyond: resolvers(answers("10.0.0.2", "SERVFAIL"), good("10.0.0.3")), before: resolvers(answers("10.0.0.2", "REFUSED"), good("10.0.0.3")), detail: "SERVFAIL"},
		{code: ServerNameUnknown, severity: Warning, beyond: func(s *Snapshot) {
			s.Network.Data.Server.Connected, s.Network.Data.Server.Problem = false, "name not found"
			s.Network.Data.Resolvers = []Resolver{answers("10.0.0.2", "NXDOMAIN")}
		}, before: func(s *Snapshot) {
			s.Network.Data.Server.Connected, s.Network.Data.Server.Problem = false, "connection refused"
		}},
		{code: ServerUnreachable, severity: Warning, beyond: func(s *Snapshot) {
			s.Network.Data.Server.Connected, s.Network.Data.Server.Problem = false, "connection refused"
		}, before: func(s *Snapshot) { s.Network.Data.Server.Connected, s.Network.Data.Server.TCPms = false, 4 }, detail: "bell.example.com:443: connection refused."},
		{code: ServerUnreachable, name: "its name is unknown", severity: Warning, causedBy: ServerNameUnknown, beyond: func(s *Snapshot) {
			s.Network.Data.Server.Connected, s.Network.Data.Server.Problem = false, "name not found"
			s.Network.Data.Resolvers = []Resolver{answers("10.0.0.2", "NXDOMAIN")}
		}, before: func(*Snapshot) {}},
		{code: ServerUnreachable, name: "names are down", severity: Warning, causedBy: NamesDown, beyond: offline, before: func(*Snapshot) {}},
		{code: ServerUnreachable, name: "by address, names do not matter", severity: Warning, causedBy: GatewaySilent,
			beyond: func(s *Snapshot) { offline(s); s.Network.Data.Server.Address = "192.0.2.7:443" }, before: func(*Snapshot) {}},
		{code: ServerUnreachable, name: "nothing plugged in", severity: Warning, causedBy: NoRoute, beyond: func(s *Snapshot) { noCarrier(s); s.Network.Data.Resolvers = nil }, before: func(*Snapshot) {}},
		{code: ClockSkew, severity: Warning, beyond: skewed(2 * time.Minute), before: skewed(2*time.Minute - time.Millisecond), says: "Your clock is 2 min fast."},
		{code: ClockSkew, name: "slow", severity: Warning, beyond: skewed(-26*time.Hour - 3*time.Minute), before: skewed(-119 * time.Second), says: "Your clock is 1 d 2 h slow."},

		{code: ServiceFailed, severity: Warning, beyond: func(s *Snapshot) {
			s.Services.Data.Failed = []Service{{Name: "cups", State: "failed", Detail: "result exit-code, status 1"}, {Name: "man-db", State: "failed"}}
		}, before: func(*Snapshot) {}, says: "2 background services of this machine have failed: cups, man-db."},
		{code: ServiceFailed, name: "a job that comes again", severity: Info, beyond: func(s *Snapshot) {
			s.Services.Data.Failed = []Service{{Name: "fwupd-refresh", State: "failed"}}
		}, before: func(*Snapshot) {}},

		{code: DiskErrors, severity: Critical, beyond: logged("kernel", "EXT4-fs error (device nvme0n1p3): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0"),
			before: logged("app", "EXT4-fs error (device nvme0n1p3): says an app")},
		{code: DiskErrors, name: "once", severity: Warning, beyond: logged("kernel", "I/O error, dev nvme0n1, sector 2048 op 0x0:(READ) flags 0x0"),
			before: loggedBefore("kernel", repeat(9, "I/O error, dev nvme0n1, sector 2048 op 0x0:(READ) flags 0x0")...)},
		{code: DiskErrors, name: "three times", severity: Critical, beyond: logged("kernel", repeat(3, "blk_update_request: I/O error, dev nvme0n1, sector 2048")...),
			before: logged("kernel", repeat(9, "I/O error, dev sdc, sector 2048 op 0x0:(READ)")...)}, // a disk that is gone
		{code: DiskErrors, name: "of a cable", severity: Warning, beyond: logged("kernel", "ata1.00: failed command: READ FPDMA QUEUED"), before: logged("kernel", "Buffer I/O error on dev fd0, logical block 0, async page read")},
		{code: CrashLoop, severity: Warning, beyond: logged("init.scope", "snapd.service: Scheduled restart job, restart counter is at 5."), before: logged("init.scope", "snapd.service: Scheduled restart job, restart counter is at 4."), says: "“snapd.service” crashes again and again"},
		{code: CrashLoop, name: "given up", severity: Warning, beyond: logged("init.scope", "cups.service: Start request repeated too quickly."), before: func(*Snapshot) {}},
		{code: CrashLoop, name: "a program", severity: Warning, beyond: logged("kernel", repeat(3, "plasmashell[991]: segfault at 8 ip 00007f rsp 00007ffd error 4 in libQt5Core.so")...),
			before: logged("kernel", repeat(2, "plasmashell[991]: segfault at 8 ip 00007f rsp 00007ffd error 4 in libQt5Core.so")...)},

		{code: RebootPending, severity: Info, beyond: func(s *Snapshot) { s.System.Data.RebootPending = true }, before: func(*Snapshot) {}},
		{code: UptimeLong, severity: Info, beyond: func(s *Snapshot) { s.System.Data.BootedAt = s.TakenAt.Add(-45*24*time.Hour - time.Second) }, before: func(s *Snapshot) { s.System.Data.BootedAt = s.TakenAt.Add(-45 * 24 * time.Hour) }},
	}
}

func TestRules(t *testing.T) {
	covered, fixed := map[Code]bool{}, map[Code]bool{}
	for _, c := range append(ruleCases(), moreRuleCases()...) {
		covered[c.code] = true
		t.Run(string(c.code)+"/"+c.name, func(t *testing.T) {
			beyond := readSnapshot(t, "testdata/healthy/laptop.json")
			c.beyond(&beyond)
			found := Judge(beyond)
			f, ok := findingOf(found, c.code)
			switch {
			case !ok:
				t.Fatalf("not found; found are %v", codesOf(found))
			case f.Severity != c.severity:
				t.Errorf("severity %s, want %s", f.Severity, c.severity)
			case f.CausedBy != c.causedBy:
				t.Errorf("caused by %q, want %q; found are %v", f.CausedBy, c.causedBy, codesOf(found))
			case !strings.Contains(f.Sentence, c.says):
				t.Errorf("sentence %q lacks %q", f.Sentence, c.says)
			case !strings.Contains(f.Detail, c.detail):
				t.Errorf("detail %q lacks %q", f.Detail, c.detail)
			case len(f.Evidence) == 0:
				t.Error("no evidence")
			case f.Fix != nil && f.Fix.Recipe != recipes[c.code]:
				t.Errorf("the fix is %+v, and the rule's %q", f.Fix, recipes[c.code])
			}
			for _, f := range found {
				saidInEveryLanguage(t, f)
				translated(t, f)
			}
			fixed[c.code] = fixed[c.code] || f.Fix != nil
			if s := f.Sentence; s == "" || !strings.HasSuffix(s, ".") || strings.ContainsAny(s, "!\n") {
				t.Errorf("not a sentence: %q", s)
			}
			if d := f.Detail; !strings.HasSuffix(d, ".") || strings.HasSuffix(d, "..") {
				t.Errorf("not a sentence: %q", d)
			}
			before := readSnapshot(t, "testdata/healthy/laptop.json")
			c.before(&before)
			if f, ok := findingOf(Judge(before), c.code); ok {
				t.Errorf("found already before: %s %v", f.Detail, f.Evidence)
			}
		})
	}
	for _, r := range Rules() {
		if !covered[r.Code] {
			t.Errorf("no case for %s", r.Code)
		}
		if r.Recipe() != "" && !fixed[r.Code] {
			t.Errorf("%s never comes with its fix", r.Code)
		}
	}
}

func findingOf(all []Finding, c Code) (Finding, bool) {
	for _, f := range all {
		if f.Code == c {
			return f, true
		}
	}
	return Finding{}, false
}

func codesOf(all []Finding) []Code {
	var codes []Code
	for _, f := range all {
		codes = append(codes, f.Code)
	}
	return codes
}

// What cannot be at a disk must not be found there, however full it is.
func TestNoFindingsOnWhatIsNoDisk(t *testing.T) {
	for _, fs := range []FileSystem{
		{Mount: "/opt/image", Device: "/dev/mapper/image", Type: "squashfs"}, {Mount: "/snap/core/1", Device: "/dev/loop3", Type: "ext4"}, {Mount: "/opt/loop", Device: "/dev/loop4", Type: "ext4"}, {Mount: "/media/cdrom", Device: "/dev/sr0", Type: "iso9660"},
		{Mount: "/tmp", Device: "tmpfs", Type: "tmpfs"}, {Mount: "/", Device: "overlay", Type: "overlay"}, {Mount: "/boot/efi", Device: "/dev/sda1", Type: "vfat"},
		{Mount: "/run/user/1000/doc", Device: "portal", Type: "fuse.portal"}, {Mount: "/media/anna/STICK", Device: "/dev/sdb1", Type: "vfat"},
		{Mount: "/var/lib/docker/volumes/a/_data", Device: "/dev/sda3", Type: "ext4"}, {Mount: "/data", Device: "/dev/sdc1", Type: "ext4", ReadOnly: true},
		{Mount: "/data", Device: "/dev/sdc1", Type: "exfat", Removable: true},
	} {
		fs.Total, fs.Free, fs.UsedPct, fs.InodesPct = 100e9, 0, 100, 100
		s := readSnapshot(t, "testdata/healthy/laptop.json")
		s.Disks.Data.FileSystems = append(s.Disks.Data.FileSystems, fs)
		if found := Judge(s); len(found) > 0 {
			t.Errorf("%s on %s (%s): %s", found[0].Code, fs.Mount, fs.Type, found[0].Detail)
		}
	}
}

// The whole chain: each link names the one before it, and people read it in that
// order.
func TestCausesAreReadBeforeWhatTheyCause(t *testing.T) {
	s := readSnapshot(t, "testdata/healthy/laptop.json")
	noCarrier(&s)
	var got []string
	for _, f := range Judge(s) {
		got = append(got, fmt.Sprintf("%s<%s", f.Code, f.CausedBy))
	}
	want := "network.no_link< network.no_route<network.no_link dns.down<network.no_route server.unreachable<dns.down"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestSortEndsOnCircles(t *testing.T) {
	f := []Finding{{Code: "b", CausedBy: "a"}, {Code: "a", CausedBy: "b"}, {Code: "c", Severity: Info, CausedBy: "c"}, {Code: "d", Severity: Warning}}
	SortFindings(f)
	if f[0].Code != "d" {
		t.Errorf("%v", codesOf(f))
	}
}

func TestRulesAreDescribed(t *testing.T) {
	seen := map[Code]bool{}
	for _, r := range Rules() {
		switch {
		case seen[r.Code]:
			t.Errorf("%s twice", r.Code)
		case r.Title == "" || len(r.Title) > 30 || !strings.HasSuffix(r.Meaning, ".") || r.Severity.Rank() == 0 || r.Section == "":
			t.Errorf("%+v", r)
		}
		seen[r.Code] = true
	}
	if len(seen) < 45 {
		t.Errorf("%d rules", len(seen))
	}
	for _, r := range Rules() {
		for _, c := range causes(r.Code, everything()) {
			if !seen[c] {
				t.Errorf("%s is caused by %s, which no rule finds", r.Code, c)
			}
		}
	}
}

// Names come from the machine: nothing in a sentence may end it, turn it round or
// break the line.
func TestHostileNamesStayInTheirQuotes(t *testing.T) {
	s := readSnapshot(t, "testdata/healthy/laptop.json")
	evil := "evil\n\x1b[31m\u202eexe\u0000" + strings.Repeat("x", 5000)
	both(busy(95, 80, 60), top(Process{PID: 9, Name: evil, CPUPct: 700}))(&s)
	root(&s).Mount, root(&s).NoAnswer = evil, true
	s.Services.Data.Failed = []Service{{Name: evil, State: evil, Detail: evil}}
	b, err := json.Marshal(Judge(s))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`\n`, `\u001b`, "\u202e", `\u0000`, strings.Repeat("x", 300)} {
		if strings.Contains(string(b), bad) {
			t.Errorf("%q came through", bad)
		}
	}
}
