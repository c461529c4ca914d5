package wire_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestWhatAnAnnouncementConcerns matches known outages with what somebody complains of.
func TestWhatAnAnnouncementConcerns(t *testing.T) {
	all := wire.Announcement{}
	internet := wire.Announcement{Complaints: []diagnostics.Complaint{diagnostics.ComplaintInternet, diagnostics.ComplaintSlow}}
	sap := wire.Announcement{Complaints: []diagnostics.Complaint{diagnostics.ComplaintSite}, Names: []string{"SAP", "wiki.example.com"}}
	named := wire.Announcement{Names: []string{"Outlook"}}
	over := wire.Announcement{EndedAt: time.Now()}
	for _, c := range []struct {
		name      string
		a         wire.Announcement
		complaint diagnostics.Complaint
		words     string
		want      bool
	}{
		{"anything", all, diagnostics.ComplaintPrinting, "", true},
		{"it is over", over, diagnostics.ComplaintPrinting, "", false},
		{"its complaint", internet, diagnostics.ComplaintSlow, "", true},
		{"another one", internet, diagnostics.ComplaintPrinting, "", false},
		{"a site, nobody says which", sap, diagnostics.ComplaintSite, "", true},
		{"its site", sap, diagnostics.ComplaintSite, "https://WIKI.example.com/start", true},
		{"another site", sap, diagnostics.ComplaintSite, "https://shop.example.com/", false},
		{"a part of a longer word", sap, diagnostics.ComplaintSite, "all disappears", false},
		{"its name after such a word", sap, diagnostics.ComplaintOther, "all disappears in sap", true},
		{"its name under another complaint", named, diagnostics.ComplaintCrash, "Outlook hangs", true},
		{"only a name, and a site asked for", named, diagnostics.ComplaintSite, "", true},
		{"only a name, and another trouble", named, diagnostics.ComplaintPrinting, "", false},
	} {
		if got := c.a.Concerns(c.complaint, c.words); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
