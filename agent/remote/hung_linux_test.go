package remote

import (
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// A dead network mount must hold neither the list of disks nor a folder elsewhere.
func TestDiskBesideADeadMount(t *testing.T) {
	if !probetest.Inside(t, syscall.CLONE_NEWNS) {
		return
	}
	hung := probetest.MountHung(t)
	r := New(Options{Prober: prober(t)})
	folder := t.TempDir()
	start := time.Now()
	a := do(t, r, ask(t, wire.AskDisk, wire.DiskParams{Path: folder}))
	if took := time.Since(start); took > 20*time.Second || a.last.Code != "" || len(a.parts) != 2 {
		t.Fatalf("%d parts after %v, %+v", len(a.parts), took, a.last)
	}
	there := false
	for _, fs := range decode[wire.DiskPart](t, a.parts[1]).FileSystems {
		if fs.Mount == hung.Dir {
			there = fs.NoAnswer
		} else if fs.NoAnswer {
			t.Errorf("%s does not answer either", fs.Mount)
		}
	}
	if !there {
		t.Error("the dead mount is not named")
	}
	// The folder that is the dead mount itself is refused, and that at once.
	start = time.Now()
	a = do(t, r, ask(t, wire.AskDisk, wire.DiskParams{Path: hung.Dir + "/x"}))
	if took := time.Since(start); took > 20*time.Second || a.last.Code != fault.Invalid {
		t.Errorf("%+v after %v", a.last, took)
	}
}
