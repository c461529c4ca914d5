package model

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// The fixed words of the window.
const (
	WordsTicketsTitle  = "My tickets"
	WordsTicketsChoose = "Choose a ticket to read it."
	WordsTicketRate    = "How was it?"
	WordsTicketComment = "A word about it, if you like"
	WordsTicketAdd     = "Add"

	wordsTicketsEmpty       = "You have no tickets. When you ring, your ticket is listed here, and so are the answers."
	wordsTicketsAway        = "Your tickets are shown as soon as the Deskbell service on this computer answers."
	wordsTicketsNeverAsked  = "Only what was written on this computer; your help desk has not been reached yet."
	wordsTicketReplyHint    = "Write an answer"
	wordsTicketReopenHint   = "What is still wrong?"
	wordsTicketAskSolved    = "Does it work again?"
	wordsTicketAskAnswer    = "Your help desk waits for your answer."
	wordsTicketConfirm      = "Yes, it works"
	wordsTicketReopen       = "No, not yet"
	wordsTicketReopenClosed = "It came back"
	wordsTicketSolution     = "Solution"
	wordsTicketOnItsWay     = "Saved, on its way"
	wordsTicketNoReply      = "This ticket is closed. If it came back, say so; for anything else, ring again."
	wordsTicketNoReplyGone  = "This ticket was cancelled. Ring again if you need help."
	wordsTicketNoReplySaved = "You can answer once it has been sent."
	wordsTicketNoReplyNever = "Your help desk’s server did not take this ticket. Ring again."
)

func wordsTicketsAsOf(when string) string { return fmt.Sprintf("As your help desk had it %s.", when) }

func wordsTicketSolutionBy(who string) string { return wordsTicketSolution + ": " + who }

func wordsTicketRated(n int, comment string) string {
	s := fmt.Sprintf("You said: %s.", RatingLabels()[min(max(n, 1), 5)-1])
	if comment != "" {
		s += fmt.Sprintf(" “%s”", clip(comment, 240))
	}
	return s
}

func wordsTicketCancel(number string) string {
	if number == "" {
		return "Cancel this ticket"
	}
	return fmt.Sprintf("Cancel ticket %s", number)
}

func wordsTicketRefused(why string) string {
	if why == "" {
		return "Not taken by your help desk’s server."
	}
	return fmt.Sprintf("Not taken: %s", why)
}

func wordsTicketAct(a wire.Act, comment string) string {
	s := ""
	switch a {
	case wire.ActConfirm:
		s = "It works again."
	case wire.ActReopen:
		s = "It does not work yet."
	case wire.ActRate:
		s = "You rated the help."
	case wire.ActCancel:
		s = "Not needed any more."
	}
	return strings.TrimSpace(s + "\n" + comment)
}

func author(name string) string { return cmp.Or(name, "Your help desk") }

// TicketHeading is a ticket's number and state in one line.
func TicketHeading(number, state string) string {
	if number == "" {
		return state
	}
	return fmt.Sprintf("Number %s. %s", number, state)
}

// stateShort names a ticket's state in the list.
func stateShort(t local.Ticket) string {
	switch t.Delivery {
	case local.Saved:
		return "Saved, not sent yet"
	case local.Refused:
		return "Not taken"
	}
	switch t.State {
	case stateNew:
		return "Waiting"
	case stateAssigned, stateInProgress:
		return "In progress"
	case statePending:
		if t.Waiting == "requester" {
			return "Needs your answer"
		}
		return "On hold"
	case stateResolved:
		return "Solved"
	case stateClosed:
		return "Closed"
	case stateCancelled:
		return "Cancelled"
	case stateAsked:
		return "Waits for approval"
	case stateApproved:
		return "Approved"
	case stateRejected:
		return "Not approved"
	}
	return Line(strings.ReplaceAll(t.State, "_", " "))
}

// stateLong tells a ticket's state in a sentence.
func stateLong(t local.Ticket) string {
	switch t.Delivery {
	case local.Saved:
		return "Saved. It will be sent when you are connected."
	case local.Refused:
		return wordsTicketNoReplyNever
	}
	who := clip(t.Assignee, 60)
	switch t.State {
	case stateNew:
		return "Your help desk has it. Nobody has taken it yet."
	case stateAssigned:
		if who == "" {
			return "Your help desk has given it to a team."
		}
		return fmt.Sprintf("%s will look at it.", who)
	case stateInProgress:
		if who == "" {
			return "Somebody is working on it."
		}
		return fmt.Sprintf("%s is working on it.", who)
	case statePending:
		return pendingLong(t.Waiting)
	case stateResolved:
		return "Solved."
	case stateClosed:
		return "Closed."
	case stateCancelled:
		return "Cancelled."
	case stateAsked:
		return "It waits for somebody to approve it."
	case stateApproved:
		return "It was approved. Nobody has taken it yet."
	case stateRejected:
		return "It was not approved."
	}
	return Line(strings.ReplaceAll(t.State, "_", " "))
}

func pendingLong(waiting string) string {
	switch waiting {
	case "requester":
		return "It waits for your answer."
	case "vendor":
		return "It waits for a supplier."
	case "change":
		return "It waits for a planned change."
	case "scheduled":
		return "It goes on at a time that was agreed."
	}
	return "It waits."
}

func noReply(t local.Ticket) string {
	switch {
	case t.Delivery == local.Saved:
		return wordsTicketNoReplySaved
	case t.Delivery == local.Refused:
		return wordsTicketNoReplyNever
	case t.State == stateCancelled:
		return wordsTicketNoReplyGone
	}
	return wordsTicketNoReply
}

// WordsTicketNoWords says that there is nothing to send.
const WordsTicketNoWords = "Write something first."

// TicketStatus is the line beside the button that sends.
func TicketStatus(busy bool, problem error) string {
	switch {
	case problem != nil:
		return wordsRingNotSaved(sentence(problem))
	case busy:
		return wordsRingSending
	}
	return wordsTicketHint
}

const wordsTicketHint = "Ctrl and Enter send"

// Refusal is why the server did not take something, as an error.
func Refusal(r local.Receipt) error {
	return fault.New(r.Code, cmp.Or(Line(r.Sentence), wordsRingRefused))
}

// RowState is the second line of a ticket in the list.
func RowState(r TicketRow) string {
	if r.Number == "" {
		return r.State
	}
	return fmt.Sprintf("%s · %s", r.Number, r.State)
}

// FileSaved says what became of saving an attachment.
func FileSaved(f File, name string, err error) string {
	if err != nil {
		return fmt.Sprintf("“%s” could not be saved. Try again when you are connected.", clip(f.Name, 48))
	}
	return fmt.Sprintf("“%s” is in your downloads.", clip(name, 60))
}
