package model

import (
	"net/url"
	"slices"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// ApprovalsKey is the key of the note about what waits for a decision.
const ApprovalsKey = "approvals"

// WordsDecide opens what waits for a decision.
func WordsDecide() string { return tongue.Say("common.decide") }

// ApprovalsLine says that somebody waits for the employee's yes or no; "" when
// nobody does.
func ApprovalsLine(s local.Status) string {
	switch n := len(s.Approvals); n {
	case 0:
		return ""
	case 1:
		a := s.Approvals[0]
		return tongue.Say("approval.one", tongue.Name("who", requester(a)), tongue.Name("title", clip(a.Title, 80)))
	default:
		return tongue.Say("approval.many", tongue.Count("n", n))
	}
}

func requester(a local.Approval) string {
	if who := clip(a.Requester, 60); who != "" {
		return who
	}
	return tongue.Say("common.somebody")
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
		return &Note{Key: ApprovalsKey, Title: ApprovalsLine(s), Body: tongue.Say("approval.newest", tongue.Name("who", requester(newest)), tongue.Name("title", clip(newest.Title, 160)))}, false
	}
	one := s.Approvals[0]
	return &Note{Key: ApprovalsKey, Title: tongue.Say("approval.asks", tongue.Name("who", requester(one))), Body: clip(one.Title, 240)}, false
}

// WebAddress reads an address that is to be opened in the browser. Only web
// addresses are: what else the system would start for one is not ours to say.
func WebAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fault.New(fault.Invalid, tongue.Say("error.link"))
	}
	return u, nil
}
