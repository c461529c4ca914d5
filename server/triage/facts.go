package triage

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// Facts are what conditions know of a ticket. Texts are as people wrote them, and
// never longer than a message may be.
type Facts struct {
	Title, Body string
	Message     string // what the requester has written just now; "" on other occasions
	Kind, State string
	Waiting     string
	Category    string // id
	Team        string // id
	Site        string // its name
	Endpoint    string // its name
	OS          string
	Requester   string // their name
	VIP         bool
	Findings    []string // codes, worst first
	Severity    string   // of the worst finding
	Tags        []string
	Fields      map[string]string
	Priority    int
	Major       bool
	Assigned    bool // somebody has it
	Reopened    int
	Hour        int // of the desk's day, 0 to 23
	Weekday     int // 1 is Monday

	// Above returns the ids of a category and of those above it; nil: there is no tree.
	Above func(category string) []string

	// What a person has set by hand, no rule changes.
	TeamByHand, CategoryByHand, PriorityByHand bool
}

// Fact describes one fact for whoever writes conditions.
type Fact struct {
	Name, Type, About string
}

// FactList lists what conditions can speak of.
func FactList() []Fact {
	out := make([]Fact, len(facts))
	for i, f := range facts {
		out[i] = Fact{f.name, f.kind.String(), f.about}
	}
	return out
}

type fact struct {
	name  string
	kind  *cel.Type
	about string
	of    func(*Facts) any
}

// facts is the table that the environment, the values and the help are made from.
// A name is never given another type: stored rules would stop compiling.
var facts = []fact{
	{"title", cel.StringType, "what the ticket is called", func(f *Facts) any { return f.Title }},
	{"body", cel.StringType, "what the requester wrote first", func(f *Facts) any { return f.Body }},
	{"message", cel.StringType, "what the requester has just replied", func(f *Facts) any { return f.Message }},
	{"text", cel.StringType, "title, body and reply together, in lower case", nil},
	{"kind", cel.StringType, "incident or request", func(f *Facts) any { return f.Kind }},
	{"state", cel.StringType, "new, assigned, in_progress, pending, …", func(f *Facts) any { return f.State }},
	{"waiting", cel.StringType, "what a pending ticket waits for", func(f *Facts) any { return f.Waiting }},
	{"category", cel.StringType, "the id of just this category, without those below it; empty when nobody has said", func(f *Facts) any { return f.Category }},
	{"categories", cel.ListType(cel.StringType), "the category's id and those of the categories above it, as in \"hardware\" in categories", func(f *Facts) any { return orNone(f.categories()) }},
	{"team", cel.StringType, "the team's id; empty when none has it", func(f *Facts) any { return f.Team }},
	{"site", cel.StringType, "the name of the place", func(f *Facts) any { return f.Site }},
	{"endpoint", cel.StringType, "the name of the machine; empty when it was not rung from one", func(f *Facts) any { return f.Endpoint }},
	{"os", cel.StringType, "linux, windows or darwin", func(f *Facts) any { return f.OS }},
	{"requester.name", cel.StringType, "who rang", func(f *Facts) any { return f.Requester }},
	{"requester.vip", cel.BoolType, "whether they go before others", func(f *Facts) any { return f.VIP }},
	{"findings", cel.ListType(cel.StringType), "codes of what the machine found, worst first", func(f *Facts) any { return orNone(f.Findings) }},
	{"severity", cel.StringType, "of the worst finding: critical, warning, info", func(f *Facts) any { return f.Severity }},
	{"tags", cel.ListType(cel.StringType), "the ticket's tags", func(f *Facts) any { return orNone(f.Tags) }},
	{"fields", cel.MapType(cel.StringType, cel.StringType), "custom fields by their id", func(f *Facts) any {
		if f.Fields == nil {
			return map[string]string{}
		}
		return f.Fields
	}},
	{"priority", cel.IntType, "1 (first) to 5", func(f *Facts) any { return f.Priority }},
	{"major", cel.BoolType, "whether it is a major incident", func(f *Facts) any { return f.Major }},
	{"assigned", cel.BoolType, "whether somebody has it", func(f *Facts) any { return f.Assigned }},
	{"reopened", cel.IntType, "how often it was reopened", func(f *Facts) any { return f.Reopened }},
	{"hour", cel.IntType, "the hour of the desk's day, 0 to 23", func(f *Facts) any { return f.Hour }},
	{"weekday", cel.IntType, "1 is Monday, 7 is Sunday", func(f *Facts) any { return f.Weekday }},
}

func (f *Facts) categories() []string {
	switch {
	case f.Category == "":
		return nil
	case f.Above == nil:
		return []string{f.Category}
	}
	return f.Above(f.Category)
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// vars are the facts as one condition reads them: a value is made when it is asked
// for, and the texts together only once, since a condition may ask many times.
type vars struct {
	*Facts
	text *string
}

// ResolveName returns the value of a fact.
func (v *vars) ResolveName(name string) (any, bool) {
	if name == "text" {
		if v.text == nil {
			all := strings.ToLower(v.Title + "\n" + v.Body + "\n" + v.Message)
			v.text = &all
		}
		return *v.text, true
	}
	for i := range facts {
		if facts[i].name == name {
			return facts[i].of(v.Facts), true
		}
	}
	return nil, false
}

// Parent ends the chain of names.
func (*vars) Parent() cel.Activation { return nil }

// with returns the facts after an effect, and whether it has changed anything.
// What a person has set stays.
func (f Facts) with(e Effects) (_ Facts, changed Effects) {
	if e.Team != "" && e.Team != f.Team && !f.TeamByHand {
		f.Team, changed.Team = e.Team, e.Team
	}
	if e.Category != "" && e.Category != f.Category && !f.CategoryByHand {
		f.Category, changed.Category = e.Category, e.Category
	}
	if e.Priority != 0 && e.Priority != f.Priority && !f.PriorityByHand {
		f.Priority, changed.Priority, changed.Reason = e.Priority, e.Priority, e.Reason
	}
	for _, t := range e.Tags {
		if !slices.Contains(f.Tags, t) {
			f.Tags = append(slices.Clip(f.Tags), t)
			changed.Tags = append(changed.Tags, t)
		}
	}
	return f, changed
}
