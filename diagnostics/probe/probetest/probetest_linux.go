package probetest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// insideEnv names the test that this process was started for.
const insideEnv = "DESKBELL_TEST_INSIDE"

// Inside runs the calling test once more in a process with its own mounts or
// network (syscall.CLONE_NEWNS, CLONE_NEWNET), so that what it breaks is broken
// for nobody else. It reports whether the caller is that process, and should go
// on; elsewhere it has waited for it, and failed the test if that failed.
func Inside(t *testing.T, flags uintptr) bool {
	t.Helper()
	if os.Getenv(insideEnv) == t.Name() {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v=true", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), insideEnv+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: flags}
	if os.Getuid() != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  flags | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("inside, after %v: %v\n%s", time.Since(start), err, out)
	}
	return false
}

// Run runs a program that the test needs and returns what it prints.
func Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s(the tests need the packages coreutils, procps, iproute2, mount and systemd)", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Hung is a mounted file system whose server is gone: whoever asks it waits,
// without end, and cannot be killed.
type Hung struct {
	Dir     string
	root    *hungRoot
	release chan struct{}
}

// Asked is how often it was asked how full it is.
func (h *Hung) Asked() int { return int(h.root.asked.Load()) }

type hungRoot struct {
	fs.Inode
	asked   atomic.Int32
	release chan struct{}
}

// Statfs never answers.
func (h *hungRoot) Statfs(context.Context, *fuse.StatfsOut) syscall.Errno {
	h.asked.Add(1)
	<-h.release
	return syscall.EIO
}

// Getattr answers, so that it can be mounted.
func (h *hungRoot) Getattr(context.Context, fs.FileHandle, *fuse.AttrOut) syscall.Errno { return 0 }

// Readdir never answers.
func (h *hungRoot) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	<-h.release
	return nil, syscall.EIO
}

// MountHung mounts one until the end of the test. Call it Inside only: everybody
// else on the machine would hang on it too.
func MountHung(t *testing.T) *Hung {
	t.Helper()
	if os.Getenv(insideEnv) == "" {
		t.Fatal("a dead mount outside of its own process")
	}
	h := &Hung{Dir: t.TempDir(), release: make(chan struct{})}
	h.root = &hungRoot{release: h.release}
	server, err := fs.Mount(h.Dir, h.root, &fs.Options{MountOptions: fuse.MountOptions{Name: "hung", FsName: "hung", DirectMountStrict: true}})
	if err != nil {
		t.Fatalf("mount: %v (the test needs /dev/fuse)", err)
	}
	t.Cleanup(func() {
		close(h.release)
		if err := server.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return h
}
