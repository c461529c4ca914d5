package alert

import (
	"fmt"
	"slices"
	"time"
)

// Window is a time in which machines are worked on.
type Window struct {
	ID    string `json:"id"`
	Title string `json:"title"` // what is done
	// Sites and Groups, by name, and Endpoints and Checks, by id, are what it is for; with
	// none of them it is for everything. Of a group it is for those that are in it then.
	Sites     []string `json:"sites,omitempty"`
	Groups    []string `json:"groups,omitempty"`
	Endpoints []string `json:"endpoints,omitempty"`
	Checks    []string `json:"checks,omitempty"`
	Times     Times    `json:"times"`

	Who     string    `json:"who,omitempty"` // their id
	Name    string    `json:"name,omitempty"`
	MadeAt  time.Time `json:"made_at,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"` // before its time, by hand
}

// On reports whether machines are worked on now, and until when; zero: it is not known.
func (w *Window) On(now time.Time) (until time.Time, on bool) {
	if w.Over(now) {
		return time.Time{}, false
	}
	t, on := w.Times.At(now)
	return t.To, on
}

// Over reports whether the window will never be again.
func (w *Window) Over(now time.Time) bool {
	return !w.EndedAt.IsZero() && !now.Before(w.EndedAt) || w.Times.Over(now)
}

// fits reports whether an alert is about what is worked on. One that is about more
// than one machine is, when it is about a site that is worked on as a whole.
func (w *Window) fits(i *Instance) bool {
	return w.Has(i.Label("endpoint"), i.Label("site"), i.Groups) || w.HasCheck(i.Label("check"))
}

// HasCheck reports whether a window is for a check. What is empty is none.
func (w *Window) HasCheck(id string) bool { return id != "" && slices.Contains(w.Checks, id) }

// Has reports whether a window is for an endpoint, a site or one of the groups. What is
// empty is none.
func (w *Window) Has(endpoint, site string, groups []string) bool {
	if len(w.Sites)+len(w.Groups)+len(w.Endpoints)+len(w.Checks) == 0 {
		return true
	}
	if slices.ContainsFunc(w.Groups, func(g string) bool { return slices.Contains(groups, g) }) {
		return true
	}
	for _, s := range w.Sites {
		if s != "" && s == site {
			return true
		}
	}
	for _, e := range w.Endpoints {
		if e != "" && e == endpoint {
			return true
		}
	}
	return false
}

// words say the window in a sentence.
func (w *Window) words() string {
	if w.Name == "" {
		return fmt.Sprintf("In maintenance: %s.", w.Title)
	}
	return fmt.Sprintf("In maintenance: %s (planned by %s).", w.Title, w.Name)
}
