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
	"unicode"
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

// Rule says what is to be done with tickets that fit a condition. A rule goes live
// only as it was tried: Tried is the Fingerprint that its trial has shown.
type Rule struct {
	On       []On    `json:"on" enum:"opened,updated,replied" minItems:"1" nullable:"false" doc:"When it is asked."`
	When     string  `json:"when" maxLength:"4000" doc:"A condition in CEL over the facts of a ticket."`
	Then     Effects `json:"then" doc:"What it does with tickets that fit."`
	Stop     bool    `json:"stop,omitempty" doc:"Rules after it are not asked about a ticket that fits."`
	Live     bool    `json:"live,omitempty" doc:"It acts. Otherwise it is a draft."`
	Tried    string  `json:"tried,omitempty" maxLength:"64" doc:"The fingerprint that its trial against past tickets has answered; a live rule needs it."`
	Disabled string  `json:"disabled,omitempty" maxLength:"1000" doc:"Why the desk has switched it off by itself. Send it empty to let it act again."`
}

// Effects are what a rule does. Empty fields leave a ticket as it is.
type Effects struct {
	Team     string   `json:"team,omitempty" maxLength:"64" doc:"A team's id."`
	Category string   `json:"category,omitempty" maxLength:"64" doc:"A category's id."`
	Priority int      `json:"priority,omitempty" minimum:"0" maximum:"5" doc:"1 (first) to 5."`
	Reason   string   `json:"reason,omitempty" maxLength:"500" doc:"Why that priority; it stands in the ticket."`
	Reply    string   `json:"reply,omitempty" maxLength:"64" doc:"A canned reply's id."`
	Tags     []string `json:"tags,omitempty" maxItems:"10" nullable:"false" doc:"To put on it."`
}

// Empty reports whether nothing would be done.
func (e Effects) Empty() bool {
	return e.Team == "" && e.Category == "" && e.Priority == 0 && e.Reply == "" && len(e.Tags) == 0
}

// The bounds of a rule.
const (
	MaxCondition = 4000 // characters
	maxTags      = 10
	maxTag       = 40
)

// Fingerprint names what a rule would do, without whether it acts: what a trial has
// shown of one rule holds for every rule with the same.
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

// Tidy returns the rule tidied up, or what is wrong with it: fault.Invalid with
// the field's name.
func (r Rule) Tidy() (Rule, error) {
	r.When, r.Then.Reason = strings.TrimSpace(r.When), strings.TrimSpace(r.Then.Reason)
	switch {
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
		if !utf8.ValidString(t) || utf8.RuneCountInString(t) > maxTag || strings.ContainsFunc(t, oddInTag) {
			return nil, fault.Field("tags", "A tag is one word of at most 40 letters, digits, dots, hyphens and underscores.")
		}
		out = append(out, t)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > maxTags {
		return nil, fault.Field("tags", "A rule gives at most 10 tags.")
	}
	return out, nil
}

func oddInTag(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
}

// Named is a rule with its id and name, and its place: the lower, the earlier.
type Named struct {
	ID, Name string
	Order    int
	Rule
}

// sorted puts rules into the order in which they are asked.
func sorted(list []Named) []Named {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b Named) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return out
}
