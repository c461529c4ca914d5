// Package stock is the vocabulary of the facts by which machines are compared: what
// they run, what is installed, how they are connected. A fact is three short plain
// words; it never tells who somebody is, what they opened or what a command was
// given. Pure.
package stock

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind says what a fact is about.
type Kind string

// The kinds. A newer neighbour may know more: those are carried and not compared.
const (
	Read     Kind = "read"     // the name is a kind that the machine could read: without it, absence says nothing
	System   Kind = "system"   // the system, the kernel
	Hardware Kind = "hardware" // model, firmware, processor, memory
	Graphics Kind = "graphics" // a graphics processor, and its driver
	Driver   Kind = "driver"   // a module or driver, and its version
	Software Kind = "software" // a program or package, and its version
	Update   Kind = "update"   // one that waits, and the version that it brings
	Service  Kind = "service"  // on, off
	Startup  Kind = "startup"  // on, off
	Network  Kind = "network"  // kinds of links, the proxy, search domains
	Gateway  Kind = "gateway"  // an address
	Resolver Kind = "resolver" // an address
	Subnet   Kind = "subnet"   // the one from which the server is reached
	Tunnel   Kind = "tunnel"   // a VPN's interface that is up

	AccessPoint Kind = "accesspoint" // the one of its wireless link, by an opaque name; see AccessPointName
)

// Kinds lists those that are compared, in the order in which people read them.
func Kinds() []Kind {
	return []Kind{System, Hardware, Graphics, Driver, Software, Update, Service, Startup, Network, Gateway, Resolver, Subnet, Tunnel, AccessPoint}
}

// Bounds of what one machine tells.
const (
	MaxFacts   = 5000
	MaxText    = 256 << 10 // of all facts, not compressed
	MaxName    = 160       // bytes of a name, and of a value
	MaxChanges = 300       // that are kept and told
	KeepFor    = 90 * 24 * time.Hour
)

// Fact is one of them. Kind and name are unique within a machine.
type Fact struct {
	Kind  Kind   `json:"kind"`
	Name  string `json:"name"`
	Value string `json:"value,omitempty"` // a version, a state; empty where being there is all
}

// Did says how a fact has changed.
type Did string

// What can happen to a fact.
const (
	Added   Did = "added"
	Removed Did = "removed"
	Changed Did = "changed"
)

// Change is a fact that has changed, with when it was noticed; it did not happen
// before After.
type Change struct {
	At    time.Time `json:"at"`
	After time.Time `json:"after,omitzero"`
	Kind  Kind      `json:"kind"`
	Name  string    `json:"name"`
	Did   Did       `json:"did"`
	From  string    `json:"from,omitempty"`
	To    string    `json:"to,omitempty"`
}

// Compare orders facts by kind and name.
func Compare(a, b Fact) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
}

// Line makes one plain line of at most MaxName bytes: what a machine says of itself
// is shown to people in many places.
func Line(s string) string {
	if len(s) > 8*MaxName {
		s = s[:8*MaxName]
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= MaxName {
		return s
	}
	cut := MaxName - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.TrimRight(s[:cut], " ") + "…"
}

// kindLine is a kind's word: lower-case letters, as all of them are.
func kindLine(k Kind) Kind {
	if len(k) > 20 {
		return ""
	}
	for _, r := range k {
		if r < 'a' || r > 'z' {
			return ""
		}
	}
	return k
}

// Clean makes facts plain, ordered, unique and few enough. Values of one name are
// joined: two versions of a package lie side by side. It says how many were left out.
func Clean(facts []Fact) (clean []Fact, left int) {
	out := make([]Fact, 0, len(facts))
	for _, f := range facts {
		f = Fact{kindLine(f.Kind), Line(f.Name), Line(f.Value)}
		if f.Kind == "" || f.Name == "" {
			left++
			continue
		}
		out = append(out, f)
	}
	slices.SortFunc(out, Compare)
	n := 0
	for _, f := range out {
		if n > 0 && out[n-1].Kind == f.Kind && out[n-1].Name == f.Name {
			if last := &out[n-1]; last.Value != f.Value && f.Value != "" && !slices.Contains(strings.Split(last.Value, ", "), f.Value) {
				last.Value = Line(strings.TrimPrefix(last.Value+", "+f.Value, ", "))
			}
			continue
		}
		out[n] = f
		n++
	}
	out = out[:n]
	size := 0
	for i, f := range out {
		if size += f.size(); i >= MaxFacts || size > MaxText {
			return out[:i:i], left + len(out) - i
		}
	}
	return out, left
}

// size is what a fact takes in the text form.
func (f Fact) size() int { return len(f.Kind) + len(f.Name) + len(f.Value) + 3 }

// Known lists the kinds that a machine could read.
func Known(facts []Fact) map[Kind]bool {
	known := map[Kind]bool{}
	for _, f := range facts {
		if f.Kind == Read {
			known[Kind(f.Name)] = true
		}
	}
	return known
}

// Find returns the value of a fact.
func Find(facts []Fact, k Kind, name string) (string, bool) {
	i, ok := slices.BinarySearchFunc(facts, Fact{Kind: k, Name: name}, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	if !ok {
		return "", false
	}
	return facts[i].Value, true
}
