package incident

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/deskbell/deskbell/server/announce"
)

// TestCircle holds whom an announcement is for to what it promises, over any crowd: all
// who said that it hits them, all at the place who use the service or of whom nobody
// knows, nobody else; and the whole place where nothing tells.
func TestCircle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := crowd{service: "VPN", where: "in Lyon", by: "with a tunnel", sure: rapid.Bool().Draw(t, "sure"), uses: map[string]bool{}, mute: map[string]bool{}, rang: map[string]bool{}, fails: map[string]bool{}, hit: map[string]bool{}}
		here, users, fits, known := map[string]bool{}, 0, 0, 0
		for n := range rapid.IntRange(0, 40).Draw(t, "machines") {
			m := fmt.Sprint("m", n)
			is := func(what string, in map[string]bool) bool {
				if rapid.IntRange(0, 3).Draw(t, what) == 0 {
					in[m] = true
				}
				return in[m]
			}
			if rapid.IntRange(0, 3).Draw(t, "elsewhere") > 0 {
				here[m], c.place = true, append(c.place, m)
			}
			uses := is("uses", c.uses)
			if !uses {
				is("mute", c.mute)
			}
			is("rang", c.rang)
			is("fails", c.fails)
			if is("hit", c.hit) && !c.mute[m] {
				known++
				if uses {
					fits++
				}
			}
			if uses && here[m] {
				users++
			}
		}
		a := c.choose()
		whole := users == 0 || 4*fits < 3*known || fits == 0 && !c.sure
		if whole != (len(a.Machines) == 0) || whole && !strings.HasSuffix(a.Words, fmt.Sprintf("for %s in Lyon.", plural(len(c.place), "the 1 computer", "all %d computers"))) || whole && a.Widen != "" {
			t.Fatalf("of %+v it makes %+v", c, a)
		}
		if whole {
			return
		}
		in := map[string]bool{}
		for _, m := range a.Machines {
			if in[m] = true; !c.hit[m] && (!here[m] || !c.uses[m] && !c.mute[m] && !c.rang[m] && !c.fails[m]) {
				t.Fatalf("it is for %s too: %+v", m, c)
			}
		}
		for m := range c.hit {
			if !in[m] {
				t.Fatalf("%s has reported it, and is left out", m)
			}
		}
		for _, m := range c.place {
			if !in[m] && (c.uses[m] || c.mute[m] || c.rang[m] || c.fails[m]) {
				t.Fatalf("%s is left out: %+v", m, c)
			}
		}
		if !strings.HasPrefix(a.Words, fmt.Sprintf("It is for %s: %d with a tunnel", plural(len(a.Machines), "1 computer", "%d computers"), users)) || len(a.Machines) < len(c.place) && a.Widen != "everybody in Lyon" {
			t.Fatalf("it says %+v", a)
		}
	})
	// More than can be named are the whole place.
	c := crowd{service: "VPN", sure: true, by: "with a tunnel", uses: map[string]bool{}}
	for n := range announce.MaxEndpoints + 1 {
		c.place = append(c.place, fmt.Sprint(n))
		c.uses[c.place[n]] = true
	}
	if a := c.choose(); a.Machines != nil || !strings.Contains(a.Words, "2001 computers at all sites are concerned, which is more than can be named") {
		t.Errorf("of many it makes %q", a.Words)
	}
}

// TestNamed finds a service in the names of programs and groups by whole words.
func TestNamed(t *testing.T) {
	for _, c := range []struct {
		text, what string
		want       bool
	}{
		{"Microsoft Outlook 2021", "Outlook", true},
		{"microsoft-outlook", "outlook", true},
		{"SAP users", "SAP", true},
		{"Disapproval", "SAP", false},
		{"Office 365", "Microsoft Office", false},
		{"Microsoft Office 365", "Microsoft Office", true},
		{"anything", "", false},
		{"anything", "–", false},
		{"Ärzte-Portal", "ärzte", true},
	} {
		if got := named(c.text, c.what); got != c.want {
			t.Errorf("%q in %q: %v", c.what, c.text, got)
		}
	}
	if !byTunnel("VPN (Lyon)") || byTunnel("Outlook") {
		t.Error("it is not known what is reached by a tunnel")
	}
}
