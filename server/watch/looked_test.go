package watch_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/watch"
)

// TestFailsThere: what fails from one place alone is an alert of that place after two
// minutes; when it fails from everywhere one alert tells so and the place's is over; and
// that of a place from which nobody looks any more is withdrawn.
func TestFailsThere(t *testing.T) {
	w := newWorld(t)
	w.facts["c"] = watch.Facts{Name: "Intranet", Says: "does not answer in Berlin.", Places: []string{"server", "Berlin"}, Check: true}
	minute := func(state, berlin, server float64) {
		t.Helper()
		w.series.Put("check_state", w.now, state, "check", "c")
		w.series.Put("check_fails_there", w.now, berlin, "check", "c", "from", "Berlin")
		w.series.Put("check_fails_there", w.now, server, "check", "c", "from", "server")
		w.put("check_last", 1, "check", "c") // behind the others, which are stored by then
		w.round(0)
		w.now = w.now.Add(time.Minute)
	}
	minute(2, 1, 0)
	minute(2, 1, 0)
	w.want("after a minute", "CheckFailingThere pending: “Intranet” does not answer in Berlin.")
	minute(2, 1, 0)
	w.want("after two", "CheckFailingThere firing: “Intranet” does not answer in Berlin.")

	w.facts["c"] = watch.Facts{Name: "Intranet", Says: "answers nobody.", Places: []string{"server", "Berlin"}, Check: true}
	minute(3, 0, 0)
	w.want("from everywhere", "CheckFailing firing: “Intranet” answers nobody.")

	w.facts["c"] = watch.Facts{Name: "Intranet", Says: "does not answer in Berlin.", Places: []string{"server", "Berlin"}, Check: true}
	for range 3 {
		minute(2, 1, 0)
	}
	w.want("in one place again", "CheckFailingThere firing: “Intranet” does not answer in Berlin.")
	w.facts["c"] = watch.Facts{Name: "Intranet", Places: []string{"server"}, Check: true}
	w.series.Put("check_state", w.now, 1, "check", "c")
	w.put("check_last", 1, "check", "c")
	w.round(0)
	w.want("when nobody looks from there")
	if did := w.did(); did[0] != "CheckFailingThere withdrawn" {
		t.Errorf("%v", did)
	}
}

// TestInterfaceDown: an interface that was up and is down fires after a minute, names itself
// and its device, and is over when it is up or switched off.
func TestInterfaceDown(t *testing.T) {
	w := newWorld(t)
	w.facts["d"] = watch.Facts{Name: "Core switch"}
	is := func(state float64) {
		t.Helper()
		w.series.Put("device_interface_state", w.now, 1, "network_device", "d", "interface", "eth0")
		w.series.Put("device_interface_state", w.now, state, "network_device", "d", "interface", "eth1")
		w.put("device_last", 1, "network_device", "d")
		w.round(0)
		w.now = w.now.Add(30 * time.Second)
	}
	const says = ": eth1 of “Core switch” was up, and is down."
	is(1)
	w.want("while it is up")
	is(4)
	is(4)
	w.want("after half a minute", "InterfaceDown pending"+says)
	is(4)
	w.want("after a minute", "InterfaceDown firing"+says)
	is(2)
	w.want("when it is switched off")
	for range 3 {
		is(4)
	}
	w.want("down again", "InterfaceDown firing"+says)
	is(1)
	w.want("when it is up")
}
