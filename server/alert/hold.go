package alert

import (
	"fmt"
	"time"
)

// Holding is what can hold an alert back.
type Holding string

// What holds alerts back. One that is held goes on living as it would; only nobody is
// told of it, and it stands apart.
const (
	ForSilence     Holding = "silence"     // somebody has said so, for a time and a reason
	ForMaintenance Holding = "maintenance" // its machine is being worked on
	ForAncestor    Holding = "ancestor"    // what its machine depends on is lost, and has an alert of its own
	ForInhibition  Holding = "inhibition"  // another alert says more, by a rule that somebody wrote
	ForFlap        Holding = "flap"        // it comes and goes, and its beginning was told already
)

// Hold is why nobody is told of an alert now.
type Hold struct {
	Kind  Holding   `json:"kind"`
	By    string    `json:"by,omitempty"` // the id of the silence, of the window, or of the alert that holds it
	Why   string    `json:"why"`          // one sentence
	Until time.Time `json:"until,omitzero"`
}

// Instance is one alert, as far as it matters to what may hold it back.
type Instance struct {
	ID     string
	Rule   string
	Labels map[string]string // with severity, and the endpoint's id, name and site
	Alert  Alert
	Steady bool          // of its rule: it is not damped
	Every  time.Duration // how often its rule is asked at most
	// Summary is what it says.
	Summary string
	// Groups are the names of those that its endpoint is in now, or the one that it is about.
	Groups []string
}

// NameLabel is the label by which the name of an alert's rule is matched, as in
// Prometheus and Alertmanager.
const NameLabel = "alertname"

// GroupLabel is the label of an alert that is about a group of endpoints. Matchers of it
// also choose the alerts of endpoints that are in the group.
const GroupLabel = "endpoint_group"

// Label is a label of the alert; one that it does not have is empty.
func (i *Instance) Label(name string) string {
	if name == NameLabel {
		return i.Rule
	}
	return i.Labels[name]
}

// Ancestor is something that is lost, and what depends on it.
type Ancestor struct {
	ID    string              // of its alert
	Name  string              // what it is, in words: “the subnet 10.0.4.0/24 in Berlin”
	Below map[string]struct{} // the endpoints that are lost with it
	// Sites, by name, of which (nearly) all that is lost is below: that a site is silent
	// says the same. The empty one stands for all sites together.
	Sites  map[string]struct{}
	Alerts map[string]struct{} // of smaller ancestors that are part of it, by id
	Over   bool                // it is back, and what is below is looked at again
	// Gathering is that some of what hangs on it went silent a moment ago: it is not
	// known yet whether all did, and there is no alert.
	Gathering bool
}

// holds reports whether an alert says what the ancestor's own says already.
func (a *Ancestor) holds(i *Instance) bool {
	if a.ID == i.ID {
		return false
	}
	if _, part := a.Alerts[i.ID]; part {
		return true
	}
	of := i.Label("endpoint")
	if of != "" {
		_, below := a.Below[of]
		return below
	}
	_, same := a.Sites[i.Label("site")]
	return same && i.Label(AboutLabel) == AboutSilence
}

// AboutLabel is the label by which a rule says that it is about many endpoints that went
// silent, rather than about what they measured.
const (
	AboutLabel   = "about"
	AboutSilence = "silence"
)

// words say why an ancestor holds an alert.
func (a *Ancestor) words() string {
	if a.Gathering {
		return fmt.Sprintf("It went silent a moment ago, and others at %s too. It is looked at whether all did.", a.Name)
	}
	if a.Over {
		return fmt.Sprintf("It went silent together with %s, which is back. It is looked at again before it counts.", a.Name)
	}
	return fmt.Sprintf("It went silent together with %s, which has an alert of its own.", a.Name)
}

// flapTold is for how long an alert that comes and goes is not yet held: its beginning
// is told in that time.
const flapTold = 5 * time.Minute

// Held says what holds an alert back now, beside other alerts by an Inhibitor; nothing:
// whoever has to know is told.
func Held(i Instance, silences []Silence, windows []Window, ancestors []Ancestor, now time.Time) []Hold {
	var out []Hold
	for _, s := range silences {
		if !s.Match.Fit(&i) {
			continue // asked first: when a silence holds is the dearer question
		}
		if until, on := s.On(now); on {
			out = append(out, Hold{Kind: ForSilence, By: s.ID, Why: s.words(), Until: until})
		}
	}
	for _, w := range windows {
		if !w.fits(&i) {
			continue
		}
		if until, on := w.On(now); on {
			out = append(out, Hold{Kind: ForMaintenance, By: w.ID, Why: w.words(), Until: until})
		}
	}
	for _, a := range ancestors {
		if a.holds(&i) {
			out = append(out, Hold{Kind: ForAncestor, By: a.ID, Why: a.words()})
		}
	}
	if a := &i.Alert; !i.Steady && a.Changes.Flapping() && a.Counts() == Firing && now.Sub(a.FiredAt) >= flapTold {
		out = append(out, Hold{Kind: ForFlap, Why: "It comes and goes. It was told when it began, and is again when it ends."})
	}
	return out
}
