package synthetic

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/diagnostics/check"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// play gives a check results by letters: o ok, f failed, b failed while blind, u unable,
// R a restart. It returns a letter for each state after each.
func play(c Check, results string) string {
	var l Life
	limits := Limits{c.Failures, c.Successes}
	var out strings.Builder
	for i, r := range results {
		at := noon.Add(time.Duration(i) * time.Minute)
		switch r {
		case 'R':
			l = Life{Known: l.Known, Down: l.Down, Since: l.Since, Last: l.Last, LastAt: l.LastAt} // what is stored
		case 'o':
			l = l.Take(check.Result{Outcome: check.OK}, at, limits, false)
		case 'u':
			l = l.Take(check.Result{Outcome: check.Unable}, at, limits, false)
		default:
			l = l.Take(check.Result{Outcome: check.Failed}, at, limits, r == 'b')
		}
		out.WriteByte(map[State]byte{Awaited: 'n', Up: 'U', Down: 'D', Unknown: '?'}[l.State()])
	}
	return out.String()
}

// TestLife: three failures in a row make it down, two successes up again, what could not
// be looked at counts neither way, and a restart forgets what was counted.
func TestLife(t *testing.T) {
	for results, want := range map[string]string{
		"":           "",
		"offof":      "UUUUU",
		"offfo":      "UUUDD",
		"offfoo":     "UUUDDU",
		"offfofoo":   "UUUDDDDU",
		"fff":        "nnD",
		"ffo":        "nnU",
		"offRff":     "UUU?UU",
		"offRfff":    "UUU?UUD",
		"offfRfoo":   "UUUD?DDU",
		"offuff":     "UUU?UU",
		"obbbo":      "U???U",
		"offbff":     "UUU?UU",
		"offfbboo":   "UUUD??DU",
		"RRRR":       "nnnn",
		"uuuuuuffff": "??????nnDD",
	} {
		if got := play(Usual(), results); got != want {
			t.Errorf("%s: %s, want %s", results, got, want)
		}
	}
	one := Usual()
	one.Failures, one.Successes = 1, 1
	if got := play(one, "ofo"); got != "UDU" {
		t.Errorf("at once: %s", got)
	}
}

// TestRestartMakesNothingFail: whatever comes, a check goes down only by so many failures
// in a row with no restart, no blindness and no success between them.
func TestRestartMakesNothingFail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Usual()
		c.Failures, c.Successes = rapid.IntRange(1, 5).Draw(t, "failures"), rapid.IntRange(1, 5).Draw(t, "successes")
		results := rapid.StringMatching("[offffbuR]{0,80}").Draw(t, "results")
		states := play(c, results)
		down := false
		for i := range results {
			run := 0
			for j := i; j >= 0 && results[j] == 'f'; j-- {
				run++
			}
			if is := states[i] == 'D'; is && !down && run < c.Failures {
				t.Fatalf("%s: down at %d after %d failures in a row of %d: %s", results, i, run, c.Failures, states)
			} else if is {
				down = true
			}
			if states[i] == 'U' {
				down = false
			}
		}
	})
}

// TestEvidence says from where it fails and works.
func TestEvidence(t *testing.T) {
	down := Life{Known: true, Down: true, Heard: true, LastAt: noon, Last: check.Result{Outcome: check.Failed, Says: "It answered 503."}}
	up := Life{Known: true, Heard: true, LastAt: noon, Last: check.Result{Outcome: check.OK}}
	lost := Life{Known: true, LastAt: noon}
	at := func(name string, l Life) View {
		if name == "the server" {
			return View{From: Server, Name: name, Life: l}
		}
		return View{From: "s-" + name, Name: name, Life: l}
	}
	for want, views := range map[string][]View{
		"works.":                  {at("the server", up)},
		"fails. It answered 503.": {at("the server", down)},
		"fails from Berlin, works from Munich and the server. It answered 503.":             {at("Berlin", down), at("Munich", up), at("the server", up)},
		"fails from Berlin. It answered 503.":                                               {at("Berlin", down)},
		"fails from Berlin, not known from Munich. It answered 503.":                        {at("Berlin", down), at("Munich", lost)},
		"fails from Berlin, works from the server, not known from Munich. It answered 503.": {at("Berlin", down), at("Munich", lost), at("the server", up)},
		"fails from Berlin and the server. It answered 503.":                                {at("Berlin", down), at("Munich", Life{}), at("the server", down)},
		"fails from A, B, C, D, E and other places. It answered 503.":                       {at("A", down), at("B", down), at("C", down), at("D", down), at("E", down), at("F", down), at("G", down)},
	} {
		if got := evidence(views); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c := Usual()
	for want, lives := range map[State][]Life{Up: {up, {}}, Down: {down, {}}, Partly: {down, up}, Awaited: {{}}, Unknown: {{LastAt: noon}}} {
		if got := stateOf(&c, lives); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
