package mailing_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/mailing"
	"github.com/deskbell/deskbell/server/notify"
	"github.com/deskbell/deskbell/server/notify/notifytest"
)

// world is a server that sends reports, can be stopped and started, and has a mail server
// that takes what it is given, or does not.
type world struct {
	t       *testing.T
	rows    *notifytest.Memory
	mu      sync.Mutex
	docs    map[string]string
	log     []audit.Entry
	fail    error // what the store says
	refuse  func(to string) error
	taken   []notify.Note
	people  map[string]auth.Person
	outside bool
	shown   *availability.Report // in place of an empty one
	asked   []availability.Query

	channel notify.Channel
	notify  *notify.Keeper
	k       *mailing.Keeper
	stop    func()
}

var mia = auth.Actor{Kind: auth.Staff, Person: "mia", Name: "Mia", Role: auth.Manager}

func newWorld(t *testing.T) *world {
	w := &world{t: t, rows: notifytest.New(), docs: map[string]string{}, outside: true, people: map[string]auth.Person{
		"mia": {ID: "mia", Name: "Mia", Email: "mia@example.com", Role: auth.Manager},
		"jo":  {ID: "jo", Name: "Jo", Email: "jo@example.com", Role: auth.Operator},
	}}
	w.start()
	admin := auth.Actor{Kind: auth.Staff, Person: "root", Role: auth.Admin}
	c := notify.Usual(notify.Mail)
	c.Name, c.Where.Host, c.Where.From, c.Where.To = "Mail", "mail.example.com", "bell@example.com", []string{"all@example.com"}
	var err error
	if w.channel, _, err = w.notify.Save(t.Context(), admin, c, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// with holds still while something is read or changed.
func (w *world) with(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) Mailings(context.Context) (out []mailing.Mailing, err error) {
	w.with(func() {
		for _, id := range slices.Sorted(maps.Keys(w.docs)) {
			var m mailing.Mailing
			if err = json.Unmarshal([]byte(w.docs[id]), &m); err == nil {
				out = append(out, m)
			}
		}
	})
	return out, err
}

type tx struct {
	notify.Tx
	w    *world
	docs map[string]string
	log  []audit.Entry
}

func (x *tx) SaveMailing(m mailing.Mailing) error {
	b, err := json.Marshal(m)
	x.docs[m.ID] = string(b)
	return err
}

func (x *tx) DeleteMailing(id string) error {
	delete(x.docs, id)
	return nil
}

func (x *tx) Audit(e audit.Entry) error {
	x.log = append(x.log, e)
	return nil
}

func (w *world) Update(ctx context.Context, write func(mailing.Tx) error) (err error) {
	w.with(func() {
		if err = w.fail; err != nil {
			return
		}
		err = w.rows.Update(ctx, func(inner notify.Tx) error {
			x := &tx{Tx: inner, w: w, docs: maps.Clone(w.docs)}
			if err := write(x); err != nil {
				return err
			}
			w.docs, w.log = x.docs, append(w.log, x.log...)
			return nil
		})
	})
	return err
}

func (w *world) Send(_ context.Context, _ notify.Channel, _ string, n notify.Note) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		if err := w.refuse(n.To[0]); err != nil {
			return "", err
		}
	}
	w.taken = append(w.taken, n)
	return "taken", nil
}

func (w *world) Refresh(context.Context, notify.Channel, string, []notify.Line) error { return nil }

func (w *world) person(_ context.Context, id string) (auth.Person, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p, is := w.people[id]; is {
		return p, nil
	}
	return auth.Person{}, fault.New(fault.NotFound, "Nobody.")
}

func (w *world) byEmail(ctx context.Context, email string) (auth.Person, error) {
	return w.person(ctx, strings.TrimSuffix(strings.ToLower(email), "@example.com"))
}

func (w *world) report(_ context.Context, actor auth.Actor, q availability.Query) (availability.Report, error) {
	if err := auth.Authorise(actor, auth.ReportsRead, auth.Object{}); err != nil {
		return availability.Report{}, err
	}
	w.with(func() { w.asked = append(w.asked, q) })
	if w.shown != nil {
		return *w.shown, nil
	}
	return availability.Report{Query: q}, nil
}

// start starts the server, as after a restart: of what was in memory nothing is left.
func (w *world) start() {
	w.t.Helper()
	log := slog.New(slog.DiscardHandler)
	n, err := notify.New(notify.Options{Store: w.rows, Send: w, Key: []byte("key"), Standing: func() (notify.Standing, bool) { return notify.Standing{}, true }, Now: time.Now, Log: log})
	if err != nil {
		w.t.Fatal(err)
	}
	k := mailing.New(mailing.Options{
		Store: w, Report: w.report, Person: w.person, ByEmail: w.byEmail, Outside: func() (is bool) { w.with(func() { is = w.outside }); return is },
		Channels: n.Choices, Letter: n.Letter, Queued: n.Queued, Message: n.Became, URL: func() string { return "https://bell.example.com" }, Now: time.Now, Log: log,
	})
	for _, err := range []error{n.Load(w.t.Context()), k.Load(w.t.Context())} {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	var both sync.WaitGroup
	both.Go(func() { _ = n.Run(ctx) })
	both.Go(func() { _ = k.Run(ctx) })
	w.notify, w.k, w.stop = n, k, func() { cancel(); both.Wait() }
}

// away stops the server until a moment, and lets it run for some minutes then.
func (w *world) away(until string) {
	w.t.Helper()
	w.stop()
	at, err := time.Parse(time.RFC3339, until)
	if err != nil || !at.After(time.Now()) {
		w.t.Fatalf("%s is not ahead of %s: %v", until, time.Now(), err)
	}
	time.Sleep(time.Until(at))
	w.start()
	time.Sleep(3 * time.Minute)
}

// sent are the mails since this was asked last: to whom, and of what their subjects are.
func (w *world) sent(want ...string) {
	w.t.Helper()
	var got []string
	w.with(func() {
		for _, n := range w.taken {
			got = append(got, n.To[0]+" "+n.Subject)
		}
		w.taken = nil
	})
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: sent was %q, want %q", time.Now().UTC().Format(time.DateTime), got, want)
	}
}

func (w *world) is(id, trouble string) mailing.Standing {
	w.t.Helper()
	s, err := w.k.Get(w.t.Context(), mia, id)
	if err != nil || (trouble == "") != (s.Trouble() == "") || !strings.Contains(s.Trouble(), trouble) {
		w.t.Errorf("%v: the trouble is %q, want %q", err, s.Trouble(), trouble)
	}
	return s
}

// TestSentOnce: each period is sent once, to all, over restarts, failures and times in
// which the server was away; and not any more when whose right it was has lost it.
func TestSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is the first of January 2000, at midnight
		w := newWorld(t)
		m := mailing.Mailing{Name: "Sites", Kind: availability.Site, Channel: w.channel.ID, When: mailing.When{Every: mailing.Monthly, Day: 1, Minute: 8 * 60, Zone: "Europe/Berlin"}}
		s, err := w.k.Save(t.Context(), mia, m, []string{"Mia@example.com", "jo", " auditor@partner.example ", "jo@example.com"})
		if err != nil || len(s.To) != 3 || s.Next.UTC().Format(time.DateTime) != "2000-01-01 07:00:00" {
			t.Fatalf("%v: %+v", err, s)
		}
		w.away("2000-01-01T06:50:00Z")
		w.sent()
		time.Sleep(8 * time.Minute) // over the hour
		w.sent("auditor@partner.example Sites, December 1999", "jo@example.com Sites, December 1999", "mia@example.com Sites, December 1999")
		if s := w.is(s.ID, ""); s.Arrived() != 3 || s.Run.Period.First != "1999-12-01" {
			t.Errorf("%+v", s.Run)
		}
		w.with(func() {
			if q := w.asked[0]; q.From.UTC().Format(time.DateTime) != "1999-11-30 23:00:00" || q.To.Sub(q.From) != 31*24*time.Hour {
				t.Errorf("the report is of %s to %s", q.From, q.To)
			}
		})
		w.away("2000-01-01T08:00:00Z") // a restart
		w.sent()
		w.away("2000-02-03T12:00:00Z") // it was due two days ago
		w.sent("auditor@partner.example Sites, January 2000", "jo@example.com Sites, January 2000", "mia@example.com Sites, January 2000")
		w.away("2000-02-04T12:00:00Z")
		w.sent()
		w.away("2000-05-10T12:00:00Z") // three were due: the last counts
		w.sent("auditor@partner.example Sites, April 2000", "jo@example.com Sites, April 2000", "mia@example.com Sites, April 2000")

		// A mailbox that is full for an hour, and one that is not there.
		full := time.Now().AddDate(0, 1, 0)
		w.with(func() {
			w.refuse = func(to string) error {
				switch {
				case to == "auditor@partner.example":
					return &notify.SendError{Sentence: "It answered 550: nobody of this name.", Final: true}
				case to == "jo@example.com" && time.Now().Before(full):
					return &notify.SendError{Sentence: "It answered 452: the mailbox is full."}
				}
				return nil
			}
		})
		w.away("2000-06-10T11:30:00Z")
		w.sent("mia@example.com Sites, May 2000")
		if s := w.is(s.ID, "auditor@partner.example: It answered 550"); s.Arrived() != 1 || s.Waiting() != 1 || !strings.Contains(s.Trouble(), "jo@example.com: It answered 452") {
			t.Errorf("%+v", s.Run)
		}
		w.away("2000-06-10T12:40:00Z")
		time.Sleep(5 * time.Minute)
		w.sent("jo@example.com Sites, May 2000")
		if s := w.is(s.ID, "auditor@partner.example: It answered 550"); s.Arrived() != 2 || strings.Contains(s.Trouble(), "jo@") {
			t.Errorf("%+v", s.Run)
		}

		// The settings allow no addresses outside any more, and the database is away.
		w.with(func() {
			w.refuse, w.outside, w.fail = nil, false, fault.New(fault.Unavailable, "The database is away.")
		})
		w.away("2000-07-01T07:00:00Z")
		w.sent()
		w.with(func() { w.fail = nil })
		time.Sleep(2 * time.Minute)
		w.sent("jo@example.com Sites, June 2000", "mia@example.com Sites, June 2000")
		w.is(s.ID, "auditor@partner.example was left out")

		// Whose right it was may not any more.
		w.with(func() {
			w.people["mia"] = auth.Person{ID: "mia", Name: "Mia", Email: "mia@example.com", Role: auth.Technician}
		})
		w.away("2000-08-01T07:00:00Z")
		w.sent()
		if s := w.is(s.ID, "It is not sent any more: Mia"); !s.Next.IsZero() {
			t.Errorf("it is sent next at %s", s.Next)
		}
		jo := auth.Actor{Kind: auth.Staff, Person: "jo", Name: "Jo", Role: auth.Operator}
		now := w.is(s.ID, "Mia")
		if _, err := w.k.Save(t.Context(), auth.Actor{Kind: auth.Staff, Person: "mia", Role: auth.Technician}, now.Mailing, []string{"jo"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("who may not saves it: %v", err)
		}
		if _, err := w.k.Save(t.Context(), jo, now.Mailing, []string{"auditor@partner.example"}); fault.Sentence(err) == "" || !fault.Is(err, fault.Invalid) {
			t.Errorf("an address outside is taken: %v", err)
		}
		if _, err := w.k.Save(t.Context(), jo, now.Mailing, []string{"mia"}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		w.sent("mia@example.com Sites, July 2000") // late, and once
		if to, err := w.k.Try(t.Context(), jo, s.ID); err != nil || to != "jo@example.com" {
			t.Errorf("%s, %v", to, err)
		}
		time.Sleep(time.Minute)
		w.sent("jo@example.com Trial: Sites, July 2000")

		// The channel is turned off and on again.
		c := w.channel
		c.Off = true
		admin := auth.Actor{Kind: auth.Staff, Person: "root", Role: auth.Admin}
		if c, _, err = w.notify.Save(t.Context(), admin, c, ""); err != nil {
			t.Fatal(err)
		}
		w.away("2000-09-01T07:00:00Z")
		w.sent()
		w.is(s.ID, "The channel for mail is off or gone.")
		c.Off = false
		if _, _, err = w.notify.Save(t.Context(), admin, c, ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(16 * time.Minute)
		w.sent("mia@example.com Sites, August 2000")

		// Weekly from now on: nothing that is past is sent, and nothing while it is paused.
		now = w.is(s.ID, "")
		now.Every, now.Day = mailing.Weekly, 1
		now.Paused = true
		if now, err = w.k.Save(t.Context(), jo, now.Mailing, []string{"jo"}); err != nil {
			t.Fatal(err)
		}
		w.away("2000-09-05T12:00:00Z")
		w.sent()
		now.Paused = false
		if _, err = w.k.Save(t.Context(), jo, now.Mailing, []string{"jo"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.sent()
		w.away("2000-09-11T07:00:00Z")
		w.sent("jo@example.com Sites, 4 to 10 September 2000")
		w.stop()
		did := map[audit.Action]int{}
		for _, e := range w.log {
			did[e.Action]++
		}
		if want := (map[audit.Action]int{audit.MailingMade: 1, audit.MailingChanged: 3, audit.MailingSent: 8, audit.MailingStopped: 1, audit.MailingTried: 1}); !maps.Equal(did, want) {
			t.Errorf("the audit log has %v, want %v", did, want)
		}
	})
}
