package remote

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestHasProcess asks this very machine for this very program, in another case, and for
// one that is not there.
func TestHasProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := New(Options{Prober: prober(t)})
	name := strings.ToUpper(filepath.Base(self))
	got := only[wire.HasPart](t, do(t, r, ask(t, wire.AskHasProcess, wire.HasProcessParams{Name: name + ".EXE"})))
	if !got.Has || got.Count < 1 || len(got.Values) < 1 || !strings.Contains(strings.ToUpper(got.Values[0]), name) {
		t.Errorf("%s: %+v", name, got)
	}
	if got := only[wire.HasPart](t, do(t, r, ask(t, wire.AskHasProcess, wire.HasProcessParams{Name: "no program is called so"}))); got.Has || got.Count != 0 {
		t.Errorf("%+v", got)
	}
	for name, p := range map[string]any{"empty": wire.HasProcessParams{Name: " "}, "long": wire.HasProcessParams{Name: strings.Repeat("x", 201)}, "a zero": wire.HasProcessParams{Name: "a\x00"}} {
		if a := do(t, r, ask(t, wire.AskHasProcess, p)); a.last.Code != fault.Invalid {
			t.Errorf("%s: %+v", name, a.last)
		}
	}
	broken := New(Options{Prober: &machine{named: func(string) ([]diagnostics.Process, error) { return nil, errors.New("no /proc") }}})
	if a := do(t, broken, ask(t, wire.AskHasProcess, wire.HasProcessParams{Name: "x"})); a.last.Code != fault.Internal || len(a.parts) != 0 {
		t.Errorf("%+v", a)
	}
}

// TestHasFinding has the machine judge itself: what it concludes is the answer.
func TestHasFinding(t *testing.T) {
	full := diagnostics.Snapshot{Version: 1}
	full.Disks.State = diagnostics.StateOK
	full.Disks.Data = &diagnostics.Disks{FileSystems: []diagnostics.FileSystem{{Mount: "/", Type: "ext4", Total: 100 << 30, UsedPct: 100}}}
	r := New(Options{Prober: &machine{collect: func(context.Context, probe.Request, func(diagnostics.Snapshot, []diagnostics.SectionName)) diagnostics.Snapshot {
		return full
	}}})
	judged := diagnostics.Judge(full)
	if len(judged) == 0 {
		t.Fatal("a full disk is no finding")
	}
	got := only[wire.HasPart](t, do(t, r, ask(t, wire.AskHasFinding, wire.HasFindingParams{Code: string(judged[0].Code)})))
	if !got.Has || got.Count != 1 || got.Values[0] != judged[0].Sentence {
		t.Errorf("%+v, judged %+v", got, judged[0])
	}
	if got := only[wire.HasPart](t, do(t, r, ask(t, wire.AskHasFinding, wire.HasFindingParams{Code: "printer.on.fire"}))); got.Has || got.Values != nil {
		t.Errorf("%+v", got)
	}
}

// TestHasSoftware tells versions, and does not say “not installed” of what it cannot know.
func TestHasSoftware(t *testing.T) {
	m := &machine{}
	m.stock.Software.Data = &inventory.Software{Packages: []inventory.Package{{Name: "Firefox", Version: "128.1"}, {Name: "firefox", Version: "127.0\x1b"}, {Name: "firefox", Version: "128.1"}, {Name: "firefox-esr", Version: "1"}}}
	r := New(Options{Prober: m})
	got := only[wire.HasPart](t, do(t, r, ask(t, wire.AskHasSoftware, wire.HasSoftwareParams{Name: " FIREFOX"})))
	if !got.Has || got.Count != 3 || !slices.Equal(got.Values, []string{"127.0", "128.1"}) {
		t.Errorf("%+v", got)
	}
	if got := only[wire.HasPart](t, do(t, r, ask(t, wire.AskHasSoftware, wire.HasSoftwareParams{Name: "fire"}))); got.Has {
		t.Errorf("%+v", got)
	}
	m.stock.Software.Data.Cut = 7
	if a := do(t, r, ask(t, wire.AskHasSoftware, wire.HasSoftwareParams{Name: "chrome"})); a.last.Code != fault.Unavailable || len(a.parts) != 0 {
		t.Errorf("of a list that is cut: %+v", a)
	}
	m.stock.Software.Data = nil
	if a := do(t, r, ask(t, wire.AskHasSoftware, wire.HasSoftwareParams{Name: "chrome"})); a.last.Code != fault.Unavailable {
		t.Errorf("without a list: %+v", a)
	}
}
