package watch

import (
	"slices"

	"github.com/deskbell/deskbell/server/alert"
)

// WorkedOn returns what says of an endpoint, by its id and the names of its site and its
// groups, whether it is in maintenance now, and of a check by its id. ok is false while
// nobody knows, as after a start.
func (w *Watcher) WorkedOn() (worked func(endpoint, site string, groups []string) bool, check func(id string) bool, ok bool) {
	now := w.o.Now()
	w.mu.RLock()
	defer w.mu.RUnlock()
	var windows []alert.Window
	for _, x := range w.windows {
		if _, is := x.On(now); is && x.overAt.IsZero() {
			windows = append(windows, x.Window)
		}
	}
	worked = func(endpoint, site string, groups []string) bool {
		for i := range windows {
			if windows[i].Has(endpoint, site, groups) {
				return true
			}
		}
		return false
	}
	check = func(id string) bool {
		return slices.ContainsFunc(windows, func(x alert.Window) bool { return x.HasCheck(id) })
	}
	return worked, check, w.loaded
}
