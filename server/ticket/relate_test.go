package ticket_test

import (
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ticket"
)

// TestIncidentsAreNotApproved holds the two kinds apart.
func TestIncidentsAreNotApproved(t *testing.T) {
	incident := made(t, open)
	if _, _, err := ticket.Apply(incident, ticket.AskApproval{Approver: ben.Person}, anna, noon); !fault.Is(err, fault.Conflict) {
		t.Errorf("an incident waits for an approval: %v", err)
	}
}

// TestApprovalLasts follows a request that was approved through hands: it stays
// approved until it is asked about again, or was rejected.
func TestApprovalLasts(t *testing.T) {
	request := step{ticket.Open{Title: "A second screen", Kind: ticket.Request, Requester: maria.Person}, maria}
	ask, yes, no := step{ticket.AskApproval{Approver: ben.Person}, anna}, step{ticket.Decide{Yes: true}, ben}, step{ticket.Decide{Body: "No room."}, ben}
	put := step{ticket.Assign{To: anna.Person}, ben}
	back := step{ticket.Assign{}, anna}
	held := step{ticket.Wait{For: ticket.WaitVendor}, anna}
	on := step{ticket.Resume{}, anna}
	for name, c := range map[string]struct {
		steps []step
		want  ticket.State
	}{
		"given back":         {[]step{request, ask, yes, put, back}, ticket.Approved},
		"on hold and on":     {[]step{request, ask, yes, held, on}, ticket.Approved},
		"never asked":        {[]step{request, put, back}, ticket.New},
		"asked again":        {[]step{request, ask, yes, put, ask, no, {ticket.Reopen{}, maria}, back}, ticket.New},
		"approved and taken": {[]step{request, ask, yes, take}, ticket.InProgress},
	} {
		if x := made(t, c.steps...); x.State != c.want {
			t.Errorf("%s: %s, want %s", name, x.State, c.want)
		}
	}
}

// TestWhatAParentHandsDown holds what is copied to children against what the desk
// expects: work and solutions are, waiting for the requester and endings are not, and
// only the staff's reopening is.
func TestWhatAParentHandsDown(t *testing.T) {
	for name, c := range map[string]struct {
		steps   []step
		want    ticket.State // of a child that was assigned to Ben; "" when it stays
		solved  ticket.State // of a child that was resolved by itself
		reopens bool
	}{
		"taken":                    {[]step{open, take}, ticket.InProgress, "", false},
		"waits for a supplier":     {[]step{open, take, {ticket.Wait{For: ticket.WaitVendor}, anna}}, ticket.Pending, "", false},
		"waits for the requester":  {[]step{open, take, {ticket.Wait{For: ticket.WaitRequester}, anna}}, "", "", false},
		"waits until a moment":     {[]step{open, take, {ticket.Wait{For: ticket.WaitScheduled, Until: noon.Add(time.Hour)}, anna}}, ticket.Pending, "", false},
		"goes on":                  {[]step{open, take, {ticket.Wait{For: ticket.WaitVendor}, anna}, {ticket.Resume{}, anna}}, ticket.InProgress, "", false},
		"resolved":                 {[]step{open, take, resolve}, ticket.Resolved, "", false},
		"resolved, nobody's":       {[]step{open, resolve}, ticket.Resolved, "", false},
		"closed":                   {[]step{open, resolve, {ticket.Close{}, anna}}, "", "", false},
		"cancelled":                {[]step{open, {ticket.Cancel{}, anna}}, "", "", false},
		"reopened by the staff":    {[]step{open, resolve, {ticket.Reopen{}, anna}}, "", ticket.InProgress, true},
		"reopened by its employee": {[]step{open, resolve, {ticket.Reopen{}, maria}}, "", "", false},
		"answered":                 {[]step{open, take, {ticket.Reply{Body: "Soon."}, anna}}, "", "", false},
	} {
		for kind, child := range map[string]ticket.Ticket{
			"open":     made(t, open, step{ticket.Assign{To: ben.Person}, anna}),
			"resolved": made(t, open, step{ticket.Assign{To: ben.Person}, anna}, step{ticket.Resolve{Solution: "By itself.", Code: ticket.Fixed}, ben}),
		} {
			want := map[string]ticket.State{"open": c.want, "resolved": c.solved}[kind]
			if got := handedDown(t, child, c.steps); got != want {
				t.Errorf("%s, to a child that is %s: %q, want %q", name, kind, got, want)
			}
		}
	}
}

// handedDown carries the last step of a parent down to a child, and returns the
// child's state when it changed.
func handedDown(t *testing.T, child ticket.Ticket, steps []step) (got ticket.State) {
	t.Helper()
	parent := made(t, steps[:len(steps)-1]...)
	last := steps[len(steps)-1]
	parent, events, err := ticket.Apply(parent, last.c, last.by, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		f, ok := ticket.Down(parent, e)
		if !ok {
			continue
		}
		after, made, err := ticket.Apply(child, f, anna, e.At)
		if err != nil && !fault.Is(err, fault.Conflict) {
			t.Fatal(err)
		}
		if len(made) == 0 {
			continue
		}
		child, got = after, after.State
	}
	return got
}

// TestGrandchildren are reopened with their grandparent, and not when it is only
// worked on.
func TestGrandchildren(t *testing.T) {
	solved := made(t, open, resolve)
	work := ticket.Follow{State: ticket.InProgress, Assignee: anna.Person}
	child, events, err := ticket.Apply(made(t, open), work, anna, noon)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := ticket.Down(child, events[0])
	if after, events, err := ticket.Apply(solved, f, anna, noon); len(events) > 0 || err == nil {
		t.Errorf("work on its grandparent left a solved ticket %s: %v", after.State, err)
	}
	work.Reopens = true
	child, events, err = ticket.Apply(solved, work, anna, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	f, _ = ticket.Down(child, events[0])
	if after, _, err := ticket.Apply(solved, f, anna, noon); err != nil || after.State != ticket.InProgress || after.Reopened != 1 {
		t.Errorf("its grandparent was reopened, and it is %s: %v", after.State, err)
	}
}

// TestWhoSeesWhatAfterAMerge gives two employees the histories of two tickets that
// became one.
func TestWhoSeesWhatAfterAMerge(t *testing.T) {
	eve := ticket.Actor{Person: ticket.Person{ID: "p9", Name: "Eve"}, Side: ticket.Requester}
	var target ticket.Ticket
	var history []ticket.Event
	for i, s := range []step{
		open, take, {ticket.Reply{Body: "before, to Maria"}, anna}, {ticket.Absorb{From: ticket.Reference{ID: "t2", Number: 2}, Requester: eve.Person}, anna},
		{ticket.Reply{Body: "to both"}, anna}, {ticket.Reply{Body: "Maria's words"}, maria}, {ticket.Reply{Body: "Eve's words"}, eve},
		{ticket.Note{Body: "among us"}, anna}, {ticket.RecordAsk{Ask: "a", What: "Maria's machine"}, anna}, resolve, {ticket.Rate{Rating: 1, Comment: "Maria's opinion"}, maria},
	} {
		after, events, err := ticket.Apply(target, s.c, s.by, noon.Add(time.Duration(i)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		target, history = after, append(history, events...)
	}
	words := func(list []ticket.Event) string {
		var out strings.Builder
		for _, e := range list {
			if e.Body != "" {
				out.WriteString(e.Body + "; ")
			}
		}
		return out.String()
	}
	if got, want := words(ticket.Shown(history, maria.ID)), "before, to Maria; to both; Maria's words; Maria's machine; A new cable.; Maria's opinion; "; got != want {
		t.Errorf("Maria sees %q, want %q", got, want)
	}
	if got, want := words(ticket.ShownOnward(history, "t2", eve.ID)), "to both; Eve's words; A new cable.; "; got != want {
		t.Errorf("Eve sees %q, want %q", got, want)
	}
	if got := ticket.ShownOnward(history, "t3", eve.ID); got != nil {
		t.Errorf("of a ticket that was not merged into it somebody sees %v", got)
	}
}
