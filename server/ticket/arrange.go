package ticket

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// What a ticket is filed under, and who has it.

// Delegate hands the ticket over to a team, to somebody, or to both, with a note
// for them that the requester does not see.
type Delegate struct {
	Team    string // id; "" keeps the team
	To      Person // nobody: the team takes it from its queue
	Message string // the id of Body as a message
	Body    string
}

func (c Delegate) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case t.State == WaitingApproval:
		return nil, undecided(t)
	case c.Team == "" && c.To.ID == "":
		return nil, fault.Field("team", "Say which team or who gets the ticket.")
	}
	body, err := CleanText("body", c.Body)
	if err != nil {
		return nil, err
	}
	if (c.Team == "" || c.Team == t.Team) && c.To.ID == t.Assignee.ID && body == "" {
		return nil, fault.New(fault.Conflict, "The ticket is theirs already.")
	}
	e := Event{Type: HandedOver, Team: c.Team, Message: c.Message, Body: body}
	if c.To.ID != "" {
		e.Person = &c.To
	}
	return []Event{e}, nil
}

// Escalate calls the next tier, or the operators, with what has been tried.
type Escalate struct {
	Team    string // id of the next tier's; "" when only the operators are called
	Tier    int    // the tier it goes to
	NOC     bool
	Message string // the id of Tried as a message
	Tried   string
}

func (c Escalate) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case t.State == WaitingApproval:
		return nil, undecided(t)
	case c.Team == "" && !c.NOC:
		return nil, fault.Field("team", "Say which team it is escalated to, or call the operators.")
	case c.Tier < 0 || c.Tier > 9:
		return nil, fault.Field("tier", "A tier is a number from 1 to 9.")
	}
	tried, err := CleanText("tried", c.Tried)
	if err != nil {
		return nil, err
	}
	if tried == "" && by.Side == Staff {
		return nil, fault.Field("tried", "Say what has been tried, so that nobody tries it again.")
	}
	return []Event{{Type: Escalated, Team: c.Team, Tier: c.Tier, NOC: c.NOC, Message: c.Message, Body: tried}}, nil
}

// Override sets the priority against the matrix.
type Override struct {
	Priority Priority
	Reason   string
}

func (c Override) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case c.Priority < 1 || c.Priority > 5:
		return nil, fault.Field("priority", "A priority is a number from 1 (first) to 5.")
	case c.Priority == t.Priority:
		return nil, fault.New(fault.Conflict, "The ticket has that priority already.")
	}
	reason, err := CleanText("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, fault.Field("reason", "Say why the priority is not the one that impact and urgency give.")
	}
	return []Event{{Type: Overrode, Priority: c.Priority, Body: reason}}, nil
}

// MarkMajor says that the ticket is about a major incident, or is not after all.
type MarkMajor struct {
	Major  bool
	Reason string
}

func (c MarkMajor) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case !t.State.Open():
		return nil, ended(t)
	case c.Major == t.Major:
		return nil, fault.New(fault.Conflict, "The ticket is marked that way already.")
	}
	reason, err := CleanText("reason", c.Reason)
	if err != nil {
		return nil, err
	}
	return []Event{{Type: MajorSet, Major: c.Major, Body: reason}}, nil
}

// Categorise files the ticket under a category; "" takes it out again. A ticket
// that has ended may be filed too: that is how a desk tidies its past.
type Categorise struct{ Category string }

func (c Categorise) apply(t Ticket, by Actor) ([]Event, error) {
	switch {
	case by.Side == Requester:
		return nil, errStaff
	case t.MergedInto.ID != "":
		return nil, ended(t)
	case c.Category == t.Category:
		return nil, fault.New(fault.Conflict, "The ticket has that category already.")
	case len(c.Category) > 64:
		return nil, fault.Field("category", "There is no such category.")
	}
	return []Event{{Type: Categorised, Category: c.Category}}, nil
}

// Tag puts tags on the ticket and takes others off.
type Tag struct{ Add, Remove []string }

func (c Tag) apply(t Ticket, by Actor) ([]Event, error) {
	if by.Side == Requester {
		return nil, errStaff
	}
	add, err := cleanTags(c.Add)
	if err != nil {
		return nil, err
	}
	remove, err := cleanTags(c.Remove)
	if err != nil {
		return nil, err
	}
	after := tagged(t.Tags, add, remove)
	if slices.Equal(after, t.Tags) {
		return nil, fault.New(fault.Conflict, "The ticket has those tags already.")
	}
	if len(after) > maxTags {
		return nil, fault.Field("tags", "A ticket has at most 20 tags. Take one off first.")
	}
	return []Event{{Type: Tagged, Tags: add, Untags: remove}}, nil
}

const (
	maxTags     = 20
	maxTag      = 40
	maxField    = 4000
	maxWatchers = 100
)

var errWatchers = fault.Field("watchers", "At most 100 people watch a ticket.")

// cleanTags returns tags as they are stored: lower case, sorted, each once.
func cleanTags(list []string) ([]string, error) {
	var out []string
	for _, s := range list {
		s = strings.ToLower(strings.TrimSpace(s))
		if s == "" {
			continue
		}
		odd := func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
		}
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxTag || strings.ContainsFunc(s, odd) {
			return nil, fault.Field("tags", "A tag is one word of at most 40 letters, digits, dots, hyphens and underscores.")
		}
		out = append(out, s)
	}
	if out = tagged(nil, out, nil); len(out) > maxTags {
		return nil, fault.Field("tags", "A ticket has at most 20 tags. Take one off first.")
	}
	return out, nil
}

// SetFields fills in what the category asks for. An empty value takes one away.
// Which fields there are, and what fits into them, the caller has checked.
type SetFields struct{ Values map[string]string }

func (c SetFields) apply(t Ticket, by Actor) ([]Event, error) {
	if by.Side == Requester {
		return nil, errStaff
	}
	if err := checkFields(c.Values); err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for k, v := range c.Values {
		if t.Fields[k] != v {
			changed[k] = v
		}
	}
	if len(changed) == 0 {
		return nil, fault.New(fault.Conflict, "The fields hold that already.")
	}
	return []Event{{Type: FieldsSet, Fields: changed}}, nil
}

func checkFields(values map[string]string) error {
	if len(values) > 100 {
		return fault.Field("fields", "A ticket has at most 100 fields.")
	}
	for k, v := range values {
		if _, err := CleanText("fields", v); err != nil {
			return err
		}
		if k == "" || len(k) > 64 || len(v) > maxField {
			return fault.Field("fields", "A field's value is at most 4000 bytes of text.")
		}
	}
	return nil
}

// Watch lets people follow the ticket; Unwatch ends that.
type Watch struct{ Who []Person }

func (c Watch) apply(t Ticket, by Actor) ([]Event, error) {
	if by.Side == Requester {
		return nil, errStaff
	}
	if after := join(t.Watchers, c.Who); len(after) == len(t.Watchers) {
		return nil, nil
	} else if len(after) > maxWatchers {
		return nil, errWatchers
	}
	return []Event{{Type: Watched, People: c.Who}}, nil
}

// Unwatch ends people's following.
type Unwatch struct{ Who []Person }

func (c Unwatch) apply(t Ticket, by Actor) ([]Event, error) {
	if by.Side == Requester {
		return nil, errStaff
	}
	if len(leave(t.Watchers, c.Who)) == len(t.Watchers) {
		return nil, nil
	}
	return []Event{{Type: Unwatched, People: c.Who}}, nil
}
