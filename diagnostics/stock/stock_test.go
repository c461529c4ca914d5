package stock_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/stock"
)

var noon = time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)

func section[T any](v *T) inventory.Section[T] {
	return inventory.Section[T]{State: diagnostics.StateOK, ReadAt: noon, Data: v}
}

// A machine's facts tell what is installed and how it is connected, and nothing of
// the people who use it.
func TestFactsTellNothingOfPeople(t *testing.T) {
	i := inventory.Inventory{
		Hardware: section(&inventory.Hardware{Vendor: "Example", Model: "Desk 3000", Serial: "SN-SECRET", MemoryBytes: 16<<30 - 300<<20, BIOSVendor: "Example", BIOSVersion: "1.2"}),
		Software: section(&inventory.Software{Packages: []inventory.Package{
			{Name: "editor", Version: "2.1", User: "mia"}, {Name: "editor", Version: "2.0"}, {Name: "base", Version: "7"}, {Name: "bad\x1b[31m\nname\u202e"},
		}}),
		Startup: section(&inventory.Startup{Items: []inventory.StartupItem{
			{Name: "cups", Kind: "service"}, {Name: "notes", Kind: "desktop", Command: "/home/mia/notes --token=hunter2", User: "mia", Off: true},
		}}),
		Network: section(&inventory.Network{
			Links:    []inventory.Link{{Name: "wlan0", Kind: "wireless", MAC: "aa:bb:cc:dd:ee:ff", Up: true}, {Name: "wg0", Kind: "virtual", Up: true}, {Name: "eth0", Kind: "wired"}},
			Gateways: []string{"10.0.0.1"}, Resolvers: []string{"10.0.0.2", "10.0.0.3"},
		}),
		GPUs: inventory.Section[inventory.GPUs]{State: diagnostics.StateFailed, Data: &inventory.GPUs{GPUs: []inventory.GPU{{Name: "old"}}}},
	}
	got, left := stock.Of(diagnostics.System{Platform: "Debian 12", Kernel: "6.1", Hostname: "mias-laptop"}, &i, "10.0.0.0/24")
	want := []stock.Fact{
		{stock.Gateway, "10.0.0.1", ""},
		{stock.Hardware, "firmware", "Example 1.2"}, {stock.Hardware, "memory", "15.5 GiB"}, {stock.Hardware, "model", "Example Desk 3000"},
		{stock.Network, "wireless link", ""},
		{stock.Read, "gateway", ""}, {stock.Read, "hardware", ""}, {stock.Read, "network", ""}, {stock.Read, "resolver", ""}, {stock.Read, "service", ""},
		{stock.Read, "software", ""}, {stock.Read, "startup", ""}, {stock.Read, "subnet", ""}, {stock.Read, "system", ""}, {stock.Read, "tunnel", ""},
		{stock.Resolver, "10.0.0.2", ""}, {stock.Resolver, "10.0.0.3", ""},
		{stock.Service, "cups", "on"},
		{stock.Software, "bad[31m name", ""}, {stock.Software, "base", "7"}, {stock.Software, "editor", "2.0, 2.1"},
		{stock.Startup, "notes", "off"},
		{stock.Subnet, "10.0.0.0/24", ""},
		{stock.System, "kernel", "6.1"}, {stock.System, "system", "Debian 12"},
		{stock.Tunnel, "wg", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" || left != 0 {
		t.Errorf("%d were left out: %s", left, diff)
	}
	text := fmt.Sprint(got)
	for _, private := range []string{"mia", "SECRET", "hunter2", "aa:bb"} {
		if strings.Contains(text, private) {
			t.Errorf("the facts tell %q", private)
		}
	}
	if !stock.Known(got)[stock.Software] || stock.Known(got)[stock.Graphics] {
		t.Error("what was read and what was not are told alike")
	}
	if v, ok := stock.Find(got, stock.Software, "editor"); !ok || v != "2.0, 2.1" {
		t.Errorf("the editor is %q, %v", v, ok)
	}
	if _, ok := stock.Find(got, stock.Software, "edit"); ok {
		t.Error("half a name is found")
	}
}

// A list that was cut short says nothing of what is missing.
func TestACutListIsNotRead(t *testing.T) {
	i := inventory.Inventory{Software: section(&inventory.Software{Cut: 3, Packages: []inventory.Package{{Name: "a"}}})}
	got, _ := stock.Of(diagnostics.System{}, &i, "")
	if stock.Known(got)[stock.Software] {
		t.Errorf("%v", got)
	}
}

func facts() *rapid.Generator[[]stock.Fact] {
	one := rapid.Custom(func(t *rapid.T) stock.Fact {
		return stock.Fact{
			Kind:  rapid.SampledFrom([]stock.Kind{stock.Software, stock.Driver, stock.Service, "Bad Kind", "later"}).Draw(t, "kind"),
			Name:  rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-e]{1,2}`)).Draw(t, "name"),
			Value: rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{0,2}`)).Draw(t, "value"),
		}
	})
	return rapid.Map(rapid.SliceOfN(one, 0, 60), func(list []stock.Fact) []stock.Fact {
		list = append(list, stock.Fact{Kind: stock.Read, Name: "software"}, stock.Fact{Kind: stock.Read, Name: "driver"}, stock.Fact{Kind: stock.Read, Name: "service"}, stock.Fact{Kind: stock.Read, Name: "later"})
		clean, _ := stock.Clean(list)
		return clean
	})
}

// Cleaning twice changes nothing, and what is clean is ordered, unique and plain.
func TestCleanIsClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := facts().Draw(t, "facts")
		again, left := stock.Clean(slices.Clone(list))
		if diff := cmp.Diff(list, again); diff != "" || left != 0 {
			t.Fatalf("%d, %s", left, diff)
		}
		for i, f := range list {
			if len(f.Name) > stock.MaxName || len(f.Value) > stock.MaxName || strings.ContainsAny(f.Name+f.Value, "\t\n\x1b") || !utf8.ValidString(f.Name+f.Value) {
				t.Fatalf("%q", f)
			}
			if i > 0 && list[i-1].Kind == f.Kind && list[i-1].Name == f.Name {
				t.Fatalf("%v twice", f)
			}
		}
	})
}

// What changes says leads from one reading to the other, and the packed form is read
// back as it was.
func TestChangesLeadThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := facts().Draw(t, "before"), facts().Draw(t, "after")
		changes := stock.Diff(a, b, noon.Add(-time.Hour), noon)
		got := stock.Apply(a, changes)
		if diff := cmp.Diff(b, got); diff != "" || stock.Hash(got) != stock.Hash(b) {
			t.Fatal(diff)
		}
		if (stock.Hash(a) == stock.Hash(b)) != (len(changes) == 0) {
			t.Fatal("the hash and the changes disagree")
		}
		back, err := stock.Unpack(stock.Pack(b))
		if err != nil || !slices.Equal(b, back) {
			t.Fatal(err, back)
		}
		if clean := stock.CleanChanges(changes, noon); !slices.Equal(clean, changes) {
			t.Fatalf("%v became %v", changes, clean)
		}
	})
}

// What is read for the first time is no news.
func TestWhatIsReadFirstIsNoNews(t *testing.T) {
	a, _ := stock.Clean([]stock.Fact{{stock.Read, "driver", ""}, {stock.Driver, "x", "1"}})
	b, _ := stock.Clean([]stock.Fact{{stock.Read, "driver", ""}, {stock.Driver, "x", "2"}, {stock.Read, "software", ""}, {stock.Software, "y", "1"}})
	got := stock.Diff(a, b, time.Time{}, noon)
	if diff := cmp.Diff([]stock.Change{{At: noon, Kind: stock.Driver, Name: "x", Did: stock.Changed, From: "1", To: "2"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHostileTextIsRefused(t *testing.T) {
	long := []stock.Fact{{stock.Software, strings.Repeat("x", stock.MaxText), ""}}
	for name, b := range map[string][]byte{"not packed": []byte("software\ta\t1\n"), "too much": stock.Pack(long), "no tab": pack("software\n"), "no end": pack("a\tb\tc"), "too many": pack(strings.Repeat("a\tb\t\n", stock.MaxFacts+1))} {
		if _, err := stock.Unpack(b); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	var many []stock.Fact
	for i := range stock.MaxFacts + 7 {
		many = append(many, stock.Fact{Kind: stock.Software, Name: strings.Repeat("a", i%100+1) + string(rune('a'+i%26)) + string(rune(0x4e00+i))})
	}
	got, left := stock.Clean(many)
	if len(got)+left != len(many) || len(got) > stock.MaxFacts {
		t.Errorf("%d are kept, %d left out", len(got), left)
	}
	if _, err := stock.Unpack(stock.Pack(got)); err != nil {
		t.Error(err)
	}
	now := noon
	changes := stock.CleanChanges([]stock.Change{
		{At: now.Add(time.Hour), After: now.Add(2 * time.Hour), Kind: stock.Software, Name: "a\x1b", Did: stock.Added},
		{At: now.Add(-100 * 24 * time.Hour), Kind: stock.Software, Name: "old", Did: stock.Added},
		{At: now, Kind: "No!", Name: "x", Did: stock.Added}, {At: now, Kind: stock.Software, Name: "x", Did: "stolen"}, {At: now, Kind: stock.Read, Name: "x", Did: stock.Added},
	}, now)
	if diff := cmp.Diff([]stock.Change{{At: now, Kind: stock.Software, Name: "a", Did: stock.Added}}, changes); diff != "" {
		t.Error(diff)
	}
}
