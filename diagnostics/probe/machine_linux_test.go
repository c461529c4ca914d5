package probe

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

// What we read must be what the system's own programs read.

func TestFileSystemsAgreeWithDf(t *testing.T) {
	systems, err := New(asChild(t)).FileSystems(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]diagnostics.FileSystem{}
	for _, fs := range systems {
		ours[fs.Mount] = fs
	}
	f := strings.Fields(strings.Split(probetest.Run(t, "df", "-B1", "--output=size,avail,pcent,ipcent,source", "/"), "\n")[1])
	size, _ := strconv.ParseFloat(f[0], 64)
	free, _ := strconv.ParseFloat(f[1], 64)
	used, _ := strconv.ParseFloat(strings.TrimSuffix(f[2], "%"), 64)
	root := ours["/"]
	// df rounds per cents up; others write to the disk meanwhile.
	if float64(root.Total) != size || math.Abs(float64(root.Free)-free) > 2e9 || root.UsedPct > used+0.2 || root.UsedPct < used-1.2 {
		t.Errorf("ours %+v, df %v", root, f)
	}
	if inodes, err := strconv.ParseFloat(strings.TrimSuffix(f[3], "%"), 64); err == nil && math.Abs(root.InodesPct-inodes) > 1.2 {
		t.Errorf("inodes: ours %v, df %v", root.InodesPct, f)
	}
}

func TestMemoryAgreesWithFree(t *testing.T) {
	m, _, err := New(Options{}).memory(t.Context(), paceOf(Request{}))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(probetest.Run(t, "free", "-b"), "\n")
	f, swap := strings.Fields(lines[1]), strings.Fields(lines[2])
	total, _ := strconv.ParseUint(f[1], 10, 64)
	available, _ := strconv.ParseFloat(f[6], 64)
	swapTotal, _ := strconv.ParseUint(swap[1], 10, 64)
	if m.Total != total || math.Abs(float64(m.Available)-available) > float64(total)/10 || m.SwapTotal != swapTotal {
		t.Errorf("ours %+v, free %v %v", m, f, swap)
	}
}

func TestProcessesAgreeWithPs(t *testing.T) {
	count := func() int { return strings.Count(probetest.Run(t, "ps", "-e", "-o", "pid="), "\n") - 1 } // without ps itself
	before := count()
	all, err := readProcesses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := newSource()
	defer s.close()
	sampled := s.countProcesses()
	after := count()
	if low, high := min(before, after)-10, max(before, after)+10; len(all) < low || len(all) > high || sampled < low || sampled > high {
		t.Errorf("ours %d, the sampler's %d, ps %d to %d", len(all), sampled, before, after)
	}
	me := all[int32(os.Getpid())]
	if me.parent != int32(os.Getppid()) || me.name == "" || me.rss == 0 || me.kernel {
		t.Errorf("this process is %+v", me)
	}
}

func TestRoutesAgreeWithIp(t *testing.T) {
	gateways, err := defaultRoutes()
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{}
	for _, g := range gateways {
		ours[g.Address+" "+g.Interface] = true
	}
	for _, family := range []string{"-4", "-6"} {
		for line := range strings.Lines(probetest.Run(t, "ip", family, "route", "show", "default")) {
			f := strings.Fields(line)
			if len(f) > 4 && f[1] == "via" && !ours[f[2]+" "+f[4]] {
				t.Errorf("ip says %q, ours are %v", strings.TrimSpace(line), ours)
			}
		}
	}
}

func TestTreeAgreesWithDu(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/deep/er/one", 300_000)
	write("a/two", 5000)
	write("b/three", 700_000)
	write("file", 10_000)
	write("odd\x1b[31m\nname", 1)
	for _, err := range []error{
		os.Link(filepath.Join(dir, "b/three"), filepath.Join(dir, "b/again")),
		os.Symlink("/", filepath.Join(dir, "a/root")), // must not be followed
		os.Symlink(dir, filepath.Join(dir, "a/loop")),
		os.Truncate(filepath.Join(dir, "a/two"), 1<<30), // sparse: takes nothing
		syscall.Mkfifo(filepath.Join(dir, "b/pipe"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, o := range map[string]Options{"child": asChild(t), "in process": {}} {
		tree, err := New(o).Tree(t.Context(), dir)
		if err != nil || tree.Partial || len(tree.Entries) != 4 || tree.Entries[0].Name != "b" || !tree.Entries[0].Dir {
			t.Fatalf("%s: %v %+v", name, err, tree)
		}
		for _, e := range tree.Entries {
			if strings.HasPrefix(e.Name, "odd") {
				if e.Name != `odd\x1b[31m name` {
					t.Errorf("%s: a name came through as %q", name, e.Name)
				}
				continue
			}
			du := strings.Fields(probetest.Run(t, "du", "-s", "-x", "-B1", filepath.Join(dir, e.Name)))[0]
			if du != fmt.Sprint(e.Bytes) {
				t.Errorf("%s: %s has %d bytes, du says %s", name, e.Name, e.Bytes, du)
			}
		}
		if files := map[string]int{"a": 4, "b": 2, "file": 1}; tree.Entries[0].Files != files["b"] {
			t.Errorf("%s: %+v", name, tree.Entries)
		}
	}
}

func TestTreeRefusals(t *testing.T) {
	p := New(asChild(t))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"relative": "The path is not absolute: begin it at the root of the file system.", "/no/such": "There is no such directory.", file: "The path is not a directory; links are not followed.",
	} {
		if _, err := p.Tree(t.Context(), path); err == nil || err.Error() != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Another file system in the folder fills nothing of it.
func TestTreeStaysOnItsFileSystem(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	dir := t.TempDir()
	at := filepath.Join(dir, "sub/mounted")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	probetest.Run(t, "mount", "-t", "tmpfs", "none", at)
	t.Cleanup(func() { probetest.Run(t, "umount", at) })
	if err := os.WriteFile(filepath.Join(at, "big"), make([]byte, 5<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	tree, err := New(asChild(t)).Tree(t.Context(), dir)
	if err != nil || len(tree.Entries) != 1 || tree.Entries[0].Bytes > 1<<20 {
		t.Errorf("%+v %v", tree, err)
	}
}

// A read-only remount by an administrator is no error; the same file system full
// to the brim is.
func TestRealFileSystemThatIsFull(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	dir := t.TempDir()
	image, at := filepath.Join(dir, "image"), filepath.Join(dir, "at")
	if err := os.Mkdir(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	probetest.Run(t, "mount", "-t", "tmpfs", "-o", "size=16m", "/dev/notloop", at)
	t.Cleanup(func() { probetest.Run(t, "umount", at) })
	f, err := os.Create(filepath.Join(at, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	f.Close()
	fs, ok := askMount(diagnostics.FileSystem{Mount: at, Type: "ext4"})
	if !ok || fs.UsedPct != 100 || fs.Free != 0 || fs.Total != 16<<20 {
		t.Fatalf("%+v %v", fs, ok)
	}
	found := diagnostics.Judge(diagnostics.Snapshot{Disks: diagnostics.Section[diagnostics.Disks]{State: diagnostics.StateOK, Data: &diagnostics.Disks{FileSystems: []diagnostics.FileSystem{fs}}}})
	if codeAt(found, diagnostics.DiskFull) < 0 {
		t.Errorf("%+v", found)
	}
}

func TestBusyAndDeadProcesses(t *testing.T) {
	spin := exec.Command("sh", "-c", "while :; do :; done")
	if err := spin.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		spin.Process.Kill()
		spin.Wait()
	})
	dead := exec.Command("true")
	if err := dead.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dead.Wait() })
	waitFor(t, func() bool {
		all, err := readProcesses(t.Context())
		return err == nil && all[int32(dead.Process.Pid)].state == 'Z'
	})
	list, _, err := New(Options{}).processes(t.Context(), paceOf(Request{}))
	if err != nil || list.Zombies < 1 || len(list.Top) > maxTop || list.IntervalMS < 700 {
		t.Fatalf("%v %+v", err, list)
	}
	for _, p := range list.Top {
		if p.PID != int32(spin.Process.Pid) {
			continue
		}
		if p.CPUPct < 20 || p.CPUPct > 110 || !strings.Contains(p.Command, "while :") || p.User == "" || time.Since(p.Started) > time.Minute || time.Since(p.Started) < -2*time.Second {
			t.Errorf("%+v", p)
		}
		return
	}
	t.Errorf("the busy process is not in the list: %+v", list.Top)
}

func TestSamplerMeasures(t *testing.T) {
	s := NewSampler()
	defer s.Close()
	start := time.Now()
	one := s.Sample(start)
	for _, m := range []diagnostics.Metric{diagnostics.CPUBusy, diagnostics.NetReceived, diagnostics.DiskBusy} {
		if _, ok := one.Get(m); ok {
			t.Errorf("%s out of one reading", m.Info().Name)
		}
	}
	for time.Since(start) < 400*time.Millisecond { // keeps a core busy
	}
	two := s.Sample(time.Now())
	for _, m := range []diagnostics.Metric{diagnostics.CPUBusy, diagnostics.LoadPerCore, diagnostics.MemoryUsed, diagnostics.DiskUsed, diagnostics.NetReceived, diagnostics.NetSent, diagnostics.NetErrors, diagnostics.ProcessCount} {
		v, ok := two.Get(m)
		if !ok || v < 0 || m.Info().Unit == "%" && v > 100 {
			t.Errorf("%s: %v %v", m.Info().Name, v, ok)
		}
	}
	if v, _ := two.Get(diagnostics.CPUBusy); v < 10 {
		t.Errorf("a busy core is %v %%", v)
	}
	if s.source.stat.fd == 0 {
		t.Error("the files are not kept open")
	}
}

func waitFor(t *testing.T, what func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !what(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come to pass in 10 s")
		}
	}
}

// A machine without a network, a link without an address, a router that is not
// there: each in a network of its own, made of real interfaces.
func TestNetworkNotConnected(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNET|syscall.CLONE_NEWNS) {
		return
	}
	probetest.Run(t, "mount", "-t", "sysfs", "none", "/sys") // that of this network
	n := readNetwork(t)
	if len(n.Gateways) != 0 || !n.RoutesRead {
		t.Errorf("%+v", n)
	}
	wantFound(t, n, diagnostics.NoLink)

	probetest.Run(t, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "veth0")
	probetest.Run(t, "ip", "link", "set", "eth0", "up")
	wantFound(t, readNetwork(t), diagnostics.NoLink) // the other end is down

	probetest.Run(t, "ip", "link", "set", "veth0", "up")
	wantFound(t, readNetwork(t), diagnostics.NoAddress)

	probetest.Run(t, "ip", "addr", "add", "198.51.100.2/24", "dev", "eth0")
	wantFound(t, readNetwork(t), diagnostics.NoRoute)
}

func TestNetworkGateway(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNET|syscall.CLONE_NEWNS) {
		return
	}
	probetest.Run(t, "mount", "-t", "sysfs", "none", "/sys") // that of this network
	probetest.Run(t, "ip", "link", "set", "lo", "up")
	// A cable whose other end is here as well: 198.51.100.1 lives on it, .9 does not.
	probetest.Run(t, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far0")
	probetest.Run(t, "mount", "-t", "tmpfs", "none", "/run") // where networks get their names
	far := fmt.Sprintf("deskbell-%d-%d", os.Getppid(), os.Getpid())
	probetest.Run(t, "ip", "netns", "add", far)
	t.Cleanup(func() { probetest.Run(t, "ip", "netns", "del", far) })
	probetest.Run(t, "ip", "link", "set", "far0", "netns", far)
	probetest.Run(t, "ip", "-n", far, "link", "set", "far0", "up")
	probetest.Run(t, "ip", "-n", far, "addr", "add", "198.51.100.1/24", "dev", "far0")
	probetest.Run(t, "ip", "link", "set", "eth0", "up")
	probetest.Run(t, "ip", "addr", "add", "198.51.100.2/24", "dev", "eth0")

	probetest.Run(t, "ip", "route", "add", "default", "via", "198.51.100.1")
	n := readNetwork(t)
	if g := n.Gateways[0]; !g.Asked || !g.Answers || g.How != "echo" || g.RTTms <= 0 || g.Interface != "eth0" {
		t.Errorf("%+v", g)
	}
	probetest.Run(t, "ip", "route", "replace", "default", "via", "198.51.100.9")
	n = readNetwork(t)
	if g := n.Gateways[0]; !g.Asked || g.Answers {
		t.Errorf("%+v", g)
	}
	wantFound(t, n, diagnostics.GatewaySilent)
	if state := neighbourState(netip.MustParseAddr("198.51.100.1"), "eth0"); state != neighbourReachable {
		t.Errorf("the kernel says %v of the one that answered", state)
	}
	if state := neighbourState(netip.MustParseAddr("198.51.100.9"), "eth0"); state != neighbourFailed {
		t.Errorf("the kernel says %v of the one that is not there", state)
	}
}

func readNetwork(t *testing.T) *diagnostics.Network {
	t.Helper()
	n, note, err := New(Options{}).network(t.Context(), &Server{Address: "203.0.113.7:443"}, paceOf(Request{}))
	if err != nil || note != "" {
		t.Fatal(note, err)
	}
	return n
}

// wantFound checks that a code is found and is the root of the others.
func wantFound(t *testing.T, n *diagnostics.Network, c diagnostics.Code) {
	t.Helper()
	found := diagnostics.Judge(diagnostics.Snapshot{Network: diagnostics.Section[diagnostics.Network]{State: diagnostics.StateOK, Data: n}})
	if codeAt(found, c) != 0 || codeAt(found, diagnostics.ServerUnreachable) <= 0 {
		t.Errorf("found %+v in %+v", found, n)
	}
}

// asChild are the options of a Prober whose risky readings run in children.
func asChild(t *testing.T) Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Child: []string{self, "collect"}}
}
