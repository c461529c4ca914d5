package desk

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
	"github.com/deskbell/deskbell/server/triage"
)

// models are what was learned at one time.
type models struct {
	category, team *triage.Model
	at             time.Time
}

const (
	// Speaks is how sure a suggestion is at least; below it nothing is said.
	Speaks = 0.6
	// learnEvery is how often it is seen whether there is enough new to learn, and
	// learnFrom how many tickets that is.
	learnEvery = time.Hour
	learnFrom  = 50
	// learnPage is how many tickets are read at a time, and breathes how long the
	// processor is left to others between pages and now and then while learning.
	learnPage = 200
	breathes  = 2 * time.Millisecond
)

// learn reads the newest tickets at the start, and learns from them then and again
// as more of them end. It leaves half of a processor to those who wait for pages.
func (s *Triage) learn(ctx context.Context) {
	for first := true; ctx.Err() == nil; first = false {
		if first || s.closed.Load() >= learnFrom {
			s.closed.Store(0)
			if err := s.learnOnce(ctx, first); err != nil && ctx.Err() == nil {
				s.log.Error("nothing was learned from closed tickets; suggestions stay as they are", "err", err)
			}
		}
		if !pause(ctx, learnEvery) {
			return
		}
	}
}

func (s *Triage) learnOnce(ctx context.Context, index bool) error {
	var categories, teams []triage.Sample
	err := s.newest(ctx, func(row Row) {
		if index {
			s.put(docOf(row.Ticket))
		}
		if row.State != ticket.Resolved && row.State != ticket.Closed || row.MergedInto.ID != "" {
			return
		}
		text := s.textOf(row.Ticket)
		if row.Category != "" {
			categories = append(categories, triage.Sample{Text: text, Label: row.Category})
		}
		if row.Team != "" {
			teams = append(teams, triage.Sample{Text: text, Label: row.Team})
		}
	})
	if err != nil {
		return err
	}
	breathe := func() error {
		pause(ctx, breathes)
		return ctx.Err()
	}
	learned := &models{at: s.desk.now()}
	if learned.category, err = triage.Learn(categories, breathe); err != nil {
		return err
	}
	if learned.team, err = triage.Learn(teams, breathe); err != nil {
		return err
	}
	if learned.category == nil && learned.team == nil {
		return nil
	}
	s.models.Store(learned)
	clear(categories)
	clear(teams)
	debug.FreeOSMemory() // what learning took is as much again as what it leaves
	return nil
}

// newest reads the newest tickets, the older before the younger, a page at a time.
func (s *Triage) newest(ctx context.Context, each func(Row)) error {
	last, err := s.desk.store.Tickets(ctx, Query{Order: Newest, Limit: 1})
	if err != nil || len(last) == 0 {
		return err
	}
	end := last[0].Number
	for from := max(1, end-triage.MaxSamples+1); from <= end; from += learnPage {
		rows, err := s.desk.store.Tickets(ctx, Query{Order: Newest, After: &Position{Number: from + learnPage}, Limit: learnPage})
		if err != nil {
			return err
		}
		for i := len(rows) - 1; i >= 0; i-- {
			if rows[i].Number >= from { // numbers may have holes
				each(rows[i])
			}
		}
		if !pause(ctx, breathes) {
			return ctx.Err()
		}
	}
	return nil
}

// textOf is what is learned from. Only its beginning is kept, so that many long
// tickets do not fill the memory.
func (s *Triage) textOf(t ticket.Ticket) triage.Text {
	out := triage.Text{Title: t.Title, Body: t.Body[:min(len(t.Body), triage.MaxText)], Kind: string(t.Kind), Findings: codesOf(t)}
	if s.world.OS != nil && t.Endpoint != "" {
		out.OS = s.world.OS(t.Endpoint)
	}
	return out
}

func codesOf(t ticket.Ticket) []string {
	var out []string
	for _, f := range t.Findings {
		out = append(out, string(f.Code))
	}
	return out
}

// Suggestion is what a ticket may be, by what the desk has filed before.
type Suggestion struct {
	Category, Team *Guess // nil: nothing that would be sure enough
	// Categories are the three likeliest, also when none is sure enough.
	Categories []Guess
	Learned    Learned
}

// Guess is one guess with the name that goes with its id.
type Guess struct {
	ID, Name   string
	Confidence float64 // of a hundred guesses with 0.8, about eighty were right
	Because    []string
}

// Learned says what suggestions rest on.
type Learned struct {
	At             time.Time // zero: nothing has been learned yet
	Category, Team triage.Trained
}

// Suggest says what a ticket may be. Of what has been decided it says nothing.
func (s *Triage) Suggest(ctx context.Context, actor auth.Actor, t ticket.Ticket) (Suggestion, error) {
	if err := auth.Authorise(actor, auth.TicketsRead, auth.Object{}); err != nil {
		return Suggestion{}, err
	}
	m := s.models.Load()
	if m == nil {
		return Suggestion{}, nil
	}
	out := Suggestion{Learned: Learned{At: m.at}}
	if m.category != nil {
		out.Learned.Category = m.category.Trained
	}
	if m.team != nil {
		out.Learned.Team = m.team.Trained
	}
	if !t.State.Open() {
		return out, nil
	}
	book, text := s.rules.Book(), s.textOf(t)
	if t.Category == "" {
		for i, g := range m.category.Guess(text, 3) {
			name, ok := offeredCategory(book, g.Label)
			if !ok {
				continue
			}
			x := Guess{g.Label, name, g.Confidence, g.Because}
			out.Categories = append(out.Categories, x)
			if i == 0 && x.Confidence >= Speaks {
				out.Category = &x
			}
		}
	}
	if t.Team == "" && t.State == ticket.New {
		for _, g := range m.team.Guess(text, 1) {
			team, ok := rulebook.Get[*rulebook.Team](book, g.Label)
			if ok && !team.Retired && g.Confidence >= Speaks {
				out.Team = &Guess{g.Label, team.Name, g.Confidence, g.Because}
			}
		}
	}
	return out, nil
}

// GuessOf is the category that is suggested for a ticket; empty when nothing is sure
// enough. learned says whether anything has been learned yet by which to tell.
func (s *Triage) GuessOf(ctx context.Context, actor auth.Actor, id string) (category string, learned bool, err error) {
	if s.models.Load() == nil {
		return "", false, nil
	}
	row, err := s.desk.store.Ticket(ctx, id)
	if err != nil {
		return "", true, err
	}
	said, err := s.Suggest(ctx, actor, row.Ticket)
	if err != nil || said.Category == nil {
		return "", true, err
	}
	return said.Category.ID, true, nil
}

// offeredCategory returns how people call a category that may be chosen.
func offeredCategory(b *rulebook.Book, id string) (string, bool) {
	c, ok := rulebook.Get[*rulebook.Category](b, id)
	if !ok || c.Retired {
		return "", false
	}
	return rulebook.PathOf(b, id), true
}

// Accept files a ticket as was suggested, or as somebody has chosen; an empty id
// leaves the ticket as it is in that respect. Both happen or neither.
func (s *Triage) Accept(ctx context.Context, actor auth.Actor, id string, seen int64, category, team string) (Outcome, error) {
	var list []ticket.Command
	book := s.rules.Book()
	if category != "" {
		if _, ok := offeredCategory(book, category); !ok {
			return Outcome{}, fault.Field("category", "There is no such category any more. Reload the ticket.")
		}
		list = append(list, ticket.Categorise{Category: category})
	}
	if team != "" { // before the category, whose own team is for tickets that have none
		if x, ok := rulebook.Get[*rulebook.Team](book, team); !ok || x.Retired {
			return Outcome{}, fault.Field("team", "There is no such team any more. Reload the ticket.")
		}
		list = append([]ticket.Command{ticket.Delegate{Team: team}}, list...)
	}
	if len(list) == 0 {
		return Outcome{}, fault.Field("category", "Nothing was suggested that could be accepted. Reload the ticket.")
	}
	return s.desk.DoAll(ctx, actor, Once{}, id, seen, list)
}
