package machine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// of returns a machine of each model, at some hour of its life.
func eachModel(t *testing.T, f func(t *testing.T, m *Machine, now time.Time)) {
	t.Helper()
	seen := map[*model]bool{}
	for n := 1; n < 5000 && len(seen) < len(models); n++ {
		m := New(42, n, "BER", monday)
		if seen[m.model] {
			continue
		}
		seen[m.model] = true
		t.Run(m.model.platform+" "+m.model.form, func(t *testing.T) {
			m.WithIll(Healthy)
			m.spell = spell{Healthy, 0}
			f(t, m, monday)
		})
	}
	if len(seen) != len(models) {
		t.Fatalf("only %d of %d models are ever made", len(seen), len(models))
	}
}

// What a machine's agent would judge is what the machine suffers from: nothing on
// a healthy one, through a whole week, and the illness's own finding on an ill one.
func TestFindingsAreTheIllness(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Machine, now time.Time) {
		for h := range 7 * 24 {
			now := now.Add(time.Duration(h) * time.Hour)
			m.Sample(now)
			m.spell = spell{}
			for _, f := range m.Findings(now) {
				if f.Code != diagnostics.UptimeLong { // a machine that runs for weeks
					t.Fatalf("healthy after %d h: %s %s", h, f.Code, f.Detail)
				}
			}
		}
		for _, ill := range Ills() {
			if !m.WithIll(ill) {
				continue
			}
			for i := range 40 {
				now := now.Add(time.Duration(i) * 15 * time.Second)
				m.Sample(now)
				found := m.Findings(now)
				has := false
				for _, f := range found {
					has = has || f.Code == ill.Code()
				}
				if !has {
					t.Fatalf("illness %d: no %s among %+v", ill, ill.Code(), found)
				}
			}
		}
	})
}

// The snapshot says the same as the sample that was taken with it.
func TestSnapshotAgreesWithTheSample(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Machine, now time.Time) {
		for i := range 200 {
			now := now.Add(time.Duration(i) * 7 * time.Minute)
			s := m.Sample(now)
			snap := m.Snapshot(now)
			check := func(what diagnostics.Metric, want float64) {
				got, _ := s.Get(what)
				if d := got - want; d > 1 || d < -1 {
					t.Fatalf("%s: sample %v, snapshot %v", what.Info().Name, got, want)
				}
			}
			check(diagnostics.CPUBusy, snap.CPU.Data.BusyPercent)
			mem := snap.Memory.Data
			check(diagnostics.MemoryUsed, 100-float64(mem.Available)/float64(mem.Total)*100)
			check(diagnostics.DiskUsed, snap.Disks.Data.FileSystems[0].UsedPct)
			check(diagnostics.ProcessCount, float64(snap.Processes.Data.Total))
		}
	})
}

func TestReadingsStayInRangeAndMove(t *testing.T) {
	for n := range 300 {
		m := New(7, n, "HAM", monday)
		seen := map[float64]bool{}
		for i := range 400 {
			s := m.Sample(monday.Add(time.Duration(i) * 15 * time.Second))
			for _, metric := range diagnostics.Metrics() {
				v, ok := s.Get(metric)
				if ok && (v < 0 || metric.Info().Unit == "%" && v > 100) {
					t.Fatalf("%s of %s is %v", metric.Info().Name, m.Hostname(), v)
				}
			}
			cpu, _ := s.Get(diagnostics.CPUBusy)
			seen[cpu] = true
		}
		if len(seen) < 4 {
			t.Fatalf("%s has only the loads %v in 100 minutes", m.Hostname(), seen)
		}
	}
}

func TestTheSameSeedIsTheSameMachine(t *testing.T) {
	a, b := New(1, 42, "BER", monday), New(1, 42, "BER", monday)
	for i := range 50 {
		now := monday.Add(time.Duration(i) * time.Minute)
		if d := cmp.Diff(a.Sample(now), b.Sample(now), cmp.AllowUnexported(diagnostics.Sample{})); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(a.Snapshot(now), b.Snapshot(now)); d != "" {
			t.Fatal(d)
		}
	}
	if c := New(2, 42, "BER", monday); cmp.Equal(a.System(monday), c.System(monday)) {
		t.Error("another salt makes the same machine")
	}
}

// At night offices sleep; at ten they work.
func TestDaysHaveHours(t *testing.T) {
	load := func(at time.Time) (sum float64) {
		for n := range 200 {
			m := New(3, n, "BER", at.Add(-time.Hour))
			for i := range 60 {
				s := m.Sample(at.Add(time.Duration(i) * time.Minute))
				v, _ := s.Get(diagnostics.CPUBusy)
				sum += v
			}
		}
		return sum
	}
	if work, night := load(monday), load(monday.Add(16*time.Hour)); work < 1.3*night {
		t.Errorf("at work %v, at night %v", work, night)
	}
}

func TestEveryKindIsAnswered(t *testing.T) {
	m := New(5, 1, "BER", monday)
	m.Sample(monday)
	params := map[wire.AskKind]string{
		wire.AskPing: `{"host":"intranet.example.com","count":3}`, wire.AskPath: `{"host":"intranet.example.com","rounds":3}`, wire.AskDNS: `{"name":"intranet.example.com"}`, wire.AskTCP: `{"host":"intranet.example.com","port":443}`,
		wire.AskHTTP: `{"url":"https://intranet.example.com/"}`, wire.AskProxy: `{"url":"https://intranet.example.com/"}`, wire.AskTLS: `{"host":"intranet.example.com"}`, wire.AskDisk: `{"path":"/home"}`, wire.AskProcesses: `{"seconds":3}`, wire.AskInventory: `{"sections":["software","updates"]}`, wire.AskSpeed: `{"seconds":1}`,
	}
	want := map[wire.AskKind]int{wire.AskPing: 3, wire.AskPath: 3, wire.AskDNS: 2, wire.AskDisk: 2, wire.AskProcesses: 3, wire.AskSnapshot: 2, wire.AskInventory: 2, wire.AskSpeed: 6}
	for _, kind := range wire.AskKinds() {
		parts, err := m.Answer(wire.Ask{Kind: kind, Params: json.RawMessage(params[kind]), ExpiresAt: monday.Add(time.Minute)}, monday)
		if n := max(1, want[kind]); err != nil || len(parts) != n {
			t.Errorf("%s: %d parts, not %d: %v", kind, len(parts), n, err)
		}
	}
	_, err := m.Answer(wire.Ask{Kind: "probe.knock", ExpiresAt: monday.Add(time.Minute)}, monday)
	if !fault.Is(err, fault.Unsupported) {
		t.Error("an unknown kind is", err)
	}
	for _, kind := range []wire.AskKind{wire.ActRunScript, wire.ActRunRootScript} {
		if _, err := m.Answer(wire.Ask{Kind: kind, ExpiresAt: monday.Add(time.Minute)}, monday); !fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "simulated") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	_, err = m.Answer(wire.Ask{Kind: wire.AskLog, ExpiresAt: monday.Add(-time.Second)}, monday)
	if !fault.Is(err, fault.Expired) {
		t.Error("a late question is", err)
	}
}

func TestNames(t *testing.T) {
	for site, want := range map[string]string{"Berlin": "BER", "Kraków": "KRA", "Łódź": "D", "東京": "PC", "HQ": "HQ"} {
		if got := Code(site); got != want {
			t.Errorf("%s is %s, not %s", site, got, want)
		}
	}
	if got := Name("BER", Laptop, 42); got != "BER-LT-0042" {
		t.Error(got)
	}
	if got := Name("BER", Laptop, 14999); got != "BER-LT-14999" {
		t.Error(got)
	}
}

// People's logins are what a directory allows, whatever their names.
func TestPeople(t *testing.T) {
	for n := range 500 {
		uids := map[string]bool{}
		for _, p := range New(9, n, "LIS", monday).People() {
			if uids[p.UID] || p.Full == "" {
				t.Fatalf("machine %d has %+v", n, p)
			}
			uids[p.UID] = true
			for _, c := range p.Name {
				if !(c >= 'a' && c <= 'z' || c == '.') {
					t.Fatalf("the login of %s is %s", p.Full, p.Name)
				}
			}
		}
	}
}

// Fleets are mostly well, and show every illness.
func TestShares(t *testing.T) {
	count := map[Ill]int{}
	for n := range 5000 {
		count[New(11, n, "BER", monday).ill]++
	}
	if well := count[Healthy]; well < 3300 || well > 4500 {
		t.Errorf("%d of 5000 are well", well)
	}
	for _, ill := range Ills() {
		if count[ill] == 0 {
			t.Error("nobody has illness", ill, fmt.Sprint(ill.Code()))
		}
	}
}

func BenchmarkSample(b *testing.B) {
	m := New(1, 1, "BER", monday)
	now := monday
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(15 * time.Second)
		m.Sample(now)
	}
}
