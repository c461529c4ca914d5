package watch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/watch"
)

// hangsOn is what an endpoint hangs on by its id: Berlin-1-007 is behind gateway 1.
func hangsOn(endpoint, site string) []alert.Parent {
	part := strings.Split(endpoint, "-")
	if len(part) != 3 {
		return nil
	}
	on := []alert.Parent{}
	if site == "Berlin" && strings.HasPrefix(part[2], "01") { // the second ten of a subnet
		on = append(on, alert.Parent{Kind: "accesspoint", Name: "ap1", Site: site})
	}
	return append(on, []alert.Parent{
		{Kind: "gateway", Name: "10.0." + part[1] + ".1", Site: site}, {Kind: "subnet", Name: "10.0." + part[1] + ".0/24", Site: site},
		{Kind: "dns", Name: "9.9.9.9"}, {Kind: "site", Name: site}, {Kind: "all"},
	}...)
}

const silentRule = `groups:
- name: own
  rules:
  - alert: Silent
    expr: deskbell_endpoint_up == 0
    labels: {severity: critical}
    annotations: {summary: '{{ $labels.name }} is silent.'}
`

// population is endpoints that are there.
func (w *world) population(site, subnet string, n int) {
	for i := range n {
		id := fmt.Sprintf("%s-%s-%03d", site, subnet, i)
		w.facts[id], w.reach[id] = watch.Facts{Name: id, Site: site}, watch.Reached{Reach: alert.Up, Site: site}
	}
}

// all has endpoints whose id begins so be reached, or not.
func (w *world) all(prefix string, r alert.Reach) {
	for id, x := range w.reach {
		if strings.HasPrefix(id, prefix) && x.Reach != r {
			since := w.now
			if x.Reach == alert.Unsure && !x.Since.IsZero() {
				since = x.Since // when it was heard of last
			}
			w.reach[id] = watch.Reached{Reach: r, Site: x.Site, Since: since}
		}
	}
}

// unsure is that nothing is known of anybody.
func (w *world) unsure() {
	for id, x := range w.reach {
		x.Reach = alert.Unsure
		w.reach[id] = x
	}
}

// minute lets time pass, has presences written down as the fleet does, and asks the
// rules twice.
func (w *world) minute() {
	w.t.Helper()
	w.now = w.now.Add(30 * time.Second)
	known := 0
	for id, r := range w.reach {
		switch r.Reach {
		case alert.Up:
			w.series.Presence(id, w.now, 1, 1)
		case alert.Lost:
			w.series.Presence(id, w.now, 6, 0)
		default:
			continue
		}
		known++
	}
	if known > 0 {
		servertest.Wait(w.t, "the presences", func() bool {
			v, err := w.engine.Vector(w.t.Context(), fmt.Sprintf("count(timestamp(deskbell_endpoint_up) == %d)", w.now.Unix()), w.now)
			return err == nil && len(v) == 1 && int(v[0].Value) == known
		})
	}
	w.round(0)
	w.round(30 * time.Second)
}

// pager is a channel that is told at once, as the server would tell it.
type pager struct {
	w    *world
	c    notify.Channel
	told map[string]notify.Told
	said []string
}

func (p *pager) look() []string {
	p.w.t.Helper()
	items, known := p.w.Standing()
	if !known {
		return nil
	}
	held := map[string]string{}
	for _, i := range items {
		if len(i.Holds) > 0 {
			held[i.ID] = i.Holds[0].Why
		}
	}
	before := len(p.said)
	for _, st := range notify.Plan(&p.c, p.told, func(string) bool { return false }, notify.Standing{Items: items, Held: func(id string) string { return held[id] }}, p.w.now) {
		for id, m := range st.Told.Alerts {
			m.Sent = true
			st.Told.Alerts[id] = m
		}
		p.told[st.Group] = st.Told
		if st.Note != nil {
			for _, l := range st.Note.Alerts {
				if l.New {
					p.said = append(p.said, map[bool]string{true: "! ", false: "ok "}[l.Fires()]+l.Summary)
				}
			}
		}
	}
	return slices.Sorted(slices.Values(p.said[before:]))
}

// TestMassLoss: a site of 200 is lost, and one is told; 200 are held and say by what,
// over a restart too. All come back but three: nobody hears of any as the site comes
// back, and of exactly these three once they were looked at again.
func TestMassLoss(t *testing.T) {
	w := newWorld(t)
	w.own("own.yaml", silentRule)
	w.population("Berlin", "1", 120)
	w.population("Berlin", "2", 80)
	w.population("Paris", "1", 60)
	p := &pager{w: w, told: map[string]notify.Told{}, c: notify.Channel{ID: "1", Kind: notify.Webhook, Least: alert.Critical, By: []string{"alertname"}}}
	minute := func(what string, want ...string) {
		t.Helper()
		w.minute()
		if d := cmp.Diff(want, p.look()); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	const lost = "The site Berlin is lost: 200 endpoints that hang on it went silent together."
	minute("all is well")
	w.all("Berlin", alert.Lost)
	minute("the site is lost", "! "+lost)
	held := func(what string, n int, want string) {
		t.Helper()
		list, _, err := w.Alerts(anna, watch.Query{Rule: "Silent"})
		if err != nil || len(list) != n {
			t.Fatalf("%s: %d alerts, %v", what, len(list), err)
		}
		for _, i := range list {
			if len(i.Holds) != 1 || i.Holds[0].Kind != alert.ForAncestor || !strings.Contains(i.Holds[0].Why, want) {
				t.Fatalf("%s: %s is held by %+v", what, i.ID, i.Holds)
			}
		}
	}
	held("while it is lost", 200, "It went silent together with the site Berlin, which has an alert of its own.")
	for range 3 { // SiteSilent and FleetSilent find it too
		minute("it stays so")
	}
	list, _, _ := w.Alerts(anna, watch.Query{Rule: "SiteSilent"})
	if len(list) != 1 || list[0].Alert.State != alert.Firing || len(list[0].Holds) == 0 {
		t.Errorf("that a site is silent is said twice: %+v", list)
	}
	// The server is restarted, and for a while knows of nobody.
	w.restart()
	w.unsure()
	minute("after a restart")
	held("after a restart", 200, "which has an alert of its own")
	w.all("Paris", alert.Up)
	w.all("Berlin", alert.Lost)
	minute("it is found lost still")
	held("found lost still", 200, "which has an alert of its own")
	// It comes back, but for three.
	for id := range w.reach {
		if !slices.Contains([]string{"Berlin-1-003", "Berlin-1-077", "Berlin-2-010"}, id) {
			w.all(id, alert.Up)
		}
	}
	minute("it is back", "ok "+lost)
	list, _, _ = w.Alerts(anna, watch.Query{Rule: "Silent"})
	if len(list) != 3 || len(list[0].Holds) != 1 || !strings.Contains(list[0].Holds[0].Why, "which is back. It is looked at again before it counts.") {
		t.Errorf("as it is back: %+v", list)
	}
	minute("they are looked at again")
	minute("they were looked at again", "! Berlin-1-003 is silent.", "! Berlin-1-077 is silent.", "! Berlin-2-010 is silent.")
	minute("and that was all")
	w.all("", alert.Up)
	minute("all are back", "ok Berlin-1-003 is silent.", "ok Berlin-1-077 is silent.", "ok Berlin-2-010 is silent.")
	if rows, err := w.db.Watch().Holds(t.Context()); err != nil || len(rows) != 1 || rows[0].OverAt.IsZero() {
		t.Errorf("%+v, %v", rows, err)
	}
}

// TestLossThatGrows: while a subnet is missed machine by machine nobody hears of any;
// when all of it is, of its gateway; and when the whole site is, of that, and the gateway
// is part of it.
func TestLossThatGrows(t *testing.T) {
	w := newWorld(t)
	w.own("own.yaml", silentRule)
	w.population("Berlin", "1", 10)
	w.population("Berlin", "2", 10)
	w.population("Paris", "1", 60)
	first := func(n int) {
		for i := range n {
			w.all(fmt.Sprintf("Berlin-1-%03d", i), alert.Lost)
		}
	}
	want := func(what string, told []string, why string, n int) {
		t.Helper()
		list, _, err := w.Alerts(anna, watch.Query{States: []alert.State{alert.Firing}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range list {
			if len(i.Holds) == 0 {
				got = append(got, i.Summary)
			} else if strings.Contains(i.Holds[0].Why, why) {
				n--
			}
		}
		if d := cmp.Diff(told, got); d != "" || n != 0 {
			t.Errorf("%s: %s; %d more or less are held by %q", what, d, n, why)
		}
	}
	w.minute()
	first(1)
	w.minute()
	want("one alone", []string{"Berlin-1-000 is silent."}, "", 0)
	first(4)
	w.minute()
	want("some", nil, "It went silent a moment ago, and others at the gateway 10.0.1.1 in Berlin too. It is looked at whether all did.", 4)
	first(10)
	w.minute()
	want("all of the subnet", []string{"The gateway 10.0.1.1 in Berlin is lost: 10 endpoints that hang on it went silent together."}, "together with the gateway 10.0.1.1 in Berlin", 10)
	w.all("Berlin", alert.Lost)
	w.minute()
	want("all of the site", []string{"The site Berlin is lost: 20 endpoints that hang on it went silent together."}, "together with the site Berlin", 21)
}

// TestLossInMaintenance: machines that are worked on, each by itself, say nothing of
// what they hang on.
func TestLossInMaintenance(t *testing.T) {
	w := newWorld(t)
	w.own("own.yaml", silentRule)
	w.population("Berlin", "1", 4)
	w.population("Paris", "1", 10)
	var ids []string
	for id := range w.reach {
		if strings.HasPrefix(id, "Berlin") {
			ids = append(ids, id)
		}
	}
	w.plan(watch.WindowDraft{Title: "New disks", Endpoints: ids, Times: until(w.now.Add(time.Hour))})
	w.minute()
	w.all("Berlin", alert.Lost)
	w.minute()
	list, _, err := w.Alerts(anna, watch.Query{})
	if err != nil || len(list) != 4 {
		t.Errorf("%d alerts, %v", len(list), err)
	}
	for _, i := range list {
		if i.Rule != "Silent" || len(i.Holds) != 1 || i.Holds[0].Kind != alert.ForMaintenance {
			t.Errorf("%s is held by %+v", i.Summary, i.Holds)
		}
	}
}

// TestLossOfAnAccessPoint: what went silent behind one access point is one alert about it,
// and each of its endpoints says so; when all behind the gateway follow, it is the gateway.
func TestLossOfAnAccessPoint(t *testing.T) {
	w := newWorld(t)
	w.own("own.yaml", silentRule)
	w.population("Berlin", "1", 30)
	w.population("Paris", "1", 10)
	lose := func(prefix string) {
		w.all(prefix, alert.Lost)
		w.minute()
	}
	told := func() (out []string) {
		list, _, err := w.Alerts(anna, watch.Query{States: []alert.State{alert.Firing}})
		if err != nil {
			t.Fatal(err)
		}
		held := map[string]int{}
		for _, i := range list {
			if len(i.Holds) == 0 {
				out = append(out, i.Summary)
			} else {
				held[i.Holds[0].Why]++
			}
			if i.Rule == watch.LostTogether && i.Labels["lost"] == "accesspoint" && !strings.Contains(i.Advice, "“ap:”") {
				t.Errorf("its advice does not say how to find it: %s", i.Advice)
			}
			if i.Rule == watch.LostTogether && i.Labels["lost"] != "accesspoint" && strings.Contains(i.Advice, "ap:") {
				t.Errorf("the advice for %s is about an access point", i.Labels["lost"])
			}
		}
		for why, n := range held {
			out = append(out, fmt.Sprintf("%d: %s", n, why))
		}
		slices.Sort(out)
		return out
	}
	w.minute()
	lose("Berlin-1-01")
	if d := cmp.Diff([]string{
		"10: It went silent together with the access point ap1 in Berlin, which has an alert of its own.",
		"The access point ap1 in Berlin is lost: 10 endpoints that hang on it went silent together.",
	}, told()); d != "" {
		t.Error(d)
	}
	lose("Berlin-1")
	if got := told(); len(got) == 0 || got[len(got)-1] != "The gateway 10.0.1.1 in Berlin is lost: 30 endpoints that hang on it went silent together." {
		t.Errorf("behind one gateway: %q", got)
	}
}
