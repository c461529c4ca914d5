package console

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/ticket"
)

func ticketNumber(n int64) string { return strconv.FormatInt(n, 10) }

// who names who did something.
func who(a ticket.Actor) string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Side == ticket.System:
		return "Deskbell"
	case a.Side == ticket.Requester:
		return "The requester"
	}
	return "Somebody"
}

// did says in a few words what somebody did; their name goes before it.
func did(e ticket.Event) string {
	switch e.Type {
	case ticket.Opened:
		return "rang"
	case ticket.Took:
		return "took it"
	case ticket.AssignedTo:
		if e.Person == nil {
			return "gave it back to the queue"
		}
		return "gave it to " + e.Person.Name
	case ticket.Replied:
		return "answered"
	case ticket.Noted:
		return "wrote an internal note"
	case ticket.Waits:
		return "put it on hold: " + lower(kit.WaitingWord(e.Waiting))
	case ticket.Resumed:
		return "ended the waiting"
	case ticket.ResolvedAs:
		return "resolved it: " + lower(kit.CodeWord(e.Code))
	case ticket.Confirmed:
		return "confirmed the solution"
	case ticket.ReopenedBy:
		return "reopened it"
	case ticket.Rated:
		return fmt.Sprintf("rated the help %d of 5", e.Rating)
	case ticket.Prioritised:
		return fmt.Sprintf("set %s: impact %s, urgency %s", kit.PriorityWord(e.Priority), lower(kit.LevelWord(e.Impact)), lower(kit.LevelWord(e.Urgency)))
	case ticket.ClosedBy:
		return "closed it"
	case ticket.CancelledBy:
		return "cancelled it"
	case ticket.Asked:
		return "looked into the machine: " + lower(kit.AskWord(wire.AskKind(e.Body)))
	case ticket.ReadTo:
		return "read the answers"
	}
	return lower(kit.Humanise(string(e.Type)))
}

// lower makes a word fit to stand within a sentence. Abbreviations stay.
func lower(s string) string {
	if len(s) > 1 && strings.ToUpper(s[:2]) == s[:2] {
		return s
	}
	return strings.ToLower(s[:min(1, len(s))]) + s[min(1, len(s)):]
}
