package diagnostics

import (
	"encoding/json"
	"math"
	"math/bits"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anySnapshot draws a snapshot that no machine has, with numbers that are none
// and names that are hostile.
func anySnapshot(t *rapid.T) Snapshot {
	number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 120), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 100}))
	size := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 1<<42), rapid.SampledFrom([]uint64{0, 1, math.MaxUint64}))
	count := rapid.OneOf(rapid.Int(), rapid.IntRange(0, 1000))
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "/", "C:", "eth0", "docker0", "wlan0", "kernel", "192.0.2.1", "192.0.2.1/24", "fe80::1/64", "127.0.0.53", "NOERROR", "SERVFAIL", "NXDOMAIN", "REFUSED", "ext4", "squashfs", "nfs4", "D",
		"bell.example.com", "bell.example.com:443", "I/O error, dev sda, sector 1", "Out of memory: Killed process 1 (a)", "x.service: Scheduled restart job, restart counter is at 99999999999999999999.", "linux", "windows"}))
	when := rapid.Custom(func(t *rapid.T) time.Time {
		return rapid.SampledFrom([]time.Time{{}, time.Unix(0, 0), time.Unix(1763719200, 0), time.Unix(1763719200-90*86400, 0), time.Unix(1<<40, 0)}).Draw(t, "time")
	})
	yes := rapid.Bool()
	pressure := rapid.Custom(func(t *rapid.T) *Pressure {
		if yes.Draw(t, "none") {
			return nil
		}
		return &Pressure{number.Draw(t, "s10"), number.Draw(t, "s60"), number.Draw(t, "f10"), number.Draw(t, "f60")}
	})
	s := Snapshot{Version: 1, TakenAt: when.Draw(t, "taken")}
	s.System = draw(t, func() System {
		return System{OS: word.Draw(t, "os"), BootedAt: when.Draw(t, "boot"), RebootPending: yes.Draw(t, "reboot"), Virtualization: word.Draw(t, "virt"),
			Certificates: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Certificate {
				return Certificate{Path: word.Draw(t, "p"), Subject: word.Draw(t, "s"), NotAfter: when.Draw(t, "end")}
			}), 0, 3).Draw(t, "certs")}
	})
	s.CPU = draw(t, func() CPU {
		return CPU{Cores: count.Draw(t, "cores"), BusyPercent: number.Draw(t, "busy"), Steal: number.Draw(t, "steal"), Load1: number.Draw(t, "load"), Pressure: pressure.Draw(t, "p"),
			MaxTempC: number.Draw(t, "temp"), TempLimitC: number.Draw(t, "limit"), Throttles: size.Draw(t, "throttles"), IntervalMS: int64(count.Draw(t, "ms"))}
	})
	s.Memory = draw(t, func() Memory {
		return Memory{Total: size.Draw(t, "total"), Available: size.Draw(t, "avail"), SwapTotal: size.Draw(t, "swap"), SwapUsed: size.Draw(t, "used"), Pressure: pressure.Draw(t, "p"),
			OOMKills: size.Draw(t, "oom"), SwapInBps: number.Draw(t, "in"), SwapOutBps: number.Draw(t, "out"),
			Limits: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) MemoryLimit {
				return MemoryLimit{Group: word.Draw(t, "g"), Limit: size.Draw(t, "l"), Used: size.Draw(t, "u")}
			}), 0, 3).Draw(t, "limits")}
	})
	s.Disks = draw(t, func() Disks {
		return Disks{
			FileSystems: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) FileSystem {
				return FileSystem{Mount: word.Draw(t, "m"), Device: word.Draw(t, "d"), Type: word.Draw(t, "t"), Total: size.Draw(t, "total"), Free: size.Draw(t, "free"), UsedPct: number.Draw(t, "used"),
					InodesPct: number.Draw(t, "inodes"), ReadOnly: yes.Draw(t, "ro"), Network: yes.Draw(t, "net"), NoAnswer: yes.Draw(t, "no"), ErrorState: word.Draw(t, "err"), Removable: yes.Draw(t, "rem")}
			}), 0, 3).Draw(t, "fs"),
			Devices: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Device {
				return Device{Name: word.Draw(t, "n"), BusyPct: number.Draw(t, "b"), ReadBps: number.Draw(t, "r"), WriteBps: number.Draw(t, "w"), ReadAwait: number.Draw(t, "ra"), WriteAwait: number.Draw(t, "wa")}
			}), 0, 3).Draw(t, "dev"),
			Pressure: pressure.Draw(t, "p"),
		}
	})
	s.Network = draw(t, func() Network {
		n := Network{
			Interfaces: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Interface {
				return Interface{Name: word.Draw(t, "n"), Up: yes.Draw(t, "up"), Carrier: yes.Draw(t, "c"), Wireless: yes.Draw(t, "w"), Virtual: yes.Draw(t, "v"), SignalDBm: count.Draw(t, "dbm"),
					Addresses: rapid.SliceOfN(word, 0, 3).Draw(t, "a"), RxPackets: size.Draw(t, "rp"), TxPackets: size.Draw(t, "tp"), RxErrors: size.Draw(t, "re"), TxErrors: size.Draw(t, "te"), Conflict: word.Draw(t, "conflict")}
			}), 0, 4).Draw(t, "if"),
			Gateways: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Gateway {
				return Gateway{Address: word.Draw(t, "a"), Interface: word.Draw(t, "i"), Asked: yes.Draw(t, "asked"), Answers: yes.Draw(t, "ans"), How: rapid.SampledFrom([]string{"", "echo"}).Draw(t, "how"), RTTms: number.Draw(t, "rtt"), Sent: count.Draw(t, "sent"), Lost: count.Draw(t, "lost")}
			}), 0, 3).Draw(t, "gw"),
			Resolvers: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Resolver {
				return Resolver{Address: word.Draw(t, "a"), Name: word.Draw(t, "n"), Answers: yes.Draw(t, "ans"), RCode: word.Draw(t, "rc"), RTTms: number.Draw(t, "rtt"), Problem: word.Draw(t, "p"), Upstream: yes.Draw(t, "up"), Invents: word.Draw(t, "invents")}
			}), 0, 3).Draw(t, "dns"),
			RoutesRead: yes.Draw(t, "routes"),
			Proxy:      word.Draw(t, "proxy"), ProxyProblem: word.Draw(t, "gone"),
			TimeSources: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) TimeSource {
				return TimeSource{Address: word.Draw(t, "a"), Answers: yes.Draw(t, "ans"), SkewMS: rapid.Int64().Draw(t, "skew"), Problem: word.Draw(t, "p")}
			}), 0, 3).Draw(t, "time"),
		}
		if yes.Draw(t, "server") {
			n.Server = &ServerPath{Address: word.Draw(t, "a"), Connected: yes.Draw(t, "c"), TCPms: number.Draw(t, "tcp"), Problem: word.Draw(t, "p"), SkewMS: rapid.Int64().Draw(t, "skew"), Portal: word.Draw(t, "portal"), LargeLost: yes.Draw(t, "large")}
			if yes.Draw(t, "tls") {
				n.Server.TLS = &ServerTLS{Verdict: rapid.SampledFrom([]TLSVerdict{TLSHolds, TLSExpired, TLSNotYetValid, TLSUnknownIssuer, TLSOtherName, TLSOtherKey, TLSNone, "new"}).Draw(t, "verdict"),
					Subject: word.Draw(t, "subject"), Issuer: word.Draw(t, "issuer"), NotBefore: when.Draw(t, "from"), NotAfter: when.Draw(t, "to")}
			}
		}
		return n
	})
	s.Processes = draw(t, func() Processes {
		return Processes{Total: count.Draw(t, "total"), Zombies: count.Draw(t, "z"), Blocked: count.Draw(t, "d"),
			OutOfFiles: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Process {
				return Process{PID: rapid.Int32().Draw(t, "pid"), Name: word.Draw(t, "n"), OpenFiles: size.Draw(t, "open"), FileLimit: size.Draw(t, "limit")}
			}), 0, 3).Draw(t, "files"),
			Top: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Process {
				return Process{PID: rapid.Int32().Draw(t, "pid"), Parent: rapid.Int32().Draw(t, "pp"), Name: word.Draw(t, "n"), User: word.Draw(t, "u"), State: word.Draw(t, "s"), CPUPct: number.Draw(t, "c"), RSS: size.Draw(t, "rss"), Growth: number.Draw(t, "growth"), Started: when.Draw(t, "at")}
			}), 0, 4).Draw(t, "top")}
	})
	s.Services = draw(t, func() Services {
		return Services{Manager: word.Draw(t, "m"), Total: count.Draw(t, "total"), Printers: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Printer {
			return Printer{Name: word.Draw(t, "n"), State: rapid.SampledFrom([]string{"idle", "stopped", "new"}).Draw(t, "s"), Jobs: count.Draw(t, "jobs"), Oldest: when.Draw(t, "oldest"), Message: word.Draw(t, "m")}
		}), 0, 3).Draw(t, "printers"), Failed: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Service {
			return Service{Name: word.Draw(t, "n"), State: word.Draw(t, "s"), Detail: word.Draw(t, "d")}
		}), 0, 10).Draw(t, "failed")}
	})
	s.Log = draw(t, func() Log {
		return Log{Source: word.Draw(t, "src"), Entries: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) LogEntry {
			return LogEntry{At: when.Draw(t, "at"), Level: word.Draw(t, "l"), Unit: word.Draw(t, "u"), Message: word.Draw(t, "m")}
		}), 0, 6).Draw(t, "entries")}
	})
	return s
}

func draw[T any](t *rapid.T, data func() T) Section[T] {
	if rapid.IntRange(0, 5).Draw(t, "missing") == 0 {
		return Section[T]{State: StateTimeout}
	}
	d := data()
	return Section[T]{State: StateOK, Data: &d}
}

func TestJudgeHoldsForAnySnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot(t)
		found := Judge(s)
		if d := cmp.Diff(found, Judge(s)); d != "" {
			t.Fatalf("judged twice, differently: %s", d)
		}
		seen := map[Code]int{}
		for i, f := range found {
			if _, twice := seen[f.Code]; twice {
				t.Fatalf("%s twice", f.Code)
			}
			seen[f.Code] = i
			if f.Severity.Rank() == 0 || f.Sentence == "" || f.Detail == "" || len(f.Evidence) == 0 {
				t.Fatalf("incomplete: %+v", f)
			}
			saidInEveryLanguage(t, f)
		}
		for i, f := range found {
			for _, c := range f.Explains {
				if at, present := seen[c]; !present || at <= i {
					t.Fatalf("%s explains %s, at %d of %v", f.Code, c, at, codesOf(found))
				}
			}
			if f.CausedBy == "" {
				continue
			}
			at, present := seen[f.CausedBy]
			if !present || at >= i {
				t.Fatalf("%s is caused by %s, at %d of %v", f.Code, f.CausedBy, at, codesOf(found))
			}
		}
		if _, err := json.Marshal(found); err != nil {
			t.Fatal(err)
		}
	})
}

func anySample(t *rapid.T) Sample {
	s := Sample{At: time.Unix(1763719200, 0)}
	for _, m := range Metrics() {
		if rapid.Bool().Draw(t, "has") {
			s.Set(m, rapid.Float64Range(0, 120).Draw(t, m.Info().Name))
		}
	}
	return s
}

func TestScoreHoldsForAnySample(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, found := anySample(t), Judge(anySnapshot(t))
		score, reasons, ok := Score(s, found)
		if empty := s.filled == 0; ok == empty {
			t.Fatalf("ok is %v of %d readings", ok, bits.OnesCount32(s.filled))
		}
		if score < 0 || score > 100 {
			t.Fatalf("score %d", score)
		}
		lost := 0
		for i, r := range reasons {
			lost += r.Points
			if r.Points < 1 || r.Points > 100 || r.Sentence == "" || (r.Code == "") == (r.Metric == "") {
				t.Fatalf("%+v", r)
			}
			if i > 0 && r.Points > reasons[i-1].Points {
				t.Fatalf("not the worst first: %+v", reasons)
			}
		}
		if ok && score != max(0, 100-lost) {
			t.Fatalf("score %d after %d lost points", score, lost)
		}
		// The order in which findings come does not matter.
		backwards := slices.Clone(found)
		slices.Reverse(backwards)
		again, sameReasons, _ := Score(s, backwards)
		if again != score || cmp.Diff(reasons, sameReasons) != "" {
			t.Fatalf("%d and %d: %s", score, again, cmp.Diff(reasons, sameReasons))
		}
	})
}
