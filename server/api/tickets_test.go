package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/servertest"
)

// titles are what people and attackers put into a title, and what becomes of it.
var titles = []struct{ name, title, stored, field string }{
	{"none", "", "", "title"},
	{"white space", " \t ", "", "title"},
	{"1 MiB", strings.Repeat("x", 1<<20), "", "title"},
	{"one too many", strings.Repeat("ü", 201), "", "title"},
	{"200 characters", strings.Repeat("ü", 200), strings.Repeat("ü", 200), ""},
	{"a line break", "a\nb", "", "title"},
	{"a zero byte", "a\x00b", "", "title"},
	{"an escape sequence", "\x1b[31mred", "", "title"},
	{"a line separator", "a\u2028b", "", "title"},
	{"markup", "<script>alert(1)</script>&amp;", "<script>alert(1)</script>&amp;", ""},
	{"a template", "{{.}} ${1+1} %s' OR 1=1 --", "{{.}} ${1+1} %s' OR 1=1 --", ""},
	{"around it white space", "  a  ", "a", ""},
	{"right to left", "\u202egnp.exe", "\u202egnp.exe", ""},
}

func TestTitlesOverREST(t *testing.T) {
	w := newWorld(t, auth.Technician)
	for _, c := range titles {
		t.Run(c.name, func(t *testing.T) {
			w := *w
			w.t = t
			a := w.post("/tickets", object{"title": c.title})
			if c.field != "" {
				a.problem(422, "invalid", c.field)
				return
			}
			id := a.want(201).text("id")
			if got := w.get("/tickets/" + id).text("title"); got != c.stored {
				t.Errorf("stored %q, want %q", got, c.stored)
			}
		})
	}
	n := 0
	for _, c := range titles {
		if c.field == "" {
			n++
		}
	}
	if list := w.get("/tickets").object()["items"].([]any); len(list) != n {
		t.Errorf("there are %d tickets, want %d", len(list), n)
	}
}

func TestTitlesOverTheWire(t *testing.T) {
	w := newWorld(t, auth.Technician)
	c := w.Machine("PC-17").Session(t)
	for _, x := range titles {
		t.Run(x.name, func(t *testing.T) {
			w := *w
			w.t = t
			ack := servertest.Call[wire.Ack](t, c, wire.TypeTicketOpen, wire.TicketOpen{Account: account, Title: x.title, RungAt: time.Now()})
			if x.field != "" {
				if ack.OK || ack.Code != "invalid" || ack.Field != x.field || ack.Sentence == "" {
					t.Errorf("it was answered %+v", ack)
				}
				return
			}
			if !ack.OK {
				t.Fatalf("it was answered %+v", ack)
			}
			if got := w.get("/tickets/" + ack.Ticket).text("title"); got != x.stored {
				t.Errorf("stored %q, want %q", got, x.stored)
			}
		})
	}
}

// TestControlCharactersInTheBodyAreShown shows that what people paste from a
// terminal is kept and does nothing.
func TestControlCharactersInTheBodyAreShown(t *testing.T) {
	w := newWorld(t, auth.Technician)
	a := w.post("/tickets", object{"title": "a", "body": "\x1b]0;owned\x07\r\nline"}).want(201)
	if got := a.text("body"); got != "␛]0;owned␇\nline" {
		t.Errorf("stored %q", got)
	}
}

func TestOfTwoWhoTakeOneGetsIt(t *testing.T) {
	w := newWorld(t, auth.Technician)
	other := w.as(w.TokenOf(w.AddPerson("ben@example.com", auth.Technician).ID, auth.NoRole))
	id := w.open("My screen is black")
	var wg sync.WaitGroup
	answers := make([]answer, 2)
	for i, who := range []*world{w, other} {
		wg.Go(func() { answers[i] = who.post("/tickets/"+id+"/actions", object{"action": "take", "version": 1}) })
	}
	wg.Wait()
	first, second := answers[0], answers[1]
	if first.status != 200 {
		first, second = second, first
	}
	first.want(200)
	second.problem(409, "conflict", "")
	name := first.object()["assignee"].(object)["name"].(string)
	if !strings.Contains(second.text("detail"), name) {
		t.Errorf("the second is told %q, and not who was first: %s", second.text("detail"), name)
	}
}

func TestStaleActionChangesNothing(t *testing.T) {
	w := newWorld(t, auth.Technician)
	id := w.open("My screen is black")
	seen := w.get("/tickets/" + id)
	w.post("/tickets/"+id+"/actions", object{"action": "take"}).want(200)
	w.post("/tickets/"+id+"/actions", object{"action": "resolve", "solution": "The cable.", "code": "fixed", "version": 1}).problem(409, "stale", "")
	w.post("/tickets/"+id+"/actions", object{"action": "resolve", "solution": "The cable.", "code": "fixed"}, header("If-Match", seen.header.Get("ETag"))).problem(409, "stale", "")
	now := w.get("/tickets/" + id)
	if s := now.text("state"); s != "in_progress" {
		t.Errorf("the ticket is %s", s)
	}
	w.post("/tickets/"+id+"/actions", object{"action": "resolve", "solution": "The cable.", "code": "fixed"}, header("If-Match", now.header.Get("ETag"))).want(200)
}

func TestSameKeyOpensOneTicket(t *testing.T) {
	w := newWorld(t, auth.Technician)
	key := header("Idempotency-Key", ulid.Make().String())
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() { ids[i] = w.post("/tickets", object{"title": "My screen is black"}, key).want(201).text("id") })
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("two tickets: %s and %s", ids[0], id)
		}
	}
	w.post("/tickets", object{"title": "Another"}, key).problem(422, "invalid", "Idempotency-Key")
	// The same key of somebody else is another key.
	other := w.as(w.TokenOf(w.AddPerson("ben@example.com", auth.Technician).ID, auth.NoRole))
	if id := other.post("/tickets", object{"title": "My screen is black"}, key).want(201).text("id"); id == ids[0] {
		t.Error("somebody else's key brought this one's ticket")
	}

	path := "/tickets/" + ids[0] + "/messages"
	one := header("Idempotency-Key", "one")
	first := w.post(path, object{"body": "Hello.", "public": true}, one).want(201).text("id")
	w.post(path, object{"body": "More.", "public": true}).want(201)
	if again := w.post(path, object{"body": "Hello.", "public": true}, one).want(201).text("id"); again != first {
		t.Errorf("the message came again as %s, and was %s", again, first)
	}
	if list := w.get(path).object()["items"].([]any); len(list) != 2 {
		t.Errorf("there are %d messages, want 2", len(list))
	}
}

// TestLifeOfATicket follows one ticket from a machine through both sides.
func TestLifeOfATicket(t *testing.T) {
	w := newWorld(t, auth.Technician)
	m := w.Machine("PC-17")
	c := m.Session(t)
	ack := ring(t, c, "My disk is full")
	path := fmt.Sprint("/tickets/", ack.Number)
	got := w.get(path).want(200).object()
	requester := got["requester"].(object)
	if requester["name"] != "Maria Lopez" || got["endpoint"].(object)["id"] != m.ID || got["site"].(object)["name"] != "Berlin" || got["priority"] != 3.0 || len(got["findings"].([]any)) != 1 {
		t.Errorf("the ticket is %v", got)
	}
	w.post(path+"/actions", object{"action": "take"}).want(200)
	w.post(path+"/messages", object{"body": "Is it the profile?", "public": false}).want(201)
	w.post(path+"/messages", object{"body": "Please empty the bin.", "public": true}).want(201)
	w.post(path+"/actions", object{"action": "resolve", "solution": "The bin held it all.", "code": "fixed"}).want(200)

	// What the requester sees of it.
	tickets := servertest.Call[wire.Tickets](t, c, wire.TypeTicketsGet, wire.TicketsGet{Account: account})
	if len(tickets.Items) != 1 {
		t.Fatalf("the requester sees %+v", tickets)
	}
	v := tickets.Items[0]
	if v.State != "resolved" || v.Solution != "The bin held it all." || len(v.Messages) != 2 || v.Messages[0].Body != "Please empty the bin." {
		t.Errorf("the requester sees %+v", v)
	}
	act := servertest.Call[wire.Ack](t, c, wire.TypeTicketAct, wire.TicketAct{Account: account, Ticket: ack.Ticket, Act: wire.ActConfirm, At: time.Now()})
	if !act.OK {
		t.Fatalf("confirming was answered %+v", act)
	}
	history := w.get(path + "/actions").object()["items"].([]any)
	var steps []string
	for i, e := range history {
		steps = append(steps, e.(object)["type"].(string))
		if e.(object)["version"] != float64(i+1) || e.(object)["at"] == "" || e.(object)["actor"].(object)["side"] == "" {
			t.Errorf("step %d is %v", i, e)
		}
	}
	if s := strings.Join(steps, " "); s != "opened took noted replied resolved confirmed" {
		t.Errorf("the history is %s", s)
	}
	if w.get(path).text("state") != "closed" {
		t.Error("the ticket is not closed")
	}
}

func TestFilters(t *testing.T) {
	w := newWorld(t, auth.Technician)
	a, b := w.open("The printer prints nothing"), w.open("The 100 % screen_1 is black")
	w.post("/tickets/"+b+"/actions", object{"action": "take"}).want(200)
	number := fmt.Sprint(w.get("/tickets/" + a).object()["number"])
	me := w.Person(auth.Technician).ID
	for query, want := range map[string]string{
		"state=new": a, "state=in_progress": b, "state=resolved": "", "open=true&order=newest": b + " " + a, "assignee=me": b, "assignee=" + me: b, "assignee=none": a,
		"q=printer": a, "q=nothing+prints": a, "q=screen_1": b, "q=BLA": b, "q=-black": a, "q=" + number: a, "q=%23" + number: a, "requester=" + me: a + " " + b, "requester=x": "", "endpoint=x": "", "site=x": "",
	} {
		var ids []string
		for _, x := range w.get("/tickets?" + query).want(200).object()["items"].([]any) {
			ids = append(ids, x.(object)["id"].(string))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s got %q, want %q", query, got, want)
		}
	}
}

func TestAttachmentBelongsToItsTicket(t *testing.T) {
	w := newWorld(t, auth.Technician)
	a, b := w.open("One"), w.open("Another")
	sha := w.post("/attachments?name=a.txt", []byte("secret")).want(201).text("sha256")
	w.get("/tickets/"+a+"/attachments/"+sha).problem(http.StatusNotFound, "not_found", "")
	w.post("/tickets/"+a+"/messages", object{"body": "see", "public": false, "attachments": []object{{"sha256": sha, "name": "a.txt"}}}).want(201)
	w.get("/tickets/" + a + "/attachments/" + sha).want(200)
	w.get("/tickets/"+b+"/attachments/"+sha).problem(http.StatusNotFound, "not_found", "")
	big := make([]byte, 25<<20)
	sha = w.post("/attachments?name=big", big).want(201).text("sha256")
	w.post("/tickets/"+a+"/messages", object{"body": "", "public": true, "attachments": []object{{"sha256": sha, "name": "big"}}}).want(201)
	if got := w.get("/tickets/" + a + "/attachments/" + sha).want(200); len(got.body) != len(big) {
		t.Errorf("%d bytes came back of %d", len(got.body), len(big))
	}
	w.post("/attachments?name=bigger", make([]byte, len(big)+1)).problem(413, "too_large", "")
}
