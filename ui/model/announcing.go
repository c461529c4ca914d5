package model

import (
	"strings"

	"github.com/deskbell/deskbell/agent/local"
)

// Announcing decides which known outages become notifications: once when one begins,
// when there is news of it, and when it is over. The agent remembers what a person was
// told, so that a tray that starts again tells nothing twice. Its zero value has told
// nothing.
type Announcing struct {
	shown map[string]int64 // by announcement: the revision that a note was made of
	notes map[string]bool  // announcements whose note may still stand there
	asked map[string]bool  // questions that a note was made of, and whose note may stand there
}

// ToldOf is a revision that a person was told of.
type ToldOf struct {
	ID       string
	Revision int64
}

// OutagesKey is the key of the note that stands for several known outages.
const OutagesKey = "announcements"

// outagePrefix is before an announcement's id in the key of its note, and hitPrefix in
// the choice that says “It hits me too”.
const (
	outagePrefix = "announcement:"
	hitPrefix    = "hit:"

	askPrefix   = "question:"
	worksPrefix = "works:"
	notPrefix   = "works-not:"
)

// OutageNote reports whether a note is about known outages.
func OutageNote(key string) bool {
	return key == OutagesKey || strings.HasPrefix(key, outagePrefix) || strings.HasPrefix(key, askPrefix)
}

// HitOfChoice returns the announcement of which somebody says that it hits them too.
func HitOfChoice(choice string) (id string, ok bool) { return strings.CutPrefix(choice, hitPrefix) }

// Next takes a status in and returns the notes to show, what the person is told by
// them, and the keys of notes to take away because they concern this computer no more.
func (n *Announcing) Next(s local.Status) (show []Note, told []ToldOf, withdraw []string) {
	if s.Connection == local.NoAgent {
		return nil, nil, nil // it says nothing about what is known
	}
	if n.shown == nil {
		n.shown, n.notes = map[string]int64{}, map[string]bool{}
	}
	there := map[string]bool{}
	for _, a := range s.Announcements {
		there[a.ID] = true
		// Of what was over before they heard of it nobody is told.
		if a.Told <= max(a.Seen, n.shown[a.ID]) || !a.Live() && a.Seen == 0 && n.shown[a.ID] == 0 {
			continue
		}
		n.shown[a.ID] = a.Told
		told = append(told, ToldOf{a.ID, a.Told})
		show = append(show, outageNote(a))
	}
	for id := range n.shown {
		if !there[id] {
			delete(n.shown, id)
			if n.notes[id] {
				withdraw = append(withdraw, outagePrefix+id)
			}
			delete(n.notes, id)
		}
	}
	if len(show) > maxNotes {
		return []Note{{Key: OutagesKey, Title: wordsNoteOutages(len(show)), Body: wordsNoteOutagesBody()}}, told, withdraw
	}
	for _, t := range told {
		n.notes[t.ID] = true
	}
	return show, told, withdraw
}

func outageNote(a local.Announcement) Note {
	title := clip(a.Title, 100)
	n := Note{Key: outagePrefix + a.ID, Title: title, Body: clip(a.Text, 240)}
	if a.Advice != "" {
		n.Body = clip(a.Advice, 240)
	}
	switch {
	case !a.Live():
		n.Title, n.Body = wordsNoteOutageOver(title), clip(a.Closing, 240)
		return n
	case a.Seen > 0:
		n.Title = wordsNoteOutageUpdate(title)
		if len(a.Updates) > 0 {
			n.Body = clip(a.Updates[len(a.Updates)-1].Text, 240)
		}
	}
	if !a.Hit {
		n.Choices = []Choice{{hitPrefix + a.ID, WordsOutageHit()}}
	}
	return n
}

// NoteHit tells that somebody is counted.
func NoteHit(id string) Note {
	return Note{Key: outagePrefix + id, Title: wordsNoteHitDone(), Body: wordsNoteHitDoneIs()}
}

// NoteNotHit tells that a click had no effect.
func NoteNotHit(id, reason string) Note {
	return Note{Key: outagePrefix + id, Title: wordsNoteNotDone(), Body: clip(reason, 240)}
}
