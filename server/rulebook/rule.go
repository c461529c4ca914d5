package rulebook

import (
	"reflect"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/triage"
)

// RuleKind is the kind of triage rules.
const RuleKind Kind = "rule"

// Rule is a triage rule: what is to be done with tickets that fit a condition. Rules
// are asked in their order, a retired one never.
type Rule struct {
	Entry
	triage.Rule
}

// Kind implements Item.
func (*Rule) Kind() Kind { return RuleKind }

// Check implements Item.
func (r *Rule) Check(b *Book) error {
	tidy, err := r.Tidy()
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(tidy, r.Rule) { // never of an entry that is in a book, which others read
		r.Rule = tidy
	}
	if t := r.Then.Team; t != "" {
		if _, ok := Get[*Team](b, t); !ok {
			return fault.Field("team", "There is no such team in the rulebook. Choose one that is there.")
		}
	}
	if t := r.Then.Category; t != "" {
		if _, ok := Get[*Category](b, t); !ok {
			return fault.Field("category", "There is no such category in the rulebook. Choose one that is there.")
		}
	}
	if t := r.Then.Reply; t != "" {
		if _, ok := Get[*Reply](b, t); !ok {
			return fault.Field("reply", "There is no such reply in the rulebook. Choose one that is there.")
		}
	}
	return nil
}

// Acts reports whether the rule is asked about tickets.
func (r *Rule) Acts() bool { return r.Live && !r.Retired && r.Disabled == "" }

// Named returns the rule as package triage takes it.
func (r *Rule) Named() triage.Named {
	return triage.Named{ID: r.ID, Name: r.Name, Order: r.Position, Rule: r.Rule}
}
