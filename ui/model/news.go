package model

import (
	"github.com/deskbell/deskbell/agent/local"
)

// Note is a notification.
type Note struct {
	Key    string // a later note with the same key takes its place
	Title  string
	Body   string
	Ticket string // the ticket that a click opens; empty opens the list
	// Choices are what can be done with one click, where the desktop has buttons.
	Choices []Choice
}

// News decides which news become notifications. Its zero value has shown nothing.
// It keeps the ids of the unread messages only, so it does not grow.
type News struct {
	started bool
	shown   map[string]string // message id → key of its note
}

// SummaryKey is the key of the note that stands for several.
const SummaryKey = "summary"

// maxNotes is how many notes may come at once before they become one.
const maxNotes = 3

// Next takes a status in and returns the notes to show, and the keys of notes to
// take away because what they told was read elsewhere. At start at most one note
// comes, however much is unread.
func (n *News) Next(s local.Status) (show []Note, withdraw []string) {
	if s.Connection == local.NoAgent {
		return nil, nil // it says nothing about what is unread
	}
	unread := map[string]bool{}
	var fresh []local.News
	for _, m := range s.News {
		unread[m.ID] = true
		if _, ok := n.shown[m.ID]; !ok {
			fresh = append(fresh, m)
		}
	}
	withdraw = n.forget(unread)
	limit := maxNotes
	if !n.started {
		limit = 1
	}
	n.started = true
	if n.shown == nil {
		n.shown = map[string]string{}
	}
	if len(fresh) > limit {
		for _, m := range fresh {
			n.shown[m.ID] = SummaryKey
		}
		return []Note{{Key: SummaryKey, Title: wordsNoteSummary(max(s.Unread, len(fresh))), Body: wordsNoteSummaryBody()}}, withdraw
	}
	for i := len(fresh) - 1; i >= 0; i-- { // the oldest first, so that the newest ends on top
		m := fresh[i]
		n.shown[m.ID] = m.Ticket
		show = append(show, noteOf(m))
	}
	return show, withdraw
}

func noteOf(m local.News) Note {
	who, title := author(clip(m.Author, 60)), clip(m.Title, 80)
	n := Note{Key: m.Ticket, Ticket: m.Ticket, Title: wordsNoteReply(who, title), Body: clip(m.Text, 240)}
	if m.Solved {
		n.Title, n.Choices = wordsNoteSolved(who, title), solvedChoices(m)
	}
	return n
}

// forget drops what is not unread any more, and returns the keys that no unread
// message needs.
func (n *News) forget(unread map[string]bool) (keys []string) {
	needed, gone := map[string]bool{}, map[string]bool{}
	for id, key := range n.shown {
		if unread[id] {
			needed[key] = true
			continue
		}
		gone[key] = true
		delete(n.shown, id)
	}
	for key := range gone {
		if !needed[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

// NoteNoWindow tells that a window opened in the browser in its place.
func NoteNoWindow() Note {
	return Note{Key: "window", Title: wordsNoteNoWindow(), Body: wordsNoteNoWindowIs()}
}

// NoteNoHelp tells that neither window nor browser could be opened.
func NoteNoHelp(reason string) Note {
	n := Note{Key: "window", Title: wordsNoteNoHelp(), Body: wordsNoteNoHelpIs()}
	if reason != "" {
		n.Body = clip(reason, 240)
	}
	return n
}

// NoteOpenLabel is the button of a notification.
func NoteOpenLabel() string { return wordsNoteOpen() }
