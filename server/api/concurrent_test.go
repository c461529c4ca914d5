package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/auth"
)

// busy has several people open tickets, take them and write to them, until it is told
// to stop, and returns how many tickets came of it. Each waits for its answers, as
// people do.
func busy(w *world, people int) (stop func() int) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	var wg sync.WaitGroup
	counts := make([]int, people)
	for i := range people {
		one := w.as(w.TokenOf(w.Person(auth.Technician).ID, auth.NoRole)) // each has a rate of their own
		wg.Go(func() {
			for ctx.Err() == nil && counts[i] < 60 {
				id := one.open(fmt.Sprintf("By %d, number %d", i, counts[i]))
				one.post("/tickets/"+id+"/actions", object{"action": "take"}).want(200)
				one.post("/tickets/"+id+"/messages", object{"body": "I am on it.", "public": true}).want(201)
				counts[i]++
			}
		})
	}
	return func() int {
		cancel()
		wg.Wait()
		total := 0
		for _, n := range counts {
			total += n
		}
		return total
	}
}

// TestPagesHoldWhileOthersWrite walks the lists again and again while tickets come
// in, are taken and written to. What was there when a walk began is there once.
func TestPagesHoldWhileOthersWrite(t *testing.T) {
	w := newWorld(t, auth.Admin)
	before := map[any]bool{}
	for i := range 20 {
		before[w.open(fmt.Sprint("Before ", i))] = true
	}
	first := w.get("/tickets?limit=1").object()["items"].([]any)[0].(object)["id"]
	for i := range 4 {
		w.post(fmt.Sprint("/tickets/", first, "/messages"), object{"body": fmt.Sprint("Note ", i), "public": false}).want(201)
	}
	stop := busy(w, 3)
	for _, c := range []struct{ path, id string }{
		{"/tickets?order=newest&limit=3", "id"}, {"/tickets?order=priority&limit=3", "id"}, {"/tickets?order=newest&open=true&limit=2", "id"},
	} {
		for range 2 {
			walk(t, w, c.path, c.id, before)
		}
	}
	unbroken(t, "the audit log", walk(t, w, "/audit?limit=2", "seq", nil))
	unbroken(t, "a history", walk(t, w, fmt.Sprint("/tickets/", first, "/actions?limit=2"), "version", nil))
	if n := stop(); n < 3 {
		t.Errorf("only %d tickets came meanwhile", n)
	}
}

// unbroken fails the test when a number between the first and 1 was left out.
func unbroken(t *testing.T, what string, seen map[any]bool) {
	t.Helper()
	for n := 1; n <= len(seen); n++ {
		if !seen[float64(n)] {
			t.Errorf("%s: %d numbers came, and %d is not among them", what, len(seen), n)
		}
	}
}

// walk reads a list to its end, and fails the test when something comes twice or
// something of before is missing. It returns what came.
func walk(t *testing.T, w *world, path, id string, before map[any]bool) map[any]bool {
	t.Helper()
	seen := map[any]bool{}
	for cursor := ""; ; {
		page := w.get(path + cursor).want(200).object()
		for _, x := range page["items"].([]any) {
			key := x.(object)[id]
			if seen[key] {
				t.Errorf("%s: %v came twice", path, key)
			}
			seen[key] = true
		}
		next, more := page["next_cursor"].(string)
		if !more {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
	for key := range before {
		if !seen[key] {
			t.Errorf("%s: %v is missing", path, key)
		}
	}
	return seen
}

// TestEventsAreNeitherLostNorDoubled reads the events while tickets come in, breaks
// off again and again in the middle, and resumes from the last event that it has
// looked at.
func TestEventsAreNeitherLostNorDoubled(t *testing.T) {
	w := newWorld(t, auth.Admin)
	ctx, cancel := context.WithCancel(t.Context())
	anchor := w.listen(ctx, "/events")
	w.open("The anchor")
	last := next(t, anchor).id
	cancel()
	for range anchor {
	}
	stop := busy(w, 4)
	versions := map[string]int{} // by ticket
	events := 0
	read := func(n int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := w.listen(ctx, "/events", header("Last-Event-ID", last))
		for range n {
			e := next(t, c)
			var data struct {
				Key  string
				Data struct{ Version int }
			}
			if err := json.Unmarshal([]byte(e.data), &data); err != nil || e.id == "" {
				t.Fatalf("%+v: %v", e, err)
			}
			versions[data.Key]++
			if data.Data.Version != versions[data.Key] {
				t.Errorf("ticket %s: version %d came as number %d", data.Key, data.Data.Version, versions[data.Key])
			}
			last = e.id
			events++
		}
		cancel()
		for range c { // what was on its way is not looked at: it comes again
		}
	}
	began := time.Now()
	for i := 0; events < 150 && time.Since(began) < 30*time.Second; i++ {
		read(1 + i*7%13)
	}
	total := 3 * stop()
	for events < total {
		read(min(10, total-events))
	}
	for ticket, n := range versions {
		if n != 3 {
			t.Errorf("ticket %s: %d events, want 3", ticket, n)
		}
	}
	if events != total || total < 150 {
		t.Errorf("%d events came, want %d, and at least 150", events, total)
	}
}

// TestLongAbsenceIsCaughtUpOn resumes after more events than the server reads at
// once.
func TestLongAbsenceIsCaughtUpOn(t *testing.T) {
	w := newWorld(t, auth.Admin)
	ctx, cancel := context.WithCancel(t.Context())
	anchor := w.listen(ctx, "/events")
	w.open("The anchor")
	last := next(t, anchor).id
	cancel()
	for range anchor {
	}
	const absent = 520 // the server reads 500
	var wg sync.WaitGroup
	for i := range 4 {
		one := w.as(w.TokenOf(w.Person(auth.Technician).ID, auth.NoRole))
		wg.Go(func() {
			for j := range absent / 4 {
				one.open(fmt.Sprintf("By %d, number %d", i, j))
			}
		})
	}
	wg.Wait()
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	c := w.listen(ctx, "/events", header("Last-Event-ID", last))
	seen := map[string]bool{}
	for range absent {
		e := next(t, c)
		if seen[e.id] {
			t.Errorf("%s came twice", e.id)
		}
		seen[e.id] = true
	}
	id := w.open("One more")
	if e := next(t, c); seen[e.id] || !strings.Contains(e.data, id) {
		t.Errorf("after the past came %+v", e)
	}
	cancel()
	for range c {
	}
}

// TestTwoHundredEditsAtOnce has two hundred technicians change one ticket at the same
// moment, each over REST with a token of their own. Each is told that it was done, or
// why not, and the history has exactly what was done.
func TestTwoHundredEditsAtOnce(t *testing.T) {
	w := newWorld(t, auth.Admin)
	id := w.open("Everybody's")
	seen := w.get("/tickets/" + id).want(200).object()["version"]
	const n = 200
	people := make([]*world, n)
	names := make([]string, n)
	for i := range people {
		p := w.AddPerson(fmt.Sprintf("t%03d@example.com", i), auth.Technician)
		people[i], names[i] = w.as(w.TokenOf(p.ID, auth.NoRole)), p.ID
	}
	answers := make([]answer, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, one := range people {
		wg.Go(func() {
			<-start
			path := "/tickets/" + id
			switch i % 4 {
			case 0:
				answers[i] = one.post(path+"/messages", object{"body": fmt.Sprint("Answer ", i), "public": true})
			case 1:
				answers[i] = one.post(path+"/messages", object{"body": fmt.Sprint("Note ", i), "public": false})
			case 2:
				answers[i] = one.post(path+"/actions", object{"action": "take", "version": seen})
			default:
				answers[i] = one.post(path+"/actions", object{"action": "tag", "more": object{"add": []string{fmt.Sprint("by-", i)}}, "version": seen})
			}
		})
	}
	close(start)
	wg.Wait()
	did := map[string]int{}
	versions := map[any]bool{}
	for cursor := ""; ; {
		page := w.get("/tickets/" + id + "/actions?limit=100" + cursor).want(200).object()
		for _, x := range page["items"].([]any) {
			versions[x.(object)["version"]] = true
			if who, _ := x.(object)["actor"].(object)["id"].(string); who != "" {
				did[who]++
			}
		}
		next, more := page["next_cursor"].(string)
		if !more {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
	done := 0
	for i, a := range answers {
		switch {
		case a.status == 200 || a.status == 201:
			done++
			if did[names[i]] != 1 {
				t.Errorf("edit %d was accepted, and stands in the history %d times", i, did[names[i]])
			}
		case a.status != 409 && a.status != 412 || a.text("detail") == "":
			t.Errorf("edit %d was refused without a reason: %d %s", i, a.status, a.body)
		case did[names[i]] != 0:
			t.Errorf("edit %d was refused, and yet stands in the history", i)
		}
	}
	now := w.get("/tickets/" + id).want(200).object()["version"].(float64)
	var took, tagged int
	for i, a := range answers {
		switch {
		case a.status != 200:
		case i%4 == 2:
			took++
		case i%4 == 3:
			tagged++
		}
	}
	// A tag goes by the version that was seen: one was the first. Taking goes by who has
	// the ticket, so one took it, whatever had been written before.
	if took > 1 || tagged > 1 {
		t.Errorf("%d took it, and %d tagged one version of it", took, tagged)
	}
	if done < n/2 || done == n || int(now) != len(versions) || int(now) != int(seen.(float64))+done {
		t.Errorf("%d of %d edits were done; the ticket has version %v with %d events", done, n, now, len(versions))
	}
}
