package enrol_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/enrol"
	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/internal/fault"
)

// A full disk is found out before the string is spent.
func TestEnrolWithFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=8k"); err != nil {
		t.Fatalf("mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(mount, 0) })
	if err := os.WriteFile(filepath.Join(mount, "filler"), make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	s := uplinktest.New(t)
	_, err := enrol.Enrol(t.Context(), state.Dir(filepath.Join(mount, "state")), s.Enrolment(1, time.Hour), options())
	if !fault.Is(err, fault.Full) {
		t.Fatalf("got %v", err)
	}
	if len(s.Endpoints()) != 0 {
		t.Error("the string was spent though the identity could not be kept")
	}
	if left, _ := os.ReadDir(mount); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
