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

// in returns a ticket in each state. Assigned is Ben's; what is worked on is Anna's.
func in(t *testing.T) map[ticket.State]ticket.Ticket {
	t.Helper()
	return map[ticket.State]ticket.Ticket{
		ticket.New:        made(t, open),
		ticket.Assigned:   made(t, open, step{ticket.Assign{To: ben.Person}, anna}),
		ticket.InProgress: made(t, open, take),
		ticket.Pending:    made(t, open, take, step{ticket.Wait{For: ticket.WaitRequester}, anna}),
		ticket.Resolved:   made(t, open, take, resolve),
		ticket.Closed:     made(t, open, take, resolve, step{ticket.Confirm{}, maria}),
		ticket.Cancelled:  made(t, open, step{ticket.Cancel{}, maria}),
	}
}

// life says what each command does to a ticket in each state: the state after it, "="
// for the same, "!" for a conflict, "x" for what is not for this side of the desk.
const life = `
                         new         assigned    in_progress pending     resolved    closed      cancelled
anna  open               !           !           !           !           !           !           !
anna  take               in_progress !           !           !           !           !           !
ben   take               in_progress in_progress !           !           !           !           !
anna  assign ben         assigned    !           assigned    assigned    !           !           !
anna  assign anna        in_progress in_progress !           !           !           !           !
anna  assign nobody      !           new         new         new         !           !           !
anna  reply              =           =           =           =           =           !           !
anna  note               =           =           =           =           =           =           =
anna  wait               pending     pending     pending     =           !           !           !
anna  resume             !           !           !           in_progress !           !           !
anna  resolve            resolved    resolved    resolved    resolved    !           !           !
anna  confirm            x           x           x           x           x           x           x
anna  reopen             !           !           !           !           in_progress in_progress !
anna  rate               x           x           x           x           x           x           x
anna  prioritise         =           =           =           =           !           !           !
anna  close              !           !           !           !           closed      !           !
anna  cancel             cancelled   cancelled   cancelled   cancelled   !           !           !
anna  ask                =           =           =           =           =           =           =
anna  read               x           x           x           x           x           x           x
maria open               !           !           !           !           !           !           !
maria take               x           x           x           x           x           x           x
maria assign ben         x           x           x           x           x           x           x
maria reply              =           =           =           in_progress =           !           !
maria note               x           x           x           x           x           x           x
maria wait               x           x           x           x           x           x           x
maria resume             x           x           x           x           x           x           x
maria resolve            x           x           x           x           x           x           x
maria confirm            !           !           !           !           closed      !           !
maria reopen             !           !           !           !           in_progress in_progress !
maria rate               !           !           !           !           =           =           !
maria prioritise         x           x           x           x           x           x           x
maria close              x           x           x           x           x           x           x
maria cancel             cancelled   cancelled   cancelled   cancelled   !           !           !
maria ask                =           =           =           =           =           =           =
maria read               =           =           =           =           =           =           =
us    close              !           !           !           !           closed      !           !
us    take               x           x           x           x           x           x           x
us    resolve            x           x           x           x           x           x           x
`

var commands = map[string]ticket.Command{
	"open": ticket.Open{Title: "Again", Requester: maria.Person}, "take": ticket.Take{}, "assign ben": ticket.Assign{To: ben.Person},
	"assign anna": ticket.Assign{To: anna.Person}, "assign nobody": ticket.Assign{}, "reply": ticket.Reply{Message: "m", Body: "Is it plugged in?"},
	"note": ticket.Note{Message: "m", Body: "It is not."}, "wait": ticket.Wait{For: ticket.WaitVendor}, "resume": ticket.Resume{},
	"resolve": ticket.Resolve{Solution: "Plugged in.", Code: ticket.Explained}, "confirm": ticket.Confirm{}, "reopen": ticket.Reopen{Body: "It is black again."},
	"rate": ticket.Rate{Rating: 4}, "prioritise": ticket.Prioritise{Impact: ticket.High, Urgency: ticket.High}, "close": ticket.Close{},
	"cancel": ticket.Cancel{}, "ask": ticket.RecordAsk{Ask: "a", What: "Anna looked at the processes."}, "read": ticket.Read{Message: "z"},
}

func TestEveryCommandInEveryState(t *testing.T) {
	people := map[string]ticket.Actor{"anna": anna, "ben": ben, "maria": maria, "us": us}
	tickets := in(t)
	for state, x := range tickets {
		if x.State != state {
			t.Fatalf("the ticket for %s is %s", state, x.State)
		}
	}
	tried := map[string]bool{}
	for _, line := range strings.Split(strings.Trim(life, "\n"), "\n")[1:] {
		who, name := strings.Fields(line)[0], strings.TrimSpace(line[6:25])
		c, ok := commands[name]
		if !ok {
			t.Fatalf("no command %q", name)
		}
		tried[reflect.TypeOf(c).Name()] = true
		cells := strings.Fields(line[25:])
		for i, state := range ticket.States() {
			before := tickets[state]
			after, events, err := ticket.Apply(before, c, people[who], noon)
			got := string(after.State)
			switch {
			case fault.Is(err, fault.Conflict):
				got = "!"
			case fault.Is(err, fault.Forbidden):
				got = "x"
			case err != nil:
				got = err.Error()
			case after.State == state:
				got = "="
			}
			if got != cells[i] {
				t.Errorf("%s, %s, %s: %s, want %s", state, who, name, got, cells[i])
			}
			if err != nil && (len(events) != 0 || !reflect.DeepEqual(after, before)) {
				t.Errorf("%s, %s, %s: refused, and yet something happened", state, who, name)
			}
			if err == nil && len(events) == 0 {
				t.Errorf("%s, %s, %s: nothing happened", state, who, name)
			}
		}
	}
	for name, c := range commands {
		if !tried[reflect.TypeOf(c).Name()] {
			t.Errorf("%s stands in no line of the table", name)
		}
	}
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
		"no words":              {ticket.New, ticket.Reply{Body: " \n"}, anna, "body"},
		"no words among staff":  {ticket.New, ticket.Note{}, anna, "body"},
		"too many words":        {ticket.New, ticket.Note{Body: strings.Repeat("x", 64<<10+1)}, anna, "body"},
		"waiting for nothing":   {ticket.New, ticket.Wait{}, anna, "waiting"},
		"no solution":           {ticket.New, ticket.Resolve{Code: ticket.Fixed}, anna, "solution"},
		"no code":               {ticket.New, ticket.Resolve{Solution: "a"}, anna, "code"},
		"no such impact":        {ticket.New, ticket.Prioritise{Impact: 4, Urgency: 1}, anna, "impact"},
		"no such urgency":       {ticket.New, ticket.Prioritise{Impact: 1}, anna, "urgency"},
		"six stars":             {ticket.Resolved, ticket.Rate{Rating: 6}, maria, "rating"},
		"no star":               {ticket.Resolved, ticket.Rate{}, maria, "rating"},
		"an endless message id": {ticket.New, ticket.Read{Message: strings.Repeat("z", 65)}, maria, "message"},
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
	for waiting, want := range map[ticket.Waiting]ticket.State{ticket.WaitRequester: ticket.InProgress, ticket.WaitVendor: ticket.Pending, ticket.WaitChange: ticket.Pending} {
		x := made(t, open, take, step{ticket.Wait{For: waiting}, anna}, step{ticket.Reply{Body: "Any news?"}, maria})
		if x.State != want {
			t.Errorf("waiting for %s, answered by the requester: %s, want %s", waiting, x.State, want)
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
	if len(types) != 14 { // all but cancelled and closed by staff
		t.Errorf("the history has %d types of events, want 14", len(types))
	}
}
