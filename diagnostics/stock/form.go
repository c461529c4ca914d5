package stock

import (
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// FormName is the name of the fact, of the kind Hardware, that says what sort of machine it is.
const FormName = "form"

// Forms are its values.
func Forms() []string { return []string{"laptop", "desktop", "tablet", "server", "virtual"} }

// hypervisors are what the firmware of virtual machines says of itself: of the maker and the
// model together, in small letters.
var hypervisors = []string{
	"qemu", "kvm", "vmware", "virtualbox", "innotek", "microsoft corporation virtual machine", "xen hvm domu", "parallels", "bochs", "bhyve", "openstack", "google compute engine",
	"amazon ec2", "apple virtual", "virtualmac", "nutanix ahv", "ovirt", "rhev", "smdbmds hvm domu",
}

// form says what sort of machine it is, as its firmware tells; "" when nobody knows. Some
// firmware does not, and then a battery of its own makes it a laptop.
func form(h *inventory.Hardware, b *inventory.Battery) string {
	what := strings.ToLower(h.Vendor + " " + h.Model)
	bare := strings.HasPrefix(what, "amazon ec2") && strings.HasSuffix(what, ".metal")
	for _, v := range hypervisors {
		if strings.Contains(what, v) && !bare {
			return "virtual"
		}
	}
	switch h.Chassis {
	case "laptop", "convertible":
		return "laptop"
	case "desktop", "all-in-one":
		return "desktop"
	case "tablet", "handheld":
		return "tablet"
	case "server":
		return "server"
	}
	if h.Vendor == "Apple" { // it names its models by what they are
		for _, of := range [...]struct{ model, form string }{{"macbook", "laptop"}, {"imac", "desktop"}, {"mac mini", "desktop"}, {"macmini", "desktop"}, {"mac studio", "desktop"}, {"mac pro", "desktop"}, {"macpro", "desktop"}, {"xserve", "server"}} {
			if strings.Contains(what, of.model) {
				return of.form
			}
		}
	}
	if b != nil && len(b.Batteries) > 0 {
		return "laptop"
	}
	return ""
}
