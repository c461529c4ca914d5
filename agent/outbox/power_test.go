//go:build linux

package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// disk is a file system in memory that keeps, beside what programs see, what a
// power cut would leave: of a file what was last flushed, of a folder the names it
// had when it was last flushed. What was not flushed may survive or not, each for
// itself. It can also fail: every operation that writes asks mayWrite.
type disk struct {
	mu      sync.Mutex
	down    bool
	cutAt   int // counts down to the write at which the power fails; 0: it does not
	failAt  int // counts down to the write that fails; 0: none
	failure syscall.Errno
}

func (d *disk) mayWrite() syscall.Errno {
	if d.cutAt > 0 {
		if d.cutAt--; d.cutAt == 0 {
			d.down = true
		}
	}
	if d.down {
		return syscall.EIO
	}
	if d.failAt > 0 {
		if d.failAt--; d.failAt == 0 {
			return d.failure
		}
	}
	return 0
}

// node is a file or a folder.
type node struct {
	fs.Inode
	disk   *disk
	folder bool
	mode   uint32
	data   []byte
	safe   []byte           // data as last flushed
	names  map[string]*node // of a folder, as last flushed
}

var (
	_ fs.NodeCreater   = (*node)(nil)
	_ fs.NodeMkdirer   = (*node)(nil)
	_ fs.NodeOpener    = (*node)(nil)
	_ fs.NodeReader    = (*node)(nil)
	_ fs.NodeWriter    = (*node)(nil)
	_ fs.NodeFsyncer   = (*node)(nil)
	_ fs.NodeRenamer   = (*node)(nil)
	_ fs.NodeUnlinker  = (*node)(nil)
	_ fs.NodeSetattrer = (*node)(nil)
	_ fs.NodeGetattrer = (*node)(nil)
)

func (n *node) lock() func() {
	n.disk.mu.Lock()
	return n.disk.mu.Unlock
}

func (n *node) Create(ctx context.Context, _ string, _, mode uint32, _ *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	defer n.lock()()
	if e := n.disk.mayWrite(); e != 0 {
		return nil, nil, 0, e
	}
	child := &node{disk: n.disk, mode: mode & 0o777}
	return n.NewInode(ctx, child, fs.StableAttr{Mode: fuse.S_IFREG}), nil, fuse.FOPEN_DIRECT_IO, 0
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, _ *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	defer n.lock()()
	child := &node{disk: n.disk, folder: true, mode: mode & 0o777, names: map[string]*node{}}
	n.names[name] = child // folders are made once, at the first start: not what this is about
	return n.NewInode(ctx, child, fs.StableAttr{Mode: fuse.S_IFDIR}), 0
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	defer n.lock()()
	end := min(int(off)+len(dest), len(n.data))
	return fuse.ReadResultData(bytes.Clone(n.data[min(int(off), end):end])), 0
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	defer n.lock()()
	if e := n.disk.mayWrite(); e != 0 {
		return 0, e
	}
	if grow := int(off) + len(data) - len(n.data); grow > 0 {
		n.data = append(n.data, make([]byte, grow)...)
	}
	copy(n.data[off:], data)
	return uint32(len(data)), 0
}

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	defer n.lock()()
	if e := n.disk.mayWrite(); e != 0 {
		return e
	}
	if n.folder {
		n.names = n.now()
		return 0
	}
	n.safe = bytes.Clone(n.data)
	return 0
}

// now are the names as programs see them.
func (n *node) now() map[string]*node {
	out := map[string]*node{}
	for name, child := range n.Children() {
		out[name] = child.Operations().(*node)
	}
	return out
}

func (n *node) Rename(context.Context, string, fs.InodeEmbedder, string, uint32) syscall.Errno {
	defer n.lock()()
	return n.disk.mayWrite()
}

func (n *node) Unlink(context.Context, string) syscall.Errno {
	defer n.lock()()
	if n.disk.down {
		return syscall.EIO
	}
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	defer n.lock()()
	if mode, ok := in.GetMode(); ok {
		n.mode = mode & 0o777
	}
	if size, ok := in.GetSize(); ok {
		n.data = n.data[:min(int(size), len(n.data))]
	}
	n.attr(&out.Attr)
	return 0
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	defer n.lock()()
	n.attr(&out.Attr)
	return 0
}

func (n *node) attr(a *fuse.Attr) {
	a.Mode, a.Size = n.mode, uint64(len(n.data))
}

// after returns what a folder is after the power comes back.
func (n *node) after(d *disk) *node {
	out := &node{disk: d, folder: n.folder, mode: n.mode, names: map[string]*node{}}
	if !n.folder {
		out.data = bytes.Clone(n.safe)
		if rand.IntN(2) == 0 { // some of what was not flushed may be there
			out.data = bytes.Clone(n.data[:rand.IntN(len(n.data)+1)])
			if len(out.data) < len(n.safe) {
				out.data = bytes.Clone(n.safe)
			}
		}
		out.safe = bytes.Clone(out.data)
		return out
	}
	names := maps.Clone(n.names)
	for name, child := range n.now() { // a name that is new may be there
		if names[name] == nil && rand.IntN(2) == 0 {
			names[name] = child
		}
	}
	for name := range names { // one that is gone may be gone
		if n.GetChild(name) == nil && rand.IntN(2) == 0 && !names[name].folder {
			delete(names, name)
		}
	}
	for name, child := range names {
		out.names[name] = child.after(d)
	}
	return out
}

// mount shows a folder that comes from after, or a new one.
func (n *node) mount(t *testing.T, dir string) *fuse.Server {
	t.Helper()
	s, err := fs.Mount(dir, n, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "powercut"},
		OnAdd:        func(ctx context.Context) { n.grow(ctx) },
	})
	if err != nil {
		t.Fatalf("mounting a FUSE file system needs root and /dev/fuse: %v", err)
	}
	return s
}

// grow makes the names that were left known to the kernel's side.
func (n *node) grow(ctx context.Context) {
	for name, child := range n.names {
		mode := uint32(fuse.S_IFREG)
		if child.folder {
			mode = fuse.S_IFDIR
		}
		n.AddChild(name, n.NewPersistentInode(ctx, child, fs.StableAttr{Mode: mode}), true)
		child.grow(ctx)
	}
}

func newDisk() (*disk, *node) {
	d := &disk{}
	return d, &node{disk: d, folder: true, mode: 0o755, names: map[string]*node{}}
}

// What was told saved survives a power cut at any moment, once and whole, and what
// was told settled is not sent again for want of its note.
func TestPowerCut(t *testing.T) {
	const cuts = 150
	saved, lost := 0, 0
	for range cuts {
		d, root := newDisk()
		dir := t.TempDir()
		s := root.mount(t, dir)
		told, settled := map[string]string{}, map[string]bool{}
		d.mu.Lock()
		d.cutAt = 1 + rand.IntN(80)
		d.mu.Unlock()
		appendUntilDark(t, filepath.Join(dir, "outbox"), told, settled)
		if err := s.Unmount(); err != nil {
			t.Fatal(err)
		}
		d2 := &disk{}
		d.mu.Lock()
		left := root.after(d2)
		d.mu.Unlock()
		s = left.mount(t, dir)
		b, err := outbox.Open(filepath.Join(dir, "outbox"), outbox.Options{})
		if len(told) > 0 && err != nil {
			t.Fatal(err)
		}
		for id, title := range told {
			saved++
			e, err := b.Read(id)
			var o wire.TicketOpen
			if err != nil || json.Unmarshal(e.Body, &o) != nil || o.Title != title {
				t.Errorf("%s, told saved, is %q, %v", id, o.Title, err)
				lost++
			}
			if i, _ := b.Item(id); settled[id] && i.State != outbox.Sent {
				t.Errorf("%s, told settled, is %s", id, i.State)
			}
		}
		if err := s.Unmount(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			break
		}
	}
	if saved < cuts/2 {
		t.Errorf("only %d entries were told saved in %d cuts: this shows nothing", saved, cuts)
	}
	t.Logf("%d cuts, %d told saved, %d lost", cuts, saved, lost)
}

// appendUntilDark writes until the disk fails.
func appendUntilDark(t *testing.T, dir string, told map[string]string, settled map[string]bool) {
	b, err := outbox.Open(dir, outbox.Options{})
	if err != nil {
		return
	}
	for n := 0; ; n++ {
		title := fmt.Sprintf("title %d", n)
		i, err := b.Append(ring("1000", title))
		if err != nil {
			return
		}
		told[i.ID] = title
		if n%2 == 0 {
			if b.Settle(i.ID, "e1", wire.Ack{OK: true}) != nil {
				return
			}
			settled[i.ID] = true
		}
		if n > 2000 {
			t.Error("the power does not fail")
			return
		}
	}
}

// Whichever write finds the disk full or broken, nothing is told saved that is not,
// and nothing that was there is harmed.
func TestFailureAtEveryWrite(t *testing.T) {
	for _, failure := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EDQUOT} {
		for n := 1; ; n++ {
			d, root := newDisk()
			dir := t.TempDir()
			s := root.mount(t, dir)
			box := filepath.Join(dir, "outbox")
			b := open(t, box, outbox.Options{})
			before := add(t, b, ring("1000", "before"))
			d.mu.Lock()
			d.failAt, d.failure = n, failure
			d.mu.Unlock()
			_, err := b.Append(ring("1000", "after"))
			d.mu.Lock()
			reached := d.failAt == 0
			d.failAt = 0
			d.mu.Unlock()
			if !reached {
				if err != nil || n < 5 {
					t.Errorf("%d writes, %v", n-1, err)
				}
				if err := s.Unmount(); err != nil {
					t.Fatal(err)
				}
				break
			}
			if err == nil || (failure != syscall.EIO) != fault.Is(err, fault.Full) || !errors.Is(err, failure) {
				t.Errorf("%v at write %d: %v", failure, n, err)
			}
			for _, b := range []*outbox.Box{b, open(t, box, outbox.Options{})} {
				if got := b.Of("1000"); len(got) != 1 || got[0].ID != before {
					t.Errorf("%v at write %d: the box has %d entries", failure, n, len(got))
				}
			}
			if _, err := b.Append(ring("1000", "again")); err != nil {
				t.Errorf("%v at write %d: it goes on failing: %v", failure, n, err)
			}
			if err := s.Unmount(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
