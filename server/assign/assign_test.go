package assign

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/deskbell/deskbell/server/ticket"
)

func TestChoose(t *testing.T) {
	team := func(change func([]Person)) []Person {
		p := []Person{{ID: "anna", Load: 3, Turn: 5, Skills: []string{"VPN"}}, {ID: "ben", Load: 1, Turn: 9, Skills: []string{"printer", "vpn"}}, {ID: "cleo", Load: 2, Turn: 2}}
		if change != nil {
			change(p)
		}
		return p
	}
	for _, tc := range []struct {
		what string
		q    Question
		p    []Person
		who  string
		why  Reason
	}{
		{"a team that gives nothing out", Question{}, team(nil), "", Manual},
		{"by hand, said so", Question{Mode: ByHand}, team(nil), "", Manual},
		{"in turn: the longest ago", Question{Mode: RoundRobin}, team(nil), "cleo", Chosen},
		{"in turn: never before everybody", Question{Mode: RoundRobin}, team(func(p []Person) { p[1].Turn = 0 }), "ben", Chosen},
		{"in turn, somebody away", Question{Mode: RoundRobin}, team(func(p []Person) { p[2].Away = true }), "anna", Chosen},
		{"in turn, outside their hours", Question{Mode: RoundRobin}, team(func(p []Person) { p[2].Closed = true }), "anna", Chosen},
		{"least loaded", Question{Mode: LeastLoaded}, team(nil), "ben", Chosen},
		{"least loaded, equal: in turn", Question{Mode: LeastLoaded}, team(func(p []Person) { p[2].Load = 1 }), "cleo", Chosen},
		{"the cap", Question{Mode: RoundRobin, Cap: 2}, team(nil), "ben", Chosen},
		{"everybody full", Question{Mode: LeastLoaded, Cap: 1}, team(nil), "", AllFull},
		{"full goes before away", Question{Mode: LeastLoaded, Cap: 2}, team(func(p []Person) { p[1].Away = true }), "", AllFull},
		{"everybody away", Question{Mode: BySkill}, team(func(p []Person) { p[0].Away, p[1].Away, p[2].Closed = true, true, true }), "", Nobody},
		{"nobody in the team", Question{Mode: RoundRobin}, nil, "", Nobody},
		{"by skill, whatever the case of the letters", Question{Mode: BySkill, Wants: []string{"printer"}}, team(nil), "ben", Chosen},
		{"by skill, equal: less loaded", Question{Mode: BySkill, Wants: []string{"vpn"}}, team(nil), "ben", Chosen},
		{"by skill, the better one away", Question{Mode: BySkill, Wants: []string{"vpn"}}, team(func(p []Person) { p[1].Away = true }), "anna", Chosen},
		{"by skill that nobody has: less loaded", Question{Mode: BySkill, Wants: []string{"sap"}}, team(nil), "ben", Chosen},
	} {
		for range 4 { // in any order
			rand.Shuffle(len(tc.p), func(i, j int) { tc.p[i], tc.p[j] = tc.p[j], tc.p[i] })
			if who, why := Choose(tc.q, tc.p); who != tc.who || why != tc.why {
				t.Errorf("%s: %q, %s; want %q, %s", tc.what, who, why, tc.who, tc.why)
			}
		}
	}
}

// TestFairInTurn gives out many tickets while people come and go: among those who
// were there all the time nobody has more than one more than another.
func TestFairInTurn(t *testing.T) {
	people := []Person{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}, {ID: "comes and goes"}}
	got := map[string]int{}
	for turn := int64(1); turn <= 5000; turn++ {
		people[4].Away = turn/7%3 != 0
		who, why := Choose(Question{Mode: RoundRobin}, people)
		if why != Chosen {
			t.Fatalf("turn %d: %s", turn, why)
		}
		got[who]++
		i := slices.IndexFunc(people, func(p Person) bool { return p.ID == who })
		people[i].Turn = turn
		lo, hi := min(got["a"], got["b"], got["c"], got["d"]), max(got["a"], got["b"], got["c"], got["d"])
		if hi-lo > 1 {
			t.Fatalf("after %d: %v", turn, got)
		}
	}
	if got["comes and goes"] == 0 {
		t.Error("who comes back gets none")
	}
}

func TestCounts(t *testing.T) {
	var runs []ticket.State
	for _, s := range ticket.States() {
		if Counts(s) {
			runs = append(runs, s)
		}
	}
	if want := []ticket.State{ticket.Approved, ticket.Assigned, ticket.InProgress}; !slices.Equal(runs, want) {
		t.Errorf("%v weigh on somebody, want %v", runs, want)
	}
}
