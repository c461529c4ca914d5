package browsertest

import (
	"net/http"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/device/snmptest"
	"github.com/deskbell/deskbell/server/servertest"
)

// schedule is a report that is sent each month to many.
func (w *World) schedule(t testing.TB, words func(string, int) string) {
	t.Helper()
	var channel, made struct{ ID string }
	w.call(t, http.MethodPost, "/channels", map[string]any{"name": words("Mail", 70), "kind": "smtp", "host": "127.0.0.1", "port": 1, "security": "none", "from": "bell@example.com", "to": []string{"all@example.com"}, "off": true}, &channel)
	w.call(t, http.MethodPost, "/reports/schedules", map[string]any{
		"name": words("Availability of sites", 70), "kind": "site", "every": "month", "day": 1, "at": "08:00", "zone": "Europe/Berlin", "channel": channel.ID, "to": []string{w.Server.Person(auth.Admin).ID, w.Server.Person(auth.Operator).ID},
	}, &made)
	w.IDs["schedule"] = made.ID
}

// network is a switch that answers, and one that does not.
func (w *World) network(t testing.TB, words func(string, int) string) {
	t.Helper()
	d := snmptest.Start(t)
	for name, port := range map[string]int{"Core switch": d.Port, "Router of the harbour": snmptest.FreePort(t)} {
		var made struct{ ID string }
		w.call(t, http.MethodPost, "/devices", map[string]any{
			"name": words(name, 180), "site": words("Berlin", 90), "note": words("Ask the provider.", 1800), "host": "127.0.0.1", "port": port, "community": snmptest.Community, "failures": 1,
		}, &made)
		if port == d.Port {
			w.IDs["device"] = made.ID
		}
		servertest.Wait(t, "a look at "+name, func() bool {
			var got struct{ State string }
			w.call(t, http.MethodGet, "/devices/"+made.ID, nil, &got)
			return got.State == map[bool]string{true: "up", false: "down"}[port == d.Port]
		})
	}
}
