package server_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/servertest"
)

// written wants what is written down of a server to be how it is: the check that fails is
// down, a machine that is there is up with its site, one that went without a word is down,
// as long as too little is known of its hours, one that said that it goes does not count,
// what its group has to be is as well, and what is in maintenance at that moment is taken out, and nothing else.
func written(t *testing.T, s *servertest.Server, check string) {
	t.Helper()
	var site, group, looked availability.Glance
	look := func() bool {
		list, ok := s.Glance()
		for _, g := range list {
			switch g.Kind {
			case availability.Site:
				site = g
			case availability.Group:
				group = g
			case availability.Check:
				looked = g
			}
		}
		return ok
	}
	servertest.Wait(t, "it is known what is in maintenance", look)
	if looked.ID != check || looked.State != availability.Down || looked.Name != "Intranet <b>start</b>" {
		t.Errorf("the check is %+v", looked)
	}
	var work struct{ ID string }
	rest(t, s, "POST", "/alerts/maintenance", map[string]any{"title": "New page", "checks": []string{check}, "until": time.Now().Add(time.Hour)}, &work)
	if look(); looked.State != availability.Out {
		t.Errorf("the check that is worked on is %+v", looked)
	}
	rest(t, s, "DELETE", "/alerts/maintenance/"+work.ID, nil, nil)
	if look(); looked.State != availability.Down {
		t.Errorf("the check that was worked on is %+v", looked)
	}
	stays, leaves, off := s.Machine("PC-1"), s.Machine("PC-2"), s.Machine("PC-3")
	stays.Session(t)
	gone := leaves.Session(t)
	asleep := off.Session(t)
	count := func(want availability.Count, state availability.State) {
		t.Helper()
		servertest.Wait(t, "the site is as it has to be", func() bool {
			look()
			return site.Count == want && site.State == state && site.Name == "Berlin"
		})
	}
	count(availability.Count{Up: 3}, availability.Up)
	if err := asleep.Send(wire.TypeGoodbye, "", "", wire.Goodbye{Reason: wire.ByeShutdown}); err != nil {
		t.Fatal(err)
	}
	asleep.Close(1000, "")
	count(availability.Count{Up: 2}, availability.Up)
	gone.Close(1000, "")
	count(availability.Count{Up: 1, Down: 1}, availability.Up)
	var made struct{ ID string }
	plan := map[string]any{"title": "New disk", "endpoints": []string{leaves.ID}, "until": time.Now().Add(time.Hour)}
	rest(t, s, "POST", "/alerts/maintenance", plan, &made)
	count(availability.Count{Up: 1, Out: 1}, availability.Up)
	rest(t, s, "DELETE", "/alerts/maintenance/"+made.ID, nil, nil)
	count(availability.Count{Up: 1, Down: 1}, availability.Up)
	rest(t, s, "POST", "/groups", map[string]any{"name": "Tills", "machines": []string{leaves.ID, off.ID}}, nil)
	servertest.Wait(t, "the group is as it has to be", func() bool {
		look()
		return group.ID == "Tills" && group.Count == availability.Count{Down: 1} && group.State == availability.Down
	})
	rest(t, s, "POST", "/alerts/maintenance", map[string]any{"title": "New tills", "groups": []string{"Tills"}, "until": time.Now().Add(time.Hour)}, &made)
	count(availability.Count{Up: 1, Out: 1}, availability.Up)
	rest(t, s, "DELETE", "/alerts/maintenance/"+made.ID, nil, nil)
	rest(t, s, "POST", "/alerts/maintenance", map[string]any{"title": "Power", "sites": []string{"Berlin"}, "until": time.Now().Add(time.Hour)}, nil)
	count(availability.Count{Out: 2}, availability.Out)
}
