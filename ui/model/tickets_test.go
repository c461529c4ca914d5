package model_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/sample"
)

func TestConversation(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*local.Ticket)
		state   string
		ask     string
		actions string
		reply   bool
	}{
		"new":         {func(x *local.Ticket) { x.State = "new" }, "Your help desk has it. Nobody has taken it yet.", "", "[cancel]", true},
		"assigned":    {func(x *local.Ticket) { x.State = "assigned" }, "Alex Kim will look at it.", "", "[cancel]", true},
		"in progress": {func(x *local.Ticket) { x.State = "in_progress"; x.Assignee = "" }, "Somebody is working on it.", "", "[cancel]", true},
		"my turn":     {func(x *local.Ticket) { x.State, x.Waiting = "pending", "requester" }, "It waits for your answer.", "Your help desk waits for your answer.", "[cancel]", true},
		"on hold":     {func(x *local.Ticket) { x.State, x.Waiting = "pending", "vendor" }, "It waits for a supplier.", "", "[cancel]", true},
		"resolved":    {func(x *local.Ticket) { x.State = "resolved" }, "Solved.", "Does it work again?", "[confirm reopen]", true},
		"closed":      {func(x *local.Ticket) { x.State = "closed" }, "Closed.", "", "[reopen]", false},
		"cancelled":   {func(x *local.Ticket) { x.State = "cancelled" }, "Cancelled.", "", "[]", false},
		"to approve":  {func(x *local.Ticket) { x.State = "waiting_for_approval" }, "It waits for somebody to approve it.", "", "[cancel]", true},
		"approved":    {func(x *local.Ticket) { x.State = "approved" }, "It was approved. Nobody has taken it yet.", "", "[cancel]", true},
		"rejected":    {func(x *local.Ticket) { x.State = "rejected" }, "It was not approved.", "", "[reopen]", false},
		"scheduled":   {func(x *local.Ticket) { x.State, x.Waiting = "pending", "scheduled" }, "It goes on at a time that was agreed.", "", "[cancel]", true},
		"saved":       {func(x *local.Ticket) { x.Delivery, x.ID, x.Number = local.Saved, "", 0 }, "Saved. It will be sent when you are connected.", "", "[]", false},
		"refused":     {func(x *local.Ticket) { x.Delivery = local.Refused }, "Your help desk’s server did not take this ticket. Ring again.", "", "[]", false},
		"acting": {func(x *local.Ticket) {
			x.State, x.Pending = "resolved", []local.PendingMessage{{Act: wire.ActConfirm, Delivery: local.Saved}}
		}, "Solved.", "", "[]", true},
		"of a newer server": {func(x *local.Ticket) { x.State = "under_review" }, "under review", "", "[]", true},
	} {
		t.Run(name, func(t *testing.T) {
			x := sample.Ticket(1042, "Printer", "new", noon)
			c.change(&x)
			v := model.ConversationOf(x, noon)
			acts := []wire.Act{}
			for _, a := range v.Actions {
				acts = append(acts, a.Act)
			}
			if v.State != c.state || v.Ask != c.ask || fmt.Sprint(acts) != c.actions || v.CanReply != c.reply {
				t.Errorf("it shows %+v", v)
			}
			if v.CanReply == (v.NoReply != "") {
				t.Errorf("it can be answered: %v, and says %q", v.CanReply, v.NoReply)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	x := sample.Ticket(1042, "Printer", "closed", noon)
	x.Solution, x.Rating = "Bigger disk.", 4
	x.Pending = []local.PendingMessage{
		{Ref: "p1", At: noon, Body: "On the train", Delivery: local.Saved},
		{Ref: "p2", At: noon, Act: wire.ActReopen, Body: "Again", Delivery: local.Refused, Problem: "The ticket was cancelled."},
	}
	v := model.ConversationOf(x, noon)
	var got []string
	for _, m := range v.Messages {
		got = append(got, fmt.Sprintf("%s/%v/%s/%s", m.Author, m.Mine, strings.ReplaceAll(m.Body, "\n", "|"), m.State))
	}
	want := []string{
		"You/true/Since this morning. I have turned it off and on again./",
		"Alex Kim/false/Thank you. Your disk is full, and so the print queue cannot be written. May I empty the trash?/",
		"You/true/Yes, please./",
		"Alex Kim/false/Done. Please try to print again./",
		"Solution/false/Bigger disk./",
		"You/true/On the train/Saved, on its way",
		"You/true/It does not work yet.|Again/Not taken: The ticket was cancelled.",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the conversation is\n%s", strings.Join(got, "\n"))
	}
	if v.LastRead != "m3" || v.CanRate || v.Rated != "You said: Good." || v.Rating != 4 {
		t.Errorf("it shows %+v", v)
	}
}

// TestSolutionOnce has a help desk whose solution is its last message: it is read
// once, and as the solution.
func TestSolutionOnce(t *testing.T) {
	x := sample.Ticket(1042, "Printer", "resolved", noon)
	x.Solution = x.Messages[len(x.Messages)-1].Body
	v := model.ConversationOf(x, noon)
	last := v.Messages[len(v.Messages)-1]
	if len(v.Messages) != 1+len(x.Messages) || last.Author != "Solution: Alex Kim" || !last.Solution || last.When.Ago == "" {
		t.Errorf("it ends with %+v", last)
	}
}

func TestTicketsList(t *testing.T) {
	if v := model.TicketsOf(local.Status{}, nil, nil, noon); !v.Loading {
		t.Error("before an answer it does not load")
	}
	if v := model.TicketsOf(local.Status{}, nil, errors.New("secret"), noon); v.Problem == "" || strings.Contains(v.Problem, "secret") {
		t.Errorf("an accident says %q", v.Problem)
	}
	if v := model.TicketsOf(local.Status{}, nil, fault.New(fault.Unavailable, "x"), noon); !strings.HasPrefix(v.Problem, "Your tickets are shown as soon as") {
		t.Errorf("without an agent it says %q", v.Problem)
	}
	list := &local.Tickets{Items: []local.Ticket{sample.Ticket(1, " A\nb ", "resolved", noon)}, AsOf: noon.Add(-3*time.Hour - 12*time.Minute)}
	offline := local.Status{Connection: local.Offline}
	v := model.TicketsOf(offline, list, nil, noon)
	if v.AsOf != "As your help desk had it 3 h 12 min ago." || v.Notice.Text == "" {
		t.Errorf("offline it shows %+v", v)
	}
	if r := v.Rows[0]; r.Title != "A b" || r.Number != "1" || r.State != "Solved" || r.When.Ago != "7 min ago" || !r.Alert {
		t.Errorf("the row is %+v", r)
	}
	list.AsOf = time.Time{}
	if v := model.TicketsOf(offline, list, nil, noon); !strings.HasPrefix(v.AsOf, "Only what was written on this computer") {
		t.Errorf("it says %q", v.AsOf)
	}
	if v := model.TicketsOf(local.Status{Connection: local.Connected}, list, nil, noon); v.AsOf != "" || v.Notice.Text != "" {
		t.Errorf("connected it shows %+v", v)
	}
	if v := model.TicketsOf(offline, list, errors.New("x"), noon); len(v.Rows) != 1 {
		t.Error("a list that is known goes away with an error")
	}
	if model.KeyOf(local.Ticket{TicketView: wire.TicketView{Ref: "R"}}) != "R" {
		t.Error("a saved ticket has no name")
	}
}

func TestCheckupView(t *testing.T) {
	one := func(s diagnostics.Severity) *local.Checkup {
		return &local.Checkup{Done: true, Findings: []diagnostics.Finding{{Severity: s}}}
	}
	for want, c := range map[string]*local.Checkup{
		"This computer looks well":                  {Done: true},
		"This computer looks well, with one remark": one(diagnostics.Info),
		"One thing to watch":                        one(diagnostics.Warning),
		"One thing needs help":                      one(diagnostics.Critical),
		"Looking at this computer":                  {},
	} {
		if v := model.CheckupOf(local.Status{}, c, nil); v.Answer != want {
			t.Errorf("%+v answers %q, want %q", c, v.Answer, want)
		}
	}
	v := model.CheckupOf(local.Status{}, nil, fault.New(fault.Unavailable, "Not now."))
	if v.Problem != "Not now." || v.Checking != "" || v.Known {
		t.Errorf("it shows %+v", v)
	}
}

func TestLooks(t *testing.T) {
	v := model.LooksOf(local.Ledger{Looks: []local.Look{
		{Who: "Alex", Role: "technician", What: "The log", Ticket: 7, At: noon.Add(-time.Minute)},
		{At: noon.Add(-time.Hour), Ended: noon, Result: "refused"},
	}}, true, nil, noon)
	if v.Answer != "Somebody is looking at this computer now." || v.Rows[0].Who != "Alex, technician" || model.LookFoot(v.Rows[0]) != "Looking now. For ticket 7" {
		t.Errorf("it shows %+v", v)
	}
	if r := v.Rows[1]; r.Who != "Somebody" || r.Now || model.LookFoot(r) != "Refused" {
		t.Errorf("the second is %+v", r)
	}
	if v := model.LooksOf(local.Ledger{}, true, nil, noon); v.Empty == "" {
		t.Error("an empty list says nothing")
	}
	if v := model.LooksOf(local.Ledger{}, false, nil, noon); !v.Loading {
		t.Error("before an answer it does not load")
	}
}

// TestLooksThatAreNotWhole: the window says in plain words what was done to the list.
func TestLooksThatAreNotWhole(t *testing.T) {
	one := []local.Look{{Who: "Kim", What: "a terminal", Kind: wire.ActTerminal, At: noon.Add(-time.Hour), Ended: noon.Add(-18 * time.Minute), Result: "ended", Consent: local.ConsentGiven, Ticket: 7}}
	for want, k := range map[string]local.Ledger{
		"":                         {Looks: one},
		"1 entry of this list was": {Looks: one, Removed: 1},
		"3 entries":                {Looks: one, Removed: 3},
		"were changed from":        {Removed: 2, Changed: 1},
		"Tell your help desk":      {Changed: 1},
	} {
		if v := model.LooksOf(k, true, nil, noon); (want == "") != (v.Broken == "") || !strings.Contains(v.Broken, want) {
			t.Errorf("%+v is told as %q", k, v.Broken)
		}
	}
	v := model.LooksOf(local.Ledger{Looks: one, Since: noon.Add(-48 * time.Hour)}, true, nil, noon)
	if foot := model.LookFoot(v.Rows[0]); foot != "Ended at "+noon.Add(-18*time.Minute).Format("15:04")+", after 42 min. Consent was given. For ticket 7" {
		t.Errorf("the foot is %q", foot)
	}
	if !strings.HasPrefix(v.About, "Kept by this computer since") {
		t.Errorf("about: %q", v.About)
	}
	for _, c := range []local.ConsentOutcome{local.ConsentAsked, local.ConsentBefore, local.ConsentRefused, local.ConsentUnanswered, local.ConsentImpossible} {
		asked := []local.Look{{At: noon, Consent: c}}
		if v := model.LooksOf(local.Ledger{Looks: asked}, true, nil, noon); v.Rows[0].Consent == "" || v.Rows[0].Now != (c != local.ConsentAsked) {
			t.Errorf("%s is shown as %+v", c, v.Rows[0])
		}
	}
}
