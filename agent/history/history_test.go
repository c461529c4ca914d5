package history

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
)

func open(t *testing.T, dir string) *Keeper {
	t.Helper()
	k, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func section[T any](at time.Time, v T) inventory.Section[T] {
	return inventory.Section[T]{State: diagnostics.StateOK, ReadAt: at, Data: &v}
}

// machine is an inventory with this software and kernel.
func machine(at time.Time, kernel string, software ...string) inventory.Inventory {
	i := inventory.Inventory{Version: inventory.Version, TakenAt: at, OS: "linux"}
	var s inventory.Software
	for _, one := range software {
		name, version, _ := strings.Cut(one, " ")
		s.Packages = append(s.Packages, inventory.Package{Name: name, Version: version, Source: "dpkg"})
	}
	i.Software, i.Drivers = section(at, s), section(at, inventory.Drivers{Kernel: kernel})
	return i
}

func lines(c inventory.Changes) []string {
	all := []string{}
	for _, x := range c.Changes {
		all = append(all, fmt.Sprintf("%s %s %s %s→%s", x.Kind, x.Did, x.What, x.From, x.To))
	}
	return all
}

// What changes is told newest first, survives a restart and is told once; a section
// that could not be read is neither a change nor forgotten.
func TestChangesAreKept(t *testing.T) {
	dir := t.TempDir()
	at := time.Now().UTC().Add(-10 * time.Hour).Truncate(time.Second)
	note := func(i inventory.Inventory, full bool) {
		t.Helper()
		if err := open(t, dir).Note(i, full); err != nil {
			t.Fatal(err)
		}
	}
	note(machine(at, "6.1", "vim 9.0", "chat 1.0"), true)
	if c := open(t, dir).Changes(); len(c.Changes) != 0 || c.Since.IsZero() {
		t.Errorf("the first reading changed something: %+v", c)
	}
	note(machine(at.Add(time.Hour), "6.1", "vim 9.1", "mail 2.0"), true)
	broken := machine(at.Add(2*time.Hour), "6.2")
	broken.Software = inventory.Section[inventory.Software]{State: diagnostics.StateTimeout, Note: "No answer in 20 s.", ReadAt: at}
	note(broken, false)
	note(machine(at.Add(3*time.Hour), "6.2", "vim 9.1", "mail 2.0"), true)
	c := open(t, dir).Changes()
	want := []string{"driver changed kernel 6.1→6.2", "software changed vim 9.0→9.1", "software added mail →2.0", "software removed chat 1.0→"}
	if d := cmp.Diff(want, lines(c)); d != "" {
		t.Error(d)
	}
	if first := c.Changes[1]; !first.At.Equal(at.Add(time.Hour)) || !first.After.Equal(at) {
		t.Errorf("it came between %v and %v", first.After, first.At)
	}
}

// A file that a crash left half written is swept away, a damaged one is begun anew.
func TestDamageIsNoEnd(t *testing.T) {
	dir := t.TempDir()
	at := time.Now().UTC()
	k := open(t, dir)
	if err := k.Note(machine(at, "6.1", "vim 9.0"), true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".new-123"), []byte(`{"half`), 0o600); err != nil {
		t.Fatal(err)
	}
	k = open(t, dir)
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || k.Full().IsZero() {
		t.Errorf("%v %v", entries, k.Full())
	}
	for _, junk := range []string{`{"version":1,"inventory":`, `{"version":99}`, strings.Repeat("x", 1000)} {
		if err := os.WriteFile(filepath.Join(dir, historyFile), []byte(junk), 0o600); err != nil {
			t.Fatal(err)
		}
		k = open(t, dir)
		if c := k.Changes(); len(c.Changes) != 0 || !k.Full().IsZero() {
			t.Errorf("%q: %+v", junk[:10], c)
		}
		if err := k.Note(machine(at, "6.1", "vim 9.0"), true); err != nil || k.Full().IsZero() {
			t.Errorf("%q: %v", junk[:10], err)
		}
	}
}

// However much changes, what is kept is bounded: the oldest goes.
func TestHistoryIsBounded(t *testing.T) {
	k := open(t, t.TempDir())
	at := time.Now().UTC().Add(-time.Hour)
	for n := range 4 {
		var software []string
		for i := range 400 {
			software = append(software, fmt.Sprintf("p%04d %d", i, n))
		}
		if err := k.Note(machine(at.Add(time.Duration(n)*time.Minute), "6.1", software...), true); err != nil {
			t.Fatal(err)
		}
	}
	c := k.Changes()
	if len(c.Changes) != inventory.MaxChanges || c.Changes[0].What != "p0399" || c.Changes[0].To != "3" || c.Changes[len(c.Changes)-1].To != "1" {
		t.Errorf("%d changes, from %+v to %+v", len(c.Changes), c.Changes[0], c.Changes[len(c.Changes)-1])
	}
	k.now = func() time.Time { return at.Add(keepFor + 24*time.Hour) }
	if err := k.Note(machine(at.Add(time.Hour), "6.2"), false); err != nil {
		t.Fatal(err)
	}
	if c := k.Changes(); len(c.Changes) > 0 {
		t.Errorf("%d changes are older than half a year", len(c.Changes))
	}
}

// The last state without findings is kept over a restart, and what differs is told.
func TestAgainstTheLastHealthyState(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	state := func(used float64, kernel string) diagnostics.Snapshot {
		var s diagnostics.Snapshot
		s.TakenAt = time.Now()
		s.System = diagnostics.Section[diagnostics.System]{State: diagnostics.StateOK, Data: &diagnostics.System{Kernel: kernel}}
		s.CPU = diagnostics.Section[diagnostics.CPU]{State: diagnostics.StateOK, Data: &diagnostics.CPU{BusyPercent: 10}}
		s.Memory = diagnostics.Section[diagnostics.Memory]{State: diagnostics.StateOK, Data: &diagnostics.Memory{Total: 16e9, Available: 8e9}}
		s.Disks = diagnostics.Section[diagnostics.Disks]{State: diagnostics.StateOK, Data: &diagnostics.Disks{FileSystems: []diagnostics.FileSystem{{Mount: "/", UsedPct: used}}}}
		s.Network = diagnostics.Section[diagnostics.Network]{State: diagnostics.StateOK, Data: &diagnostics.Network{}}
		s.Processes = diagnostics.Section[diagnostics.Processes]{State: diagnostics.StateOK, Data: &diagnostics.Processes{Total: 200, Top: []diagnostics.Process{{Name: "private"}}}}
		return s
	}
	k.Judged(state(99, "6.1"), []diagnostics.Finding{{Code: "disk.full"}})
	if c := k.Changes(); !c.Healthy.IsZero() || len(c.Differs) > 0 {
		t.Errorf("an ill state is called healthy: %+v", c)
	}
	k.Judged(state(40, "6.1"), nil)
	k = open(t, dir)
	k.Judged(state(99, "6.2"), []diagnostics.Finding{{Code: "disk.full"}})
	c := k.Changes()
	want := []inventory.Difference{{What: "kernel", Then: "6.1", Now: "6.2"}, {What: "used on /", Then: "40.0 %", Now: "99.0 %"}}
	if d := cmp.Diff(want, c.Differs); d != "" || c.Healthy.IsZero() {
		t.Error(d)
	}
	b, err := os.ReadFile(filepath.Join(dir, healthyFile))
	if err != nil || strings.Contains(string(b), "private") {
		t.Errorf("%v: the names of processes are kept", err)
	}
}

type reader struct {
	asked [][]inventory.Name
	at    []time.Time
	stamp map[inventory.Name]string
}

func (r *reader) Stamp(name inventory.Name) string { return r.stamp[name] }

func (r *reader) TakeStock(_ context.Context, names []inventory.Name, _ func(inventory.Inventory)) inventory.Inventory {
	r.asked, r.at = append(r.asked, names), append(r.at, time.Now())
	all := machine(time.Now(), "6.1", "vim 9.0")
	i := inventory.Inventory{Version: all.Version, TakenAt: all.TakenAt, OS: all.OS}
	for _, name := range names {
		i.Merge(all.Only(name))
	}
	return i
}

// All after the start and once a day, the cheap part each hour; on battery the dear
// part waits for days, and not for ever.
func TestWhenWhatIsRead(t *testing.T) {
	for battery, want := range map[bool][2]int{false: {6, 8}, true: {3, 3}} {
		synctest.Test(t, func(t *testing.T) {
			k := open(t, t.TempDir())
			var r reader
			ctx, cancel := context.WithTimeout(t.Context(), 6*24*time.Hour)
			defer cancel()
			start := time.Now()
			k.Run(ctx, &r, func() bool { return battery })
			full := 0
			for _, names := range r.asked {
				if len(names) == len(Kept()) {
					full++
				}
			}
			if full < want[0]-1 || full > want[1] || len(r.asked) < 120 || len(r.asked) > 145 {
				t.Errorf("on battery %v: %d readings, %d of them of all", battery, len(r.asked), full)
			}
			if first := r.at[0].Sub(start); first < firstLook || first > 2*firstLook || len(r.asked[0]) != len(Kept()) {
				t.Errorf("the first reading came after %v, of %v", first, r.asked[0])
			}
		})
	}
}

// What was read from files that have not changed since is not read again, over a
// restart of the agent as well; but after a week it is.
func TestWhatHasNotChangedIsNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		r := reader{stamp: map[inventory.Name]string{inventory.NameSoftware: "a"}}
		reads := func() bool { // whether software is read after the next start
			t.Helper()
			r.asked = nil
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			open(t, dir).Run(ctx, &r, func() bool { return false })
			if len(r.asked) != 1 || !slices.Contains(r.asked[0], inventory.NameNetwork) || !slices.Contains(r.asked[0], inventory.NameUpdates) {
				t.Fatalf("asked for %v", r.asked)
			}
			return slices.Contains(r.asked[0], inventory.NameSoftware)
		}
		if !reads() {
			t.Error("the first time it was not read")
		}
		if reads() {
			t.Error("it was read again, and nothing had changed")
		}
		r.stamp[inventory.NameSoftware] = "b"
		if !reads() || reads() {
			t.Error("a change was not noticed, or noticed twice")
		}
		time.Sleep(believe)
		if !reads() {
			t.Error("it was not read for more than a week")
		}
		delete(r.stamp, inventory.NameSoftware)
		for range 2 {
			if !reads() {
				t.Error("it was not read though nobody can tell whether it changed")
			}
		}
		if c := open(t, dir).Changes(); len(c.Changes) > 0 {
			t.Errorf("changes were made up: %+v", c.Changes)
		}
	})
}

// Whoever asked to hears of all that is known, also when a part of it was read that
// says nothing new.
func TestNotedTellsAll(t *testing.T) {
	k := open(t, t.TempDir())
	var heard []int
	k.OnNoted(func(i *inventory.Inventory) {
		n := 0
		for _, s := range i.Sections() {
			if s.Data != nil {
				n++
			}
		}
		heard = append(heard, n)
	})
	part := inventory.Inventory{Version: inventory.Version, Drivers: inventory.Section[inventory.Drivers]{State: diagnostics.StateOK, Data: &inventory.Drivers{Kernel: "6.1"}}}
	whole := part
	whole.Software = inventory.Section[inventory.Software]{State: diagnostics.StateOK, Data: &inventory.Software{Packages: []inventory.Package{{Name: "a"}}}}
	for _, i := range []inventory.Inventory{whole, part, part} {
		if err := k.Note(i, false); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(heard, []int{2, 2, 2}) {
		t.Errorf("it heard of %v sections", heard)
	}
}
