package api_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
)

// pages reads a list to its end and returns the ids in their order.
func (w *world) pages(path string, id string) []any {
	w.t.Helper()
	var all []any
	cursor := ""
	for range 100 {
		page := w.get(path + cursor).want(200).object()
		for _, x := range page["items"].([]any) {
			all = append(all, x.(object)[id])
		}
		next, ok := page["next_cursor"].(string)
		if !ok {
			if _, there := page["next_cursor"]; !there {
				w.t.Error("the last page has no next_cursor at all")
			}
			return all
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
	w.t.Fatalf("%s does not end", path)
	return nil
}

// TestPagesAreTheWholeListOnce walks every list in small pages and compares it
// with the list read at once.
func TestPagesAreTheWholeListOnce(t *testing.T) {
	w := newWorld(t, auth.Admin)
	for i := range 7 {
		w.open(fmt.Sprint("Ticket ", i))
		w.AddPerson(fmt.Sprintf("p%d@example.com", i), auth.Technician)
		w.Enrolment(fmt.Sprint("Site ", i), 1)
		w.TokenOf(w.Person(auth.Admin).ID, auth.NoRole)
	}
	m := w.Machine("PC-17")
	c := m.Session(t)
	for i := range 3 {
		ring(t, c, fmt.Sprint("Ring ", i))
		w.post("/endpoints/"+m.ID+"/diagnostics", object{"kind": "services"}).want(202)
	}
	w.Machine("PC-18").Session(t)
	w.Machine("PC-16").Session(t)
	first := fmt.Sprint("/tickets/", w.get("/tickets?q=Ticket+0").object()["items"].([]any)[0].(object)["id"])
	for range 3 {
		w.post(first+"/messages", object{"body": "More.", "public": true}).want(201)
	}
	for path, id := range map[string]string{
		"/tickets?order=priority": "id", "/tickets?order=newest": "id", first + "/messages?": "id", first + "/actions?": "version",
		"/endpoints?order=name": "id", "/endpoints/" + m.ID + "/snapshots?": "id", "/endpoints/" + m.ID + "/diagnostics?": "id",
		"/sites?": "id", "/people?": "id", "/enrolments?": "id", "/tokens?everybody=true": "id", "/audit?object=": "seq",
	} {
		t.Run(path, func(t *testing.T) {
			w := *w
			w.t = t
			whole := w.pages(path+"&limit=100", id)
			if len(whole) < 3 {
				t.Fatalf("only %v", whole)
			}
			if got := w.pages(path+"&limit=2", id); fmt.Sprint(got) != fmt.Sprint(whole) {
				t.Errorf("in pages of two: %v\nat once: %v", got, whole)
			}
		})
	}
}

// TestTicketsThatComeMeanwhileDoNotMoveThePages adds tickets between two pages.
func TestTicketsThatComeMeanwhileDoNotMoveThePages(t *testing.T) {
	w := newWorld(t, auth.Technician)
	for i := range 4 {
		w.open(fmt.Sprint("Ticket ", i))
	}
	for _, order := range []string{"newest", "priority"} {
		page := w.get("/tickets?limit=2&order=" + order).object()
		seen := map[any]bool{}
		for _, x := range page["items"].([]any) {
			seen[x.(object)["id"]] = true
		}
		w.open("In between")
		for _, x := range w.get("/tickets?limit=200&order=" + order + "&cursor=" + page["next_cursor"].(string)).object()["items"].([]any) {
			if seen[x.(object)["id"]] {
				t.Errorf("%s: %v came twice", order, x)
			}
			if order == "newest" && x.(object)["title"] == "In between" {
				t.Error("a newer ticket came behind older ones")
			}
		}
	}
}

func TestCursorsThatWereTamperedWithAreRefused(t *testing.T) {
	w := newWorld(t, auth.Admin)
	for i := range 3 {
		w.open(fmt.Sprint("Ticket ", i))
	}
	next := w.get("/tickets?limit=1").text("next_cursor")
	raw, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x80} {
			bad := append([]byte{}, raw...)
			bad[i] ^= bit
			w.get("/tickets?limit=1&cursor="+base64.RawURLEncoding.EncodeToString(bad)).problem(422, "invalid", "cursor")
		}
	}
	for _, bad := range []string{next[:len(next)-1], next + "A", "%00", "null", next + next} {
		w.get("/tickets?limit=1&cursor="+bad).problem(422, "invalid", "cursor")
	}
	// One list's cursor is nothing in another, and one order's nothing in another.
	for _, path := range []string{"/people?", "/audit?", "/endpoints?", "/tickets?order=newest&"} {
		w.get(path+"cursor="+next).problem(422, "invalid", "cursor")
	}
}
