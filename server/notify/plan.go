package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/watch"
)

// Standing is what there is to tell.
type Standing struct {
	Items []watch.Item
	// Held says why nobody is told of an alert now; empty: they are. It is nil where
	// nothing is held.
	Held func(id string) string
	// Acked reports whether somebody has said that they care for it. It may be nil.
	Acked func(id string) bool
}

func (s *Standing) held(id string) bool  { return s.Held != nil && s.Held(id) != "" }
func (s *Standing) acked(id string) bool { return s.Acked != nil && s.Acked(id) }

// Mark is what a channel was told of one alert.
type Mark struct {
	Line  Line `json:"line"`           // with when it fired, which is which of its firings
	Sent  bool `json:"sent,omitempty"` // it has arrived; else it is on its way, or was given up
	Acked bool `json:"acked,omitempty"`
	Late  bool `json:"late,omitempty"` // it is over, and the message that said so was given up
	// Old is an earlier firing that the channel believes in until it has heard of this one.
	Old *Line `json:"old,omitempty"`
}

// Told is what a channel was told of a group.
type Told struct {
	Labels map[string]string `json:"labels"`
	At     time.Time         `json:"at"` // when last
	Alerts map[string]Mark   `json:"alerts"`
}

// Step is something that a channel is told, or something that has to be remembered of
// a group without a word.
type Step struct {
	Group string
	Told  Told // what is true then; without alerts, the group is forgotten
	Note  *Note
}

const (
	maxLines = 100 // of one message to people
	maxFeed  = 500 // of one to another Alertmanager
)

// Plan says what a channel is told now. told is what it was told of each group; of a
// busy group something is on its way, and nothing else is said until that has ended.
// The same alert is told once for each time that it fires, and its end only where its
// beginning has arrived.
func Plan(c *Channel, told map[string]Told, busy func(group string) bool, s Standing, now time.Time) []Step {
	p := planner{c: c, s: &s, now: now, items: make(map[string]*watch.Item, len(s.Items)), groups: map[string]*group{}}
	for n := range s.Items {
		p.items[s.Items[n].ID] = &s.Items[n]
	}
	known := map[string]Mark{}
	for key, t := range told {
		g := &group{key: key, told: t, was: true}
		p.groups[key] = g
		g.told.Alerts = maps.Clone(t.Alerts)
		for id, m := range t.Alerts {
			if i := p.items[id]; i != nil && fires(i) && i.Alert.FiredAt.Equal(m.Line.Fired) {
				known[id] = m
				g.live = append(g.live, i)
			} else {
				if !m.Sent && m.Old != nil {
					g.told.Alerts[id] = Mark{Line: *m.Old, Sent: true}
				}
				g.over = append(g.over, id)
			}
		}
	}
	p.join(known)
	var out []Step
	for _, g := range p.groups {
		if busy(g.key) {
			continue
		}
		if st, ok := p.step(g); ok {
			out = append(out, st)
		}
	}
	slices.SortFunc(out, func(a, b Step) int { return cmp.Compare(a.Group, b.Group) })
	return out
}

func fires(i *watch.Item) bool { return i.Alert.Counts() == alert.Firing }

type planner struct {
	c      *Channel
	s      *Standing
	now    time.Time
	items  map[string]*watch.Item
	groups map[string]*group
}

type group struct {
	key   string
	told  Told
	was   bool // the channel knows of it
	live  []*watch.Item
	fresh []*watch.Item
	over  []string
}

// join puts what the channel does not know yet into its groups.
func (p *planner) join(known map[string]Mark) {
	match, err := alert.ParseMatchers(p.c.Match)
	if err != nil && p.c.Match != "" || p.c.Off {
		return // it was checked when it was written
	}
	for n := range p.s.Items {
		i := &p.s.Items[n]
		if _, is := known[i.ID]; is || !fires(i) || i.Severity.Rank() > p.c.Least.Rank() || p.s.held(i.ID) {
			continue
		}
		if i.From != "" && p.c.Kind == Alertmanager {
			continue // most of them come from one: it would hear of its own alerts for ever
		}
		if p.c.Match != "" && !match.Fit(&alert.Instance{ID: i.ID, Rule: i.Rule, Labels: i.Labels, Alert: i.Alert, Groups: i.Groups}) {
			continue
		}
		key, labels := groupOf(p.c, i)
		g := p.groups[key]
		if g == nil {
			g = &group{key: key, told: Told{Labels: labels}}
			p.groups[key] = g
		}
		g.fresh = append(g.fresh, i)
	}
}

// groupOf names an alert's group: a hash, since labels are long, and whoever is told
// has it as the name of what goes on.
func groupOf(c *Channel, i *watch.Item) (string, map[string]string) {
	labels := make(map[string]string, len(c.By))
	h := sha256.New()
	h.Write([]byte(c.ID))
	for _, l := range c.By {
		labels[l] = label(i, l)
		h.Write([]byte("\x00" + l + "\x00" + labels[l]))
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), labels
}

// label is what an alert has under a name: its rule is a label too.
func label(i *watch.Item, name string) string {
	switch name {
	case "rule", alert.NameLabel:
		return i.Rule
	case "severity":
		return string(i.Severity)
	}
	return i.Labels[name]
}

// step is what is said of a group, if anything is.
func (p *planner) step(g *group) (Step, bool) {
	// An end is told to those alone who have heard of the beginning; an alert that
	// fires anew is told as that. An end that was given up goes with what is told next.
	var ended, late []string
	silent := false
	refired := map[string]bool{}
	for _, i := range g.fresh {
		refired[i.ID] = true
	}
	for _, id := range g.over {
		switch m := g.told.Alerts[id]; {
		case !m.Sent || p.c.NoEnd || refired[id]:
			silent = true
		case m.Late:
			late = append(late, id)
		default:
			ended = append(ended, id)
		}
	}
	slices.SortFunc(g.fresh, inOrder)
	slices.SortFunc(g.live, inOrder)
	note := &Note{Group: g.key, Labels: g.told.Labels, At: p.now}
	switch {
	case len(g.fresh) > 0 || len(ended) > 0:
		if !p.due(g) {
			return Step{}, false
		}
		note.Event = Firing
		if len(g.fresh) == 0 && len(g.live) == 0 {
			note.Event = Resolved
		}
	case p.newlyAcked(g):
		note.Event = Acknowledged
	case p.remind(g, late):
		note.Event = Reminder
		if len(g.live) == 0 {
			note.Event = Resolved
		}
	case silent:
		return Step{Group: g.key, Told: p.after(g, nil, nil, g.told.At)}, true
	default:
		return Step{}, false
	}
	ended = append(ended, late...)
	slices.Sort(ended)
	return p.say(g, note, ended), true
}

func (p *planner) say(g *group, note *Note, ended []string) Step {
	fresh := g.fresh
	if p.c.Kind.Feed() {
		if len(fresh) > maxFeed {
			fresh = fresh[:maxFeed]
		}
		ended = ended[:min(len(ended), maxFeed-len(fresh))]
	}
	for _, i := range fresh {
		note.Alerts = append(note.Alerts, lineOf(i, true))
	}
	if !p.c.Kind.Feed() {
		for _, i := range g.live {
			if !p.s.held(i.ID) {
				note.Alerts = append(note.Alerts, lineOf(i, false))
			}
		}
	}
	for _, id := range ended {
		note.Alerts = append(note.Alerts, endOf(p.items[id], g.told.Alerts[id], p.now))
	}
	if !p.c.Kind.Feed() && len(note.Alerts) > maxLines {
		note.More = len(note.Alerts) - maxLines
		note.Alerts = note.Alerts[:maxLines]
	}
	return Step{Group: g.key, Told: p.after(g, fresh, ended, p.now), Note: note}
}

// after is what the channel has been told once this is said. What it was not told for
// want of room stays.
func (p *planner) after(g *group, fresh []*watch.Item, ended []string, at time.Time) Told {
	t := Told{Labels: g.told.Labels, At: at, Alerts: map[string]Mark{}}
	for _, i := range g.live {
		m := g.told.Alerts[i.ID]
		m.Acked = p.s.acked(i.ID)
		t.Alerts[i.ID] = m
	}
	for _, id := range g.over {
		if m := g.told.Alerts[id]; m.Sent && !p.c.NoEnd && !slices.Contains(ended, id) {
			t.Alerts[id] = m
		}
	}
	for _, i := range fresh {
		m := Mark{Line: lineOf(i, false), Acked: p.s.acked(i.ID)}
		if old := g.told.Alerts[i.ID]; old.Sent {
			old.Line.Ended = time.Time{}
			m.Old = &old.Line
		}
		t.Alerts[i.ID] = m
	}
	return t
}

// due reports whether a group has waited long enough for its news to be told together.
func (p *planner) due(g *group) bool {
	if g.was {
		return !p.now.Before(g.told.At.Add(p.c.Interval))
	}
	first := g.fresh[0].Alert.FiredAt
	for _, i := range g.fresh {
		if i.Alert.FiredAt.Before(first) {
			first = i.Alert.FiredAt
		}
	}
	return !p.now.Before(first.Add(p.c.Wait))
}

// remind reports whether it is time to say again that something fires still. What is
// held, or cared for, is not said again.
func (p *planner) remind(g *group, late []string) bool {
	if p.c.Off || p.c.Repeat == 0 || p.now.Before(g.told.At.Add(p.c.Repeat)) {
		return false
	}
	return len(late) > 0 || slices.ContainsFunc(g.live, func(i *watch.Item) bool { return !p.s.held(i.ID) && !p.s.acked(i.ID) })
}

// newlyAcked reports whether somebody cares for all of a group now, for those who keep
// such a state themselves.
func (p *planner) newlyAcked(g *group) bool {
	if p.c.Kind != PagerDuty || p.c.Off || len(g.live) == 0 {
		return false
	}
	news := false
	for _, i := range g.live {
		if !p.s.acked(i.ID) {
			return false
		}
		news = news || !g.told.Alerts[i.ID].Acked
	}
	return news
}

// inOrder puts the most urgent first, and then the oldest.
func inOrder(a, b *watch.Item) int {
	return cmp.Or(a.Severity.Rank()-b.Severity.Rank(), a.Alert.FiredAt.Compare(b.Alert.FiredAt), strings.Compare(a.ID, b.ID))
}
