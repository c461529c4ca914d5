package incident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/ticket"
)

// Asking is that those whom an outage hit were asked whether it is over for them.
type Asking struct {
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"` // who has not answered then is taken by what their machine shows
	People int       `json:"people"`
	DoneAt time.Time `json:"done_at,omitzero"` // everything has been made of it
}

// Word is what somebody says of an outage that is said to be over.
type Word string

// The words.
const (
	NoWord   Word = ""
	IsFixed  Word = "fixed"
	NotFixed Word = "not"
)

// Outcome is what was made of somebody's word, or of none.
type Outcome string

// The outcomes.
const (
	Solved   Outcome = "solved"  // their tickets are
	Counted  Outcome = "counted" // they have no ticket that could be
	StaysAs  Outcome = "open"    // their tickets stay open: their machine still shows it, or nobody knows
	TookOut  Outcome = "out"     // it is not fixed: their tickets are no part of it any more, and open
	NewOne   Outcome = "rang"    // it is not fixed, and they had no ticket: they have one now
	Nothing  Outcome = "silent"  // they said nothing, and have no ticket
	noEffect Outcome = ""        // it waits
)

// Asked is one whom it was asked of.
type Asked struct {
	Incident   string
	Who        string // a person, or the account of somebody who has never rung
	Name       string // "": has never rung
	AskedAt    time.Time
	Answer     Word
	AnsweredAt time.Time
	Endpoint   string // where it was answered; empty: on a page
	Looked     bool   // the machine looked at itself then
	Found      []string
	Language   string
	Outcome    Outcome
}

// Account is an account of a machine that is asked.
type Account struct{ Incident, Endpoint, UID string }

// Answer is somebody's word as it is kept.
type Answer struct {
	Word     Word
	At       time.Time
	Endpoint string
	Looked   bool
	Found    []string
	Language string
}

// Bounds of asking.
const (
	leastAsking = 5 * time.Minute
	mostAsking  = 7 * 24 * time.Hour
	// patience is how long it is waited for a machine to come back whose people said nothing.
	patience  = 7 * 24 * time.Hour
	maxFound  = 50
	maxCode   = 64
	askedDays = 20 * 24 * time.Hour // so long after its end an answer still has its effect
)

// ask begins to ask all whom an outage hit: who has an open ticket of it, or has said in
// place of one that it hits them too.
func (k *Keeper) ask(tx Tx, i *Incident, told []string, within time.Duration, until time.Time) error {
	if within == 0 {
		return nil
	}
	if within < leastAsking || within > mostAsking {
		return fault.Field("ask", "They have five minutes to seven days to answer.")
	}
	who, err := tx.Concerned(i.ID, told)
	if err != nil || len(who) == 0 {
		return err
	}
	for _, w := range who {
		if err := tx.Ask(i.ID, w, i.NewsAt); err != nil {
			return err
		}
	}
	i.Ask = &Asking{At: i.NewsAt, Until: until, People: len(who)}
	return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidAsk, N: len(who)})
}

// fewTickets are as many of an incident's tickets as say which calendar counts.
const fewTickets = 50

// until is when nobody is waited for any more who is asked now and has so long to answer:
// the hours of the desk count, so that nobody is asked overnight. It ends after a week.
func (k *Keeper) until(ctx context.Context, id string, within time.Duration) (time.Time, error) {
	now := k.now()
	if k.After == nil || within < leastAsking || within > mostAsking {
		return now.Add(within), nil
	}
	members, err := k.Store.Members(ctx, id)
	if err != nil {
		return now, err
	}
	var tickets []string
	for _, m := range members {
		if !m.Out && len(tickets) < fewTickets {
			tickets = append(tickets, m.Ticket)
		}
	}
	at, err := k.After(ctx, tickets, now, within)
	if most := now.Add(mostAsking); at.After(most) {
		at = most
	}
	if least := now.Add(within); at.Before(least) { // no hour is open any more
		at = least
	}
	return at.Truncate(time.Millisecond).UTC(), err
}

// Tally is how many say what.
type Tally struct {
	Asked  int `json:"asked"`
	Fixed  int `json:"fixed"`
	Not    int `json:"not"`
	Silent int `json:"silent"` // they have not answered
}

// TallyOf counts what people said.
func TallyOf(list []Asked) (t Tally) {
	for _, a := range list {
		t.Asked++
		switch a.Answer {
		case IsFixed:
			t.Fixed++
		case NotFixed:
			t.Not++
		default:
			t.Silent++
		}
	}
	return t
}

// Words is a tally in a sentence.
func (t Tally) Words() string {
	s := plural(t.Fixed, "1 of ", "%d of ") + plural(t.Asked, "1 says fixed", "%d say fixed")
	if t.Not > 0 {
		s += ", " + plural(t.Not, "1 not", "%d not")
	}
	if t.Silent > 0 {
		s += ", " + plural(t.Silent, "1 has not answered", "%d have not answered")
	}
	return s
}

var errNotAsked = fault.New(fault.NotFound, "You were not asked whether this is fixed.")

// Fixed takes in somebody's word from their machine. Only who was asked may answer, and
// the first word counts: the same again has no effect.
func (k *Keeper) Fixed(ctx context.Context, m desk.Message, f wire.OutageFixed) error {
	if m.UID == "" || len(m.UID) > 190 {
		return fault.Field("account", "The message names no person of the machine.")
	}
	who := m.Endpoint + "/" + m.UID
	actor, err := k.Desk.PersonOf(ctx, m.Endpoint, m.UID)
	switch {
	case err == nil:
		who = actor.Person
	case !fault.Is(err, fault.NotFound):
		return err
	}
	a := Answer{Word: wordOf(f.Works), At: k.now(), Endpoint: m.Endpoint, Language: f.Language}
	if len(f.Language) > 8 {
		a.Language = ""
	}
	if f.Check != nil {
		a.Looked = true
		for _, c := range f.Check.Findings[:min(len(f.Check.Findings), maxFound)] {
			if code := string(c); code != "" && len(code) <= maxCode && !strings.ContainsAny(code, " \t\r\n") {
				a.Found = append(a.Found, code)
			}
		}
	}
	if actor.Person == "" { // they have never rung; with a ticket they are somebody
		if a.Word == NotFixed {
			return k.ringFor(ctx, m, f, who, a)
		}
		return k.answer(ctx, f.Question, who, a, noEffect)
	}
	return k.answer(ctx, f.Question, who, a, noEffect)
}

// FixedMe takes in the word of a reader of the portal, who reads a language.
func (k *Keeper) FixedMe(ctx context.Context, actor auth.Actor, id string, works bool, language string) error {
	if err := auth.Authorise(actor, auth.OwnAct, auth.Object{Requester: actor.Person}); err != nil {
		return err
	}
	return k.answer(ctx, id, actor.Person, Answer{Word: wordOf(works), At: k.now(), Language: language}, noEffect)
}

func wordOf(works bool) Word {
	if works {
		return IsFixed
	}
	return NotFixed
}

// answer keeps somebody's word. What follows from it is done by settle, which a crash does
// not keep from it.
func (k *Keeper) answer(ctx context.Context, id, who string, a Answer, o Outcome) error {
	k.writing.Lock()
	err := k.Store.Update(ctx, func(tx Tx) error {
		i, err := tx.Incident(id)
		if fault.Is(err, fault.NotFound) || err == nil && i.Ask == nil {
			return errNotAsked
		}
		if err != nil {
			return err
		}
		asked, new, err := tx.Answer(id, who, a, o)
		switch {
		case err != nil:
			return err
		case !asked:
			return errNotAsked
		case !new:
			return errAsItIs
		}
		if i.Ask.DoneAt.IsZero() || a.At.Sub(i.EndedAt) > askedDays {
			return nil
		}
		i.Ask.DoneAt, i.Version = time.Time{}, i.Version+1 // somebody's word was long on its way
		return tx.Save(i)
	})
	k.writing.Unlock()
	if errors.Is(err, errAsItIs) {
		return nil
	}
	if err == nil {
		k.Live.Publish(live.Event{Topic: live.Incidents, Key: id, Data: []byte(`{}`)})
		err = k.ReloadQuestions(ctx)
		if err != nil { // the word is kept; the question is taken away with the next look
			k.Log.Warn("who is still asked was not read", "err", err)
		}
		return nil
	}
	return err
}

// ringFor opens a ticket of somebody who has never rung and for whom it is not fixed. The
// ticket comes first: what a crash cuts off between, the same message does when it comes again.
func (k *Keeper) ringFor(ctx context.Context, m desk.Message, f wire.OutageFixed, who string, a Answer) error {
	i, err := k.Store.Incident(ctx, f.Question)
	if fault.Is(err, fault.NotFound) {
		return errNotAsked
	}
	if err != nil {
		return err
	}
	list, err := k.Store.Asked(ctx, i.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(x Asked) bool { return x.Who == who && x.Answer == NoWord }) {
		return k.answer(ctx, i.ID, who, a, noEffect) // it says why not
	}
	if _, err := k.Desk.Ring(ctx, ringID(&i, m), i.stillNot(k.reads(a.Language))); err != nil {
		return err
	}
	return k.answer(ctx, i.ID, who, a, NewOne)
}

// stillNot is the ticket of somebody who had none.
func (i *Incident) stillNot(language tongue.Language) desk.Draft {
	return desk.Draft{Kind: ticket.Incident, Title: i.Title, Body: language.Say("fixed.still_not"), Category: i.Cell.About}
}
