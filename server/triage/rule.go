// Package triage sorts what comes in: rules that people have written, a suggestion
// learned from what the desk has done before, and the tickets that look alike. It
// computes and keeps nothing: which tickets, which rules and when is the desk's.
//
// Rules are conditions in CEL, a language without loops that run on by themselves,
// over the typed facts of one ticket. Their effects are constants. A condition has
// a budget of steps, a run of all rules has a bounded number of passes, and who
// exceeds either is stopped and named.
package triage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// On says what a rule is asked about.
type On string

// The occasions.
const (
	Opened  On = "opened"  // a ticket has come in
	Updated On = "updated" // something about it has changed
	Replied On = "replied" // the requester has written
)

// Occasions lists them.
func Occasions() []On { return []On{Opened, Updated, Replied} }

// Rule says what is to be done with tickets that fit a condition.
type Rule struct {
	Name  string  `json:"name"`
	On    []On    `json:"on"`
	When  string  `json:"when"` // CEL over Facts
	Then  Effects `json:"then"`
	Stop  bool    `json:"stop,omitempty"` // rules after it are not asked when it fits
	Order int     `json:"order"`          // the lower, the earlier
	Live  bool    `json:"live"`           // it acts; otherwise it is a draft
	// Tried is the Fingerprint that the rule had when it was tried against past
	// tickets. A rule goes live only as it was tried.
	Tried string `json:"tried,omitempty"`
	// Disabled is why the desk has switched the rule off by itself; "" when it has
	// not. Whoever makes it live again clears it.
	Disabled string `json:"disabled,omitempty"`
}

// Effects are what a rule does. Empty fields leave a ticket as it is.
type Effects struct {
	Team     string   `json:"team,omitempty"`     // id
	Category string   `json:"category,omitempty"` // id
	Priority int      `json:"priority,omitempty"` // 1 to 5
	Reason   string   `json:"reason,omitempty"`   // why that priority
	Reply    string   `json:"reply,omitempty"`    // id of a canned reply
	Tags     []string `json:"tags,omitempty"`     // to add
}

// Empty reports whether nothing would be done.
func (e Effects) Empty() bool {
	return e.Team == "" && e.Category == "" && e.Priority == 0 && e.Reply == "" && len(e.Tags) == 0
}

// The bounds of a rule.
const (
	MaxCondition = 4000 // characters
	maxName      = 100
	maxTags      = 10
	maxTag       = 50
)

// Fingerprint names what a rule would do, without its name, its place and whether
// it acts: what a trial has shown of one rule holds for every rule with the same.
func (r Rule) Fingerprint() string {
	b, err := json.Marshal(struct {
		On   []On
		When string
		Then Effects
	}{r.On, r.When, r.Then})
	if err != nil {
		return "" // strings and numbers only: it does not happen, and nothing goes live with it
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Check returns the rule tidied up, or what is wrong with it: fault.Invalid with
// the field's name.
func (r Rule) Check() (Rule, error) {
	r.Name, r.When = strings.TrimSpace(r.Name), strings.TrimSpace(r.When)
	r.Then.Reason = strings.TrimSpace(r.Then.Reason)
	switch {
	case r.Name == "":
		return r, fault.Field("name", "The rule has no name. Say in a few words what it is for.")
	case utf8.RuneCountInString(r.Name) > maxName:
		return r, fault.Field("name", "The name of a rule has at most 100 characters.")
	case len(r.On) == 0:
		return r, fault.Field("on", "Say when the rule is asked: when a ticket is opened, updated, or when the requester replied.")
	case r.Then.Empty():
		return r, fault.Field("then", "The rule does nothing. Say which team, category, priority, reply or tag it gives.")
	case r.Then.Priority < 0 || r.Then.Priority > 5:
		return r, fault.Field("priority", "A priority is a number from 1 to 5.")
	case r.Then.Priority > 0 && r.Then.Reason == "":
		return r, fault.Field("reason", "Say why the rule sets this priority; the reason stands in each ticket that it is set in.")
	case utf8.RuneCountInString(r.Then.Reason) > 500:
		return r, fault.Field("reason", "The reason has at most 500 characters.")
	}
	var on []On
	for _, o := range Occasions() {
		if slices.Contains(r.On, o) {
			on = append(on, o)
		}
	}
	for _, o := range r.On {
		if !slices.Contains(on, o) {
			return r, fault.Field("on", "A rule is asked when a ticket is opened, updated or replied to; there is no “"+string(o)+"”.")
		}
	}
	r.On = on
	tags, err := tagsOf(r.Then.Tags)
	if err != nil {
		return r, err
	}
	r.Then.Tags = tags
	if _, err := Compile(r.When); err != nil {
		return r, err
	}
	if r.Live && r.Tried != r.Fingerprint() {
		return r, fault.Field("tried", "The rule has not been tried against past tickets as it stands. Nothing was changed; try it first, then let it act.")
	}
	return r, nil
}

func tagsOf(list []string) ([]string, error) {
	var out []string
	for _, t := range list {
		t = strings.ToLower(strings.TrimSpace(t))
		if t == "" {
			continue
		}
		if utf8.RuneCountInString(t) > maxTag {
			return nil, fault.Field("tags", "A tag has at most 50 characters.")
		}
		out = append(out, t)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > maxTags {
		return nil, fault.Field("tags", "A rule gives at most 10 tags.")
	}
	return out, nil
}

// Named is a rule with its id.
type Named struct {
	ID string
	Rule
}

// sorted puts rules into the order in which they are asked.
func sorted(list []Named) []Named {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b Named) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return out
}
