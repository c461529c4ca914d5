package model

import (
	"strings"

	"github.com/deskbell/deskbell/agent/local"
)

// FixedOfChoice returns of which outage somebody says whether it is fixed for them.
func FixedOfChoice(choice string) (id string, works, ok bool) {
	if id, ok = strings.CutPrefix(choice, worksPrefix); ok {
		return id, true, true
	}
	id, ok = strings.CutPrefix(choice, notPrefix)
	return id, false, ok
}

// Ask takes a status in and returns the notes that ask whether what is said to be over is
// fixed, the questions that the person is told of by them, and the keys of notes to take
// away. Several at once are one note: the window has them all.
func (n *Announcing) Ask(s local.Status) (show []Note, asked, withdraw []string) {
	if s.Connection == local.NoAgent {
		return nil, nil, nil
	}
	if n.asked == nil {
		n.asked = map[string]bool{}
	}
	open := map[string]bool{}
	for _, q := range s.Questions {
		if q.Answered {
			continue
		}
		open[q.ID] = true
		if q.Seen || n.asked[q.ID] {
			continue
		}
		n.asked[q.ID] = true
		asked = append(asked, q.ID)
		show = append(show, questionNote(q))
	}
	for id := range n.asked {
		if !open[id] {
			delete(n.asked, id)
			if !answeredHere(s, id) { // else the note says thank you now
				withdraw = append(withdraw, askPrefix+id)
			}
		}
	}
	if len(show) > maxNotes {
		show = []Note{{Key: OutagesKey, Title: wordsFixedMany(len(show)), Body: wordsFixedManyBody()}}
	}
	return show, asked, withdraw
}

func answeredHere(s local.Status, id string) bool {
	for _, q := range s.Questions {
		if q.ID == id {
			return q.Answered
		}
	}
	return false
}

func questionNote(q local.OutageAsked) Note {
	n := Note{Key: askPrefix + q.ID, Title: wordsFixedAskOf(clip(q.Title, 100)), Body: clip(q.Closing, 240)}
	if n.Body == "" {
		n.Body = wordsFixedAskBody()
	}
	n.Choices = []Choice{{worksPrefix + q.ID, WordsFixedYes()}, {notPrefix + q.ID, WordsFixedNo()}}
	return n
}

// NoteFixedSaid tells that an answer is kept.
func NoteFixedSaid(id string, works bool) Note {
	if works {
		return Note{Key: askPrefix + id, Title: WordsFixedYes(), Body: wordsFixedYesDone()}
	}
	return Note{Key: askPrefix + id, Title: wordsFixedNoDone(), Body: wordsFixedNoDoneIs()}
}

// NoteNotFixedSaid tells that a click had no effect.
func NoteNotFixedSaid(id, reason string) Note {
	return Note{Key: askPrefix + id, Title: wordsNoteNotDone(), Body: clip(reason, 240)}
}

// FixedQuestion is a question, as a window shows it.
type FixedQuestion struct {
	ID      string
	Title   string
	Closing string
	CanSay  bool
	Said    string // what is said of it instead
	Problem string
}

// FixedQuestionsOf returns what is shown of the questions of a status.
func FixedQuestionsOf(s local.Status, h Hitting) (out []FixedQuestion) {
	for _, q := range s.Questions {
		v := FixedQuestion{ID: q.ID, Title: clip(q.Title, 160), Closing: Breakable(Plain(q.Closing))}
		state := h[q.ID]
		switch {
		case q.Answered && q.Works, !q.Answered && state.Done && state.Works:
			v.Said = wordsFixedYesDone()
		case q.Answered, state.Done:
			v.Said = wordsFixedNoDone()
		case state.Sending:
			v.Said = wordsFixedSending()
		default:
			v.CanSay = true
			if state.Err != nil {
				v.Problem = sentence(state.Err)
			}
		}
		out = append(out, v)
	}
	return out
}
