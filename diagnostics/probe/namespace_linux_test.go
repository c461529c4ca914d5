package probe

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// insideEnv names the test that this process was started for.
const insideEnv = "DESKBELL_TEST_INSIDE"

// inside runs the rest of the test in a process of its own with its own mounts or
// network, so that what it breaks is broken for nobody else. It reports whether
// the caller is that process; elsewhere it has waited for it when it returns.
func inside(t *testing.T, flags uintptr) bool {
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

// run runs a program that the test needs.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s(the tests need the packages coreutils, procps, iproute2 and mount)", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
