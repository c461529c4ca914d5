package mailing

import (
	"context"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/availability"
	"github.com/deskbell/deskbell/server/notify"
)

// Store keeps what is sent.
type Store interface {
	Mailings(ctx context.Context) ([]Mailing, error)
	Update(ctx context.Context, write func(Tx) error) error
}

// Tx is a write, all or nothing.
type Tx interface {
	SaveMailing(m Mailing) error
	DeleteMailing(id string) error
	SaveRow(r notify.Row) error
	Audit(e audit.Entry) error
}

// Options are what a Keeper needs.
type Options struct {
	Store    Store
	Report   func(ctx context.Context, actor auth.Actor, q availability.Query) (availability.Report, error)
	Person   func(ctx context.Context, id string) (auth.Person, error)
	ByEmail  func(ctx context.Context, email string) (auth.Person, error)
	Outside  func() bool // whether the settings allow addresses outside of the staff
	Channels func() []notify.Choice
	Letter   func(channel string, n notify.Note) (notify.Row, bool)
	Queued   func(rows []notify.Row)
	Message  func(ctx context.Context, id string) (notify.Row, error) // what became of a mail
	URL      func() string                                            // where browsers find the server
	Now      func() time.Time
	Log      *slog.Logger
}

const patience = 30 * time.Second // for the store

// Keeper keeps what is sent, and sends it. It is safe for concurrent use.
type Keeper struct {
	o Options

	mu    sync.Mutex
	all   map[string]*Mailing
	again map[string]time.Time // before then it is not tried again
}

// New returns a Keeper that has read nothing yet.
func New(o Options) *Keeper {
	return &Keeper{o: o, all: map[string]*Mailing{}, again: map[string]time.Time{}}
}

// Load reads what there is.
func (k *Keeper) Load(ctx context.Context) error {
	list, err := k.o.Store.Mailings(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range list {
		k.all[m.ID] = &m
	}
	return nil
}

// Standing is a mailing, and when it is sent next.
type Standing struct {
	Mailing
	Next time.Time // zero: it is not
}

// standing fills in who people are now.
func (k *Keeper) standing(ctx context.Context, m Mailing, known map[string]auth.Person) Standing {
	m.To = slices.Clone(m.To)
	for i, r := range m.To {
		if r.Person == "" {
			continue
		}
		p, is := known[r.Person]
		if !is {
			p, _ = k.o.Person(ctx, r.Person) // of somebody who is gone the name that they had
			known[r.Person] = p
		}
		if p.ID != "" {
			m.To[i].Name, m.To[i].Address = p.Name, p.Email
		}
	}
	s := Standing{Mailing: m}
	if !m.Paused && m.Run.Stopped == "" {
		s.Next = m.When.Next(k.o.Now())
	}
	return s
}

var errNone = fault.New(fault.NotFound, "There is no such scheduled report.")

// List returns all, by name.
func (k *Keeper) List(ctx context.Context, actor auth.Actor) ([]Standing, error) {
	if err := auth.Authorise(actor, auth.ReportsRead, auth.Object{}); err != nil {
		return nil, err
	}
	known := map[string]auth.Person{}
	out := []Standing{}
	for _, m := range k.inOrder() {
		out = append(out, k.standing(ctx, m, known))
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return strings.Compare(strings.ToLower(a.Name)+"\x00"+a.ID, strings.ToLower(b.Name)+"\x00"+b.ID)
	})
	return out, nil
}

// inOrder are copies of all, in the order in which they were made.
func (k *Keeper) inOrder() []Mailing {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]Mailing, 0, len(k.all))
	for _, m := range k.all {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b Mailing) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Get returns one.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (Standing, error) {
	if err := auth.Authorise(actor, auth.ReportsRead, auth.Object{}); err != nil {
		return Standing{}, err
	}
	m, err := k.get(id)
	if err != nil {
		return Standing{}, err
	}
	return k.standing(ctx, m, map[string]auth.Person{}), nil
}

func (k *Keeper) get(id string) (Mailing, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if m := k.all[id]; m != nil {
		return *m, nil
	}
	return Mailing{}, errNone
}

// Mails are the channels that a report can be sent by.
func (k *Keeper) Mails(actor auth.Actor) ([]notify.Choice, error) {
	if err := auth.Authorise(actor, auth.ReportsSend, auth.Object{}); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(k.o.Channels(), func(c notify.Choice) bool { return c.Kind != notify.Mail }), nil
}

// Save adds one, or changes one whose version its writer has seen, who answers for it from
// then on. to are addresses, or ids of people of the staff.
func (k *Keeper) Save(ctx context.Context, actor auth.Actor, m Mailing, to []string) (Standing, error) {
	if err := auth.Authorise(actor, auth.ReportsSend, auth.Object{}); err != nil {
		return Standing{}, err
	}
	if actor.Person == "" {
		return Standing{}, fault.New(fault.Forbidden, "A report is sent by the right of a person. Sign in first.")
	}
	if err := m.check(); err != nil {
		return Standing{}, err
	}
	if err := k.checkChannel(m.Channel); err != nil {
		return Standing{}, err
	}
	var err error
	if m.To, err = k.recipients(ctx, to); err != nil {
		return Standing{}, err
	}
	m.Owner = Person{actor.Person, actor.Name}
	saved, err := k.save(ctx, actor, m)
	if err != nil {
		return Standing{}, err
	}
	return k.standing(ctx, saved, map[string]auth.Person{}), nil
}

func (k *Keeper) save(ctx context.Context, actor auth.Actor, m Mailing) (Mailing, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Now().UTC().Truncate(time.Millisecond)
	old, action := k.all[m.ID], audit.MailingChanged
	switch {
	case m.ID == "" && len(k.all) >= maxMailings:
		return m, fault.New(fault.Full, "There are as many scheduled reports as are kept. Delete one that nobody needs.")
	case m.ID == "":
		m.ID, m.Version, m.Since, m.Run, action = ulid.MustNewDefault(now).String(), 0, now, Run{}, audit.MailingMade
	case old == nil:
		return m, errNone
	case old.Version != m.Version:
		return m, fault.New(fault.Stale, "Somebody has changed this scheduled report since you opened it. Nothing was saved; look at theirs first.")
	default:
		m.Since, m.Run = old.Since, old.Run
		m.Run.Problem, m.Run.Stopped = "", ""
		if m.When != old.When || old.Paused && !m.Paused {
			m.Since = now // what would have been due before is not sent now
		}
	}
	m.Version++
	entry := k.entry(actor, action, &m, map[string]any{"about": m.Kind, "of": m.Of, "when": m.When.Words(), "to": addresses(m.To), "paused": m.Paused})
	if err := k.store(ctx, &m, entry); err != nil {
		return m, err
	}
	delete(k.again, m.ID)
	return m, nil
}

// store writes one, with what else belongs to it, or nothing. The caller holds mu.
func (k *Keeper) store(ctx context.Context, m *Mailing, e audit.Entry, rows ...notify.Row) error {
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.SaveMailing(*m); err != nil {
			return err
		}
		for _, r := range rows {
			if err := tx.SaveRow(r); err != nil {
				return err
			}
		}
		if e.Action == "" {
			return nil
		}
		return tx.Audit(e)
	})
	if err == nil {
		k.all[m.ID] = m
	}
	return err
}

func (k *Keeper) update(ctx context.Context, write func(Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.o.Store.Update(ctx, write)
}

func (k *Keeper) entry(actor auth.Actor, action audit.Action, m *Mailing, detail map[string]any) audit.Entry {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["name"] = m.Name
	return audit.Entry{At: k.o.Now(), Actor: auth.AuditActor(actor), Action: action, Object: "report:" + m.ID, Detail: detail}
}

// Delete ends one. Its mails that are on their way still arrive.
func (k *Keeper) Delete(ctx context.Context, actor auth.Actor, id string) error {
	if err := auth.Authorise(actor, auth.ReportsSend, auth.Object{}); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	m := k.all[id]
	if m == nil {
		return errNone
	}
	err := k.update(ctx, func(tx Tx) error {
		if err := tx.DeleteMailing(id); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.MailingDeleted, m, nil))
	})
	if err == nil {
		delete(k.all, id)
	}
	return err
}

func (k *Keeper) checkChannel(id string) error {
	mails := 0
	for _, c := range k.o.Channels() {
		if c.Kind == notify.Mail {
			if mails++; c.ID == id {
				return nil
			}
		}
	}
	if mails == 0 {
		return fault.Field("channel", "There is no channel for mail yet. An administrator makes one at Channels.")
	}
	return fault.Field("channel", "Choose the channel for mail whose server sends it.")
}

// recipients reads to whom it goes.
func (k *Keeper) recipients(ctx context.Context, to []string) ([]Recipient, error) {
	var out []Recipient
	for _, s := range to {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		r, err := k.recipient(ctx, s)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(x Recipient) bool { return x.Person == r.Person && x.Address == r.Address }) {
			out = append(out, r)
		}
	}
	if len(out) == 0 || len(out) > maxTo {
		return nil, fault.Field("to", "Say to whom, one address a line, at most 20.")
	}
	return out, nil
}

func (k *Keeper) recipient(ctx context.Context, s string) (Recipient, error) {
	shown := fault.Field("to", "“"+clip(s, 80)+"” is no mail address of somebody of the staff. Write one address a line.")
	find := k.o.Person
	address := ""
	if strings.Contains(s, "@") {
		a, err := mail.ParseAddress(s)
		if err != nil {
			return Recipient{}, shown
		}
		s, address, find = a.Address, a.Address, k.o.ByEmail
	}
	p, err := find(ctx, s)
	switch {
	case err == nil && p.Role.Valid() && !p.Disabled && p.Email != "":
		return Recipient{Person: p.ID, Name: p.Name, Address: p.Email}, nil
	case err != nil && !fault.Is(err, fault.NotFound):
		return Recipient{}, err
	case address == "":
		return Recipient{}, shown
	case !k.o.Outside():
		return Recipient{}, fault.Field("to", "“"+clip(address, 80)+"” is nobody's of the staff. Reports go to other addresses only where the settings of the help desk allow it.")
	}
	return Recipient{Address: address}, nil
}

func addresses(to []Recipient) []string {
	out := make([]string, 0, len(to))
	for _, r := range to {
		out = append(out, r.Address)
	}
	return out
}

// clip shortens a text to so many characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
