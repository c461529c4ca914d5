package wire_test

import (
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
)

// hops of an address, how many of ten came back, and what it says; “end” is the host.
type hop struct {
	address  string
	received int
	says     string
}

func pathOf(list ...hop) wire.PathPart {
	p := wire.PathPart{Address: "end"}
	for i, h := range list {
		x := wire.PathHop{TTL: i + 1, Sent: 10, Received: h.received, Says: h.says, End: h.address == "end"}
		if h.address != "" {
			x.Addresses = []string{h.address}
		}
		p.Hops = append(p.Hops, x)
	}
	return p
}

func TestVerdictOfAPath(t *testing.T) {
	a, b, c, silent := hop{"a", 10, ""}, hop{"b", 10, ""}, hop{"c", 10, ""}, hop{}
	for name, x := range map[string]struct {
		path  wire.PathPart
		state wire.PathState
		ttl   int
	}{
		"nothing":                               {pathOf(), wire.PathSilent, 0},
		"only silence":                          {pathOf(silent, silent), wire.PathSilent, 0},
		"whole":                                 {pathOf(a, b, hop{"end", 10, ""}), wire.PathWhole, 3},
		"a silent router loses nothing":         {pathOf(a, silent, hop{"end", 10, ""}), wire.PathWhole, 3},
		"a router that answers rarely neither":  {pathOf(a, hop{"b", 3, ""}, hop{"end", 10, ""}), wire.PathWhole, 3},
		"lossy from the second on":              {pathOf(a, hop{"b", 7, ""}, hop{"c", 8, ""}, hop{"end", 7, ""}), wire.PathLossy, 2},
		"lossy, and a silent one between":       {pathOf(a, hop{"b", 7, ""}, silent, hop{"end", 7, ""}), wire.PathLossy, 2},
		"rarely answers, and loss begins later": {pathOf(a, hop{"b", 2, ""}, c, hop{"d", 7, ""}, hop{"end", 6, ""}), wire.PathLossy, 4},
		"only the host":                         {pathOf(a, b, hop{"end", 6, ""}), wire.PathLossy, 3},
		"a dead end":                            {pathOf(a, b), wire.PathEnds, 2},
		"refused":                               {pathOf(a, hop{"b", 10, "a filter forbids it"}), wire.PathRefused, 2},
		"a circle":                              {pathOf(a, b, c, b, c, b, c), wire.PathCircle, 2},
		"a circle of one is none":               {pathOf(a, b, b, b, b), wire.PathEnds, 5},
		"hostile":                               {wire.PathPart{Hops: []wire.PathHop{{Sent: -5, Received: 1 << 40, End: true}}}, wire.PathWhole, 0},
	} {
		v := x.path.Verdict()
		ttl := 0
		if v.Hop != nil {
			ttl = v.Hop.TTL
		}
		if v.State != x.state || ttl != x.ttl {
			t.Errorf("%s: %s at %d, want %s at %d", name, v.State, ttl, x.state, x.ttl)
		}
	}
}
