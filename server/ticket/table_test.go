package ticket_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ticket"
)

var (
	anna  = ticket.Actor{Person: ticket.Person{ID: "p1", Name: "Anna"}, Side: ticket.Staff}
	ben   = ticket.Actor{Person: ticket.Person{ID: "p2", Name: "Ben"}, Side: ticket.Staff}
	maria = ticket.Actor{Person: ticket.Person{ID: "p3", Name: "Maria"}, Side: ticket.Requester}
	us    = ticket.Actor{Person: ticket.Person{Name: "sweep"}, Side: ticket.System}

	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

// step is a command and who gives it.
type step struct {
	c  ticket.Command
	by ticket.Actor
}

// make folds the steps, a minute apart, and fails the test when one is refused.
func made(t *testing.T, steps ...step) ticket.Ticket {
	t.Helper()
	var x ticket.Ticket
	for i, s := range steps {
		var err error
		if x, _, err = ticket.Apply(x, s.c, s.by, noon.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatalf("%T: %v", s.c, err)
		}
	}
	return x
}

var (
	open    = step{ticket.Open{Title: "My screen is black", Requester: maria.Person}, maria}
	take    = step{ticket.Take{}, anna}
	resolve = step{ticket.Resolve{Solution: "A new cable.", Code: ticket.Fixed}, anna}
)

// in returns a request in each state, and one that was merged into another. Assigned
// is Ben's; what is worked on is Anna's; Ben approves.
func in(t *testing.T) map[ticket.State]ticket.Ticket {
	t.Helper()
	open := step{ticket.Open{Title: "A second screen", Kind: ticket.Request, Requester: maria.Person}, maria}
	ask := step{ticket.AskApproval{Approver: ben.Person}, anna}
	all := map[ticket.State]ticket.Ticket{
		ticket.New:             made(t, open),
		ticket.WaitingApproval: made(t, open, ask),
		ticket.Approved:        made(t, open, ask, step{ticket.Decide{Yes: true}, ben}),
		ticket.Rejected:        made(t, open, ask, step{ticket.Decide{Body: "No room."}, ben}),
		ticket.Assigned:        made(t, open, step{ticket.Assign{To: ben.Person}, anna}),
		ticket.InProgress:      made(t, open, take),
		ticket.Pending:         made(t, open, take, step{ticket.Wait{For: ticket.WaitRequester}, anna}),
		ticket.Resolved:        made(t, open, take, resolve),
		ticket.Closed:          made(t, open, take, resolve, step{ticket.Confirm{}, maria}),
		ticket.Cancelled:       made(t, open, step{ticket.Cancel{}, maria}),
		merged:                 made(t, open, take, step{ticket.MergeInto{Into: ticket.Reference{ID: "t9", Number: 9}}, anna}),
	}
	for state, x := range all {
		x.ID = "t1"
		all[state] = x
	}
	return all
}

// merged stands in the table for a ticket that is closed because it went into another.
const merged ticket.State = "merged"

// life says what each command does to a ticket in each state: the state after it, "="
// for the same, "-" when nothing is left to do, "!" for a conflict, "x" for what is not
// for this side of the desk.
const life = `
                     new       approv?   approved  rejected  assigned  working   pending   resolved  closed    cancelled merged
anna  open           !         !         !         !         !         !         !         !         !         !         !
anna  take           working   !         working   !         !         !         !         !         !         !         !
anna  assign ben     assigned  !         assigned  !         !         assigned  assigned  !         !         !         !
anna  assign anna    working   !         working   !         working   !         !         !         !         !         !
anna  assign nobody  !         !         !         !         new       new       new       !         !         !         !
anna  delegate       =         !         =         !         new       new       new       !         !         !         !
anna  delegate ben   assigned  !         assigned  !         =         assigned  assigned  !         !         !         !
anna  escalate       =         !         =         !         new       new       new       !         !         !         !
anna  call noc       =         !         =         !         =         =         =         !         !         !         !
anna  reply          =         =         =         !         =         =         =         =         !         !         !
anna  note           =         =         =         =         =         =         =         =         =         =         =
anna  wait           pending   !         pending   !         pending   pending   =         !         !         !         !
anna  schedule       pending   !         pending   !         pending   pending   =         !         !         !         !
anna  resume         !         !         !         !         !         !         working   !         !         !         !
anna  resolve        resolved  !         resolved  !         resolved  resolved  resolved  !         !         !         !
anna  confirm        x         x         x         x         x         x         x         x         x         x         x
anna  reopen         !         !         !         new       !         !         !         working   working   !         !
anna  reopen late    !         !         !         new       !         !         !         working   working   !         !
anna  undo close     !         !         !         !         !         !         !         !         resolved  !         !
anna  undo resolve   !         !         !         !         !         !         !         pending   !         !         !
anna  rate           x         x         x         x         x         x         x         x         x         x         x
anna  prioritise     =         =         =         !         =         =         =         !         !         !         !
anna  override       =         =         =         !         =         =         =         !         !         !         !
anna  major          =         =         =         !         =         =         =         !         !         !         !
anna  categorise     =         =         =         =         =         =         =         =         =         =         !
anna  tag            =         =         =         =         =         =         =         =         =         =         =
anna  fields         =         =         =         =         =         =         =         =         =         =         =
anna  watch          =         =         =         =         =         =         =         =         =         =         =
anna  link           =         =         =         =         =         =         =         =         =         =         =
anna  parent         =         =         =         =         =         =         =         =         =         =         !
anna  follow work    working   !         working   !         working   -         working   !         !         !         !
anna  follow hold    pending   !         pending   !         pending   pending   =         !         !         !         !
anna  follow solved  resolved  !         resolved  !         resolved  resolved  resolved  !         !         !         !
anna  follow reopen  -         !         -         !         -         -         -         working   working   !         !
anna  merge          closed    closed    closed    closed    closed    closed    closed    closed    =         closed    !
anna  absorb         =         =         =         !         =         =         =         =         !         !         !
anna  split          =         =         =         =         =         =         =         =         =         =         =
anna  ask ben        approv?   !         !         !         approv?   approv?   approv?   !         !         !         !
anna  ask anna       approv?   =         !         !         approv?   approv?   approv?   !         !         !         !
anna  yes            !         x         !         !         !         !         !         !         !         !         !
anna  no             !         x         !         !         !         !         !         !         !         !         !
anna  close          !         !         !         !         !         !         !         closed    !         !         !
anna  cancel         cancelled cancelled cancelled !         cancelled cancelled cancelled !         !         !         !
anna  ask            =         =         =         =         =         =         =         =         =         =         =
anna  read           x         x         x         x         x         x         x         x         x         x         x
ben   take           working   !         working   !         working   !         !         !         !         !         !
ben   yes            !         approved  !         !         !         !         !         !         !         !         !
ben   no             !         rejected  !         !         !         !         !         !         !         !         !
maria open           !         !         !         !         !         !         !         !         !         !         !
maria take           x         x         x         x         x         x         x         x         x         x         x
maria assign ben     x         x         x         x         x         x         x         x         x         x         x
maria assign anna    x         x         x         x         x         x         x         x         x         x         x
maria assign nobody  x         x         x         x         x         x         x         x         x         x         x
maria delegate       x         x         x         x         x         x         x         x         x         x         x
maria delegate ben   x         x         x         x         x         x         x         x         x         x         x
maria escalate       x         x         x         x         x         x         x         x         x         x         x
maria call noc       x         x         x         x         x         x         x         x         x         x         x
maria reply          =         =         =         !         =         =         working   =         !         !         !
maria note           x         x         x         x         x         x         x         x         x         x         x
maria wait           x         x         x         x         x         x         x         x         x         x         x
maria schedule       x         x         x         x         x         x         x         x         x         x         x
maria resume         x         x         x         x         x         x         x         x         x         x         x
maria resolve        x         x         x         x         x         x         x         x         x         x         x
maria confirm        !         !         !         !         !         !         !         closed    !         !         !
maria reopen         !         !         !         new       !         !         !         working   working   !         !
maria reopen late    !         !         !         !         !         !         !         !         !         !         !
maria undo close     x         x         x         x         x         x         x         x         x         x         x
maria undo resolve   x         x         x         x         x         x         x         x         x         x         x
maria rate           !         !         !         !         !         !         !         =         =         !         =
maria prioritise     x         x         x         x         x         x         x         x         x         x         x
maria override       x         x         x         x         x         x         x         x         x         x         x
maria major          x         x         x         x         x         x         x         x         x         x         x
maria categorise     x         x         x         x         x         x         x         x         x         x         x
maria tag            x         x         x         x         x         x         x         x         x         x         x
maria fields         x         x         x         x         x         x         x         x         x         x         x
maria watch          x         x         x         x         x         x         x         x         x         x         x
maria link           x         x         x         x         x         x         x         x         x         x         x
maria parent         x         x         x         x         x         x         x         x         x         x         x
maria follow work    x         x         x         x         x         x         x         x         x         x         x
maria follow hold    x         x         x         x         x         x         x         x         x         x         x
maria follow solved  x         x         x         x         x         x         x         x         x         x         x
maria follow reopen  x         x         x         x         x         x         x         x         x         x         x
maria merge          x         x         x         x         x         x         x         x         x         x         x
maria absorb         x         x         x         x         x         x         x         x         x         x         x
maria split          x         x         x         x         x         x         x         x         x         x         x
maria ask ben        x         x         x         x         x         x         x         x         x         x         x
maria ask anna       x         x         x         x         x         x         x         x         x         x         x
maria yes            !         x         !         !         !         !         !         !         !         !         !
maria no             !         x         !         !         !         !         !         !         !         !         !
maria close          x         x         x         x         x         x         x         x         x         x         x
maria cancel         cancelled cancelled cancelled !         cancelled cancelled cancelled !         !         !         !
maria ask            =         =         =         =         =         =         =         =         =         =         =
maria read           =         =         =         =         =         =         =         =         =         =         =
us    open           !         !         !         !         !         !         !         !         !         !         !
us    take           x         x         x         x         x         x         x         x         x         x         x
us    assign ben     assigned  !         assigned  !         !         assigned  assigned  !         !         !         !
us    assign anna    assigned  !         assigned  !         =         !         !         !         !         !         !
us    assign nobody  !         !         !         !         new       new       new       !         !         !         !
us    delegate       =         !         =         !         new       new       new       !         !         !         !
us    delegate ben   assigned  !         assigned  !         =         assigned  assigned  !         !         !         !
us    escalate       =         !         =         !         new       new       new       !         !         !         !
us    call noc       =         !         =         !         =         =         =         !         !         !         !
us    reply          =         =         =         !         =         =         =         =         !         !         !
us    note           =         =         =         =         =         =         =         =         =         =         =
us    wait           x         x         x         x         x         x         x         x         x         x         x
us    schedule       x         x         x         x         x         x         x         x         x         x         x
us    resume         !         !         !         !         !         !         working   !         !         !         !
us    resolve        resolved  !         resolved  !         resolved  resolved  resolved  !         !         !         !
us    confirm        x         x         x         x         x         x         x         x         x         x         x
us    reopen         !         !         !         new       !         !         !         working   working   !         !
us    reopen late    !         !         !         new       !         !         !         working   working   !         !
us    undo close     !         !         !         !         !         !         !         !         resolved  !         !
us    undo resolve   !         !         !         !         !         !         !         pending   !         !         !
us    rate           x         x         x         x         x         x         x         x         x         x         x
us    prioritise     =         =         =         !         =         =         =         !         !         !         !
us    override       =         =         =         !         =         =         =         !         !         !         !
us    major          =         =         =         !         =         =         =         !         !         !         !
us    categorise     =         =         =         =         =         =         =         =         =         =         !
us    tag            =         =         =         =         =         =         =         =         =         =         =
us    fields         =         =         =         =         =         =         =         =         =         =         =
us    watch          =         =         =         =         =         =         =         =         =         =         =
us    link           =         =         =         =         =         =         =         =         =         =         =
us    parent         =         =         =         =         =         =         =         =         =         =         !
us    follow work    working   !         working   !         working   -         working   !         !         !         !
us    follow hold    pending   !         pending   !         pending   pending   =         !         !         !         !
us    follow solved  resolved  !         resolved  !         resolved  resolved  resolved  !         !         !         !
us    follow reopen  -         !         -         !         -         -         -         working   working   !         !
us    merge          closed    closed    closed    closed    closed    closed    closed    closed    =         closed    !
us    absorb         =         =         =         !         =         =         =         =         !         !         !
us    split          =         =         =         =         =         =         =         =         =         =         =
us    ask ben        approv?   !         !         !         approv?   approv?   approv?   !         !         !         !
us    ask anna       approv?   =         !         !         approv?   approv?   approv?   !         !         !         !
us    yes            !         x         !         !         !         !         !         !         !         !         !
us    no             !         x         !         !         !         !         !         !         !         !         !
us    close          !         !         !         !         !         !         !         closed    !         !         !
us    cancel         cancelled cancelled cancelled !         cancelled cancelled cancelled !         !         !         !
us    ask            =         =         =         =         =         =         =         =         =         =         =
us    read           x         x         x         x         x         x         x         x         x         x         x
`

var commands = map[string]ticket.Command{
	"open": ticket.Open{Title: "Again", Requester: maria.Person}, "take": ticket.Take{}, "assign ben": ticket.Assign{To: ben.Person},
	"assign anna": ticket.Assign{To: anna.Person}, "assign nobody": ticket.Assign{}, "reply": ticket.Reply{Message: "m", Body: "Is it plugged in?"},
	"note": ticket.Note{Message: "m", Body: "It is not."}, "wait": ticket.Wait{For: ticket.WaitVendor}, "resume": ticket.Resume{},
	"schedule": ticket.Wait{For: ticket.WaitScheduled, Until: noon.Add(time.Hour)},
	"resolve":  ticket.Resolve{Solution: "Plugged in.", Code: ticket.Explained}, "confirm": ticket.Confirm{}, "reopen": ticket.Reopen{Body: "It is black again."},
	"reopen late": ticket.Reopen{Since: noon.Add(time.Hour)}, "undo close": ticket.TakeBack{State: ticket.Resolved},
	"undo resolve": ticket.TakeBack{State: ticket.Pending, Waiting: ticket.WaitVendor, Assignee: ben.Person},
	"rate":         ticket.Rate{Rating: 4}, "prioritise": ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High}, "close": ticket.Close{},
	"cancel": ticket.Cancel{}, "ask": ticket.RecordAsk{Ask: "a", What: "Anna looked at the processes."}, "read": ticket.Read{Message: "z"},
	"delegate": ticket.Delegate{Team: "network", Body: "The switch, I think."}, "delegate ben": ticket.Delegate{To: ben.Person, Body: "Yours."},
	"escalate": ticket.Escalate{Team: "second", Tier: 2, Tried: "Two cables."}, "call noc": ticket.Escalate{NOC: true, Tried: "Two cables."},
	"override": ticket.Override{Priority: 1, Reason: "The board meets."}, "major": ticket.MarkMajor{Major: true},
	"categorise": ticket.Categorise{Category: "screens"}, "tag": ticket.Tag{Add: []string{"cable"}}, "fields": ticket.SetFields{Values: map[string]string{"floor": "3"}},
	"watch": ticket.Watch{Who: []ticket.Person{ben.Person}}, "link": ticket.LinkTo{Link: ticket.Link{Relation: ticket.Related, To: ticket.Reference{ID: "t2", Number: 2}}},
	"parent": ticket.SetParent{Parent: ticket.Reference{ID: "t2", Number: 2}}, "follow work": ticket.Follow{State: ticket.InProgress, Assignee: anna.Person},
	"follow hold":   ticket.Follow{State: ticket.Pending, Waiting: ticket.WaitVendor},
	"follow solved": ticket.Follow{State: ticket.Resolved, Assignee: anna.Person, Solution: "A new switch.", Code: ticket.Fixed},
	"follow reopen": ticket.Follow{State: ticket.InProgress, Assignee: anna.Person, Reopens: true},
	"merge":         ticket.MergeInto{Into: ticket.Reference{ID: "t2", Number: 2}}, "absorb": ticket.Absorb{From: ticket.Reference{ID: "t2", Number: 2}, Requester: ben.Person},
	"split": ticket.SplitOff{Message: "m", Into: ticket.Reference{ID: "t2", Number: 2}}, "ask ben": ticket.AskApproval{Approver: ben.Person},
	"ask anna": ticket.AskApproval{Approver: anna.Person}, "yes": ticket.Decide{Yes: true}, "no": ticket.Decide{Body: "No room."},
}

func TestEveryCommandInEveryState(t *testing.T) {
	people := map[string]ticket.Actor{"anna": anna, "ben": ben, "maria": maria, "us": us}
	tickets := in(t)
	for state, x := range tickets {
		if x.State != state && (state != merged || x.State != ticket.Closed) {
			t.Fatalf("the ticket for %s is %s", state, x.State)
		}
	}
	tried := map[string]bool{}
	for _, line := range strings.Split(strings.Trim(life, "\n"), "\n")[1:] {
		who, name := strings.Fields(line)[0], strings.TrimSpace(line[6:20])
		c, ok := commands[name]
		if !ok {
			t.Fatalf("no command %q", name)
		}
		tried[reflect.TypeOf(c).Name()] = true
		cells := strings.Fields(line[20:])
		for i, state := range append(ticket.States(), merged) {
			if got := happens(t, tickets[state], c, people[who], who+", "+name); got != cells[i] {
				t.Errorf("%s, %s, %s: %s, want %s", state, who, name, got, cells[i])
			}
		}
	}
	for name, c := range commands {
		if !tried[reflect.TypeOf(c).Name()] {
			t.Errorf("%s stands in no line of the table", name)
		}
	}
}

// happens says in the table's words what a command does.
func happens(t *testing.T, before ticket.Ticket, c ticket.Command, by ticket.Actor, what string) string {
	t.Helper()
	after, events, err := ticket.Apply(before, c, by, noon)
	if err != nil && (len(events) != 0 || !reflect.DeepEqual(after, before)) {
		t.Errorf("%s, %s: refused, and yet something happened", before.State, what)
	}
	switch {
	case fault.Is(err, fault.Conflict):
		return "!"
	case fault.Is(err, fault.Forbidden):
		return "x"
	case err != nil:
		return err.Error()
	case len(events) == 0:
		return "-"
	case after.State == before.State:
		return "="
	}
	return short[after.State]
}

// short are the states as the table has room for them.
var short = map[ticket.State]string{
	ticket.New: "new", ticket.WaitingApproval: "approv?", ticket.Approved: "approved", ticket.Rejected: "rejected", ticket.Assigned: "assigned",
	ticket.InProgress: "working", ticket.Pending: "pending", ticket.Resolved: "resolved", ticket.Closed: "closed", ticket.Cancelled: "cancelled",
}

func TestNothingHappensToATicketThatIsNotOpen(t *testing.T) {
	for name, c := range commands {
		if name == "open" {
			continue
		}
		if _, events, err := ticket.Apply(ticket.Ticket{}, c, anna, noon); !fault.Is(err, fault.Conflict) || events != nil {
			t.Errorf("%s on no ticket: %v, %v", name, events, err)
		}
	}
}

func TestPriorityFollowsImpactAndUrgency(t *testing.T) {
	want := [3][3]ticket.Priority{{1, 2, 3}, {2, 3, 4}, {3, 4, 5}}
	for i, row := range want {
		for u, p := range row {
			if got := ticket.PriorityOf(ticket.Level(i+1), ticket.Level(u+1)); got != p {
				t.Errorf("impact %d, urgency %d: priority %d, want %d", i+1, u+1, got, p)
			}
		}
	}
	calm := made(t, open)
	dire := made(t, step{ticket.Open{Title: "a", Requester: maria.Person, Findings: []diagnostics.Finding{{Severity: diagnostics.Critical}}}, maria})
	if calm.Urgency != ticket.Medium || dire.Urgency != ticket.High || dire.Priority >= calm.Priority {
		t.Errorf("urgency %d and priority %d when all is well, %d and %d when the disk is full", calm.Urgency, calm.Priority, dire.Urgency, dire.Priority)
	}
}

func TestClocksOfATicket(t *testing.T) {
	x := made(t, open, step{ticket.Reply{Body: "Anybody?"}, maria}, take, resolve, step{ticket.Reopen{}, maria}, resolve, step{ticket.Confirm{}, maria})
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	if !x.CreatedAt.Equal(minute(0)) || !x.RespondedAt.Equal(minute(2)) || !x.ResolvedAt.Equal(minute(5)) || !x.ClosedAt.Equal(minute(6)) || x.Reopened != 1 {
		t.Errorf("%+v", x)
	}
	// Who resolves what nobody has taken had it.
	x = made(t, open, resolve)
	if x.Assignee != anna.Person || x.Version != 3 {
		t.Errorf("resolved by %v at version %d", x.Assignee, x.Version)
	}
	// Of two who take it the second is told who was first.
	_, _, err := ticket.Apply(made(t, open, take), ticket.Take{}, ben, noon)
	if !strings.Contains(fault.Sentence(err), "Anna") {
		t.Errorf("the second was told: %v", err)
	}
}

func TestInputsThatAreRefusedNameTheField(t *testing.T) {
	for name, c := range map[string]struct {
		in    ticket.State
		c     ticket.Command
		by    ticket.Actor
		field string
	}{
		"no words":                    {ticket.New, ticket.Reply{Body: " \n"}, anna, "body"},
		"no words among staff":        {ticket.New, ticket.Note{}, anna, "body"},
		"too many words":              {ticket.New, ticket.Note{Body: strings.Repeat("x", 64<<10+1)}, anna, "body"},
		"waiting for nothing":         {ticket.New, ticket.Wait{}, anna, "waiting"},
		"waiting for a moment, which": {ticket.New, ticket.Wait{For: ticket.WaitScheduled}, anna, "until"},
		"a moment for the vendor":     {ticket.New, ticket.Wait{For: ticket.WaitVendor, Until: noon}, anna, "until"},
		"handed to nobody":            {ticket.New, ticket.Delegate{Body: "Yours."}, anna, "team"},
		"escalated to nobody":         {ticket.New, ticket.Escalate{Tried: "All."}, anna, "team"},
		"nothing tried":               {ticket.New, ticket.Escalate{NOC: true}, anna, "tried"},
		"overridden for no reason":    {ticket.New, ticket.Override{Priority: 1}, anna, "reason"},
		"priority 6":                  {ticket.New, ticket.Override{Priority: 6, Reason: "a"}, anna, "priority"},
		"a tag of two words":          {ticket.New, ticket.Tag{Add: []string{"two words"}}, anna, "tags"},
		"an endless field":            {ticket.New, ticket.SetFields{Values: map[string]string{"a": strings.Repeat("x", 4001)}}, anna, "fields"},
		"linked to itself":            {ticket.New, ticket.LinkTo{Link: ticket.Link{Relation: ticket.Related, To: ticket.Reference{ID: "t1"}}}, anna, "other"},
		"no such relation":            {ticket.New, ticket.LinkTo{Link: ticket.Link{Relation: "cousin", To: ticket.Reference{ID: "t2"}}}, anna, "relation"},
		"its own parent":              {ticket.New, ticket.SetParent{Parent: ticket.Reference{ID: "t1"}}, anna, "parent"},
		"merged into itself":          {ticket.New, ticket.MergeInto{Into: ticket.Reference{ID: "t1"}}, anna, "into"},
		"nobody approves":             {ticket.New, ticket.AskApproval{}, anna, "approver"},
		"the requester approves":      {ticket.New, ticket.AskApproval{Approver: maria.Person}, anna, "approver"},
		"no without a reason":         {ticket.WaitingApproval, ticket.Decide{}, ben, "body"},
		"no solution":                 {ticket.New, ticket.Resolve{Code: ticket.Fixed}, anna, "solution"},
		"no code":                     {ticket.New, ticket.Resolve{Solution: "a"}, anna, "code"},
		"no such impact":              {ticket.New, ticket.Prioritise{Impact: 4, Urgency: 1}, anna, "impact"},
		"no such urgency":             {ticket.New, ticket.Prioritise{Impact: 1}, anna, "urgency"},
		"six stars":                   {ticket.Resolved, ticket.Rate{Rating: 6}, maria, "rating"},
		"no star":                     {ticket.Resolved, ticket.Rate{}, maria, "rating"},
		"an endless message id":       {ticket.New, ticket.Read{Message: strings.Repeat("z", 65)}, maria, "message"},
	} {
		if _, _, err := ticket.Apply(in(t)[c.in], c.c, c.by, noon); fault.FieldOf(err) != c.field || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v about %q, want %q", name, err, fault.FieldOf(err), c.field)
		}
	}
	if _, _, err := ticket.Apply(ticket.Ticket{}, ticket.Open{Title: "a", Kind: "complaint"}, maria, noon); fault.FieldOf(err) != "kind" {
		t.Errorf("a kind that is none: %v", err)
	}
}

func TestTitles(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"  My screen is black ", "My screen is black"}, {"<script>alert(1)</script>", "<script>alert(1)</script>"},
		{strings.Repeat("ü", 200), strings.Repeat("ü", 200)}, {"مرحبا 👋", "مرحبا 👋"},
	} {
		if got, err := ticket.CleanTitle(c.in); err != nil || got != c.want {
			t.Errorf("%q: %q, %v", c.in, got, err)
		}
	}
	for name, in := range map[string]string{
		"none": "", "blanks": " \t ", "201 characters": strings.Repeat("x", 201), "a mebibyte": strings.Repeat("x", 1<<20), "two lines": "a\nb",
		"an escape": "a\x1b[31m", "NUL": "a\x00b", "C1": "a\u0085b", "a line separator": "a\u2028b", "no UTF-8": "a\xff",
	} {
		if got, err := ticket.CleanTitle(in); fault.FieldOf(err) != "title" || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestTexts(t *testing.T) {
	for in, want := range map[string]string{
		" a\r\nb\tc ": "a\nb\tc", "\x1b[31mred\x00\x7f": "␛[31mred␀␡", "a\u0085b": "a\ufffdb", "<b>&amp;</b>": "<b>&amp;</b>",
	} {
		if got, err := ticket.CleanText("body", in); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	for name, in := range map[string]string{"too long": strings.Repeat("x", 64<<10+1), "no UTF-8": "\xff"} {
		if _, err := ticket.CleanText("comment", in); fault.FieldOf(err) != "comment" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswerEndsTheWaitingForItOnly(t *testing.T) {
	for waiting, want := range map[ticket.Waiting]ticket.State{
		ticket.WaitRequester: ticket.InProgress, ticket.WaitVendor: ticket.Pending, ticket.WaitChange: ticket.Pending, ticket.WaitScheduled: ticket.Pending,
	} {
		wait := ticket.Wait{For: waiting}
		if waiting == ticket.WaitScheduled {
			wait.Until = noon.Add(time.Hour)
		}
		held := []step{open, take, {wait, anna}}
		if x := made(t, append(held, step{ticket.Reply{Body: "Any news?"}, maria})...); x.State != want {
			t.Errorf("waiting for %s, answered by the requester: %s, want %s", waiting, x.State, want)
		}
		if x := made(t, append(held, step{ticket.Reply{Body: "I am away until Monday.", Automatic: true}, maria})...); x.State != ticket.Pending {
			t.Errorf("waiting for %s, answered by an out-of-office: %s", waiting, x.State)
		}
	}
}

// TestWholeLifeIsStored stores a history with every type of event, reads it again and
// folds it.
func TestWholeLifeIsStored(t *testing.T) {
	var x ticket.Ticket
	var history []ticket.Event
	do := func(c ticket.Command, by ticket.Actor) {
		t.Helper()
		after, events, err := ticket.Apply(x, c, by, noon.Add(time.Duration(len(history))*time.Minute))
		if err != nil {
			t.Fatalf("%T: %v", c, err)
		}
		x, history = after, append(history, events...)
	}
	file := []ticket.Attachment{{SHA256: "00", Name: "screen.png", Size: 3, Type: "image/png"}}
	do(ticket.Open{
		Kind: ticket.Request, Title: "A second screen", Body: "Please.", Requester: maria.Person, Endpoint: "e1", Site: "s1", Snapshot: "n1", Attachments: file,
		Findings: []diagnostics.Finding{{Code: "disk.full", Severity: diagnostics.Critical, Sentence: "The disk is full.", Detail: "/"}},
	}, maria)
	do(ticket.Assign{To: ben.Person}, anna)
	do(ticket.Take{}, ben)
	do(ticket.Prioritise{Impact: ticket.Low, Urgency: ticket.Low, Reason: "It can wait."}, ben)
	do(ticket.Note{Message: "m1", Body: "There is one in the cellar."}, ben)
	do(ticket.RecordAsk{Ask: "a1", What: "Ben looked at the screens."}, ben)
	do(ticket.Wait{For: ticket.WaitRequester, Message: "m2", Body: "Which size?"}, ben)
	do(ticket.Read{Message: "m2"}, maria)
	do(ticket.Reply{Message: "m3", Body: "Large.", Attachments: file}, maria)
	do(ticket.Resolve{Message: "m4", Solution: "It stands there.", Code: ticket.Fixed}, ben)
	do(ticket.Reopen{Message: "m5", Body: "It is dark."}, maria)
	do(ticket.Resolve{Message: "m6", Solution: "It is plugged in.", Code: ticket.Explained}, ben)
	do(ticket.Rate{Rating: 5, Comment: "Thank you."}, maria)
	do(ticket.Confirm{}, maria)
	doc, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	var stored []ticket.Event
	if err := json.Unmarshal(doc, &stored); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x, ticket.Replay("", 0, "", stored)); diff != "" {
		t.Errorf("the history comes to another ticket: %s", diff)
	}
	if x.Rating != 5 || x.Comment != "Thank you." || x.Snapshot != "n1" || x.LastRead != "m2" || x.Code != ticket.Explained || x.State != ticket.Closed || x.Version != int64(len(history)) {
		t.Errorf("the ticket came to %+v", x)
	}
	types := map[ticket.EventType]bool{}
	for _, e := range history {
		types[e.Type] = true
	}
	if len(types) != 14 {
		t.Errorf("the history has %d types of events, want 14", len(types))
	}
}
