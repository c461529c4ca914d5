package watch

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/deskbell/deskbell/server/alert"
)

// LostTogether is the rule of alerts about what endpoints hang on. It asks no series: it
// looks at which endpoints went silent together, and at what they have in common.
const LostTogether = "LostTogether"

var lostRule = &alert.Rule{
	Name: LostTogether, Group: "dependencies", File: builtInFile, Timing: alert.Timing{Steady: true}, Labels: map[string]string{"severity": string(alert.Critical)},
	Annotations: map[string]string{
		alert.Summary: "{{ $labels.what }} is lost: {{ $value }} endpoints that hang on it went silent together.",
		alert.Advice:  "Look at it before you look at any of them. Their own alerts are held back, and each is looked at again before it counts.{{ if eq $labels.lost \"accesspoint\" }} Which one it is, “Wi-Fi” among the inventory of any of them says once it is back, or the search “ap:” with a hardware address among the endpoints.{{ end }}",
	},
}

// outage is something that is lost, as it is kept.
type outage struct {
	Alert string `json:"alert"` // the id of its alert
	alert.Outage
	// Sites, by name, of which (nearly) all that was lost was lost with it; the empty one
	// stands for all sites together.
	Sites map[string]bool `json:"sites"`

	changed bool // since it was stored
	gone    bool // it is over, and so are those that it held
}

func (o *outage) doc(now time.Time) HoldDoc {
	doc, _ := json.Marshal(o) // of texts and times alone
	d := HoldDoc{ID: "lost:" + o.Alert, Kind: alert.ForAncestor, Doc: doc}
	if o.gone {
		d.OverAt = now
	}
	return d
}

// lost finds out what is lost that endpoints hang on, and brings the alerts about it
// forward. The caller holds mu.
func (w *Watcher) lost(facts map[string]Facts, now time.Time, c *change) {
	if w.o.Reach == nil {
		return
	}
	reached := w.o.Reach()
	for id, r := range reached {
		f, is := facts[id]
		if !is {
			delete(reached, id)
		} else if r.Reach == alert.Lost && w.worked(id, now) {
			reached[id] = Reached{Site: f.Site}
		}
	}
	reach := func(id string) (alert.Reach, bool) { r, there := reached[id]; return r.Reach, there }
	w.reached = reached
	list := w.hanging(reached)
	w.gather(list, now)
	for _, e := range alert.Ancestors(list) {
		labels := labelsOf(e.Parent)
		id := idOf(LostTogether, labels.Fingerprint())
		o := w.outages[id]
		if o == nil {
			o = &outage{Alert: id, Outage: alert.Outage{Parent: e.Parent, Began: now, Below: map[string]*alert.Child{}}, Sites: map[string]bool{}}
			w.outages[id] = o
		}
		before := len(o.Below)
		o.Join(e.Lost)
		if !o.Ended.IsZero() || before != len(o.Below) {
			o.Ended, o.changed = time.Time{}, true
		}
	}
	w.siteShares()
	for id, o := range w.outages {
		w.stepOutage(o, reach, facts, now, c)
		if o.changed || o.gone {
			o.changed = false
			c.holds["lost:"+id] = o.doc(now)
		}
		if o.gone {
			delete(w.outages, id)
		}
	}
	w.restOutages(facts, now, c)
}

// hanging is what endpoints hang on, where so many are lost that it matters.
func (w *Watcher) hanging(reached map[string]Reached) []alert.Hanging {
	lost := 0
	for _, r := range reached {
		if r.Reach == alert.Lost {
			lost++
		}
	}
	if lost < 2 {
		return nil
	}
	list := make([]alert.Hanging, 0, len(reached))
	for id, r := range reached {
		list = append(list, alert.Hanging{ID: id, Reach: r.Reach, Since: r.Since, On: w.o.HangsOn(id, r.Site)})
	}
	return list
}

// gather notes the endpoints that went silent a moment ago, not alone: that all did
// shows only when each had its time to be missed.
func (w *Watcher) gather(list []alert.Hanging, now time.Time) {
	w.gathering = map[alert.Parent]*alert.Ancestor{}
	lost := map[alert.Parent][]string{}
	for _, h := range list {
		if h.Reach != alert.Lost || now.Sub(h.Since) >= alert.Together {
			continue
		}
		for _, p := range h.On {
			if p.Kind == "accesspoint" || p.Kind == "gateway" || p.Kind == "subnet" || p.Kind == "site" {
				lost[p] = append(lost[p], h.ID)
			}
		}
	}
	for p, ids := range lost {
		if len(ids) < 2 {
			continue
		}
		a := &alert.Ancestor{Name: p.String(), Below: map[string]struct{}{}, Gathering: true}
		for _, id := range ids {
			a.Below[id] = struct{}{}
		}
		w.gathering[p] = a
	}
}

// stepOutage brings one forward, and its alert.
func (w *Watcher) stepOutage(o *outage, reach func(string) (alert.Reach, bool), facts map[string]Facts, now time.Time, c *change) {
	all := len(o.Below)
	lost, back := o.Step(reach, now)
	seen := alert.Seen{Observation: alert.Observation{Holds: alert.Absent}, Labels: labelsOf(o.Parent)}
	switch {
	case !o.Ended.IsZero():
		seen.Holds = alert.No
	case lost+back > 0:
		seen.Holds, seen.Value = alert.Yes, float64(lost)
	}
	i := w.alerts[o.Alert]
	if i == nil && seen.Holds == alert.Yes {
		i = &Item{ID: o.Alert, Rule: LostTogether, Labels: map[string]string{}}
		for k, v := range seen.Labels {
			i.Labels[string(k)] = string(v)
		}
		w.keep(i)
		delete(c.gone, i.ID) // from a round that could not be stored
	}
	if i != nil {
		if i.Alert.Counts() == alert.Firing && seen.Holds == alert.Yes {
			seen.Value = max(seen.Value, i.Alert.Value) // how many it were at most
		}
		w.advance(i, lostRule, seen, facts, now, c)
	}
	o.gone = len(o.Below) == 0 || !o.Ended.IsZero() && now.Sub(o.Ended) > keepLost
	if all != len(o.Below) || o.Ended.Equal(now) {
		o.changed = true
	}
}

// siteShares notes of which sites (nearly) all that is lost was lost with each outage.
func (w *Watcher) siteShares() {
	lost := map[string]int{}
	for _, r := range w.reached {
		if r.Reach == alert.Lost {
			lost[r.Site]++
			lost[""]++
		}
	}
	for _, o := range w.outages {
		if !o.Ended.IsZero() {
			continue
		}
		below := map[string]int{}
		for endpoint := range o.Below {
			if r := w.reached[endpoint]; r.Reach == alert.Lost {
				below[r.Site]++
				below[""]++
			}
		}
		for site, n := range lost {
			same := below[site] > 0 && below[site]*10 >= n*9
			o.changed = o.changed || same != o.Sites[site]
			o.Sites[site] = same
		}
	}
}

// keepLost is after how long an outage that is over holds nothing any more, even if it
// is not known of all that hung on it whether they are back.
const keepLost = time.Hour

// restOutages has alerts end about what is lost of which nothing is kept any more. The
// caller holds mu.
func (w *Watcher) restOutages(facts map[string]Facts, now time.Time, c *change) {
	for _, o := range slices.Clone(w.of[LostTogether]) {
		if w.outages[o.item.ID] == nil {
			w.advance(o.item, lostRule, alert.Seen{Observation: alert.Observation{Holds: alert.No}}, facts, now, c)
		}
	}
}

// worked reports whether an endpoint alone is worked on now: it says nothing of others.
func (w *Watcher) worked(endpoint string, now time.Time) bool {
	return slices.ContainsFunc(w.windows, func(x *window) bool {
		if !x.overAt.IsZero() || !slices.Contains(x.Endpoints, endpoint) {
			return false
		}
		_, on := x.On(now)
		return on
	})
}

func labelsOf(p alert.Parent) model.Metric {
	m := model.Metric{"lost": model.LabelValue(p.Kind), "what": model.LabelValue(begin(p.String()))}
	if p.Site != "" {
		m["site"] = model.LabelValue(p.Site)
	}
	if p.Kind == "site" {
		m["site"] = model.LabelValue(p.Name)
	}
	return m
}

// begin is a text that begins a sentence.
func begin(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// ancestors are the outages as far as they hold alerts. The caller holds mu.
func (w *Watcher) ancestors() []alert.Ancestor {
	out := make([]alert.Ancestor, 0, len(w.outages))
	for id, o := range w.outages {
		a := alert.Ancestor{ID: id, Name: o.Parent.String(), Below: map[string]struct{}{}, Sites: map[string]struct{}{}, Alerts: map[string]struct{}{}, Over: !o.Ended.IsZero()}
		for endpoint := range o.Below {
			a.Below[endpoint] = struct{}{}
		}
		for site, same := range o.Sites {
			if same {
				a.Sites[site] = struct{}{}
			}
		}
		for other, x := range w.outages {
			if other != id && len(x.Below) < len(o.Below) && within(x.Below, o.Below) {
				a.Alerts[other] = struct{}{}
			}
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b alert.Ancestor) int {
		return cmp.Or(len(b.Below)-len(a.Below), cmp.Compare(a.ID, b.ID))
	})
	// Of what went silent a moment ago each is held once, by the most that it shares.
	held := map[string]bool{}
	for _, a := range out {
		for id := range a.Below {
			held[id] = true
		}
	}
	maybe := slices.SortedFunc(maps.Keys(w.gathering), func(a, b alert.Parent) int {
		return cmp.Or(len(w.gathering[b].Below)-len(w.gathering[a].Below), a.Compare(b))
	})
	for _, p := range maybe {
		g := w.gathering[p]
		a := alert.Ancestor{Name: g.Name, Gathering: true, Below: map[string]struct{}{}}
		for id := range g.Below {
			if !held[id] {
				held[id], a.Below[id] = true, struct{}{}
			}
		}
		out = append(out, a)
	}
	return out
}

func within(few, many map[string]*alert.Child) bool {
	for id := range few {
		if many[id] == nil {
			return false
		}
	}
	return true
}
