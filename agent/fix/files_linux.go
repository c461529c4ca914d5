package fix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// The bounds of one walk.
const (
	maxDepth   = 48
	maxEntries = 400_000
)

// now is the time by which files are old; tests have another.
var now = time.Now

// Plan counts what would be deleted.
func (d DeleteFiles) Plan(ctx context.Context) (Plan, error) {
	before := now().Add(-d.OlderThan)
	w, err := d.walk(ctx, before, false)
	if err != nil {
		return Plan{}, err
	}
	if w.count == 0 {
		return Plan{}, fault.Say(fault.NotFound, "error.fix_space_none", tongue.Count("n", int(d.OlderThan/(24*time.Hour))))
	}
	plan := plans("fix.space_plan", tongue.Count("n", w.count), tongue.Bytes("size", w.bytes), tongue.Count("days", int(d.OlderThan/(24*time.Hour))))
	plan.Bytes = w.bytes
	return plan.of(w.count, before.UTC().Format(time.RFC3339Nano)), nil
}

// Do deletes what was old when it was planned, and is still.
func (d DeleteFiles) Do(ctx context.Context, p Plan) (Done, error) {
	before, err := time.Parse(time.RFC3339Nano, p.Mark)
	if err != nil {
		return Done{}, err
	}
	w, err := d.walk(ctx, before, true)
	if err != nil && w == nil {
		return Done{}, err
	}
	done := did("fix.space_done", tongue.Count("n", w.count), tongue.Bytes("size", w.bytes)).of(w.count, "")
	done.Bytes = w.bytes
	if w.left > 0 {
		done = done.and("fix.space_left", tongue.Count("n", w.left))
	}
	return done, err
}

// walk goes through the places on the disk that is meant.
func (d DeleteFiles) walk(ctx context.Context, before time.Time, remove bool) (*sweep, error) {
	under, err := deviceOf(at(d.Under))
	if err != nil {
		return nil, cannot(err, "error.fix_disk_unread")
	}
	w := &sweep{ctx: ctx, before: before, remove: remove, device: under, owner: uint32(os.Getuid()), open: openFiles()}
	near := false
	for _, p := range d.places() {
		r, err := p.open()
		if err != nil {
			continue // there is none, or it is not what it should be
		}
		if device, err := rootDevice(r); err == nil && device == under {
			near = true
			err = w.folder(r, 0)
			r.Close()
			if err != nil {
				return w, err
			}
			continue
		}
		r.Close()
	}
	if !near {
		return nil, fault.Say(fault.NotFound, "error.fix_other_disk")
	}
	return w, nil
}

// place is a folder of files that may be deleted: steps below a folder of which
// the system says where it is.
type place struct {
	base  string
	below []string
}

func (d DeleteFiles) places() []place {
	var all []place
	for _, k := range d.Kinds {
		switch {
		case k == Caches && filepath.IsAbs(d.Home) && filepath.Clean(d.Home) != "/":
			all = append(all, place{d.Home, []string{".cache"}}, place{d.Home, []string{".thumbnails"}})
		case k == Temporary:
			all = append(all, place{base: at("/tmp")}, place{base: at("/var/tmp")})
		}
	}
	return all
}

func (p place) open() (*os.Root, error) {
	info, err := os.Lstat(p.base)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errors.New("not a folder")
	}
	r, err := os.OpenRoot(p.base)
	for _, name := range p.below {
		if err != nil {
			return nil, err
		}
		var next *os.Root
		next, err = into(r, name)
		r.Close()
		r = next
	}
	return r, err
}

// into opens a folder in a folder. One that is a symbolic link is refused, also
// when it becomes one between the look and the opening.
func into(r *os.Root, name string) (*os.Root, error) {
	looked, err := r.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !looked.IsDir() {
		return nil, errors.New("not a folder")
	}
	next, err := r.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if opened, err := next.Stat("."); err != nil || !os.SameFile(looked, opened) {
		next.Close()
		return nil, errors.New("it was changed meanwhile")
	}
	return next, nil
}

// inode is a file, whatever it is called.
type inode struct{ device, number uint64 }

// sweep is one walk through the places.
type sweep struct {
	ctx    context.Context
	before time.Time
	remove bool
	device uint64
	owner  uint32
	open   map[inode]bool

	seen  int
	count int
	bytes uint64
	left  int // that could not be deleted
}

// folder goes through one folder and those in it.
func (w *sweep) folder(r *os.Root, depth int) error {
	dir, err := r.Open(".")
	if err != nil {
		return nil // not ours to read
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(256)
		for _, e := range entries {
			if w.seen++; w.seen > maxEntries {
				return nil // what was found by then is enough
			}
			if w.ctx.Err() != nil {
				return w.ctx.Err()
			}
			if err := w.entry(r, e.Name(), depth); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || err != nil {
			return nil
		}
	}
}

func (w *sweep) entry(r *os.Root, name string, depth int) error {
	info, err := r.Lstat(name)
	if err != nil {
		return nil // gone meanwhile
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || s.Uid != w.owner || s.Dev != w.device {
		return nil
	}
	if info.IsDir() {
		if depth == maxDepth {
			return nil
		}
		next, err := into(r, name)
		if err != nil {
			return nil
		}
		defer next.Close()
		return w.folder(next, depth+1)
	}
	if !w.deletable(info, s) {
		return nil
	}
	if w.remove {
		if err := r.Remove(name); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				w.left++
			}
			return nil
		}
	}
	w.count++
	w.bytes += uint64(s.Blocks) * 512
	return nil
}

// deletable says whether a file is in nobody's way. A second name means that
// deleting this one frees nothing, and that somebody wanted it twice.
func (w *sweep) deletable(info fs.FileInfo, s *syscall.Stat_t) bool {
	if name := info.Name(); strings.HasSuffix(name, "lock") || strings.HasSuffix(name, ".pid") {
		return false // somebody may hold on to its name
	}
	if !info.Mode().IsRegular() || s.Nlink != 1 || w.open[inode{s.Dev, s.Ino}] {
		return false
	}
	for _, t := range []syscall.Timespec{s.Atim, s.Mtim, s.Ctim} {
		if !time.Unix(t.Unix()).Before(w.before) {
			return false
		}
	}
	return true
}

func deviceOf(path string) (uint64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return deviceIn(info)
}

func rootDevice(r *os.Root) (uint64, error) {
	info, err := r.Stat(".")
	if err != nil {
		return 0, err
	}
	return deviceIn(info)
}

func deviceIn(info fs.FileInfo) (uint64, error) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, errors.New("no device")
	}
	return s.Dev, nil
}

// openFiles lists what the processes that we may look into have open, or mapped
// into their memory.
func openFiles() map[inode]bool {
	all := map[inode]bool{}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return all
	}
	for _, p := range processes {
		if strings.Trim(p.Name(), "0123456789") != "" {
			continue
		}
		dir := "/proc/" + p.Name()
		files, err := os.ReadDir(dir + "/fd")
		if err != nil {
			continue // somebody else's, or gone
		}
		for _, f := range files {
			var s syscall.Stat_t
			if syscall.Stat(dir+"/fd/"+f.Name(), &s) == nil {
				all[inode{s.Dev, s.Ino}] = true
			}
		}
		mapped(dir, all)
	}
	return all
}

// mapped adds the files that a process has mapped. /proc/PID/maps names them as
// “address perms offset major:minor inode path” (proc_pid_maps(5)).
func mapped(dir string, all map[inode]bool) {
	b, err := os.ReadFile(dir + "/maps")
	if err != nil {
		return
	}
	for l := range strings.Lines(string(b)) {
		var major, minor, number uint64
		f := strings.Fields(l)
		if len(f) < 6 {
			continue
		}
		if _, err := fmt.Sscanf(f[3]+" "+f[4], "%x:%x %d", &major, &minor, &number); err == nil && number != 0 {
			all[inode{unix.Mkdev(uint32(major), uint32(minor)), number}] = true
		}
	}
}
