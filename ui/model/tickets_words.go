package model

import (
	"cmp"
	"strings"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// The fixed words of the window.
func WordsTicketsTitle() string  { return tongue.Say("tickets.title") }
func WordsTicketsChoose() string { return tongue.Say("tickets.choose") }
func WordsTicketRate() string    { return tongue.Say("ticket.rate") }
func WordsTicketComment() string { return tongue.Say("ticket.comment") }
func WordsTicketAdd() string     { return tongue.Say("ticket.add") }

func wordsTicketsEmpty() string       { return tongue.Say("tickets.empty") }
func wordsTicketsAway() string        { return tongue.Say("tickets.away") }
func wordsTicketsNeverAsked() string  { return tongue.Say("tickets.never_asked") }
func wordsTicketReplyHint() string    { return tongue.Say("ticket.reply_hint") }
func wordsTicketReopenHint() string   { return tongue.Say("ticket.reopen_hint") }
func wordsTicketAskSolved() string    { return tongue.Say("ticket.ask_solved") }
func wordsTicketAskAnswer() string    { return tongue.Say("ticket.ask_answer") }
func wordsTicketConfirm() string      { return tongue.Say("ticket.confirm") }
func wordsTicketReopen() string       { return tongue.Say("ticket.reopen") }
func wordsTicketReopenClosed() string { return tongue.Say("ticket.reopen_closed") }
func wordsTicketSolution() string     { return tongue.Say("ticket.solution") }
func wordsTicketOnItsWay() string     { return tongue.Say("ticket.on_its_way") }
func wordsTicketNoReply() string      { return tongue.Say("ticket.no_reply") }
func wordsTicketNoReplyGone() string  { return tongue.Say("ticket.no_reply_gone") }
func wordsTicketNoReplySaved() string { return tongue.Say("ticket.no_reply_saved") }
func wordsTicketNoReplyNever() string { return tongue.Say("ticket.no_reply_never") }

func wordsTicketsAsOf(when string) string {
	return tongue.Say("tickets.as_of", tongue.Name("when", when))
}

func wordsTicketSolutionBy(who string) string {
	return tongue.Say("ticket.solution_by", tongue.Name("who", who))
}

func wordsTicketRated(n int, comment string) string {
	word := tongue.Name("word", RatingLabels()[min(max(n, 1), 5)-1])
	if comment != "" {
		return tongue.Say("ticket.rated_with", word, tongue.Name("comment", clip(comment, 240)))
	}
	return tongue.Say("ticket.rated", word)
}

func wordsTicketCancel(number string) string {
	if number == "" {
		return tongue.Say("ticket.cancel")
	}
	return tongue.Say("ticket.cancel_number", tongue.Name("number", number))
}

func wordsTicketRefused(why string) string {
	if why == "" {
		return tongue.Say("ticket.refused")
	}
	return tongue.Say("ticket.refused_why", tongue.Name("why", why))
}

func wordsTicketAct(a wire.Act, comment string) string {
	s := ""
	switch a {
	case wire.ActConfirm:
		s = tongue.Say("ticket.act_confirm")
	case wire.ActReopen:
		s = tongue.Say("ticket.act_reopen")
	case wire.ActRate:
		s = tongue.Say("ticket.act_rate")
	case wire.ActCancel:
		s = tongue.Say("ticket.act_cancel")
	}
	return strings.TrimSpace(s + "\n" + comment)
}

func author(name string) string { return cmp.Or(name, tongue.Say("common.help_desk")) }

// TicketHeading is a ticket's number and state in one line.
func TicketHeading(number, state string) string {
	if number == "" {
		return state
	}
	return tongue.Say("ticket.heading", tongue.Name("number", number), tongue.Name("state", state))
}

// stateShort names a ticket's state in the list.
func stateShort(t local.Ticket) string {
	switch t.Delivery {
	case local.Saved:
		return tongue.Say("ticket.saved")
	case local.Refused:
		return tongue.Say("ticket.not_taken")
	}
	switch t.State {
	case stateNew:
		return tongue.Say("ticket.waiting")
	case stateAssigned, stateInProgress:
		return tongue.Say("ticket.in_progress")
	case statePending:
		if t.Waiting == "requester" {
			return tongue.Say("ticket.needs_answer")
		}
		return tongue.Say("ticket.on_hold")
	case stateResolved:
		return tongue.Say("ticket.solved")
	case stateClosed:
		return tongue.Say("ticket.closed")
	case stateCancelled:
		return tongue.Say("ticket.cancelled")
	case stateAsked:
		return tongue.Say("ticket.asked")
	case stateApproved:
		return tongue.Say("ticket.approved")
	case stateRejected:
		return tongue.Say("ticket.rejected")
	}
	return Line(strings.ReplaceAll(t.State, "_", " "))
}

// stateLong tells a ticket's state in a sentence.
func stateLong(t local.Ticket) string {
	switch t.Delivery {
	case local.Saved:
		return wordsRingSaved()
	case local.Refused:
		return wordsTicketNoReplyNever()
	}
	who := clip(t.Assignee, 60)
	switch t.State {
	case stateNew:
		return tongue.Say("ticket.is_new")
	case stateAssigned:
		if who == "" {
			return tongue.Say("ticket.is_assigned")
		}
		return tongue.Say("ticket.is_assigned_to", tongue.Name("who", who))
	case stateInProgress:
		if who == "" {
			return tongue.Say("ticket.is_progress")
		}
		return tongue.Say("ticket.is_progress_by", tongue.Name("who", who))
	case statePending:
		return pendingLong(t.Waiting)
	case stateResolved:
		return tongue.Say("ticket.is_solved")
	case stateClosed:
		return tongue.Say("ticket.is_closed")
	case stateCancelled:
		return tongue.Say("ticket.is_cancelled")
	case stateAsked:
		return tongue.Say("ticket.is_asked")
	case stateApproved:
		return tongue.Say("ticket.is_approved")
	case stateRejected:
		return tongue.Say("ticket.is_rejected")
	}
	return Line(strings.ReplaceAll(t.State, "_", " "))
}

func pendingLong(waiting string) string {
	switch waiting {
	case "requester":
		return tongue.Say("ticket.is_waits_answer")
	case "vendor":
		return tongue.Say("ticket.is_waits_vendor")
	case "change":
		return tongue.Say("ticket.is_waits_change")
	case "scheduled":
		return tongue.Say("ticket.is_waits_scheduled")
	}
	return tongue.Say("ticket.is_waits")
}

func noReply(t local.Ticket) string {
	switch {
	case t.Delivery == local.Saved:
		return wordsTicketNoReplySaved()
	case t.Delivery == local.Refused:
		return wordsTicketNoReplyNever()
	case t.State == stateCancelled:
		return wordsTicketNoReplyGone()
	}
	return wordsTicketNoReply()
}

// WordsTicketNoWords says that there is nothing to send.
func WordsTicketNoWords() string { return tongue.Say("ticket.no_words") }

// TicketStatus is the line beside the button that sends.
func TicketStatus(busy bool, problem error) string {
	switch {
	case problem != nil:
		return wordsRingNotSaved(sentence(problem))
	case busy:
		return wordsRingSending()
	}
	return wordsTicketHint()
}

func wordsTicketHint() string { return tongue.Say("ticket.hint") }

// Refusal is why the server did not take something, as an error.
func Refusal(r local.Receipt) error {
	return fault.New(r.Code, cmp.Or(Line(r.Sentence), wordsRingRefused()))
}

// RowState is the second line of a ticket in the list.
func RowState(r TicketRow) string {
	if r.Number == "" {
		return r.State
	}
	return tongue.Say("ticket.row", tongue.Name("number", r.Number), tongue.Name("state", r.State))
}

// FileSaved says what became of saving an attachment.
func FileSaved(f File, name string, err error) string {
	if err != nil {
		return tongue.Say("file.not_saved", tongue.Name("name", clip(f.Name, 48)))
	}
	return tongue.Say("file.saved", tongue.Name("name", clip(name, 60)))
}
