package probe

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/mem"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

// stage is a /proc in which nobody is but the programs that a test starts.
type stage struct{ real string }

// alone sets the stage, and reports whether to go on.
func alone(t *testing.T) (*stage, bool) {
	t.Helper()
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return nil, false
	}
	s := &stage{real: t.TempDir()}
	mount := func(source, target, kind string) {
		if err := syscall.Mount(source, target, kind, 0, ""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Unmount(target, syscall.MNT_DETACH) })
	}
	mount("proc", s.real, "proc")
	mount("none", "/proc", "tmpfs")
	for _, name := range []string{"stat", "meminfo"} {
		if err := os.WriteFile("/proc/"+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s.show(t, name)
	}
	return s, true
}

// show puts a part of the real /proc onto the stage.
func (s *stage) show(t *testing.T, name string) {
	t.Helper()
	if err := syscall.Mount(filepath.Join(s.real, name), "/proc/"+name, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
}

// spin starts a program under a name that does nothing but use a processor.
func (s *stage) spin(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink("/bin/sh", path); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, "-c", "while :; do :; done")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	if err := os.Mkdir(fmt.Sprint("/proc/", c.Process.Pid), 0o700); err != nil {
		t.Fatal(err)
	}
	s.show(t, fmt.Sprint(c.Process.Pid))
	return c
}

// used is the processor time that a program has used.
func used(t *testing.T, name string) (seconds float64) {
	t.Helper()
	all, err := readProcesses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.name == name {
			seconds += one.seconds
		}
	}
	return seconds
}

func find(all []Task, name string) (Task, bool) {
	i := slices.IndexFunc(all, func(t Task) bool { return t.Name == name })
	if i < 0 {
		return Task{}, false
	}
	return all[i], true
}

// The busy process is at the top, with the share it has; one that starts later is
// found as well, and one that has ended is gone.
func TestPulseFindsTheBusy(t *testing.T) {
	s, inside := alone(t)
	if !inside {
		return
	}
	p := NewPulse()
	defer p.Close()
	first := s.spin(t, "first")
	now := time.Now()
	waitFor(t, func() bool { return used(t, "first") > 0.1 })
	if v := p.Read(now); len(v.Top) == 0 || !math.IsNaN(v.CPU) || !math.IsNaN(v.Received) || math.IsNaN(v.Available) {
		t.Errorf("the first reading is %+v", v)
	}
	// next lets a process run for a while, and reads as if that had been a second. It
	// returns between what and what its share has to be.
	next := func(name string) (v Vitals, least, most float64) {
		before := used(t, name)
		waitFor(t, func() bool { return used(t, name) >= before+0.3 })
		now = now.Add(time.Second)
		known := used(t, name)
		v = p.Read(now)
		return v, (known - before) * 100, used(t, name)
	}
	before := used(t, "first")
	v, least, after := next("first")
	if one, ok := find(v.Top, "first"); !ok || v.Top[0] != one || one.CPUPct < least || one.CPUPct > (after-before)*100+100 || one.RSS == 0 {
		t.Errorf("the busy process is %+v of %+v, and has at least %v", one, v.Top, least)
	}
	if v.CPU <= 0 || v.CPU > 100 {
		t.Errorf("the processor is busy for %v %%", v.CPU)
	}
	s.spin(t, "second")
	found := 0
	for i := 1; i <= 12 && found == 0; i++ { // all processes are looked at every ten seconds at least
		v, _, _ = next("second")
		if one, ok := find(v.Top, "second"); ok && one.CPUPct >= 30 {
			found = i
		}
	}
	if found == 0 {
		t.Errorf("who came later is not at the top: %+v", v.Top)
	}
	first.Process.Kill()
	first.Wait()
	if one, ok := find(p.Read(now.Add(time.Second)).Top, "first"); ok {
		t.Errorf("who has ended is at the top: %+v", one)
	}
}

// A process may call itself anything. What is kept of it is one plain line.
func TestPulseOfHostileNames(t *testing.T) {
	s, inside := alone(t)
	if !inside {
		return
	}
	const name = "\x1b[31m) R\n1 (x"
	s.spin(t, name)
	waitFor(t, func() bool { return used(t, name) >= 0.1 })
	p := NewPulse()
	defer p.Close()
	if v := p.Read(time.Now()); len(v.Top) == 0 || !slices.ContainsFunc(v.Top, func(o Task) bool { return o.Name == `\x1b[31m) R 1 (x` }) {
		t.Errorf("it is not among %+v", v.Top)
	}
}

// The machine's numbers are those that an independent tool tells.
func TestPulseAgreesWithFree(t *testing.T) {
	p := NewPulse()
	defer p.Close()
	m, err := mem.VirtualMemory()
	if err != nil {
		t.Fatal(err)
	}
	v := p.Read(time.Now())
	if theirs := float64(m.Available) / (1 << 20); math.Abs(v.Available-theirs) > theirs/5+64 {
		t.Errorf("%v MiB are available, they say %v", v.Available, theirs)
	}
	var used float64
	for line := range strings.Lines(probetest.Run(t, "free", "-m")) {
		fmt.Sscanf(line, "Swap: %f %f", new(float64), &used)
	}
	if math.Abs(v.SwapUsed-used) > 64 {
		t.Errorf("%v MiB are swapped, free says %v", v.SwapUsed, used)
	}
}

// Where nothing can be read there are no numbers, rather than zeros.
func TestPulseWithoutProc(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	probetest.Run(t, "mount", "-t", "tmpfs", "none", "/proc")
	p := NewPulse()
	defer p.Close()
	start := time.Now()
	for i := range 3 {
		v := p.Read(start.Add(time.Duration(i) * time.Minute))
		for n, value := range []float64{v.CPU, v.IOWait, v.Available, v.SwapUsed, v.StallCPU, v.StallMemory, v.StallIO, v.DiskBusy, v.DiskLatency, v.Received, v.Sent} {
			if !math.IsNaN(value) {
				t.Errorf("number %d is %v", n, value)
			}
		}
		if len(v.Top) != 0 {
			t.Errorf("the processes are %+v", v.Top)
		}
	}
}

// Both readers of a process's line read the same.
func TestParseTask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.SampledFrom([]rune("a) (\n1R é\x1b"))).Draw(t, "name")
		state := rapid.SampledFrom([]string{"R", "S", "D", "Z"}).Draw(t, "state")
		fields := rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1", "-1", "17", "4294967295", "18446744073709551615", "x"}), 0, 50).Draw(t, "fields")
		line := []byte("12 (" + name + ") " + state + " " + strings.Join(fields, " ") + "\n")
		got, ok := parseTask(line)
		want, wanted := parseStat(line, pageSize)
		if !wanted {
			return // then it is no line of the kernel's, and must only not panic
		}
		if !ok || string(got.name) != want.name || float64(got.ticks)/userHz != want.seconds && !strings.Contains(string(line), "18446744073709551615") || got.started != want.started || got.rss != want.rss {
			t.Fatalf("%q is %+v and %+v, %v", line, got, want, ok)
		}
	})
	for _, line := range []string{"", "12", "12 (x", "12 x) R 1", ")(", "12 (x) R 1 2 3"} {
		if got, ok := parseTask([]byte(line)); ok {
			t.Errorf("%q is read as %+v", line, got)
		}
	}
}

// A second of the flight recorder: the budget is three milliseconds of processor
// time, which is 0.3 % of a core.
func BenchmarkPulse(b *testing.B) {
	p := NewPulse()
	defer p.Close()
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		p.Read(now)
	}
	b.ReportMetric(float64(len(p.tasks.known)), "processes")
	b.ReportMetric(float64(p.tasks.cost.Microseconds()), "µs/look-at-all")
}
