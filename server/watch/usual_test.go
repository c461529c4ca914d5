package watch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/watch"
)

// whereabouts are where an endpoint is, and how likely it would be there.
type whereabouts struct {
	presence, up     int
	expected, missed float64
}

// are has endpoints be somewhere for up to four minutes, and asks the rules four times in each.
func (w *world) are(d time.Duration, list map[string]whereabouts) {
	w.t.Helper()
	for id, x := range list {
		w.series.Presence(id, w.now, x.presence, x.up)
		w.series.Expected(id, w.now, x.expected, x.missed)
	}
	servertest.Wait(w.t, "the presences", func() bool {
		v, err := w.engine.Vector(w.t.Context(), fmt.Sprintf("count(timestamp(deskbell_endpoint_missed) == %d)", w.now.Unix()), w.now)
		return err == nil && len(v) == 1 && int(v[0].Value) == len(list)
	})
	for range d / (15 * time.Second) {
		w.round(0)
		w.now = w.now.Add(15 * time.Second)
	}
}

// TestUsualHours: of a server that fell silent somebody hears within two minutes, of one
// that went for a restart after twenty; of a laptop that is off at night nobody does, and
// of one that is unplugged in the middle of the day there is a word for who looks.
func TestUsualHours(t *testing.T) {
	w := newWorld(t)
	list := map[string]whereabouts{
		"server": {6, 0, 0.999, 0.999}, "restarts": {4, -1, 0.995, 0.995}, "night": {6, 0, 0.08, 0.08}, "off": {4, -1, 0.92, 0.92},
		"day": {6, 0, 0.92, 0.92}, "there": {1, 1, 0.999, 0},
	}
	for id := range list {
		w.facts[id] = watch.Facts{Name: id, Site: "Berlin"}
	}
	silent := "ServerSilent firing: server is nearly always there, and went silent."
	w.are(time.Minute, list)
	w.want("in the first minute", "ServerNotBack pending: restarts is nearly always there. It said that it goes, and did not come back.",
		"ServerSilent pending: server is nearly always there, and went silent.",
		"SilentInUsualHours pending: day went without a word at an hour at which it usually is there.")
	w.are(time.Minute, list)
	if said := w.says(); len(said) == 0 || said[0] != silent {
		t.Errorf("after a minute: %q", said)
	}
	for range 5 {
		w.are(4*time.Minute, list)
	}
	notBack := "ServerNotBack firing: restarts is nearly always there. It said that it goes, and did not come back."
	w.want("after twenty minutes", notBack, silent, "SilentInUsualHours firing: day went without a word at an hour at which it usually is there.")
	list["day"] = whereabouts{6, 0, 0.3, 0.3} // evening
	list["server"] = whereabouts{1, 1, 0.999, 0}
	w.are(time.Minute, list)
	w.want("in the evening, and with the server back", notBack)
	w.now = w.now.Add(20 * time.Minute) // the server itself is away
	w.round(0)
	w.want("while nothing is known", "ServerNotBack unknown: restarts is nearly always there. It said that it goes, and did not come back.")
}

// TestTheEveningIsNoOutage: when the laptops of a site go home without a word, the site is
// not silent; when what has to be there goes, it is, in the same evening too.
func TestTheEveningIsNoOutage(t *testing.T) {
	w := newWorld(t)
	list := map[string]whereabouts{}
	for i := range 30 {
		list[fmt.Sprint("laptop", i)] = whereabouts{6, 0, 0.07, 0.07}
	}
	for i := range 6 {
		list[fmt.Sprint("server", i)] = whereabouts{1, 1, 0.999, 0}
	}
	for id := range list {
		w.facts[id] = watch.Facts{Name: id, Site: "Berlin"}
	}
	w.are(3*time.Minute, list)
	w.want("in the evening")
	for i := range 5 {
		list[fmt.Sprint("server", i)] = whereabouts{6, 0, 0.999, 0.999}
	}
	w.are(3*time.Minute, list)
	if said := w.says(); len(said) == 0 || said[0] != "SiteSilent firing: More than half of the machines in Berlin went silent." {
		t.Errorf("with the servers gone: %q", said)
	}
}
