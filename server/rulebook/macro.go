package rulebook

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ticket"
)

// MacroKind is the kind of macros.
const MacroKind Kind = "macro"

// Macro is an answer and what happens with the ticket, done together or not at all.
type Macro struct {
	Entry
	Body    string         `json:"body,omitempty" doc:"What is answered; as of a reply. With note true it is an internal note."`
	Note    bool           `json:"note,omitempty" doc:"The words are for the staff only."`
	Take    bool           `json:"take,omitempty" doc:"Whoever uses it has the ticket then."`
	State   string         `json:"state,omitempty" enum:"resolve,wait" doc:"What becomes of the ticket; left out: nothing."`
	Code    ticket.Code    `json:"code,omitempty" enum:"fixed,workaround,explained,not_reproduced,duplicate,elsewhere" doc:"With resolve: how it was solved."`
	Waiting ticket.Waiting `json:"waiting,omitempty" enum:"requester,vendor,change" doc:"With wait: for what."`
	Tag     []string       `json:"tag,omitempty" doc:"Tags to put on."`
	Untag   []string       `json:"untag,omitempty" doc:"Tags to take off."`
}

// Kind implements Item.
func (*Macro) Kind() Kind { return MacroKind }

// Check implements Item.
func (m *Macro) Check(*Book) error {
	if err := checkBody(m.Body, false); err != nil {
		return err
	}
	if strings.TrimSpace(m.Body) == "" && !m.Take && m.State == "" && len(m.Tag)+len(m.Untag) == 0 {
		return fault.Field("body", "The macro does nothing. Write an answer, or choose what becomes of the ticket.")
	}
	switch m.State {
	case "":
	case "resolve":
		switch {
		case !slices.Contains(ticket.Codes(), m.Code):
			return fault.Field("code", "Choose how the macro solves a ticket.")
		case m.Note:
			return fault.Field("note", "What solves a ticket is said to the requester: a macro that resolves cannot be a note.")
		}
	case "wait":
		if m.Waiting != ticket.WaitRequester && m.Waiting != ticket.WaitVendor && m.Waiting != ticket.WaitChange {
			return fault.Field("waiting", "Say what the ticket waits for: requester, vendor or change.")
		}
	default:
		return fault.Field("state", "A macro resolves a ticket, puts it on hold, or leaves its state.")
	}
	for _, tag := range slices.Concat(m.Tag, m.Untag) {
		if strings.TrimSpace(tag) == "" || utf8.RuneCountInString(tag) > 40 {
			return fault.Field("tag", "A tag is 1 to 40 characters.")
		}
	}
	return nil
}
