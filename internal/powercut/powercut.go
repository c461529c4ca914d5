//go:build linux

// Package powercut shows tests what a power cut leaves of files, at any write of
// their choice.
package powercut

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Disk is a file system in memory that keeps, beside what programs see, what a
// power cut would leave: of a file what was last flushed, of a folder the names it
// had when it was last flushed. What was not flushed may survive or not, each for
// itself. It can also fail: every operation that writes asks mayWrite.
type Disk struct {
	mu      sync.Mutex
	root    *node
	down    bool
	cutAt   int // counts down to the write at which the power fails; 0: it does not
	failAt  int // counts down to the write that fails; 0: none
	failure syscall.Errno
}

func (d *Disk) mayWrite() syscall.Errno {
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
	disk   *Disk
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
func (n *node) after(d *Disk) *node {
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

// Mount shows the disk in a folder until unmount is called.
func (d *Disk) Mount(t testing.TB, dir string) (unmount func()) {
	t.Helper()
	s, err := fs.Mount(dir, d.root, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "powercut"},
		OnAdd:        func(ctx context.Context) { d.root.grow(ctx) },
	})
	if err != nil {
		t.Fatalf("mounting a FUSE file system needs root and /dev/fuse: %v", err)
	}
	return func() {
		t.Helper()
		if err := s.Unmount(); err != nil {
			t.Fatal(err)
		}
	}
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

// New returns an empty disk.
func New() *Disk {
	d := &Disk{}
	d.root = &node{disk: d, folder: true, mode: 0o755, names: map[string]*node{}}
	return d
}

// Cut lets the power fail at the nth write from now; 1 is the next.
func (d *Disk) Cut(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt = n
}

// Fail lets the nth write from now fail, once; 0 is none.
func (d *Disk) Fail(n int, failure syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failAt, d.failure = n, failure
}

// Failed reports whether the write that was to fail has come.
func (d *Disk) Failed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failAt == 0
}

// After returns the disk as it can be when the power comes back.
func (d *Disk) After() *Disk {
	out := &Disk{}
	d.mu.Lock()
	defer d.mu.Unlock()
	out.root = d.root.after(out)
	return out
}
