package console_test

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestGroups: an operator tries a group, makes it, and finds it beside the sites on the
// wall with the share of those who suffer, in the list of endpoints, on a machine's page
// and in maintenance; others of the staff see it and cannot change it.
func TestGroups(t *testing.T) {
	s := servertest.Start(t)
	p, only := open(t, s, auth.Operator), open(t, s, auth.Technician)
	sick, well := browsertest.NewMachine(t, s, "Berlin", "FIN-1"), browsertest.NewMachine(t, s, "New York", "FIN-2")
	other := browsertest.NewMachine(t, s, "Berlin", "LAB-1")
	for _, m := range []*browsertest.Machine{sick, well, other} {
		m.Join()
		m.Health(10, 40, 50)
	}
	sick.Health(99, 99, 99)

	p.Go("/noc/groups")
	p.Shows("main", "There are no groups yet")
	p.Click("a[href='/noc/new-group']")
	p.Fill("[name=name]", "Finance <b>"+strings.Repeat("x", 60))
	p.Fill("[name=condition]", "kind:laptop")
	p.Click(".group-form .primary")
	p.Shows(".group-form", "kind: is nothing that endpoints are chosen by.")
	p.Allow("422")
	p.Accessible("a group that is refused")
	p.Fill("[name=condition]", "endpoint:FIN-*")
	p.Click(".group-form [value=try]")
	p.Shows("#group-tried", "2 machines would be in it, at 2 sites.")
	p.Shows("#group-tried", "FIN-2")
	p.Accessible("a group that is tried")
	p.Fits("a group that is tried")
	p.Picture("group-tried")
	p.Click(".group-form .primary")
	p.Shows("section[aria-labelledby=group-now]", "2 online, 1 with a problem")
	p.Shows("h1", "Finance <b>")
	p.Accessible("a group")
	p.Fits("a group")
	p.Picture("group")
	p.Click(".page-head a[href^='/noc/maintenance']")
	p.Until("the group is chosen", `document.querySelector('[name=groups]').checked`)
	p.Fill("[name=title]", "New disks")
	p.Click(".maintenance-form .primary")
	p.Shows(".alert-table tbody tr", "the group Finance <b>")

	only.Go("/noc")
	only.Live()
	only.Shows("#noc-groups tbody", "1 (50 %)")
	only.Accessible("the wall with a group")
	only.Fits("the wall with a group")
	only.Picture("wall-group")
	only.Click("#noc-groups tbody a")
	only.Shows("#endpoint-list", "FIN-2")
	only.Shows("#endpoint-list", "FIN-1")
	if n := browsertest.Eval[int](only, "document.querySelectorAll('[data-endpoint-row]').length"); n != 2 {
		t.Errorf("%d machines in the group, want 2", n)
	}
	only.Choose("[name=site]", browsertest.Eval[string](only, "[...document.querySelectorAll('[name=site] option')].find(o => o.text === 'Berlin').value"))
	only.Until("both filters count", "document.querySelectorAll('[data-endpoint-row]').length === 1")
	only.Fits("endpoints of a group")
	only.Picture("endpoints-group")
	only.Go("/endpoints/" + sick.ID)
	only.Shows("#endpoint-head", "Finance <b>")
	only.Shows("#endpoint-head .maintained", "In maintenance: New disks")
	only.Fits("a machine of a group")
	only.Go("/noc/groups")
	only.Click("tbody th a")
	only.Shows("h1", "Finance <b>")
	only.Gone(".group-form")

	p.Go("/noc/groups")
	p.Accessible("groups")
	p.Fits("groups")
	p.Picture("groups")
	p.Click("tbody th a")
	p.Click(".group-form [value=delete]")
	p.Shows("main", "There are no groups yet")
	only.Go("/noc/maintenance")
	only.Shows(".alert-table tbody tr", "which is gone")
	only.Go("/endpoints?group=Finance")
	only.Shows("#endpoint-list", "No endpoint fits")
	only.Clean()
	p.Clean()
}
