package probe

import (
	"context"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/deskbell/deskbell/diagnostics"
)

// hungFS is a file system whose server is gone: whoever asks it waits.
type hungFS struct {
	fs.Inode
	asked   atomic.Int32
	release chan struct{}
}

func (h *hungFS) Statfs(context.Context, *fuse.StatfsOut) syscall.Errno {
	h.asked.Add(1)
	<-h.release
	return syscall.EIO
}

func (h *hungFS) Getattr(context.Context, fs.FileHandle, *fuse.AttrOut) syscall.Errno { return 0 }

func (h *hungFS) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	<-h.release
	return nil, syscall.EIO
}

var _ = (fs.NodeStatfser)((*hungFS)(nil))

func mountHung(t *testing.T) (*hungFS, string) {
	t.Helper()
	dir := t.TempDir()
	h := &hungFS{release: make(chan struct{})}
	server, err := fs.Mount(dir, h, &fs.Options{MountOptions: fuse.MountOptions{Name: "hung", FsName: "hung", DirectMountStrict: true}})
	if err != nil {
		t.Fatalf("mount: %v (the test needs /dev/fuse)", err)
	}
	t.Cleanup(func() {
		close(h.release)
		if err := server.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return h, dir
}

func TestHungMountInChild(t *testing.T) {
	if inside(t, syscall.CLONE_NEWNS) {
		testHungMount(t, asChild(t))
	}
}

func TestHungMountInProcess(t *testing.T) {
	if inside(t, syscall.CLONE_NEWNS) {
		testHungMount(t, Options{})
	}
}

func testHungMount(t *testing.T, o Options) {
	hung, dir := mountHung(t)
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
	if hung.asked.Load() != 1 {
		t.Fatalf("the dead mount was asked %d times", hung.asked.Load())
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
	if took := time.Since(start); took > Deadline-200*time.Millisecond || hung.asked.Load() != 1 {
		t.Errorf("asked %d times, and the second check-up took %v", hung.asked.Load(), took)
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
