package browsertest

import (
	"net/http"
	"testing"

	"github.com/deskbell/deskbell/server/device/snmptest"
	"github.com/deskbell/deskbell/server/servertest"
)

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
