package console

import (
	"testing"
	"time"
)

func TestAMissingTimeIsNoDifference(t *testing.T) {
	ms := func(n int) fact { return fact{value: "n ms", time: time.Duration(n) * time.Millisecond, timed: true} }
	for _, c := range []struct {
		name  string
		facts []fact
		want  bool
	}{
		{"none takes long", []fact{ms(2), ms(9)}, false},
		{"one takes much longer", []fact{ms(2), ms(90)}, true},
		{"the first has no time", []fact{{}, ms(9), ms(9)}, false},
		{"another has no time", []fact{ms(90), {}, ms(91)}, false},
		{"one has none, two differ", []fact{{}, ms(2), ms(90)}, true},
		{"a word is missing", []fact{{value: "203.0.113.7"}, {}}, true},
		{"words differ", []fact{{value: "open"}, {value: "shut"}}, true},
		{"one is somewhat slower", []fact{{value: "94", rate: 94e6}, {value: "60", rate: 60e6}}, false},
		{"one is much slower", []fact{{value: "94", rate: 94e6}, {value: "92", rate: 92e6}, {value: "11", rate: 11e6}}, true},
		{"one has no speed", []fact{{value: "94", rate: 94e6}, {}}, true},
		{"nobody else was asked", []fact{{value: "open"}}, false},
		{"nothing", nil, false},
	} {
		if got := differ(c.facts); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
