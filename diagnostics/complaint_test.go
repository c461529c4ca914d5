package diagnostics

import (
	"slices"
	"testing"
)

// Whoever adds a rule says to which complaint it belongs, and the section that it
// rests on is read for it.
func TestEveryFindingBelongsToAComplaint(t *testing.T) {
	for _, r := range Rules() {
		var of []Complaint
		for _, c := range Complaints() {
			if c == ComplaintOther || !c.Concerns(r.Code) {
				continue
			}
			of = append(of, c)
			if !slices.Contains(c.Sections(), r.Section) {
				t.Errorf("%s belongs to %q, which does not read %s", r.Code, c, r.Section)
			}
		}
		if len(of) == 0 {
			t.Errorf("%s belongs to no complaint", r.Code)
		}
		if !ComplaintOther.Concerns(r.Code) {
			t.Errorf("%s does not belong to “something else”", r.Code)
		}
	}
}

// Each complaint has something to read and something that may be found, no word of
// its table means nothing, and none looks at everything but the last.
func TestEveryComplaintHasItsChecks(t *testing.T) {
	for _, c := range Complaints() {
		if len(c.Sections()) == 0 || len(c.Sections()) != len(concernOf(c).sections) {
			t.Errorf("%q reads %v", c, c.Sections())
		}
		found := 0
		for _, r := range Rules() {
			if c.Concerns(r.Code) {
				found++
			}
		}
		switch {
		case found == 0:
			t.Errorf("nothing can be found for %q", c)
		case c != ComplaintOther && found == len(Rules()):
			t.Errorf("everything belongs to %q", c)
		}
		for _, l := range concernOf(c).codes {
			if !slices.ContainsFunc(Rules(), func(r Rule) bool {
				return r.Code == l || l[len(l)-1] == '.' && len(r.Code) > len(l) && r.Code[:len(l)] == l
			}) {
				t.Errorf("%q names %q, which no rule has", c, l)
			}
		}
	}
	if Complaint("nonsense").Sections() != nil && len(Complaint("nonsense").Sections()) != 0 {
		t.Error("an unknown complaint reads something")
	}
}

func TestRootsBelongToo(t *testing.T) {
	// A printer in the network is not reached because the gateway is silent; a page
	// does not open because a disk that fills up does no harm to it.
	for _, c := range []struct {
		complaint Complaint
		code      Code
		want      bool
	}{
		{ComplaintPrinting, PrintingStuck, true}, {ComplaintPrinting, GatewaySilent, true}, {ComplaintPrinting, CPUHot, false},
		{ComplaintSite, DiskFull, false}, {ComplaintSite, ProxyGone, true}, {ComplaintSite, ClockJumped, true},
		{ComplaintSlow, DiskErrors, true}, {ComplaintSlow, PrintingStuck, false}, {ComplaintSlow, AddressConflict, true},
		{ComplaintInternet, NamesDown, true}, {ComplaintInternet, DiskFull, false},
		{ComplaintSignIn, ClockSkew, true}, {ComplaintCrash, MemoryKill, true}, {ComplaintCrash, NoLink, false}, {ComplaintMedia, ServiceFailed, true},
	} {
		if got := c.complaint.Concerns(c.code); got != c.want {
			t.Errorf("%s belongs to %q: %v", c.code, c.complaint, got)
		}
	}
}
