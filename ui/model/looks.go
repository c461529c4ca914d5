package model

import (
	"strconv"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

// LookRow is one look at this computer.
type LookRow struct {
	Who     string
	What    string
	Why     string // the ticket; may be empty
	When    When
	Now     bool // it goes on
	Result  string
	Consent string // what was said when somebody was asked; may be empty
}

// LooksView is the window “What is collected and who looked”.
type LooksView struct {
	Rows    []LookRow
	Answer  string // the one line above the list
	About   string // who keeps it
	Broken  string // what was done to the list; may be empty
	Empty   string
	Loading bool
	Problem string

	Collected []CollectedRow // the other half of the window
}

// LooksOf returns what the window shows. k is empty until there was an answer.
func LooksOf(k local.Ledger, loaded bool, err error, now time.Time) LooksView {
	about := wordsLooksAbout(k.Since.In(now.Location()))
	switch {
	case !loaded && err != nil:
		if fault.Is(err, fault.Unavailable) {
			return LooksView{Problem: wordsLooksAway(), About: about}
		}
		return LooksView{Problem: sentence(err), About: about}
	case !loaded:
		return LooksView{Loading: true, About: about}
	case len(k.Looks) == 0:
		return LooksView{Empty: wordsLooksEmpty(), About: about, Broken: wordsLooksBroken(k)}
	}
	v := LooksView{About: about, Broken: wordsLooksBroken(k)}
	live := 0
	for _, l := range k.Looks {
		r := LookRow{
			Who: wordsLookWho(clip(l.Who, 60), clip(l.Role, 30)), What: Line(l.What), When: WhenOf(l.At, now),
			Now: l.Ended.IsZero() && l.Result == "" && !l.Asking(), Result: wordsLookResult(l, now), Consent: wordsLookConsent(l.Consent),
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
