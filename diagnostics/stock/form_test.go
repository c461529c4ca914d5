package stock_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/stock"
)

// formOf is what the facts of a machine say of its form.
func formOf(i inventory.Inventory) string {
	facts, _ := stock.Of(diagnostics.System{}, &i, "")
	form, _ := stock.Find(facts, stock.Hardware, stock.FormName)
	return form
}

// TestForm: what sort of machine it is follows from what its firmware says, a virtual one's
// from its maker whatever its case is said to be; and of what says nothing nothing is told.
func TestForm(t *testing.T) {
	battery := &inventory.Battery{Batteries: []inventory.OneBattery{{Name: "BAT0"}}}
	for _, x := range []struct {
		vendor, model, chassis string
		battery                *inventory.Battery
		want                   string
	}{
		{"LENOVO", "21AH", "laptop", battery, "laptop"},
		{"LENOVO", "Yoga", "convertible", nil, "laptop"},
		{"Dell Inc.", "OptiPlex", "desktop", nil, "desktop"},
		{"Dell Inc.", "OptiPlex", "desktop", battery, "desktop"}, // of a mouse, or what feeds it when the mains fail
		{"HP", "EliteOne", "all-in-one", nil, "desktop"},
		{"Microsoft Corporation", "Surface Pro", "tablet", battery, "tablet"},
		{"Zebra", "ET40", "handheld", battery, "tablet"},
		{"HPE", "ProLiant", "server", nil, "server"},
		{"QEMU", "Standard PC (Q35 + ICH9, 2009)", "", nil, "virtual"},
		{"VMware, Inc.", "VMware Virtual Platform", "desktop", nil, "virtual"},
		{"Microsoft Corporation", "Virtual Machine", "desktop", nil, "virtual"},
		{"innotek GmbH", "VirtualBox", "", battery, "virtual"},
		{"Amazon EC2", "t3.large", "", nil, "virtual"},
		{"Amazon EC2", "m5.metal", "server", nil, "server"},
		{"Apple", "MacBook Air Mac14,2", "", nil, "laptop"},
		{"Apple", "Mac mini Mac14,3", "", nil, "desktop"},
		{"Apple", "Apple Virtual Machine 1 VirtualMac2,1", "", battery, "virtual"},
		{"Unknown maker", "", "", battery, "laptop"},
		{"Unknown maker", "", "", &inventory.Battery{}, ""},
		{"", "", "", nil, ""},
		{"", "", "a\x00toaster", nil, ""},
	} {
		i := inventory.Inventory{Hardware: section(&inventory.Hardware{Vendor: x.vendor, Model: x.model, Chassis: x.chassis})}
		if x.battery != nil {
			i.Battery = section(x.battery)
		}
		if got := formOf(i); got != x.want {
			t.Errorf("%s %s %s is %q, want %q", x.vendor, x.model, x.chassis, got, x.want)
		}
	}
	if got := formOf(inventory.Inventory{Battery: section(battery)}); got != "" {
		t.Errorf("without anything known of the hardware it is %q", got)
	}
}

// TestFormOfAnything: whatever firmware says, it is one of the forms or nothing.
func TestFormOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		i := inventory.Inventory{Hardware: section(&inventory.Hardware{Vendor: text.Draw(t, "vendor"), Model: text.Draw(t, "model"), Chassis: text.Draw(t, "chassis")})}
		if got := formOf(i); got != "" && !slices.Contains(stock.Forms(), got) {
			t.Fatalf("it is %q", strings.ToValidUTF8(got, "?"))
		}
	})
}
