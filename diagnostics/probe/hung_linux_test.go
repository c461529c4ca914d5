package probe

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

func TestHungMountInChild(t *testing.T) {
	if probetest.Inside(t, syscall.CLONE_NEWNS) {
		testHungMount(t, asChild(t))
	}
}

func TestHungMountInProcess(t *testing.T) {
	if probetest.Inside(t, syscall.CLONE_NEWNS) {
		testHungMount(t, Options{})
	}
}

func testHungMount(t *testing.T, o Options) {
	hung := probetest.MountHung(t)
	dir := hung.Dir
	p := New(o)
	start := time.Now()
	var order []diagnostics.SectionName
	pending := diagnostics.SectionNames()
	s := p.Collect(t.Context(), Request{}, func(_ diagnostics.Snapshot, left []diagnostics.SectionName) {
		for _, name := range pending {
			if !contains(left, name) {
				order = append(order, name)
			}
		}
		pending = left
	})
	if took := time.Since(start); took < Deadline-100*time.Millisecond || took > Deadline+750*time.Millisecond {
		t.Errorf("a check-up took %v", took)
	}
	if hung.Asked() != 1 {
		t.Fatalf("the dead mount was asked %d times", hung.Asked())
	}
	for _, one := range s.Sections() {
		switch one.Name {
		case diagnostics.SectionDisks, diagnostics.SectionServices, diagnostics.SectionLog: // the last two need what not every machine has
		default:
			if one.State != diagnostics.StateOK {
				t.Errorf("%s is %q: %s", one.Name, one.State, one.Note)
			}
		}
	}
	if s.Disks.State != diagnostics.StatePartial || !strings.HasPrefix(s.Disks.Note, "No answer in 2 s from "+dir) {
		t.Errorf("the disks are %q: %s", s.Disks.State, s.Disks.Note)
	}
	if len(order) != len(diagnostics.SectionNames()) || order[len(order)-1] != diagnostics.SectionDisks {
		t.Errorf("the sections came as %v", order)
	}
	checkHung(t, s, dir)
	found := diagnostics.Judge(s)
	if i := codeAt(found, diagnostics.DiskNoAnswer); i < 0 {
		t.Errorf("nothing was found: %+v", found)
	}

	// It is not asked again at once, and nobody waits for it.
	start = time.Now()
	s = p.Collect(t.Context(), Request{Sections: []diagnostics.SectionName{diagnostics.SectionDisks}}, nil)
	if took := time.Since(start); took > Deadline-200*time.Millisecond || hung.Asked() != 1 {
		t.Errorf("asked %d times, and the second check-up took %v", hung.Asked(), took)
	}
	checkHung(t, s, dir)

	// What a technician asks about the disks comes too, in two seconds.
	start = time.Now()
	systems, err := New(o).FileSystems(t.Context())
	if took := time.Since(start); err != nil || took > Deadline+500*time.Millisecond || len(systems) < 2 {
		t.Errorf("%d file systems after %v: %v", len(systems), took, err)
	}

	// And a folder beside it, where it lies in the way.
	start = time.Now()
	tree, err := p.Tree(t.Context(), strings.TrimSuffix(dir, "/001"))
	if err != nil || time.Since(start) > 2*time.Second || len(tree.Entries) != 0 {
		t.Errorf("the folder around it: %+v, %v after %v", tree, err, time.Since(start))
	}

	// The heartbeat does not wait for it either, nor a second time.
	sampler := NewSampler()
	defer sampler.Close()
	start = time.Now()
	for i := range 3 {
		sampler.Sample(start.Add(time.Duration(i) * 2 * time.Minute))
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("three samples took %v", took)
	}
}

func checkHung(t *testing.T, s diagnostics.Snapshot, dir string) {
	t.Helper()
	if s.Disks.Data == nil {
		t.Fatal("no disks at all")
	}
	seen := map[string]bool{}
	for _, fs := range s.Disks.Data.FileSystems {
		seen[fs.Mount] = true
		switch {
		case fs.Mount == dir && (!fs.NoAnswer || fs.Total != 0):
			t.Errorf("the dead mount is %+v", fs)
		case fs.Mount == "/" && (fs.NoAnswer || fs.Total == 0):
			t.Errorf("the root is %+v", fs)
		}
	}
	if !seen[dir] || !seen["/"] {
		t.Errorf("the mounts are %v", seen)
	}
}

func contains(all []diagnostics.SectionName, one diagnostics.SectionName) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
}

func codeAt(found []diagnostics.Finding, c diagnostics.Code) int {
	for i, f := range found {
		if f.Code == c {
			return i
		}
	}
	return -1
}
