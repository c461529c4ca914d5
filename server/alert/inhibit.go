package alert

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Inhibition says which alerts hold which others back, as in Alertmanager: while one of
// the source fires, those of the target are held that have the same labels under the
// names of Equal. A label that is not there is empty. An alert that is of both is never
// held by another such.
type Inhibition struct {
	Name   string // empty: it has none
	File   string // where it was read
	Line   int
	Source Matchers
	Target Matchers
	Equal  []string
}

// Inhibitor finds what holds an alert back by inhibitions. It looks at the alerts once,
// at first need.
type Inhibitor struct {
	rules []inhibiting
	all   iter.Seq[Instance]
	now   time.Time
}

// inhibiting is an inhibition and what can hold by it, by the labels that have to be
// equal.
type inhibiting struct {
	Inhibition
	read  bool
	alone map[string][]*Instance // of the source alone
	both  map[string][]*Instance // of the source and of the target
}

// maxTried bounds how many that hold each other are passed over in search of one that
// holds.
const maxTried = 50

// NewInhibitor returns one over all alerts as they are now.
func NewInhibitor(list []Inhibition, all iter.Seq[Instance], now time.Time) *Inhibitor {
	x := &Inhibitor{rules: make([]inhibiting, len(list)), all: all, now: now}
	for n := range list {
		x.rules[n].Inhibition = list[n]
	}
	return x
}

// Held says which alerts hold one back now. Two that would hold each other hold
// neither: somebody has to hear of them.
func (x *Inhibitor) Held(i Instance) []Hold {
	var out []Hold
	for n := range x.rules {
		r := &x.rules[n]
		if !r.Target.Fit(&i) {
			continue
		}
		by := x.first(r, &i)
		if by != nil && !slices.ContainsFunc(out, func(h Hold) bool { return h.By == by.ID }) {
			out = append(out, Hold{Kind: ForInhibition, By: by.ID, Why: by.inhibits()})
		}
	}
	return out
}

func (x *Inhibitor) first(r *inhibiting, i *Instance) *Instance {
	r.gather(x.all)
	key := r.key(i)
	lists := [][]*Instance{r.alone[key], r.both[key]}
	if r.Source.Fit(i) {
		lists = lists[:1]
	}
	for _, list := range lists {
		for _, s := range list[:min(len(list), maxTried)] {
			if s.ID != i.ID && s.inhibiting(i, x.now) && !x.holds(i, s) {
				return s
			}
		}
	}
	return nil
}

// holds reports whether one alert would hold another by any of the inhibitions.
func (x *Inhibitor) holds(s, i *Instance) bool {
	if s.Alert.Counts() != Firing {
		return false
	}
	for n := range x.rules {
		r := &x.rules[n]
		if r.Target.Fit(i) && r.Source.Fit(s) && r.key(s) == r.key(i) && (!r.Source.Fit(i) || !r.Target.Fit(s)) {
			return true
		}
	}
	return false
}

// gather notes what can hold by an inhibition, what fires and is most urgent first.
func (r *inhibiting) gather(all iter.Seq[Instance]) {
	if r.read {
		return
	}
	r.read, r.alone, r.both = true, map[string][]*Instance{}, map[string][]*Instance{}
	for s := range all {
		if s.Alert.Counts() != Firing && s.over() == 0 || !r.Source.Fit(&s) {
			continue
		}
		into := r.alone
		if r.Target.Fit(&s) {
			into = r.both
		}
		key := r.key(&s)
		kept := s // only what is kept leaves the stack: most alerts hold nothing
		into[key] = append(into[key], &kept)
	}
	for _, m := range []map[string][]*Instance{r.alone, r.both} {
		for _, list := range m {
			slices.SortFunc(list, func(a, b *Instance) int {
				return cmp.Or(a.over()-b.over(), Severity(a.Label("severity")).Rank()-Severity(b.Label("severity")).Rank(), a.Alert.FiredAt.Compare(b.Alert.FiredAt), strings.Compare(a.ID, b.ID))
			})
		}
	}
}

// key is what an alert has under the labels that have to be equal.
func (r *inhibiting) key(i *Instance) string {
	var b strings.Builder
	for _, l := range r.Equal {
		b.WriteString(i.Label(l))
		b.WriteByte(0)
	}
	return b.String()
}

// inhibiting reports whether an alert can hold another: it fires, or did so a moment
// ago and the other, which was there then, is looked at again. What is unknown goes on
// as it was.
func (i *Instance) inhibiting(o *Instance, now time.Time) bool {
	if i.over() == 0 {
		return i.Alert.Counts() == Firing
	}
	return now.Sub(i.Alert.ResolvedAt) < Recheck+o.Every && o.Alert.ActiveAt.Before(i.Alert.ResolvedAt)
}

func (i *Instance) over() int {
	if i.Alert.State == Resolved {
		return 1
	}
	return 0
}

// inhibits says how an alert holds another, in a sentence.
func (i *Instance) inhibits() string {
	what := "“" + i.Rule + "”"
	if i.Summary != "" {
		what = strings.TrimRight(clip(i.Summary, 160), ".") + " (" + what + ")"
	}
	if i.over() == 1 {
		return fmt.Sprintf("Held back by what is over now: %s. It is looked at again before it counts.", what)
	}
	return fmt.Sprintf("Held back as long as this fires: %s.", what)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
