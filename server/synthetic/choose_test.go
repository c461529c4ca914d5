package synthetic

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
)

// TestAgree: a service is down from a site when all that answered say so, and not known
// when none did; what they say is joined.
func TestAgree(t *testing.T) {
	say := func(name string, o check.Outcome, says string, took time.Duration) answer {
		return answer{name, check.Result{Outcome: o, Says: says, Took: took}}
	}
	ok, slow := say("PC-1", check.OK, "Open.", time.Millisecond), say("PC-2", check.OK, "Open, slowly.", time.Second)
	bad, same, worse := say("PC-3", check.Failed, "Refused.", 1), say("PC-4", check.Failed, "Refused.", 1), say("PC-5", check.Failed, "Silent.", 1)
	unable := say("PC-6", check.Unable, "No right.", 0)
	for _, c := range []struct {
		asked   int
		answers []answer
		want    check.Outcome
		says    string
	}{
		{0, nil, check.Unable, "No computer at Berlin is connected that could look."},
		{3, nil, check.Unable, "Of the computers at Berlin none answered that was asked. Their agents may be older than this server, or not allow it."},
		{2, []answer{unable}, check.Unable, "From PC-6: No right."},
		{2, []answer{bad}, check.Failed, "From PC-3: Refused."},
		{2, []answer{bad, same}, check.Failed, "From PC-3 and PC-4: Refused."},
		{3, []answer{bad, worse, same}, check.Failed, "From PC-3 and PC-4: Refused. From PC-5: Silent."},
		{2, []answer{unable, bad}, check.Failed, "From PC-3: Refused."},
		{2, []answer{bad, ok}, check.OK, "From PC-1: Open. From PC-3: Refused."},
		{2, []answer{slow, ok}, check.OK, "From PC-2: Open, slowly. From PC-1: Open."},
		{1, []answer{{strings.Repeat("x", 900) + "\x1b[2J", check.Result{Outcome: "evil", Says: "\u202e" + strings.Repeat("y", 9000)}}}, check.Unable, ""},
	} {
		got := agree("Berlin", c.asked, c.answers)
		if got.Outcome != c.want || c.says != "" && got.Says != c.says || len(got.Says) > 1000 || strings.ContainsAny(got.Says, "\x1b\u202e") {
			t.Errorf("%+v: %+v", c.answers, got)
		}
	}
	if got := agree("Berlin", 2, []answer{slow, ok}); got.Took != time.Millisecond {
		t.Errorf("it took %v", got.Took)
	}
	first, last := ok, slow
	first.Expires, last.Expires = noon.AddDate(0, 1, 0), noon
	if got := agree("Berlin", 2, []answer{first, last}); !got.Expires.Equal(noon) {
		t.Errorf("it runs out on %v", got.Expires)
	}
}

// TestChoose: the same computers are asked as long as they are there, those that stay
// where they are first; who comes or goes changes nothing for the others; different
// checks ask different ones; who is named is asked alone.
func TestChoose(t *testing.T) {
	var here []Endpoint
	for i := range 40 {
		here = append(here, Endpoint{ID: fmt.Sprintf("01J%04d", i), Mobile: i%2 == 0})
	}
	order := func(c *Check, list []Endpoint, named bool) (ids []string) {
		for _, e := range choose(c, list, named) {
			ids = append(ids, e.ID)
		}
		return ids
	}
	firsts := map[string]int{}
	for n := range 200 {
		c := &Check{ID: fmt.Sprint("check-", n)}
		all := order(c, here, false)
		for i, e := range choose(c, here, false) {
			if e.Mobile != (i >= 20) {
				t.Fatalf("%d: number %d has a battery: %v", n, i, e.Mobile)
			}
		}
		firsts[all[0]]++
		gone := n % 40
		rest := order(c, append(append([]Endpoint{}, here[:gone]...), here[gone+1:]...), false)
		if want := strings.ReplaceAll(strings.Join(all, " ")+" ", here[gone].ID+" ", ""); want != strings.Join(rest, " ")+" " {
			t.Fatalf("without %s it is %v, and was %v", here[gone].ID, rest, all)
		}
	}
	for id, n := range firsts {
		if n > 30 { // of 200 over 20
			t.Errorf("%s is the first of %d checks", id, n)
		}
	}
	c := &Check{ID: "c", Endpoints: []string{"01J0007", "gone"}}
	if got := order(c, here, true); len(got) != 1 || got[0] != "01J0007" {
		t.Errorf("the named are %v", got)
	}
}
