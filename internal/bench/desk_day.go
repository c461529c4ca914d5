//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/ticket"
)

// deskDay is a day of people at a server with a past.
type deskDay struct {
	b     *bench
	t     *target
	past  string // the database
	base  string
	admin string // a token
	run   deskRun

	mu    sync.Mutex
	queue []float64
	fault error
	stop  context.CancelFunc
}

// technician is somebody who is signed in, with a browser of their own.
type technician struct {
	*deskDay
	http   *http.Client
	cookie *http.Cookie
	token  string
	r      *rand.Rand
}

func (d *deskDay) measure(ctx context.Context) (*deskRun, error) {
	run, err := d.all(ctx)
	if d.fault != nil {
		err = d.fault // what ended it all, and not that it ended
	}
	return run, err
}

func (d *deskDay) all(ctx context.Context) (*deskRun, error) {
	ctx, d.stop = context.WithCancel(ctx)
	defer d.stop()
	var at work
	defer at.Wait()
	defer d.stop()
	if _, err := d.t.command(ctx, "user", "add", "admin@example.com", "--role", "admin"); err != nil {
		return nil, err
	}
	token, err := d.t.command(ctx, "token", "create", "--user", "admin@example.com")
	if err != nil {
		return nil, err
	}
	d.admin = strings.TrimSpace(token)
	if err := until(ctx, "the board", 2*time.Minute, func() bool { _, err := d.list(ctx, "state:open", 1); return err == nil }); err != nil {
		return nil, err
	}
	policy, calendar, err := d.owe(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.derived(ctx, policy, 0, &d.run.First); err != nil {
		return nil, err
	}
	open, err := d.list(ctx, "state:open", 200)
	if err != nil {
		return nil, err
	}
	var people []*technician
	for i := range deskPeople + 1 {
		p, err := d.signIn(ctx, i)
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	long, err := d.talk(ctx, open[0].ID)
	if err != nil {
		return nil, err
	}
	if err := d.settled(ctx); err != nil {
		return nil, err
	}
	for _, p := range people[1:] {
		at.Go(func() { p.listen(ctx) })
		at.Go(func() { p.work(ctx, open) })
	}
	me := people[0]
	if err := pause(ctx, 5*time.Second); err != nil { // caches fill as in the morning
		return nil, err
	}
	d.taken()
	before, err := d.t.cpu()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	var took []float64
	for time.Since(began) < d.b.For {
		one, err := me.page(ctx, "/tickets/"+strconv.FormatInt(long, 10))
		if err != nil {
			return nil, err
		}
		took = append(took, one)
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
	after, err := d.t.cpu()
	if err != nil {
		return nil, err
	}
	d.run.Long, d.run.Queue = spreadOf(took), spreadOf(d.taken())
	d.run.CPU = (after - before).Seconds() / time.Since(began).Seconds()
	if err := d.many(ctx, me, open); err != nil {
		return nil, err
	}
	d.taken()
	if err := d.rederive(ctx, calendar); err != nil {
		return nil, err
	}
	d.run.QueueBeside = spreadOf(d.taken())
	return &d.run, nil
}

// work are goroutines that end with the measurement.
type work struct{ sync.WaitGroup }

// taken returns how long the queue's pages took since it was last asked.
func (d *deskDay) taken() []float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.queue
	d.queue = nil
	return out
}

// rest asks the REST interface as the administrator.
func (d *deskDay) rest(ctx context.Context, method, path string, body, into any) error {
	return d.restAs(ctx, d.admin, method, path, body, into)
}

// note writes a note as somebody: each token has a rate of its own.
func (p *technician) note(ctx context.Context, id, text string) error {
	return p.restAs(ctx, p.token, http.MethodPost, "/tickets/"+id+"/messages", map[string]any{"body": text, "public": false}, nil)
}

func (d *deskDay) restAs(ctx context.Context, token, method, path string, body, into any) error {
	var doc io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		doc = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, d.base+"/api/v1"+path, doc)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Transport: insecure}).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// listed is a ticket of a list.
type listed struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
}

func (d *deskDay) list(ctx context.Context, q string, limit int) ([]listed, error) {
	var out struct {
		Items []listed `json:"items"`
	}
	err := d.rest(ctx, http.MethodGet, "/tickets?limit="+strconv.Itoa(limit)+"&q="+url.QueryEscape(q), nil, &out)
	if err == nil && len(out.Items) == 0 {
		err = errors.New("there are no tickets")
	}
	return out.Items, err
}

// officeHours are hours of five working days.
func officeHours(from, to sla.Minute) sla.Calendar {
	c := sla.Calendar{Zone: "Europe/Berlin"}
	for day := 1; day <= 5; day++ {
		c.Week = append(c.Week, sla.Weekday{Day: day, Spans: []sla.Span{{From: from, To: to}}})
	}
	return c
}

// owe gives the desk a policy with all three clocks at every priority.
func (d *deskDay) owe(ctx context.Context) (*rulebook.Policy, *rulebook.Calendar, error) {
	c := &rulebook.Calendar{Entry: rulebook.Entry{Name: "Office"}, Calendar: officeHours(8*60, 18*60)}
	if err := d.rest(ctx, http.MethodPost, "/rulebook/calendars", c, c); err != nil {
		return nil, nil, err
	}
	p := &rulebook.Policy{Entry: rulebook.Entry{Name: "Office"}}
	p.Calendar, p.Updates = c.ID, sla.AfterReply
	p.Pauses = []sla.Pause{{State: ticket.Pending}}
	for priority := ticket.Priority(1); priority <= 5; priority++ {
		n := int(priority)
		p.Goals = append(p.Goals, sla.Goal{Priority: priority, FirstResponse: sla.Target{Amount: n, Unit: sla.OpenHours}, NextUpdate: sla.Target{Amount: 4 * n, Unit: sla.OpenHours}, Resolution: sla.Target{Amount: 200 * n, Unit: sla.WorkingDays}})
	}
	return p, c, d.rest(ctx, http.MethodPost, "/rulebook/policies", p, p)
}

// derived waits until all open tickets have clocks, and none by the rules of before.
func (d *deskDay) derived(ctx context.Context, _ *rulebook.Policy, before int64, seconds *float64) error {
	began := time.Now()
	db, err := openPast(d.past)
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		var behind int
		// They are derived in the order of their ids: the last one is asked first, so that
		// asking costs nothing before the end.
		q := "SELECT COUNT(*) FROM (SELECT 1 FROM ticket_clocks WHERE live = 1 AND rules = " + strconv.FormatInt(before, 10) + " ORDER BY ticket_id DESC LIMIT 1) x"
		if before == 0 { // the first time there are none at all
			q = "SELECT COUNT(*) FROM (SELECT 1 FROM tickets t WHERE t.state IN ('new', 'waiting_for_approval', 'approved', 'assigned', 'in_progress', 'pending') AND NOT EXISTS (SELECT 1 FROM ticket_clocks c WHERE c.ticket_id = t.id) ORDER BY t.priority DESC, t.number DESC LIMIT 1) x"
		}
		if err := db.QueryRowContext(ctx, q).Scan(&behind); err != nil {
			return err
		}
		if behind == 0 {
			break
		}
		if time.Since(began) > 10*time.Minute {
			return errors.New("clocks were not derived within 10 minutes")
		}
		wait := 50 * time.Millisecond
		if before == 0 {
			wait = time.Second
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
	*seconds = time.Since(began).Seconds()
	return db.QueryRowContext(ctx, "SELECT COUNT(*) FROM ticket_clocks WHERE live = 1").Scan(&d.run.Open)
}

// settled waits until the server has done what a past that was put under it gives it to
// do: figures for the reports, what is learned from closed tickets. It has them at hand
// on any other day.
func (d *deskDay) settled(ctx context.Context) error {
	const look, calm = 5 * time.Second, 0.1 // of a core
	began := time.Now()
	for {
		before, err := d.t.cpu()
		if err != nil {
			return err
		}
		if err := pause(ctx, look); err != nil {
			return err
		}
		after, err := d.t.cpu()
		if err != nil {
			return err
		}
		if (after-before).Seconds()/look.Seconds() < calm {
			d.run.Settled = time.Since(began).Seconds()
			return nil
		}
		if time.Since(began) > 30*time.Minute {
			return errors.New("the server did not come to rest within 30 minutes")
		}
	}
}

// rederive changes the calendar and waits until no clock is by the old one.
func (d *deskDay) rederive(ctx context.Context, c *rulebook.Calendar) error {
	db, err := openPast(d.past)
	if err != nil {
		return err
	}
	defer db.Close()
	var rules int64
	if err := db.QueryRowContext(ctx, "SELECT rules FROM ticket_clocks WHERE live = 1 LIMIT 1").Scan(&rules); err != nil {
		return err
	}
	c.Calendar = officeHours(9*60, 17*60)
	if err := d.rest(ctx, http.MethodPost, "/rulebook/calendars", c, c); err != nil {
		return err
	}
	return d.derived(ctx, nil, rules, &d.run.Clocks)
}

// signIn makes a technician and signs them in by their link.
func (d *deskDay) signIn(ctx context.Context, i int) (*technician, error) {
	p, err := d.signInAs(ctx, fmt.Sprintf("tech%d@example.com", i), "technician")
	if err == nil {
		p.r = rand.New(rand.NewPCG(uint64(i), 5))
	}
	return p, err
}

// signInAs makes somebody of the staff and signs them in by their link.
func (d *deskDay) signInAs(ctx context.Context, email, role string) (*technician, error) {
	link, err := d.t.command(ctx, "user", "add", email, "--role", role)
	if err != nil {
		return nil, err
	}
	p := &technician{deskDay: d, http: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // a server of our own
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	token, err := d.t.command(ctx, "token", "create", "--user", email)
	if err != nil {
		return nil, err
	}
	p.token = strings.TrimSpace(token)
	_, secret, ok := strings.Cut(strings.TrimSpace(link), "#")
	if !ok {
		return nil, fmt.Errorf("no secret in the link %q", link)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+"/sign-in/link", strings.NewReader(url.Values{"secret": {secret}}.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Value != "" {
			p.cookie = c
		}
	}
	if p.cookie == nil {
		return nil, fmt.Errorf("the link opened no session: %s", answer.Status)
	}
	return p, nil
}

// talk writes messages to a ticket until it has many, and returns its number.
func (d *deskDay) talk(ctx context.Context, id string) (number int64, err error) {
	m := newMaker(1, time.Now())
	for i := range talkLength {
		if err := d.rest(ctx, http.MethodPost, "/tickets/"+id+"/messages", map[string]any{"body": m.text(30), "public": i%3 == 0}, nil); err != nil {
			return 0, err
		}
		if err := pause(ctx, 25*time.Millisecond); err != nil { // as fast as a token may
			return 0, err
		}
	}
	var x listed
	err = d.rest(ctx, http.MethodGet, "/tickets/"+id, nil, &x)
	return x.Number, err
}

// page opens a page and returns how long it took to its last byte, in milliseconds.
func (p *technician) page(ctx context.Context, path string) (float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return 0, err
	}
	r.AddCookie(p.cookie)
	began := time.Now()
	answer, err := p.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	took := float64(time.Since(began).Microseconds()) / 1000
	if err == nil && (answer.StatusCode != http.StatusOK || n < 5000) {
		err = fmt.Errorf("GET %s: %s, %d bytes", path, answer.Status, n)
	}
	return took, err
}

// listen holds the stream that an open page holds.
func (p *technician) listen(ctx context.Context) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/events?topics=ticket,presence", nil)
	if err != nil {
		return
	}
	r.AddCookie(p.cookie)
	answer, err := p.http.Do(r)
	if err != nil {
		p.failed(ctx, err)
		return
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	p.failed(ctx, err)
}

func (p *technician) failed(ctx context.Context, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && ctx.Err() == nil && p.fault == nil {
		p.fault = err
		p.stop()
	}
}

// work opens pages and writes notes until ctx ends.
func (p *technician) work(ctx context.Context, open []listed) {
	views := findViews()
	for {
		think := time.Duration(p.r.ExpFloat64() * float64(deskThinks))
		if pause(ctx, min(think, 5*deskThinks)) != nil {
			return
		}
		which := open[p.r.IntN(len(open))]
		var err error
		switch n := p.r.IntN(20); {
		case n < 15:
			view := views[p.r.IntN(len(views))]
			if _, bad := query.Parse(view); bad != nil {
				continue
			}
			var took float64
			took, err = p.page(ctx, "/?view=all&q="+url.QueryEscape(view))
			p.mu.Lock()
			p.queue = append(p.queue, took)
			p.mu.Unlock()
		case n < 19:
			_, err = p.page(ctx, "/tickets/"+strconv.FormatInt(which.Number, 10))
		default:
			err = p.note(ctx, which.ID, "A note beside the others.")
		}
		if err != nil {
			p.failed(ctx, err)
			return
		}
	}
}

// many merges and changes many at once, three times each, beside somebody who writes.
func (d *deskDay) many(ctx context.Context, me *technician, open []listed) error {
	mine := open[len(open)-20:]
	note := func() (float64, error) {
		began := time.Now()
		err := me.note(ctx, mine[me.r.IntN(len(mine))].ID, "One note after the other.")
		return float64(time.Since(began).Microseconds()) / 1000, err
	}
	var alone, merging, changing []float64
	for range 200 {
		took, err := note()
		if err != nil {
			return err
		}
		alone = append(alone, took)
		if err := pause(ctx, 40*time.Millisecond); err != nil {
			return err
		}
	}
	merged, changed := 100, 1000
	if d.b.Tickets < 100_000 { // only tried out
		merged, changed = 5, 20
	}
	each := 1 + merged + changed
	others, err := d.free(ctx, 3*each, open)
	if err != nil {
		return err
	}
	beside := func(body map[string]any, all *[]float64) (float64, error) {
		done := make(chan error, 1)
		began := time.Now()
		var took float64
		go func() {
			var out struct {
				Changed []int64 `json:"changed"`
				Refused []any   `json:"refused"`
			}
			err := d.rest(ctx, http.MethodPost, "/bulk", body, &out)
			took = float64(time.Since(began).Microseconds()) / 1000
			if err == nil && len(out.Refused) > 0 {
				err = fmt.Errorf("%d of %d were refused: %v", len(out.Refused), len(out.Changed)+len(out.Refused), out.Refused[0])
			}
			done <- err
		}()
		for {
			one, err := note()
			if err != nil {
				return 0, err
			}
			*all = append(*all, one)
			select {
			case err := <-done:
				return took, err
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	for i := range 3 {
		part := others[i*each:]
		took, err := beside(map[string]any{"tickets": part[1 : 1+merged], "do": "merge", "into": part[0].Number}, &merging)
		if err != nil {
			return err
		}
		d.run.Merge = append(d.run.Merge, took)
		took, err = beside(map[string]any{"tickets": part[1+merged : each], "do": "tag", "add": []string{fmt.Sprint("bulk", i)}}, &changing)
		if err != nil {
			return err
		}
		d.run.Bulk = append(d.run.Bulk, took)
		if err := pause(ctx, 2*time.Second); err != nil {
			return err
		}
	}
	d.run.Alone, d.run.Merging, d.run.Changing = spreadOf(alone), spreadOf(merging), spreadOf(changing)
	return nil
}

// free returns open tickets that nobody writes to.
func (d *deskDay) free(ctx context.Context, n int, written []listed) ([]find.Target, error) {
	var out []find.Target
	path := "/tickets?limit=200&order=oldest&q=" + url.QueryEscape("state:in_progress")
	for next := ""; len(out) < n; {
		var page struct {
			Items []listed `json:"items"`
			Next  *string  `json:"next_cursor"`
		}
		if err := d.rest(ctx, http.MethodGet, path+next, nil, &page); err != nil {
			return nil, err
		}
		for _, x := range page.Items {
			if !slices.Contains(written, x) {
				out = append(out, find.Target{Number: x.Number})
			}
		}
		if page.Next == nil {
			if len(out) >= n {
				break
			}
			return nil, fmt.Errorf("there are only %d tickets in progress", len(out))
		}
		next = "&cursor=" + url.QueryEscape(*page.Next)
	}
	return out[:n], nil
}
