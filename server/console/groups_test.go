package console_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestGroups: an operator tries a group, makes it, and finds it beside the sites on the
// wall with the share of those who suffer, in the list of endpoints, on a machine's page
// and in maintenance; others of the staff see it and cannot change it.
func TestGroups(t *testing.T) {
	name := "Finance <b>" + strings.Repeat("x", 60)
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 100 * time.Millisecond
		file := filepath.Join(o.Data, server.RulesFolder, "own.yaml")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		rule := "groups:\n- name: own\n  rules:\n  - alert: Finance\n    expr: deskbell_group_online{endpoint_group=\"" + name + "\"} < 0\n    labels: {severity: warning}\n    annotations: {summary: Nobody is there.}\n"
		if err := os.WriteFile(file, []byte(rule), 0o600); err != nil {
			t.Fatal(err)
		}
	})
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
	p.Fill("[name=name]", name)
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

	// Another name: what follows and what stays is said before, and after.
	p.Go("/noc/groups")
	p.Click("tbody th a")
	p.Shows(".group-form", "1 thing is renamed with it")
	p.Shows("#group-stays", "1 thing is not renamed with it")
	p.Shows("#group-stays", "the rule Finance in own.yaml, line 4")
	p.Click(".group-form .fold summary")
	p.Shows(".group-known", "the maintenance “New disks”")
	p.Accessible("a group that can be renamed")
	p.Fits("a group that can be renamed")
	p.Picture("group-known")
	p.Fill("[name=name]", " ")
	p.Fill("[name=condition]", "endpoint:FIN-1")
	p.Click(".group-form .primary")
	p.Shows(".group-form", "A group needs a name")
	p.Allow("422")
	p.Fill("[name=name]", "Money „2“")
	p.Click(".group-form .primary")
	p.Shows("h1", "Money „2“")
	p.Shows("#group-renamed", "still:")
	p.Shows("#group-renamed", "the rule Finance in own.yaml, line 4")
	p.Accessible("a group that was renamed")
	p.Fits("a group that was renamed")
	p.Picture("group-renamed")
	only.Go("/noc/maintenance")
	only.Shows(".alert-table tbody tr", "the group Money „2“")
	only.Go("/endpoints/" + sick.ID)
	only.Shows("#endpoint-head .maintained", "In maintenance: New disks")

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
