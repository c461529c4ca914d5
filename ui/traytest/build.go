package traytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Build builds a command of this module into dir and returns its path. env adds
// to the environment of the build, args to those of "go build".
func Build(t testing.TB, dir, pkg string, env []string, args ...string) string {
	t.Helper()
	out := filepath.Join(dir, filepath.Base(pkg))
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, args...), pkg)...)
	cmd.Env = append(os.Environ(), env...)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, b)
	}
	return out
}
