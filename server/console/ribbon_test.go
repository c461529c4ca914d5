package console

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/metrics"
	"github.com/deskbell/deskbell/server/noc"
)

// recorded is a series of presences, one a minute.
type recorded struct {
	Series
	points []metrics.Point
	err    error
}

func (k recorded) Range(_ context.Context, _, name string, from, to time.Time, _ int) ([]metrics.Point, error) {
	var out []metrics.Point
	for _, p := range k.points {
		if name == metrics.PresenceSeries && !p.At.Before(from) && !p.At.After(to) {
			out = append(out, p)
		}
	}
	return out, k.err
}

// aWeek is what a laptop does until a moment, beginning nine days before, with all that a
// ribbon can show.
func aWeek(to time.Time) (points []metrics.Point) {
	for at := to.Add(-9 * 24 * time.Hour); !at.After(to); at = at.Add(time.Minute) {
		ago, p := to.Sub(at), noc.Online
		switch h := at.Hour(); {
		case ago > 100*time.Hour && ago < 104*time.Hour, ago > 8*time.Hour && ago < 9*time.Hour:
			continue // the server was away
		case ago > 50*time.Hour && ago <= 50*time.Hour+3*time.Minute, ago > 3*time.Hour && ago <= 4*time.Hour:
			p = noc.Silent
		case ago > 5*time.Hour && ago <= 5*time.Hour+20*time.Minute:
			p = noc.Stuck
		case ago > 6*time.Hour && ago <= 7*time.Hour:
			p = noc.Stopped
		case h >= 22 || h < 6:
			p = noc.Off
		case h >= 18:
			p = noc.Asleep
		}
		points = append(points, metrics.Point{At: at, Value: float64(p.Number())})
	}
	return points
}

// TestRibbons: a week is drawn and said whole, from its own beginning; what lasted three
// minutes of it is seen; and where nothing was recorded it says so, and nothing else.
func TestRibbons(t *testing.T) {
	now := time.Date(2026, 3, 5, 17, 0, 0, 0, time.UTC)
	c := &Console{Deps: Deps{Series: recorded{points: aWeek(now)}, Now: func() time.Time { return now }}}
	enrolled := now.Add(-3 * 24 * time.Hour)
	for _, x := range []struct {
		name     string
		enrolled time.Time
		week     time.Duration
	}{{"old", now.AddDate(-1, 0, 0), ribbonLong}, {"new", enrolled, 3 * 24 * time.Hour}} {
		list, err := c.ribbons(t.Context(), "e", x.enrolled)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d ribbons, %v", len(list), err)
		}
		for i, long := range []time.Duration{24 * time.Hour, x.week} {
			said := map[noc.Presence]time.Duration{}
			var all time.Duration
			for _, p := range list[i].parts() {
				said[p.Presence] = p.Long
				all += p.Long
			}
			if all != long {
				t.Errorf("%s: %s is %v long", x.name, list[i].Word, all)
			}
			want := map[noc.Presence]time.Duration{noc.Stuck: 20 * time.Minute, noc.Stopped: time.Hour, noc.Unknown: time.Hour, noc.Silent: time.Hour}
			if i == 1 {
				if want[noc.Silent] += 3 * time.Minute; x.name == "old" {
					want[noc.Unknown] += 4 * time.Hour
				}
			}
			for p, d := range want {
				if diff := (said[p] - d).Abs(); diff > 6*time.Minute {
					t.Errorf("%s: %s: %s for %v instead of %v", x.name, list[i].Word, p, said[p], d)
				}
			}
			if list[i].To != now || !strings.Contains(list[i].words(), "silent for 1 h") {
				t.Errorf("%s: %s", x.name, list[i].words())
			}
		}
		if x.name == "new" && !list[1].Stretches[0].From.Equal(enrolled) {
			t.Errorf("it was enrolled at %v, and something is said of %v", enrolled, list[1].Stretches[0].From)
		}
		var html strings.Builder
		v := endpointView{Ribbons: list, Endpoint: noc.Detail{View: noc.View{Expected: 0.93}}}
		if err := presencePart(v).Render(t.Context(), &html); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			`class="ribbon-bar ribbon-silent"`, `fill="url(#ribbon-unknown)"`, "<title>Silent for 1 h, until Thursday, 5 March 2026, 14:00:00 UTC</title>",
			"At this hour of the week it is there in about 93 of 100 cases.", `aria-label="The last 7 days: `, "<th scope=\"row\">",
		} {
			if !strings.Contains(html.String(), want) {
				t.Errorf("%s: the page has no %s", x.name, want)
			}
		}
		for _, m := range regexp.MustCompile(`(?:x|width)="([0-9.-]+)"`).FindAllStringSubmatch(html.String(), -1) {
			if strings.HasPrefix(m[1], "-") || len(m[1]) > 7 {
				t.Errorf("%s: something is drawn at %s", x.name, m[1])
			}
		}
		if to := os.Getenv("DESKBELL_RIBBONS"); to != "" { // to be looked at
			if err := os.WriteFile(to, []byte(html.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}

	c.Series = recorded{}
	list, err := c.ribbons(t.Context(), "e", now.AddDate(-1, 0, 0))
	if err != nil || list[1].words() != "The last 7 days: nothing known for 7 d." {
		t.Errorf("without any series: %s, %v", list[1].words(), err)
	}
	c.Series = recorded{err: fault.New(fault.Unavailable, "The series are being opened.")}
	if list, err := c.ribbons(t.Context(), "e", time.Time{}); err != nil || list != nil {
		t.Errorf("while the series are opened: %v, %v", list, err)
	}
	broken := errors.New("broken")
	c.Series = recorded{err: broken}
	if _, err := c.ribbons(t.Context(), "e", time.Time{}); !errors.Is(err, broken) {
		t.Errorf("of broken series: %v", err)
	}
}
