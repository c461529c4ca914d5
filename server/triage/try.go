package triage

import (
	"context"
	"errors"
	"time"
)

// Past is a ticket as it was when a rule would have been asked, and what became of
// it.
type Past struct {
	ID     string
	Number int64
	Title  string
	At     time.Time
	Facts  Facts
	// What technicians have left it with. Empty and 0: nobody has said.
	Team, Category string
	Priority       int
}

// maxExamples is how many tickets a trial names.
const maxExamples = 50

// Trial is what a rule would have done to past tickets.
type Trial struct {
	Fingerprint string // of the rule that was tried
	Tried       int
	Matched     int
	Failed      int    // how many its condition could not be answered for
	Why         string // of the first of them
	Endless     string // why it was stopped; "" when it ends
	Team        Agreement
	Category    Agreement
	Priority    Agreement
	Replies     int // how many would have been answered
	Tags        int // how many would have got a tag that they have not
	Examples    []Example
}

// Agreement compares what a rule would have set with what technicians left a ticket
// with.
type Agreement struct {
	Same  int // they chose the same
	Other int // they chose something else
	None  int // they chose nothing
}

// Said is how many tickets can be compared.
func (a Agreement) Said() int { return a.Same + a.Other }

// Share is the part of them where both agree, 0 to 1.
func (a Agreement) Share() float64 {
	if a.Said() == 0 {
		return 0
	}
	return float64(a.Same) / float64(a.Said())
}

func (a *Agreement) count(would, was string) {
	switch {
	case would == "":
	case was == "":
		a.None++
	case would == was:
		a.Same++
	default:
		a.Other++
	}
}

// Example is one ticket that the rule fits.
type Example struct {
	ID       string
	Number   int64
	Title    string
	At       time.Time
	Would    Effects // what it would have changed then
	Team     string  // what technicians left it with
	Category string
	Priority int
	Differs  bool // technicians have chosen something else
}

// Try asks one rule about past tickets, as if it were the only one. A rule that
// does not end is stopped at the first ticket that shows it.
func Try(ctx context.Context, r Rule, past []Past) (Trial, error) {
	c, err := Compile(r.When)
	if err != nil {
		return Trial{}, err
	}
	out := Trial{Fingerprint: r.Fingerprint()}
	for i := range past {
		p := &past[i]
		out.Tried++
		fits, err := c.Fits(ctx, &p.Facts)
		switch {
		case ctx.Err() != nil:
			return out, ctx.Err()
		case errors.Is(err, errSteps), errors.Is(err, errTime):
			out.Endless, out.Fingerprint = err.Error(), ""
			return out, nil
		case err != nil:
			if out.Failed++; out.Why == "" {
				out.Why = err.Error()
			}
			continue
		case !fits:
			continue
		}
		out.Matched++
		out.compare(r, p)
	}
	return out, nil
}

func (t *Trial) compare(r Rule, p *Past) {
	_, would := p.Facts.with(r.Then)
	would.Reply = r.Then.Reply
	if would.Reply != "" {
		t.Replies++
	}
	if len(would.Tags) > 0 {
		t.Tags++
	}
	t.Team.count(r.Then.Team, p.Team)
	t.Category.count(r.Then.Category, p.Category)
	t.Priority.count(level(r.Then.Priority), level(p.Priority))
	differs := other(r.Then.Team, p.Team) || other(r.Then.Category, p.Category) || other(level(r.Then.Priority), level(p.Priority))
	if len(t.Examples) < maxExamples {
		t.Examples = append(t.Examples, Example{p.ID, p.Number, p.Title, p.At, would, p.Team, p.Category, p.Priority, differs})
	}
}

func other(would, was string) bool { return would != "" && was != "" && would != was }

func level(n int) string {
	if n == 0 {
		return ""
	}
	return string(rune('0' + n))
}
