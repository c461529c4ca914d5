package model

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// The states of a ticket, as the server names them.
const (
	stateNew        = "new"
	stateAssigned   = "assigned"
	stateInProgress = "in_progress"
	statePending    = "pending"
	stateResolved   = "resolved"
	stateClosed     = "closed"
	stateCancelled  = "cancelled"
	stateAsked      = "waiting_for_approval"
	stateApproved   = "approved"
	stateRejected   = "rejected"
)

// TicketRow is one ticket in the list.
type TicketRow struct {
	Key    string // names the ticket towards the agent
	Title  string
	Number string // "1042"; "" while it has none
	State  string
	Unread int
	When   When
	Alert  bool // the employee is asked for something
}

// TicketsView is the list.
type TicketsView struct {
	Notice  Notice
	Rows    []TicketRow
	Empty   string // said in the list's place
	Loading bool
	Problem string // said in the list's place, with a button to try again
	AsOf    string // how old the list is, when that matters
}

// TicketsOf returns the list. list is nil until there was an answer; err is why
// there is none.
func TicketsOf(link local.Status, list *local.Tickets, err error, now time.Time) TicketsView {
	v := TicketsView{Notice: NoticeOf(link)}
	switch {
	case list == nil && err != nil:
		v.Problem = sentence(err)
		if fault.Is(err, fault.Unavailable) {
			v.Problem = wordsTicketsAway()
		}
		return v
	case list == nil:
		v.Loading = true
		return v
	}
	for _, t := range list.Items {
		v.Rows = append(v.Rows, rowOf(t, now))
	}
	if len(v.Rows) == 0 {
		v.Empty = wordsTicketsEmpty()
	}
	if link.Connection != local.Connected {
		if list.AsOf.IsZero() {
			v.AsOf = wordsTicketsNeverAsked()
		} else {
			v.AsOf = wordsTicketsAsOf(WhenOf(list.AsOf, now).Ago)
		}
	}
	return v
}

// KeyOf names a ticket towards the agent: by its id, and until the server has
// given it one by the ref of its ring.
func KeyOf(t local.Ticket) string { return cmp.Or(t.ID, t.Ref) }

func rowOf(t local.Ticket, now time.Time) TicketRow {
	return TicketRow{
		Key: KeyOf(t), Title: Line(t.Title), Number: numberOf(t), State: stateShort(t), Unread: t.Unread,
		When:  WhenOf(latest(t), now),
		Alert: t.Delivery == local.Refused || t.State == stateResolved || t.State == statePending && t.Waiting == "requester",
	}
}

func numberOf(t local.Ticket) string {
	if t.Number == 0 {
		return ""
	}
	return strconv.FormatInt(t.Number, 10)
}

func latest(t local.Ticket) time.Time {
	at := t.UpdatedAt
	if at.IsZero() {
		at = t.CreatedAt
	}
	for _, p := range t.Pending {
		if p.At.After(at) {
			at = p.At
		}
	}
	return at
}

// Message is one message of a conversation.
type Message struct {
	ID       string
	Author   string
	Mine     bool
	Solution bool // the help desk's answer to the whole
	When     When
	Body     string
	Files    []wire.Attachment
	State    string // how far it is on its way; "" when it has arrived
	Bad      bool   // it will not arrive
}

// Action is something that the requester may do to a ticket.
type Action struct {
	Act   wire.Act
	Label string
	Main  bool // what most people will want
	Aside bool // stands apart from what is asked
}

// Conversation is one ticket, whole.
type Conversation struct {
	Key      string
	Title    string
	Number   string
	State    string // a sentence
	Messages []Message
	Ask      string   // what the employee is asked; "" when nothing
	Actions  []Action // in the order of their buttons
	CanRate  bool
	Rated    string // what was given
	Rating   int    // as a number, while a word about it may follow; 0 when not
	CanReply bool
	NoReply  string // why not
	Hint     string // in the empty box for the answer
	LastRead string // the message up to which this conversation is read once shown
}

// ConversationOf returns a ticket as its requester reads it.
func ConversationOf(t local.Ticket, now time.Time) Conversation {
	c := Conversation{Key: KeyOf(t), Title: Line(t.Title), Number: numberOf(t), State: stateLong(t), Hint: wordsTicketReplyHint()}
	c.Messages = messagesOf(t, now)
	for _, m := range t.Messages {
		if !m.Mine {
			c.LastRead = m.ID
		}
	}
	c.CanReply = t.Delivery == local.Sent && t.State != stateClosed && t.State != stateCancelled && t.State != stateRejected
	if !c.CanReply {
		c.NoReply = noReply(t)
	}
	if t.Delivery != local.Sent || acting(t) {
		return c
	}
	switch t.State {
	case stateResolved:
		c.Ask, c.Hint = wordsTicketAskSolved(), wordsTicketReopenHint()
		c.Actions = []Action{{Act: wire.ActConfirm, Label: wordsTicketConfirm(), Main: true}, {Act: wire.ActReopen, Label: wordsTicketReopen()}}
	case stateClosed, stateRejected:
		c.Actions = []Action{{Act: wire.ActReopen, Label: wordsTicketReopenClosed()}}
	case stateNew, stateAsked, stateApproved, stateAssigned, stateInProgress, statePending:
		if t.State == statePending && t.Waiting == "requester" {
			c.Ask = wordsTicketAskAnswer()
		}
		c.Actions = []Action{{Act: wire.ActCancel, Label: wordsTicketCancel(c.Number), Aside: true}}
	}
	ended := t.State == stateResolved || t.State == stateClosed
	c.CanRate = ended && t.Rating == 0
	if t.Rating > 0 {
		c.Rated = wordsTicketRated(t.Rating, Line(t.Comment))
		if ended && t.Comment == "" {
			c.Rating = t.Rating
		}
	}
	return c
}

// solved marks the message that was the solution. It stands alone where the message
// is not among those that are known here.
func solved(list []Message, solution string) []Message {
	for i, m := range slices.Backward(list) {
		if !m.Mine && m.Body == solution {
			list[i].Author, list[i].Solution = wordsTicketSolutionBy(m.Author), true
			return list
		}
	}
	return append(list, Message{Author: wordsTicketSolution(), Solution: true, Body: solution})
}

// acting reports whether an act is on its way: until it has arrived nothing else
// is offered, or the employee would do things twice.
func acting(t local.Ticket) bool {
	return slices.ContainsFunc(t.Pending, func(p local.PendingMessage) bool { return p.Act != "" && p.Delivery == local.Saved })
}

func messagesOf(t local.Ticket, now time.Time) []Message {
	first := Message{Author: WordsYou(), Mine: true, When: WhenOf(t.CreatedAt, now), Body: Plain(cmp.Or(t.Body, t.Title))}
	switch t.Delivery {
	case local.Saved:
		first.State = wordsTicketOnItsWay()
	case local.Refused:
		first.State, first.Bad = wordsTicketRefused(Line(t.Problem)), true
	}
	out := []Message{first}
	for _, m := range t.Messages {
		who := author(Line(m.Author))
		if m.Mine {
			who = WordsYou()
		}
		out = append(out, Message{ID: m.ID, Author: who, Mine: m.Mine, When: WhenOf(m.At, now), Body: Plain(m.Body), Files: m.Attachments})
	}
	if t.Solution != "" && (t.State == stateResolved || t.State == stateClosed) {
		out = solved(out, Plain(t.Solution))
	}
	for _, p := range t.Pending {
		m := Message{ID: p.Ref, Author: WordsYou(), Mine: true, When: WhenOf(p.At, now), Body: Plain(p.Body), State: wordsTicketOnItsWay()}
		if p.Act != "" {
			m.Body = wordsTicketAct(p.Act, m.Body)
		}
		switch p.Delivery {
		case local.Sent:
			m.State = ""
		case local.Refused:
			m.State, m.Bad = wordsTicketRefused(Line(p.Problem)), true
		}
		out = append(out, m)
	}
	return out
}

// RatingLabels are the words of the ratings 1 to 5.
func RatingLabels() []string {
	return []string{tongue.Say("rating.bad"), tongue.Say("rating.poor"), tongue.Say("rating.fair"), tongue.Say("rating.good"), tongue.Say("rating.very_good")}
}
