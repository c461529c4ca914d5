// Package query is the language of the search box:
//
//	state:open site:Berlin finding:disk.full -tag:vpn age<3d "blue screen"
//
// Parse turns it into a Filter and says of every mistake which word it is and what
// is possible; Print writes a filter down so that Parse reads the same again.
// Words says how text becomes what is searched for. The package is pure: what a
// name means (which site is Berlin), and what time it is, others know.
package query

import (
	"strconv"
	"strings"
)

// Filter selects tickets: those to which every term applies.
type Filter struct {
	// Number is set when the whole text is a ticket's number, with or without #:
	// whoever asks wants to go there.
	Number int64  `json:"number,omitempty"`
	Terms  []Term `json:"terms,omitempty"`
	// Sort is empty when the text does not say it.
	Sort Sort `json:"sort,omitempty"`
}

// Term is one condition.
type Term struct {
	Not bool `json:"not,omitempty"`
	Key Key  `json:"key"`
	// Values are alternatives, of which one has to fit: names as they were typed,
	// the words of a choice in their one spelling, or the one text to look for.
	Values []string `json:"values,omitempty"`
	// Phrase says that a text was in quotes: its words as they are, side by side.
	// Other words fit whatever begins with them.
	Phrase bool `json:"phrase,omitempty"`
	// From and To are the ends of a span of time, each a Moment or empty; To is
	// not in it, unless From and To are the same day or word.
	From Moment `json:"from,omitempty"`
	To   Moment `json:"to,omitempty"`
}

// Key is what a term is about.
type Key string

// The keys.
const (
	Text      Key = "" // words in the title, the messages, the findings and the solution
	State     Key = "state"
	Priority  Key = "priority"
	Kind      Key = "kind"
	Is        Key = "is"
	Waiting   Key = "waiting"
	Category  Key = "category"
	Tag       Key = "tag"
	Team      Key = "team"
	Assignee  Key = "assignee"
	Requester Key = "requester"
	Endpoint  Key = "endpoint"
	Site      Key = "site"
	Finding   Key = "finding"
	Created   Key = "created"
	Updated   Key = "updated"
	Due       Key = "due"
	Number    Key = "number"
)

// Sort is the order of a list.
type Sort string

// The orders. Those of equal rank follow by number.
const (
	ByPriority Sort = "priority" // the most urgent first, the older before the younger
	Newest     Sort = "newest"   // the highest number first
	Oldest     Sort = "oldest"
	ByDue      Sort = "due"     // whose clock runs out first; those without a clock last
	ByUpdated  Sort = "updated" // the last change first

	// ByRelevance is, of the newest tickets with the words that are looked for, the one
	// first that says most of them: in its title, then in its solution, then in its
	// messages. Further back it goes on newest first. Without words it is Newest.
	ByRelevance Sort = "relevance"
)

// Sorts lists the orders.
func Sorts() []Sort { return []Sort{ByPriority, Newest, Oldest, ByDue, ByUpdated, ByRelevance} }

// The words of choices. OpenStates and the like stand for several states.
const (
	Open = "open" // with state and is: somebody still has to do something about it
	Me   = "me"   // with people: whoever asks
	None = "none" // with people, teams, categories, tags, sites and endpoints: there is none
)

// Word is one thing that can be asked, for lists of what is possible.
type Word struct {
	Key     Key
	Values  []string // of a choice; nil: names or times
	Example string
	Means   string
}

// Language lists the words of the language in the order in which people need them.
func Language() []Word {
	return []Word{
		{State, states, "state:open", "where it stands; open is everything that is not over"},
		{Is, flags, "is:unassigned", "what holds for it"},
		{Priority, []string{"1", "2", "3", "4", "5"}, "priority:1..2", "1 is first"},
		{Assignee, nil, "assignee:me", "who has it; me or none"},
		{Team, nil, "team:network", "the team that has it"},
		{Requester, nil, `requester:"Mara Lind"`, "who rang"},
		{Site, nil, "site:Berlin", "where the machine stands"},
		{Endpoint, nil, "endpoint:PC-17", "the machine"},
		{Finding, nil, "finding:disk.*", "what the machine found wrong with itself"},
		{Category, nil, "category:hardware", "with all that is below it"},
		{Tag, nil, "tag:vpn", "a tag"},
		{Kind, kinds, "kind:request", "incident or request"},
		{Waiting, waitings, "waiting:vendor", "what a ticket on hold waits for"},
		{Created, nil, "created:>2026-01-01", "when it was rung; age<3d is the same as created:<3d"},
		{Updated, nil, "updated:today", "when something last happened"},
		{Due, nil, "due:<4h", "when its clock runs out"},
		{Number, nil, "number:1042,1043", "tickets by their numbers"},
		{"sort", sortWords(), "sort:updated", "the order; relevance is what fits the words best, of the newest 200 that have them"},
		{Text, nil, `"blue screen"`, "words in title, messages, findings and solution; in quotes as they stand"},
	}
}

var (
	states   = []string{Open, "new", "assigned", "in_progress", "pending", "waiting_for_approval", "approved", "rejected", "resolved", "closed", "cancelled"}
	flags    = []string{Open, "mine", "unassigned", "major", "vip", "breached", "watching", "reopened"}
	kinds    = []string{"incident", "request"}
	waitings = []string{"requester", "vendor", "change", "scheduled"}
)

func sortWords() []string {
	var out []string
	for _, s := range Sorts() {
		out = append(out, string(s))
	}
	return out
}

// Empty reports whether the filter lets everything through.
func (f Filter) Empty() bool { return f.Number == 0 && len(f.Terms) == 0 }

// Texts returns the terms that look for words.
func (f Filter) Texts() []Term {
	var out []Term
	for _, t := range f.Terms {
		if t.Key == Text {
			out = append(out, t)
		}
	}
	return out
}

// Print writes the filter in the language, each thing in its one spelling.
func Print(f Filter) string {
	if f.Number != 0 {
		return "#" + strconv.FormatInt(f.Number, 10)
	}
	var parts []string
	for _, t := range f.Terms {
		parts = append(parts, printTerm(t))
	}
	if f.Sort != "" {
		parts = append(parts, "sort:"+string(f.Sort))
	}
	return strings.Join(parts, " ")
}

func printTerm(t Term) string {
	var b strings.Builder
	if t.Not {
		b.WriteByte('-')
	}
	switch {
	case t.Key == Text && t.Phrase:
		b.WriteString(quote(t.Values[0]))
	case t.Key == Text:
		b.WriteString(t.Values[0])
	case timeKey(t.Key):
		b.WriteString(string(t.Key) + ":" + printSpan(t.From, t.To))
	default:
		b.WriteString(string(t.Key) + ":")
		for i, v := range t.Values {
			if i > 0 {
				b.WriteByte(',')
			}
			if bare(v) {
				b.WriteString(v)
			} else {
				b.WriteString(quote(v))
			}
		}
	}
	return b.String()
}

// bare reports whether a value can stand without quotes.
func bare(v string) bool { return v != "" && !strings.ContainsAny(v, " \t\n\r\"\\,") && !hasSpace(v) }

func quote(v string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}
