package group

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/query"
)

// Machine is what conditions ask of an endpoint.
type Machine struct {
	ID, Name, Site, OS, Platform, Address, Agent string // of the agent its version
}

// condition is a filter over endpoints, made ready to be asked often. The empty one
// fits nothing: it is there for groups of named machines alone.
type condition struct {
	terms []term
	kinds []stock.Kind // of the facts that it needs
}

type term struct {
	not    bool
	key    query.Key
	values []pattern
}

// parse reads a condition.
func parse(text string) (c condition, err error) {
	f, err := query.ParseEndpoints(text)
	if err != nil {
		return c, err
	}
	for _, t := range f.Terms {
		x := term{not: t.Not, key: t.Key}
		for _, v := range t.Values {
			switch {
			case t.Key == query.OS && v == "macos":
				v = "darwin"
			case t.Key == query.Text:
				v = "*" + v + "*"
			}
			x.values = append(x.values, pattern(strings.ToLower(v)))
		}
		c.terms = append(c.terms, x)
		if k := kindOf(t.Key); k != "" && !slices.Contains(c.kinds, k) {
			c.kinds = append(c.kinds, k)
		}
	}
	if c.kinds != nil {
		c.kinds = append(c.kinds, stock.Read)
	}
	return c, nil
}

// rename has access points that are given by their hardware address be asked for by the
// name that machines tell.
func (c *condition) rename(name func(address string) string) {
	for _, t := range c.terms {
		for i, v := range t.values {
			if t.key != query.AP || name == nil {
				continue
			}
			if n := name(string(v)); n != "" {
				t.values[i] = pattern(n)
			}
		}
	}
}

// keyed reports whether it asks for more than words in names.
func (c *condition) keyed() bool {
	return slices.ContainsFunc(c.terms, func(t term) bool { return t.key != query.Text })
}

// kindOf is the kind of the facts that a key asks for.
func kindOf(k query.Key) stock.Kind {
	switch k {
	case query.Model, query.Form:
		return stock.Hardware
	case query.Software:
		return stock.Software
	case query.Subnet:
		return stock.Subnet
	case query.AP:
		return stock.AccessPoint
	}
	return ""
}

// fits reports whether all of the condition applies to a machine. What the machine has
// not told fits neither what asks for it nor what excludes it: nobody knows.
func (c *condition) fits(m *Machine, of Facts) bool {
	var told []stock.Fact
	if c.kinds != nil {
		told = of(m.ID, c.kinds...)
	}
	for _, t := range c.terms {
		has, known := t.in(m, told)
		if !known || has == t.not {
			return false
		}
	}
	return len(c.terms) > 0
}

// in reports whether one of the values is the machine's, and whether that can be said.
func (t *term) in(m *Machine, told []stock.Fact) (has, known bool) {
	if kind := kindOf(t.key); kind != "" {
		return t.told(kind, told)
	}
	texts := []string{""}
	switch t.key {
	case query.Site:
		texts[0] = m.Site
	case query.Endpoint:
		texts = []string{m.Name, m.ID}
	case query.OS:
		texts[0] = m.OS
	case query.Platform:
		texts[0] = m.Platform
	case query.Agent:
		texts[0] = m.Agent
	case query.Address:
		texts[0] = m.Address
	case query.Text:
		texts = []string{m.Name, m.Address}
	}
	if len(texts) == 1 && texts[0] == "" {
		return false, false
	}
	return slices.ContainsFunc(texts, t.any), true
}

// told is the same of what the machine has told of itself. A list of programs that was cut
// short says nothing of those that are missing in it.
func (t *term) told(kind stock.Kind, told []stock.Fact) (has, known bool) {
	for _, f := range told {
		text := f.Name
		if name := nameOf(t.key); name != "" {
			text = f.Value
			if f.Kind == kind && f.Name != name || t.key == query.Form && f.Kind == kind && !slices.Contains(stock.Forms(), text) {
				continue
			}
		}
		switch {
		case f.Kind == stock.Read && f.Name == string(kind):
			known = known || t.key != query.Form // agents of before read the hardware and do not say
			continue
		case f.Kind != kind:
			continue
		}
		has = has || t.any(text)
		known = known || has || kind != stock.Software
	}
	return has, known
}

// nameOf is the name of the fact whose value a key asks for; "": it asks for names.
func nameOf(k query.Key) string {
	switch k {
	case query.Model:
		return "model"
	case query.Form:
		return stock.FormName
	}
	return ""
}

func (t *term) any(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(t.values, func(p pattern) bool { return p.fits(text) })
}

// pattern is a text in which * stands for anything.
type pattern string

func (p pattern) fits(text string) bool {
	parts := strings.Split(string(p), "*")
	if len(parts) == 1 {
		return string(p) == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, x := range parts[1 : len(parts)-1] {
		_, text, ok = strings.Cut(text, x)
		if !ok {
			return false
		}
	}
	return strings.HasSuffix(text, last)
}
