package enrol_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// TestZoneOfASite: it is known at once and after a restart, by the site's id and by its
// name, it can be taken away, and each change stands in the audit log, once.
func TestZoneOfASite(t *testing.T) {
	d := newDesk(t)
	site, err := d.AddSite(t.Context(), root, "Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	other, err := d.AddSite(t.Context(), root, "Berlin")
	if err != nil {
		t.Fatal(err)
	}
	is := func(want string) {
		t.Helper()
		for _, z := range []*time.Location{d.Zone(site.ID), d.Zones()["Tokyo"]} {
			if z == nil && want != "" || z != nil && z.String() != want {
				t.Errorf("it lives by %v, not %q", z, want)
			}
		}
		if d.Zone(other.ID) != nil || d.Zones()["Berlin"] != nil {
			t.Error("the other site has a zone of its own")
		}
	}
	is("")
	for range 2 { // the second changes nothing
		if s, err := d.SetZone(t.Context(), root, site.ID, " Asia/Tokyo\n"); err != nil || s.Zone != "Asia/Tokyo" || s.Name != "Tokyo" {
			t.Fatalf("%+v, %v", s, err)
		}
		is("Asia/Tokyo")
	}
	d.restart()
	if err := d.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	is("Asia/Tokyo")
	tech := auth.Actor{Kind: auth.Staff, Person: "tech", Name: "Tech", Role: auth.Technician}
	if _, err := d.SetZone(t.Context(), tech, site.ID, "UTC"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a technician: %v", err)
	}
	if _, err := d.SetZone(t.Context(), root, "none", "UTC"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a site that there is not: %v", err)
	}
	is("Asia/Tokyo")
	if _, err := d.SetZone(t.Context(), root, site.ID, ""); err != nil {
		t.Fatal(err)
	}
	is("")
	list, err := d.db.AuditPage(t.Context(), audit.Query{Object: "site:" + site.ID, Action: audit.SiteChanged, Limit: 10})
	if err != nil || len(list) != 2 {
		t.Errorf("the audit log has %d changes, %v: %+v", len(list), err, list)
	}
}

// TestZonesThatAreNone: a name is a path below the folder of zones, and none leads out of
// it. What is refused is said in one sentence, and changes nothing.
func TestZonesThatAreNone(t *testing.T) {
	d := newDesk(t)
	site, err := d.AddSite(t.Context(), root, "Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, zone := range []string{
		"Local", "Mars/Olympus", "Europe", "../../../etc/passwd", "/etc/localtime", "/usr/share/zoneinfo/UTC", "Europe/../UTC", "./UTC", "Europe//Berlin", "Europe/./Berlin",
		"Europe/Berlin/", `Europe\Berlin`, "Europe/Berlin\x00", "Europe/Berlin; DROP TABLE sites", "tzdata.zi", "\xff\xfe", "<b>UTC</b>", "+02:00", strings.Repeat("a", 1<<20), strings.Repeat("Etc/", 20) + "UTC",
	} {
		_, err := d.SetZone(t.Context(), root, site.ID, zone)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), "This is no time zone. One is written as in Europe/Berlin") {
			t.Errorf("%.40q: %v", zone, err)
		}
	}
	if z := d.Zone(site.ID); z != nil {
		t.Errorf("it lives by %v", z)
	}
}
