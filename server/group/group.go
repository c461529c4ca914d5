// Package group keeps groups of endpoints: a name, a condition, and machines that are
// named. Who is in a group follows what is known of the machines, and is kept in memory.
package group

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// Group is one: all machines that its condition fits, and those that are named.
type Group struct {
	ID      string `json:"id"`
	Version int    `json:"version"` // a change names the one it has seen
	// Name is by what series, silences, channels and rules know the group. What is kept here
	// follows it to another; see Keeper.Save.
	Name      string   `json:"name"`
	Note      string   `json:"note,omitempty"`
	Condition string   `json:"condition,omitempty"` // see query.ParseEndpoints
	Machines  []string `json:"machines,omitempty"`  // their ids
}

// The bounds of a group, and how many there are.
const (
	maxGroups   = 200
	maxName     = 80
	maxNote     = 500
	maxMachines = 1000
)

// check brings a group into its form, or says what is wrong with it.
func (g *Group) check() (condition, error) {
	g.Name, g.Note = strings.Join(strings.Fields(g.Name), " "), strings.TrimSpace(g.Note)
	g.Condition = strings.Join(strings.Fields(g.Condition), " ")
	switch {
	case g.Name == "" || utf8.RuneCountInString(g.Name) > maxName || !utf8.ValidString(g.Name) || strings.ContainsFunc(g.Name, unicode.IsControl):
		return condition{}, fault.Field("name", fmt.Sprintf("A group needs a name of at most %d characters.", maxName))
	case utf8.RuneCountInString(g.Note) > maxNote:
		return condition{}, fault.Field("note", fmt.Sprintf("A note has at most %d characters.", maxNote))
	}
	return g.read()
}

// read makes the group ready to be asked who is in it.
func (g *Group) read() (condition, error) {
	c, err := parse(g.Condition)
	switch {
	case err != nil:
		return c, fault.Field("condition", fault.Sentence(err))
	case g.Condition == "" && len(g.Machines) == 0:
		return c, fault.Field("condition", "Say which machines are in the group, by a condition or by their names.")
	case len(g.Machines) > maxMachines:
		return c, fault.Field("machines", fmt.Sprintf("A group names %d machines at most. Use a condition for more.", maxMachines))
	}
	return c, nil
}

// compiled is a group that can be asked.
type compiled struct {
	Group
	condition condition
	named     map[string]struct{}
}

func compile(g Group, c condition) *compiled {
	x := &compiled{Group: g, condition: c, named: make(map[string]struct{}, len(g.Machines))}
	for _, id := range g.Machines {
		x.named[id] = struct{}{}
	}
	return x
}

func (c *compiled) has(m *Machine, of Facts) bool {
	_, named := c.named[m.ID]
	return named || c.condition.fits(m, of)
}

// named are the ids of machines that are given by id or by name, each once. An id of one
// that is gone stays where it was before.
func named(given, before []string, machines []Machine) ([]string, error) {
	ids, byName := map[string]bool{}, map[string][]string{}
	for _, m := range machines {
		ids[m.ID] = true
		byName[strings.ToLower(m.Name)] = append(byName[strings.ToLower(m.Name)], m.ID)
	}
	var out []string
	for _, g := range given {
		if g = strings.TrimSpace(g); g == "" {
			continue
		}
		id := g
		if !ids[g] && !slices.Contains(before, g) {
			switch of := byName[strings.ToLower(g)]; len(of) {
			case 0:
				return nil, fault.Field("machines", fmt.Sprintf("There is no endpoint “%s”.", clip(g)))
			case 1:
				id = of[0]
			default:
				return nil, fault.Field("machines", fmt.Sprintf("%d endpoints are called “%s”. Give the id of the one that is meant: it stands in the address of its page.", len(of), clip(g)))
			}
		}
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}
