package remote

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func TestSnapshotStreamsSectionBySection(t *testing.T) {
	server := func() *probe.Server { return &probe.Server{Address: "127.0.0.1:1"} }
	r := New(Options{Prober: prober(t), Server: server})
	a := do(t, r, ask(t, wire.AskSnapshot, nil))
	if a.last.Code != "" || len(a.parts) < 3 {
		t.Fatalf("%d parts, %+v", len(a.parts), a.last)
	}
	pending := len(diagnostics.SectionNames())
	for i, raw := range a.parts {
		part := decode[wire.SnapshotPart](t, raw)
		if len(part.Pending) >= pending || len(part.Pending) == 0 != (i == len(a.parts)-1) {
			t.Errorf("part %d waits for %v", i, part.Pending)
		}
		pending = len(part.Pending)
		there := 0
		for _, s := range part.Snapshot.Sections() {
			if s.State != diagnostics.StateMissing {
				there++
			}
		}
		if there+pending != len(diagnostics.SectionNames()) {
			t.Errorf("part %d has %d sections and waits for %d", i, there, pending)
		}
	}
	last := decode[wire.SnapshotPart](t, a.parts[len(a.parts)-1])
	if s := last.Snapshot.Network.Data.Server; s == nil || s.Problem != "connection refused" {
		t.Errorf("%+v", s)
	}
	if !slices.ContainsFunc(last.Findings, func(f diagnostics.Finding) bool { return f.Code == diagnostics.ServerUnreachable }) {
		t.Errorf("%+v", last.Findings)
	}
}

func TestSnapshotOfSomeSections(t *testing.T) {
	r := New(Options{Prober: prober(t)})
	a := do(t, r, ask(t, wire.AskSnapshot, wire.SnapshotParams{Sections: []diagnostics.SectionName{diagnostics.SectionMemory}}))
	part := decode[wire.SnapshotPart](t, a.parts[len(a.parts)-1])
	if part.Snapshot.Memory.State != diagnostics.StateOK || part.Snapshot.CPU.State != diagnostics.StateMissing || a.last.Code != "" {
		t.Errorf("%+v %+v", part.Snapshot, a.last)
	}
}

func TestProcessesStreamASecondApart(t *testing.T) {
	start := time.Now()
	a := do(t, New(Options{Prober: prober(t)}), ask(t, wire.AskProcesses, wire.ProcessesParams{Seconds: 2}))
	if took := time.Since(start); len(a.parts) != 2 || a.last.Code != "" || took < 1900*time.Millisecond || took > 20*time.Second {
		t.Fatalf("%d parts after %v, %+v", len(a.parts), took, a.last)
	}
	list := decode[diagnostics.Processes](t, a.parts[1])
	if list.Total < 3 || len(list.Top) == 0 || list.IntervalMS < 900 {
		t.Errorf("%+v", list)
	}
}

func TestDiskWithAFolder(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"small": 1000, "large": 900_000, "sub/middle": 90_000} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := New(Options{Prober: prober(t)})
	a := do(t, r, ask(t, wire.AskDisk, wire.DiskParams{Path: dir}))
	if a.last.Code != "" || len(a.parts) != 2 {
		t.Fatalf("%d parts, %+v", len(a.parts), a.last)
	}
	systems, folder := decode[wire.DiskPart](t, a.parts[0]), decode[wire.DiskPart](t, a.parts[1])
	if len(systems.FileSystems) == 0 || len(systems.Entries) != 0 || len(folder.FileSystems) == 0 || folder.Path != dir || folder.Partial {
		t.Errorf("%+v\n%+v", systems, folder)
	}
	var names []string
	for _, e := range folder.Entries {
		names = append(names, e.Name)
	}
	if !slices.Equal(names, []string{"large", "sub", "small"}) || !folder.Entries[1].Dir || folder.Entries[1].Files != 1 || folder.Entries[0].Bytes < 900_000 {
		t.Errorf("%+v", folder.Entries)
	}
	if a := do(t, r, ask(t, wire.AskDisk, nil)); len(a.parts) != 1 || a.last.Code != "" {
		t.Errorf("without a folder: %d parts, %+v", len(a.parts), a.last)
	}
	if a := do(t, r, ask(t, wire.AskDisk, wire.DiskParams{Path: "/no/such/folder"})); a.last.Code != fault.NotFound || len(a.parts) != 1 {
		t.Errorf("no such folder: %d parts, %+v", len(a.parts), a.last)
	}
}

func TestFoldersOfNetworkDrivesAreNotLookedInto(t *testing.T) {
	m := &machine{systems: []diagnostics.FileSystem{{Mount: "/"}, {Mount: "/mnt/nas", Network: true}, {Mount: "/mnt/dead", NoAnswer: true}, {Mount: "/mnt/nas/local"}}}
	for path, refused := range map[string]bool{"/mnt/nas": true, "/mnt/nas/a/b": true, "/mnt/dead/x": true, "/mnt/nas/../nas/x": true, "/mnt/nascent": false, "/mnt/nas/local/x": false} {
		func() {
			r := New(Options{Prober: m})
			a := do(t, r, ask(t, wire.AskDisk, wire.DiskParams{Path: path}))
			// The machine panics when it is asked for a folder.
			if asked := a.last.Code == fault.Internal; asked == refused || refused && a.last.Code != fault.Invalid {
				t.Errorf("%s: %+v", path, a.last)
			}
		}()
	}
}

func TestLogOfThisMachine(t *testing.T) {
	a := do(t, New(Options{Prober: prober(t)}), ask(t, wire.AskLog, wire.LogParams{Lines: 5}))
	if a.last.Code == fault.Unsupported {
		return // a container without any log says so
	}
	l := only[diagnostics.Log](t, a)
	if l.Source == "" || len(l.Entries) > 5 {
		t.Errorf("%+v", l)
	}
	if _, err := json.Marshal(l); err != nil {
		t.Error(err)
	}
}
