package model

import (
	"strconv"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

// LookRow is one look at this computer.
type LookRow struct {
	Who    string
	What   string
	Why    string // the ticket; may be empty
	When   When
	Now    bool // it goes on
	Result string
}

// LooksView is the window “Who looked at this computer”.
type LooksView struct {
	Rows    []LookRow
	Answer  string // the one line above the list
	Empty   string
	Loading bool
	Problem string
}

// LooksOf returns what the window shows. looks is nil until there was an answer.
func LooksOf(looks []local.Look, loaded bool, err error, now time.Time) LooksView {
	switch {
	case !loaded && err != nil:
		if fault.Is(err, fault.Unavailable) {
			return LooksView{Problem: wordsLooksAway()}
		}
		return LooksView{Problem: sentence(err)}
	case !loaded:
		return LooksView{Loading: true}
	case len(looks) == 0:
		return LooksView{Empty: wordsLooksEmpty()}
	}
	v := LooksView{}
	live := 0
	for _, l := range looks {
		r := LookRow{
			Who: wordsLookWho(clip(l.Who, 60), clip(l.Role, 30)), What: Line(l.What), When: WhenOf(l.At, now),
			Now: l.Ended.IsZero() && l.Result == "", Result: wordsLookResult(l.Result),
		}
		if l.Ticket != 0 {
			r.Why = wordsLookWhy(strconv.FormatInt(l.Ticket, 10))
		}
		if r.Now {
			live++
			r.Result = wordsLookNow()
		}
		v.Rows = append(v.Rows, r)
	}
	v.Answer = wordsLooksAnswer(live)
	return v
}
