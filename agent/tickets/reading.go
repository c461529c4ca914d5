package tickets

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/internal/wire"
)

// News is one message of the help desk that a person has not read.
type News struct {
	ID     string // the message's
	Ticket string
	Number int64
	Title  string
	Author string
	Text   string // its beginning, one line
	At     time.Time
	Solved bool // the ticket is resolved, and this is the last word on it
}

// maxNews bounds the list of unread messages; the count goes on.
const maxNews = 20

// Approval is a request that waits for a person's decision.
type Approval struct {
	Number    int64
	Title     string
	Requester string
	AskedAt   time.Time
}

// maxApprovals is how many are kept; the portal has all.
const maxApprovals = 50

// SetApprovals takes what waits for a person's decision: all of it.
func (s *Shelf) SetApprovals(uid string, list []wire.Approval) error {
	var next []Approval
	for _, a := range list[:min(len(list), maxApprovals)] {
		next = append(next, Approval{Number: a.Number, Title: oneLine(a.Title), Requester: oneLine(a.Requester), AskedAt: a.AskedAt})
	}
	return s.update(uid, func(f *file) bool {
		if slices.Equal(f.Deciding, next) {
			return false
		}
		f.Deciding = next
		return true
	})
}

// Approvals returns what waits for a person's decision.
func (s *Shelf) Approvals(uid string) []Approval {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[uid]; p != nil {
		return p.deciding
	}
	return nil
}

// Summary returns how many messages a person has not read, the newest of them,
// and a number that rises with each change of the person's tickets.
func (s *Shelf) Summary(uid string) (unread int, news []News, revision int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.people[uid]
	if p == nil {
		return 0, nil, 0
	}
	return p.unread, p.news, p.revision
}

func (s *Shelf) summarise(f *file) *summary {
	out := &summary{revision: s.revision, deciding: f.Deciding}
	for i := range f.Tickets {
		t := &f.Tickets[i]
		left := f.unread(t)
		out.unread += left
		last := true // of what the help desk has said
		for _, m := range slices.Backward(t.Messages) {
			if left == 0 {
				break
			}
			if m.Mine {
				continue
			}
			left--
			out.news = append(out.news, News{
				ID: m.ID, Ticket: t.ID, Number: t.Number, Title: oneLine(t.Title), Author: oneLine(m.Author), Text: oneLine(m.Body), At: m.At,
				Solved: last && t.State == "resolved",
			})
			last = false
		}
	}
	slices.SortStableFunc(out.news, func(a, b News) int { return b.At.Compare(a.At) })
	out.news = slices.Clip(out.news[:min(len(out.news), maxNews)])
	return out
}

// unread counts the messages of the help desk after the last one that was read,
// here or elsewhere.
func (f *file) unread(t *wire.TicketView) int {
	n := 0
	read := indexOfMessage(t, f.Reads[t.ID].Message)
	for _, m := range t.Messages[read+1:] {
		if !m.Mine {
			n++
		}
	}
	return min(n, max(t.Unread, 0))
}

func indexOfMessage(t *wire.TicketView, id string) int {
	return slices.IndexFunc(t.Messages, func(m wire.MessageView) bool { return m.ID == id })
}

// Read notes that a person has read a ticket up to a message; empty means all of
// it. It reports whether there is something to tell the server.
func (s *Shelf) Read(uid, ticket, message string) (news bool, err error) {
	err = s.update(uid, func(f *file) bool {
		i := indexOf(f.Tickets, ticket)
		if i < 0 || len(f.Tickets[i].Messages) == 0 {
			return false
		}
		t := &f.Tickets[i]
		at := len(t.Messages) - 1
		if message != "" {
			at = indexOfMessage(t, message)
		}
		if at < 0 || at <= indexOfMessage(t, f.Reads[ticket].Message) || f.unread(t) == 0 {
			return false
		}
		if f.Reads == nil {
			f.Reads = map[string]mark{}
		}
		f.Reads[ticket] = mark{Message: t.Messages[at].ID}
		news = true
		return true
	})
	return news, err
}

// Untold returns how far a person has read that the server does not know yet, by
// ticket.
func (s *Shelf) Untold(uid string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	if f, err := s.read(uid); err == nil && s.people[uid] != nil {
		for ticket, m := range f.Reads {
			if !m.Told {
				out[ticket] = m.Message
			}
		}
	}
	return out
}

// Told notes that the server knows how far a person has read.
func (s *Shelf) Told(uid, ticket, message string) error {
	return s.update(uid, func(f *file) bool {
		if m := f.Reads[ticket]; m.Message != message || m.Told {
			return false
		}
		f.Reads[ticket] = mark{Message: message, Told: true}
		return true
	})
}

// oneLine makes what anybody wrote fit for a line in a menu or a notification.
func oneLine(s string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = n > 0
			continue
		}
		if unicode.Is(unicode.Cf, r) && r != '\u200d' { // direction marks and the like; joiners hold emoji together
			continue
		}
		if n >= 140 {
			b.WriteRune('…')
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
			n++
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
