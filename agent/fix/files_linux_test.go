package fix

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
	"github.com/deskbell/deskbell/internal/fault"
)

const week = 7 * 24 * time.Hour

// later lets all files that there are be ten days old.
func later(t *testing.T) {
	t.Helper()
	now = func() time.Time { return time.Now().Add(10 * 24 * time.Hour) }
	t.Cleanup(func() { now = time.Now })
}

// left lists the files below a folder, symbolic links as they are.
func left(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != ".keep" {
			all = append(all, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// Deleted is what is old, the person's, closed, and in the listed places. Every
// trap that leads elsewhere is left alone.
func TestDeleteFiles(t *testing.T) {
	dir := smallSystem(t, nil)
	later(t)
	home := dir + "/home/ann"
	for _, path := range []string{
		"/home/ann/.cache/browser/a", "/home/ann/.cache/browser/deep/b", "/tmp/left-over", "/var/tmp/install.part",
		"/home/ann/Documents/letter", "/home/ann/Documents/plan", "/home/ann/.config/settings", "/home/ann/.cache/twice",
		"/home/ann/.cache/young", "/home/ann/.cache/open", "/home/ann/.cache/mapped", "/home/ann/.cache/others", "/tmp/theirs/file", "/tmp/.X0-lock", "/etc/passwd",
	} {
		write(t, dir+path, strings.Repeat("x", 8192))
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink(home+"/Documents", home+"/.cache/to-documents"))
	must(os.Symlink("../Documents/letter", home+"/.cache/to-letter"))
	must(os.Symlink(dir+"/etc", dir+"/tmp/to-etc"))
	must(os.Symlink("Documents", home+"/.thumbnails")) // one of the places themselves
	must(os.Link(home+"/.cache/twice", home+"/Documents/the same"))
	must(unix.Mkfifo(home+"/.cache/fifo", 0o600))
	must(os.Chtimes(home+"/.cache/young", time.Now().Add(9*24*time.Hour), time.Now().Add(9*24*time.Hour)))
	must(os.Chown(home+"/.cache/others", 65534, 65534)) // the tests of this package need root
	must(os.Chown(dir+"/tmp/theirs", 65534, 65534))
	opened, err := os.Open(home + "/.cache/open")
	must(err)
	defer opened.Close()
	f, err := os.Open(home + "/.cache/mapped")
	must(err)
	memory, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_PRIVATE)
	must(err)
	defer unix.Munmap(memory)
	f.Close()

	step := DeleteFiles{Home: home, Under: "/", Kinds: []FileKind{Caches, Temporary}, OlderThan: week}
	before := left(t, dir)
	plan, err := step.Plan(t.Context())
	must(err)
	if plan.Count != 4 || plan.Bytes != 4*8192 || !strings.Contains(plan.Says, "4 files") {
		t.Errorf("planned: %+v", plan)
	}
	if now := left(t, dir); !slices.Equal(now, before) {
		t.Errorf("the dry run has changed something: %q", now)
	}
	write(t, home+"/.cache/browser/since", "x")
	must(os.Chtimes(home+"/.cache/browser/since", time.Now().Add(9*24*time.Hour), time.Now().Add(9*24*time.Hour)))
	done, err := step.Do(t.Context(), plan)
	must(err)
	if done.Count != plan.Count || done.Bytes != plan.Bytes {
		t.Errorf("planned %+v, done %+v", plan, done)
	}
	gone := []string{"home/ann/.cache/browser/a", "home/ann/.cache/browser/deep/b", "tmp/left-over", "var/tmp/install.part"}
	want := append(slices.DeleteFunc(before, func(p string) bool { return slices.Contains(gone, p) }), "home/ann/.cache/browser/since")
	slices.Sort(want)
	if got := left(t, dir); !slices.Equal(got, want) {
		t.Errorf("left are\n%q, want\n%q", got, want)
	}
	if _, err := step.Plan(t.Context()); !fault.Is(err, fault.NotFound) {
		t.Errorf("with nothing to clear: %v", err)
	}
}

// A folder that becomes a symbolic link between the look and the opening is not
// gone into.
func TestFolderIsSwapped(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"/cache", "/documents"} {
		if err := os.Mkdir(dir+name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("documents", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stop, swapped := make(chan struct{}), make(chan struct{})
	go func() { // exchanges the two names over and over
		defer close(swapped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			unix.Renameat2(unix.AT_FDCWD, dir+"/cache", unix.AT_FDCWD, dir+"/link", unix.RENAME_EXCHANGE)
		}
	}()
	documents, err := os.Stat(dir + "/documents")
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for range 20_000 {
		next, err := into(r, "cache")
		if err != nil {
			continue
		}
		opened++
		if info, err := next.Stat("."); err == nil && os.SameFile(info, documents) {
			t.Error("it went through the link")
			next.Close()
			break
		}
		next.Close()
	}
	close(stop)
	<-swapped
	if opened == 0 {
		t.Error("it never opened the folder, so this shows nothing")
	}
}

// What lies on another disk than the full one would free nothing there.
func TestAnotherDisk(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	dir := smallSystem(t, nil)
	later(t)
	write(t, dir+"/home/ann/.cache/a", "x")
	for _, mount := range []string{"/data", "/home/ann/.cache/other"} {
		if err := os.MkdirAll(dir+mount, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", dir+mount, "tmpfs", 0, "size=1m"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Unmount(dir+mount, 0) })
	}
	write(t, dir+"/home/ann/.cache/other/b", "x")
	step := DeleteFiles{Home: dir + "/home/ann", Under: "/data", Kinds: []FileKind{Caches}, OlderThan: week}
	if _, err := step.Plan(t.Context()); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "not on the disk") {
		t.Errorf("for another disk: %v", err)
	}
	step.Under = "/"
	plan, err := step.Plan(t.Context())
	if err != nil || plan.Count != 1 {
		t.Fatalf("planned %+v, %v", plan, err)
	}
	if _, err := step.Do(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if got := left(t, dir); !slices.Equal(got, []string{"home/ann/.cache/other/b"}) {
		t.Errorf("left: %q", got)
	}
}

func TestDeletingIsStopped(t *testing.T) {
	dir := smallSystem(t, nil)
	later(t)
	write(t, dir+"/tmp/a", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	step := DeleteFiles{Under: "/", Kinds: []FileKind{Temporary}, OlderThan: week}
	if _, err := step.Plan(ctx); err == nil {
		t.Error("it went on")
	}
}
