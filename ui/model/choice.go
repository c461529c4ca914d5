package model

import (
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/wire"
)

// Choice is a button of a notification. Its ID says all that is to be done: the
// note may be clicked long after, by then the tray has forgotten it.
type Choice struct {
	ID    string
	Label string
}

// Deed is what a choice asks for.
type Deed struct {
	Act     wire.Act
	Rating  int
	Message string // what was read by whoever chose
}

// ratePrefix is before a ticket's key in the key of the note that asks how it was.
const ratePrefix = "rate "

// TicketOfNote returns which ticket a note with a key is about.
func TicketOfNote(key string) string { return strings.TrimPrefix(key, ratePrefix) }

// DeedOf returns what a choice asks for; false when it is none of ours.
func DeedOf(choice string) (Deed, bool) {
	act, rest, _ := strings.Cut(choice, " ")
	switch d := (Deed{Act: wire.Act(act)}); d.Act {
	case wire.ActConfirm, wire.ActReopen:
		d.Message = rest
		return d, true
	case wire.ActRate:
		n, err := strconv.Atoi(rest)
		d.Rating = n
		return d, err == nil && n >= 1 && n <= len(RatingLabels())
	}
	return Deed{}, false
}

func solvedChoices(m local.News) []Choice {
	return []Choice{
		{string(wire.ActConfirm) + " " + m.ID, wordsNoteWorks()},
		{string(wire.ActReopen) + " " + m.ID, wordsNoteNotYet()},
	}
}

// NoteRate asks how it was, once somebody has said that it works. Desktops show
// three buttons and rarely more; all five are in the window that the note opens.
func NoteRate(ticket string, r local.Receipt) Note {
	n := Note{Key: ratePrefix + ticket, Ticket: ticket, Title: wordsNoteThanks(), Body: wordsNoteRate(r.Delivery == local.Saved)}
	for _, rating := range []int{5, 3, 1} {
		n.Choices = append(n.Choices, Choice{string(wire.ActRate) + " " + strconv.Itoa(rating), RatingLabels()[rating-1]})
	}
	return n
}

// NoteNotDone tells that a click had no effect.
func NoteNotDone(ticket, reason string) Note {
	return Note{Key: ratePrefix + ticket, Ticket: ticket, Title: wordsNoteNotDone(), Body: clip(reason, 240)}
}
