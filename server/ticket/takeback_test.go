package ticket_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/server/ticket"
)

// TestTakeBack wants a ticket to be as it was before it ended, but for its version and
// when something last happened.
func TestTakeBack(t *testing.T) {
	wait := step{ticket.Wait{For: ticket.WaitVendor, Message: "m", Body: "We wait."}, anna}
	for name, c := range map[string]struct {
		before []step
		end    step
	}{
		"closed":             {[]step{open, take, resolve}, step{ticket.Close{}, anna}},
		"solved":             {[]step{open, take}, resolve},
		"solved on hold":     {[]step{open, take, wait}, resolve},
		"solved nobody's":    {[]step{open}, resolve},
		"solved once more":   {[]step{open, take, resolve, {ticket.Reopen{}, maria}}, resolve},
		"closed once more":   {[]step{open, take, resolve, {ticket.Reopen{}, maria}, resolve}, step{ticket.Close{}, anna}},
		"closed and rated":   {[]step{open, take, resolve, {ticket.Rate{Rating: 4}, maria}}, step{ticket.Close{}, anna}},
		"solved unconfirmed": {[]step{open, {ticket.Assign{To: ben.Person}, anna}}, resolve},
	} {
		want := made(t, c.before...)
		ended := made(t, append(c.before, c.end)...)
		back := ticket.TakeBack{State: want.State, Waiting: want.Waiting, Until: want.WaitUntil, Assignee: want.Assignee}
		got, events, err := ticket.Apply(ended, back, anna, noon)
		if err != nil || len(events) != 1 || !events[0].Public() || events[0].Says() {
			t.Errorf("%s: %+v, %v", name, events, err)
			continue
		}
		got.Version, got.UpdatedAt = want.Version, want.UpdatedAt
		got.RespondedAt = want.RespondedAt // that somebody has looked stays true
		want.Solution, want.Code = got.Solution, got.Code
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, taken back:\n%s", name, diff)
		}
	}
}
