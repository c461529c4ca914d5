package model

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
)

// ApprovalsKey is the key of the note about what waits for a decision.
const ApprovalsKey = "approvals"

// WordsDecide opens what waits for a decision.
const WordsDecide = "Decide"

// ApprovalsLine says that somebody waits for the employee's yes or no; "" when
// nobody does.
func ApprovalsLine(s local.Status) string {
	switch n := len(s.Approvals); n {
	case 0:
		return ""
	case 1:
		a := s.Approvals[0]
		return fmt.Sprintf("%s waits for your decision: “%s”", requester(a), clip(a.Title, 80))
	default:
		return plural(n, "1 request waits for your decision.", "%d requests wait for your decision.")
	}
}

func requester(a local.Approval) string {
	if who := clip(a.Requester, 60); who != "" {
		return who
	}
	return "Somebody"
}

// Approvals decides when what waits for a decision becomes a notification. Its
// zero value has shown nothing.
type Approvals struct {
	shown []int64
}

// Next takes a status in and returns the note to show, or whether the one that is
// shown is to be taken away: nothing waits any more.
func (a *Approvals) Next(s local.Status) (show *Note, withdraw bool) {
	if s.Connection == local.NoAgent {
		return nil, false // it says nothing about what waits
	}
	var now []int64
	fresh := false
	for _, one := range s.Approvals {
		now = append(now, one.Number)
		fresh = fresh || !slices.Contains(a.shown, one.Number)
	}
	withdraw = len(now) == 0 && len(a.shown) > 0
	a.shown = now
	switch {
	case !fresh:
		return nil, withdraw
	case len(now) > 1:
		newest := s.Approvals[len(now)-1]
		return &Note{Key: ApprovalsKey, Title: ApprovalsLine(s), Body: fmt.Sprintf("%s: “%s”", requester(newest), clip(newest.Title, 160))}, false
	}
	one := s.Approvals[0]
	return &Note{Key: ApprovalsKey, Title: requester(one) + " asks for your approval", Body: clip(one.Title, 240)}, false
}

// WebAddress reads an address that is to be opened in the browser. Only web
// addresses are: what else the system would start for one is not ours to say.
func WebAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fault.New(fault.Invalid, "The link of your help desk is not a web address. Tell your help desk.")
	}
	return u, nil
}
