package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/scenario"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/contrast"
	"github.com/deskbell/deskbell/server/correlate"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/incident"
	"github.com/deskbell/deskbell/server/live"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// office is a made-up organisation whose tickets go through the desk. Its past is handed
// in; all that happens on the day is stored.
type office struct {
	*World
	t         *testing.T
	made      scenario.Made
	index     *contrast.Index
	sites     map[string]string // enrolment tokens
	endpoints map[string]string // of machines that rang
	tickets   map[string]string // stored ones by their made-up ids
	rang      int
	heard     int
	keeper    *incident.Keeper
	shows     map[string][]string // what a machine shows now, by endpoint
	away      map[string]bool     // machines that are not connected
	blank     bool                // nobody says what their ticket is about
	guesses   map[string]string   // what would be suggested, by ticket; nil: nothing is learned
	down      []correlate.Down    // services that fail
	prober    incident.Prober
	house     string // the language in which employees are written to
	after     func(context.Context, []string, time.Time, time.Duration) (time.Time, error)
}

// pastly puts a past before what is stored.
type pastly struct {
	incident.Store
	o *office
}

func (p pastly) FirstRung(context.Context) (time.Time, error) { return p.o.made.From, nil }

func (p pastly) Rung(ctx context.Context, from, to time.Time) ([]incident.Rung, error) {
	list, err := p.Store.Rung(ctx, from, to)
	var out []incident.Rung
	for _, t := range p.o.made.Past {
		if !t.At.Before(from) && t.At.Before(to) {
			out = append(out, incident.Rung{Ticket: t})
		}
	}
	return append(out, list...), err
}

func newOffice(t *testing.T, e Engine, k scenario.Kind, people int, seed uint64) *office {
	t.Helper()
	o := &office{World: Open(t, e), t: t, made: scenario.Make(k, people, seed), index: contrast.NewIndex(), sites: map[string]string{}, endpoints: map[string]string{}, tickets: map[string]string{}}
	for _, a := range scenario.Abouts() {
		_, err := o.Rules.PutBySystem(t.Context(), &rulebook.Category{Entry: rulebook.Entry{ID: a, Name: a}})
		must(t, err)
	}
	for _, m := range o.made.Machines {
		if len(m.Facts) > 0 {
			o.index.Set(m.ID, "", o.made.From, m.Facts)
		}
	}
	o.start()
	return o
}

// start begins to look, as after a start of the server.
func (o *office) start() {
	told := o.telling()
	must(o.t, told.Load(o.t.Context()))
	o.keeper = incident.New(incident.Options{
		Desk: o.Desk, Announcer: told, After: o.after, Prober: o.prober, Language: o.house,
		Store: pastly{o.DB.Incidents(), o}, Live: live.New(), Index: o.index, Judge: correlate.Options{Location: time.UTC}, Now: o.Now, Log: slog.New(slog.DiscardHandler),
		Machines: func() (out []incident.Machine) {
			for _, m := range o.made.Machines {
				out = append(out, incident.Machine{ID: o.nameOf(m.ID), Name: m.ID, SiteID: officeFleet{o}.at(m.Site), Site: m.Site})
			}
			return out
		},
		Signs: func() (out []incident.Sign) {
			for _, f := range o.made.Failures[:o.heard] {
				if o.Now().Sub(f.Since) < 2*time.Hour {
					out = append(out, incident.Sign{Machine: o.nameOf(f.Machine), Code: f.Code, Since: f.Since})
				}
			}
			return out
		},
		Failing: func() []correlate.Down { return o.down },
		Guess: func(_ context.Context, ticket string) (string, bool, error) {
			return o.guesses[ticket], o.guesses != nil, nil
		},
		Shows:    func(endpoint string) ([]string, bool) { return o.shows[endpoint], !o.away[endpoint] },
		Touched:  o.DB.Peers().Touched,
		News:     func(context.Context, time.Time, time.Time) ([]contrast.News, error) { return nil, nil },
		Category: func(id string) string { return rulebook.NameOf[*rulebook.Category](o.Rules.Book(), id) },
	})
}

// nameOf is a machine's endpoint, once it has rung.
func (o *office) nameOf(machine string) string {
	if id := o.endpoints[machine]; id != "" {
		return id
	}
	return machine
}

// endpoint enrols the machine of a ticket.
func (o *office) endpoint(machine string) string {
	if id := o.endpoints[machine]; id != "" {
		return id
	}
	ctx, i := o.t.Context(), slices.IndexFunc(o.made.Machines, func(m scenario.Machine) bool { return m.ID == machine })
	m := o.made.Machines[i]
	if o.sites[m.Site] == "" {
		token, _, err := o.Registry.Create(ctx, auth.SystemActor("test"), m.Site, 10_000, 24*time.Hour)
		must(o.t, err)
		o.sites[m.Site] = token
	}
	key := sha256.Sum256([]byte(machine))
	e, err := o.Registry.Enrol(ctx, wire.Enrol{Token: o.sites[m.Site], Key: key[:], Machine: wire.Machine{Hostname: machine, OS: "linux"}})
	must(o.t, err)
	o.endpoints[machine] = e.ID
	if len(m.Facts) > 0 {
		o.index.Remove(machine)
		o.index.Set(e.ID, "", o.made.From, m.Facts)
	}
	return e.ID
}

// ring lets somebody ring, as it was made up.
func (o *office) ring(t correlate.Ticket) {
	o.at(t.At)
	about := t.About
	if o.blank {
		about = ""
	}
	out, err := o.Desk.Ring(o.t.Context(), desk.Message{Endpoint: o.endpoint(t.Person), ID: t.ID, Body: []byte(t.ID), UID: "1000", Login: t.Person}, desk.Draft{Title: "It does not work", Category: about})
	must(o.t, err)
	if o.guesses != nil {
		o.guesses[out.Ticket] = t.About
	}
	o.tickets[t.ID] = out.Ticket
}

// at moves the clock on.
func (o *office) at(moment time.Time) {
	if d := moment.Sub(o.Now()); d > 0 || d < -time.Minute {
		o.Skip(d)
	}
}

// until lets the day pass until a moment, or until done says so. It is looked with each
// ticket, and each minute when endpoints have said something.
func (o *office) until(end time.Time, done func() bool) bool {
	o.t.Helper()
	for minute := o.made.Day.Add(7 * time.Hour); minute.Before(end); minute = minute.Add(time.Minute) {
		news := false
		for o.heard < len(o.made.Failures) && !o.made.Failures[o.heard].At.After(minute) {
			o.heard++
			news = true
		}
		for o.rang < len(o.made.Tickets) && !o.made.Tickets[o.rang].At.After(minute) {
			o.ring(o.made.Tickets[o.rang])
			o.rang++
			must(o.t, o.keeper.Look(o.t.Context()))
			if done() {
				return true
			}
		}
		if news {
			o.at(minute)
			must(o.t, o.keeper.Look(o.t.Context()))
			if done() {
				return true
			}
		}
	}
	return false
}

func (o *office) incidents(states ...incident.State) []incident.Incident {
	o.t.Helper()
	list, err := o.keeper.List(o.t.Context(), o.Anna, incident.Query{States: states})
	must(o.t, err)
	return list
}

func never() bool { return false }

// testNormalDay proposes nothing on a day on which nothing is out of order.
func testNormalDay(t *testing.T, e Engine) {
	o := newOffice(t, e, scenario.Normal, 500, 11)
	o.until(o.made.Day.Add(19*time.Hour), never)
	if list := o.incidents(); len(list) != 0 || o.rang < 10 || o.heard < 30 {
		t.Errorf("%d incidents after %d tickets and %d failures: %+v", len(list), o.rang, o.heard, list)
	}
	if s, err := o.keeper.Sight(o.Anna); err != nil || !s.Enough || s.Learned < 300 {
		t.Errorf("it has learned %+v, %v", s, err)
	}
}

// testBurst has a site fail: of many tickets comes one proposal, with the true place and
// cause; it outlives a restart, goes on as the same one, and after somebody has confirmed
// it tickets join by themselves and raise no other.
func testBurst(t *testing.T, e Engine) {
	o := newOffice(t, e, scenario.Site, 600, 12)
	ctx := t.Context()
	if !o.until(o.made.At.Add(3*time.Hour), func() bool { return len(o.incidents()) > 0 }) {
		t.Fatal("nothing was proposed")
	}
	first := o.incidents(incident.Proposed)
	if len(first) != 1 || first[0].People < 3 || first[0].Number != 1 || first[0].Confidence < 0.9 {
		t.Fatalf("it proposes %+v", first)
	}
	early := first[0].Tickets
	o.Reopen(t)
	o.start()
	o.until(o.Now().Add(4*time.Minute), never)
	list := o.incidents()
	if len(list) != 1 || list[0].ID != first[0].ID || list[0].Tickets < early || list[0].State != incident.Proposed {
		t.Fatalf("after the restart there are %+v", list)
	}
	d, err := o.keeper.Get(ctx, o.Anna, first[0].ID)
	must(t, err)
	right := 0
	for _, m := range d.Members {
		for made, id := range o.tickets {
			if id == m.Ticket && o.made.Outage[made] {
				right++
			}
		}
	}
	if 2*right < len(d.Members) || len(d.Causes) == 0 || d.Lines[0].Did != incident.DidPropose {
		t.Errorf("%d of %d tickets are of the outage; causes %+v, lines %+v", right, len(d.Members), d.Causes, d.Lines)
	}
	_, err = o.keeper.Confirm(ctx, o.Anna, d.ID, d.Edition, "", "The line is cut.")
	must(t, err)
	before := o.incidents(incident.Open)[0].Tickets
	o.until(o.made.At.Add(2*time.Hour), never)
	list = o.incidents()
	if len(list) != 1 || list[0].State != incident.Open || list[0].Tickets < before+3 || list[0].Text != "The line is cut." {
		t.Errorf("after two hours there are %+v, of %d tickets before", list, before)
	}
	if _, ok, err := o.keeper.OfTicket(ctx, o.Anna, d.Members[0].Ticket); err != nil || !ok {
		t.Errorf("its ticket knows nothing of it: %v", err)
	}
}

// testGuessed has nobody say what their tickets are about: by what is suggested for them it
// is known which service fails, and without suggestions it is not.
func testGuessed(t *testing.T, e Engine) {
	for _, learned := range []bool{false, true} {
		o := newOffice(t, e, scenario.Service, 600, 12)
		o.blank = true
		if learned {
			o.guesses = map[string]string{}
		}
		o.until(o.made.At.Add(30*time.Minute), func() bool {
			return slices.ContainsFunc(o.incidents(), func(i incident.Incident) bool { return i.Cell.About != "" })
		})
		list := o.incidents()
		if !learned {
			if slices.ContainsFunc(list, func(i incident.Incident) bool { return i.Cell.About != "" }) {
				t.Errorf("nobody has said what it is about: %+v", list)
			}
			continue
		}
		if len(list) == 0 || list[0].Cell.About == "" {
			t.Fatalf("with suggestions it proposes %+v", list)
		}
		d, err := o.keeper.Get(t.Context(), o.Anna, list[0].ID)
		must(t, err)
		if d.Down != "" {
			t.Errorf("no check fails, and it says %q", d.Down)
		}
		// A check of the service begins to fail: the proposal says so at once, and keeps it.
		o.down = []correlate.Down{{About: list[0].Cell.About, Check: "Front door", Since: o.Now().Add(-time.Minute), Fails: 2}}
		must(t, o.keeper.Look(t.Context()))
		o.Reopen(t)
		o.down = nil
		o.start()
		was := d.Confidence
		d, err = o.keeper.Get(t.Context(), o.Anna, d.ID)
		if must(t, err); d.Down != "Front door" || d.Confidence <= was {
			t.Errorf("with a check that fails it is %q and %g sure, before %g", d.Down, d.Confidence, was)
		}
		one, err := o.Desk.Get(t.Context(), o.Anna, d.Members[0].Ticket)
		if must(t, err); one.Category != "" {
			t.Errorf("the guess was written into the ticket: %q", one.Category)
		}
	}
}

// testCalled has the desk write down for somebody what they say on the telephone: it counts
// for their machine when they have but one.
func testCalled(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	w.Ring(t, "01A", "No VPN")
	mia, err := w.Desk.PersonOf(ctx, w.Endpoint, "1000")
	must(t, err)
	for _, who := range []string{mia.Person, w.Ben.Person} {
		_, err := w.Desk.Open(ctx, w.Anna, desk.Draft{Title: "No VPN, says the telephone", Requester: who})
		must(t, err)
	}
	machines := func() (out []string) {
		list, err := w.DB.Incidents().Rung(ctx, w.Now().Add(-time.Hour), w.Now().Add(time.Hour))
		must(t, err)
		for _, r := range list {
			out = append(out, r.Machine)
		}
		return out
	}
	if got := machines(); !slices.Equal(got, []string{w.Endpoint, w.Endpoint, ""}) {
		t.Errorf("with one machine it counts for %q", got)
	}
	token, _, err := w.Registry.Create(ctx, auth.SystemActor("test"), "Berlin", 1, time.Hour)
	must(t, err)
	key := make([]byte, 32)
	key[0] = 7
	other, err := w.Registry.Enrol(ctx, wire.Enrol{Token: token, Key: key, Machine: wire.Machine{Hostname: "second", OS: "linux"}})
	must(t, err)
	second := other.ID
	_, err = w.Desk.Ring(ctx, desk.Message{Endpoint: second, ID: "01B", Body: []byte("01B"), UID: "1000", Login: "mia", Full: "Mia Muster"}, desk.Draft{Title: "Nor here"})
	must(t, err)
	w.behind(t, fmt.Sprintf("UPDATE accounts SET person_id = '%s' WHERE endpoint_id = '%s'", mia.Person, second))
	if got := machines(); !slices.Equal(got, []string{w.Endpoint, "", "", second}) {
		t.Errorf("with two machines it counts for %q", got)
	}
}

// testDismissed has somebody say that a burst is no outage: the same is not proposed
// again, also after a restart, until the time is over.
func testDismissed(t *testing.T, e Engine) {
	o := newOffice(t, e, scenario.Site, 600, 12)
	ctx := t.Context()
	if !o.until(o.made.At.Add(3*time.Hour), func() bool { return len(o.incidents()) > 0 }) {
		t.Fatal("nothing was proposed")
	}
	i := o.incidents()[0]
	_, err := o.keeper.Dismiss(ctx, o.Ben, i.ID, 0, " ", time.Hour)
	wantCode(t, err, fault.Invalid)
	_, err = o.keeper.Dismiss(ctx, o.Ben, i.ID, i.Edition, "A fire\x00 drill", 24*time.Hour)
	must(t, err)
	o.Reopen(t)
	o.start()
	o.until(o.made.At.Add(2*time.Hour), never)
	list := o.incidents()
	if len(list) != 1 || list[0].State != incident.Dismissed || list[0].Why != "A fire drill" || list[0].By.Name != "Ben" {
		t.Errorf("afterwards there are %+v", list)
	}
}

// testIncidents keeps incidents that people open, with all that was written, refuses
// what is wrong or somebody may not, and writes each change into the audit log.
func testIncidents(t *testing.T, e Engine) {
	o := &office{World: Open(t, e), t: t, index: contrast.NewIndex(), tickets: map[string]string{}}
	o.made.From = o.Now().Add(-time.Hour)
	o.start()
	ctx := t.Context()
	rung := o.Ring(t, "01A", "No VPN")
	mia, err := o.Desk.PersonOf(ctx, o.Endpoint, "1000")
	must(t, err)
	draft := incident.Draft{Title: "VPN <b>in</b>\x00 Berlin", Text: "Since noon.\r\n„All“", Cell: incident.Cell{Kind: correlate.Site, Name: "Berlin"}, Tickets: []string{rung.Ticket}}
	_, err = o.keeper.Begin(ctx, mia, draft)
	wantCode(t, err, fault.Forbidden)
	_, err = o.keeper.List(ctx, mia, incident.Query{})
	wantCode(t, err, fault.Forbidden)
	for _, wrong := range []incident.Draft{{}, {Title: "x", Since: o.Now().Add(time.Hour)}, {Title: strings.Repeat("x", 121)}} {
		_, err = o.keeper.Begin(ctx, o.Anna, wrong)
		wantCode(t, err, fault.Invalid)
	}
	_, err = o.keeper.Begin(ctx, o.Anna, incident.Draft{Title: "x", Tickets: []string{"none"}})
	wantCode(t, err, fault.NotFound)
	i, err := o.keeper.Begin(ctx, o.Anna, draft)
	must(t, err)
	if i.Number != 1 || i.Title != "VPN <b>in</b> Berlin" || i.Text != "Since noon.\n„All“" {
		t.Errorf("it is %+v", i)
	}
	_, err = o.keeper.Confirm(ctx, o.Ben, i.ID, 0, "", "")
	wantCode(t, err, fault.Conflict)
	_, err = o.keeper.Dismiss(ctx, o.Ben, i.ID, 0, "None", time.Hour)
	wantCode(t, err, fault.Conflict)
	_, err = o.keeper.Rename(ctx, o.Ben, i.ID, 1, "VPN", "Known.")
	must(t, err)
	_, err = o.keeper.Rename(ctx, o.Anna, i.ID, 1, "Old words", "")
	wantCode(t, err, fault.Stale)
	_, err = o.keeper.Note(ctx, o.Ben, i.ID, "\x07 ")
	wantCode(t, err, fault.Invalid)
	_, err = o.keeper.Note(ctx, o.Ben, i.ID, "The provider was called.")
	must(t, err)
	// Somebody rings from there: that ticket joins by itself, and a request does not.
	later := o.Ring(t, "01B", "No VPN either")
	_, err = o.Desk.Ring(ctx, o.message("01C", "r"), desk.Draft{Title: "A keyboard", Kind: ticket.Request})
	must(t, err)
	must(t, o.keeper.Look(ctx))
	_, err = o.keeper.Resolve(ctx, o.Anna, i.ID, 0, "", 0)
	wantCode(t, err, fault.Invalid)
	_, err = o.keeper.Resolve(ctx, o.Anna, i.ID, 2, "It works again.", 0)
	must(t, err)

	o.Reopen(t)
	o.start()
	d, err := o.keeper.Get(ctx, o.Anna, i.ID)
	must(t, err)
	if d.State != incident.Resolved || d.Title != "VPN" || d.Closing != "It works again." || d.Tickets != 2 || d.People != 1 || d.EndedAt.IsZero() {
		t.Errorf("it is stored as %+v", d.Incident)
	}
	var did []incident.Did
	for _, l := range d.Lines {
		did = append(did, l.Did)
	}
	if diff := cmp.Diff([]incident.Did{incident.DidOpen, incident.DidJoin, incident.DidChange, incident.DidNote, incident.DidJoin, incident.DidResolve}, did); diff != "" {
		t.Error(diff)
	}
	if len(d.Members) != 2 || d.Members[0].Ticket != rung.Ticket || d.Members[0].How != incident.ByHand || d.Members[1].Ticket != later.Ticket || d.Members[1].How != incident.Joined || d.Members[1].Site != "Berlin" {
		t.Errorf("its tickets are %+v", d.Members)
	}
	log, err := o.AuditLog(ctx, "incident:"+i.ID, 0, 10)
	must(t, err)
	if len(log) != 4 || log[0].Action != audit.IncidentResolved || log[3].Action != audit.IncidentOpened {
		t.Errorf("the audit log has %+v", log)
	}
	if list := o.incidents(incident.Open); len(list) != 0 {
		t.Errorf("it goes on: %+v", list)
	}
	_, err = o.keeper.Get(ctx, o.Anna, "none")
	wantCode(t, err, fault.NotFound)
}
