package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/watch"
)

// TestUnlikeUsual: a site of which more machines suffer than usually at this hour fires, one
// that usually is so at this hour does not, nor one of whose past nothing is known; and a
// service that answers late for its hour does.
func TestUnlikeUsual(t *testing.T) {
	w := newWorld(t)
	w.facts["c"] = watch.Facts{Name: "Intranet"}
	for range 5 {
		for site, usual := range map[string]float64{"Berlin": 0.05, "Paris": 0.25, "New": -1} {
			w.series.Put("site_suffering_ratio", w.now, 0.25, "site", site)
			w.series.Put("site_suffering", w.now, 8, "site", site)
			if usual >= 0 {
				w.series.Put("site_suffering_ratio_usual", w.now, usual, "site", site)
				w.series.Put("site_suffering_ratio_usual_spread", w.now, 0.01, "site", site)
			}
		}
		w.series.Put("check_seconds", w.now, 2.5, "check", "c", "from", "server")
		w.series.Put("check_seconds_usual", w.now, 0.4, "check", "c", "from", "server")
		w.put("check_seconds_usual_spread", 0.1, "check", "c", "from", "server")
		w.round(0)
		w.now = w.now.Add(4 * time.Minute)
	}
	said := strings.Join(w.says(), "\n")
	for _, want := range []string{
		"SiteUnlikeItself firing: In Berlin more machines have a problem than usually at this hour of the week.",
		"CheckUnlikeItself firing: “Intranet” answers after 2.5 s, more than twice as late as usually at this hour of the week.",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not among\n%s", want, said)
		}
	}
	if strings.Contains(said, "Paris") || strings.Contains(said, "New") {
		t.Error(said)
	}
}
