package inventory

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
)

func read[T any](v T) Section[T] {
	return Section[T]{State: diagnostics.StateOK, ReadAt: time.Unix(1_700_000_000, 0), Data: &v}
}

// Each kind of change, and none where a section was not read or was cut short.
func TestDiff(t *testing.T) {
	var a, b Inventory
	a.Software = read(Software{Packages: []Package{{Name: "vim", Version: "9.0"}, {Name: "linux-image", Version: "6.1"}, {Name: "chat", Version: "1", User: "mia"}}})
	b.Software = read(Software{Packages: []Package{{Name: "vim", Version: "9.1"}, {Name: "linux-image", Version: "6.1"}, {Name: "linux-image", Version: "6.2"}}})
	a.Drivers, b.Drivers = read(Drivers{Kernel: "6.1", Modules: []Module{{Name: "i915"}}}), read(Drivers{Kernel: "6.1", Modules: []Module{{Name: "nvidia", Version: "550"}}})
	a.Startup = read(Startup{Items: []StartupItem{{Name: "ssh", Kind: "service"}, {Name: "Chat", Kind: "desktop", Command: "chat", User: "mia"}}})
	b.Startup = read(Startup{Items: []StartupItem{{Name: "Chat", Kind: "desktop", Command: "chat", User: "mia", Off: true}}})
	a.Network = read(Network{Links: []Link{{Name: "eth0", Kind: "wired", Up: true, Classes: []string{"private IPv4"}}, {Name: "docker0", Kind: "virtual", Up: true}}, Resolvers: []string{"10.0.0.2"}})
	b.Network = read(Network{Links: []Link{{Name: "eth0", Kind: "wired"}}, Resolvers: []string{"10.0.0.3"}})
	a.Disks, b.Disks = read(Disks{Disks: []Disk{{Name: "sda", Bytes: 1e12}}}), read(Disks{Disks: []Disk{{Name: "sda", Bytes: 1e12}, {Name: "sdb", Model: "Stick", Bytes: 16e9}}})
	a.Hardware, b.Hardware = read(Hardware{BIOSVersion: "1.15", MemoryBytes: 16 << 30}), read(Hardware{BIOSVersion: "1.16", MemoryBytes: 16<<30 - 5<<20})
	a.Updates, b.Updates = read(Updates{}), read(Updates{RebootPending: true})
	var got []string
	for _, c := range Diff(&a, &b) {
		got = append(got, string(c.Kind)+" "+c.Did+" "+c.What+": "+c.From+" → "+c.To)
	}
	want := []string{
		"software removed chat of mia: 1 → ", "software changed linux-image: 6.1 → 6.1, 6.2", "software changed vim: 9.0 → 9.1",
		"driver removed i915:  → ", "driver added nvidia:  → 550", "service removed ssh: on → ", "startup changed Chat of mia: on: chat → off: chat",
		"network changed eth0: up, private IPv4 → down", "network changed name services: 10.0.0.2 → 10.0.0.3", "disk added sdb (Stick):  → 16.0 GB",
		"hardware changed firmware: 1.15 → 1.16", "updates changed restart: not needed → needed",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	b.Software.Data.Cut = 3
	b.Drivers = Section[Drivers]{State: diagnostics.StateFailed, Note: "no", Data: b.Drivers.Data}
	b.Startup, b.Network, b.Disks, b.Hardware, b.Updates = Section[Startup]{}, Section[Network]{}, Section[Disks]{}, Section[Hardware]{}, Section[Updates]{}
	if all := Diff(&a, &b); len(all) > 0 {
		t.Errorf("what was not read has changed: %+v", all)
	}
}

// The file of a ticket is anybody's: what is not a list of changes is refused, and a
// long one is cut.
func TestReadChanges(t *testing.T) {
	for name, bad := range map[string]string{"cut": `{"version":1,"changes":[`, "another version": `{"version":7}`, "another form": `{"version":1,"changes":"all"}`, "too large": string(make([]byte, MaxChangesFile+1))} {
		if c, err := ReadChanges([]byte(bad)); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	many := Changes{Version: Version}
	for n := range MaxChanges + 5 {
		many.Changes = append(many.Changes, Change{At: time.Unix(int64(n), 0), What: "x"})
	}
	b, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadChanges(b)
	if err != nil || len(c.Changes) != MaxChanges || !c.Changes[0].At.After(c.Changes[1].At) {
		t.Errorf("%d changes, %v", len(c.Changes), err)
	}
}

// Every section has a name of its own, a place in Merge and Only, and a table.
func TestSectionsAreComplete(t *testing.T) {
	var whole Inventory
	for _, n := range Names() {
		one := whole.Only(n)
		if got := one.Sections(); len(got) != len(Names()) {
			t.Fatal("sections are missing")
		}
		for _, s := range one.Sections() {
			if (s.State == diagnostics.StateUnsupported) != (s.Name == n) {
				t.Errorf("%s of %s is %q", s.Name, n, s.State)
			}
		}
		var merged Inventory
		merged.Merge(one)
		for i, s := range merged.Sections() {
			if s.State != one.Sections()[i].State {
				t.Errorf("%s is lost in Merge", s.Name)
			}
		}
	}
}
