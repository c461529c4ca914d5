package desk

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

// Draft is a ticket to be opened.
type Draft struct {
	Kind        ticket.Kind
	Title       string
	Body        string
	Requester   string // a person's id; the actor's own for a requester
	Endpoint    string
	Findings    []diagnostics.Finding
	TakenAt     time.Time
	Snapshot    json.RawMessage // a diagnostics.Snapshot; nil when none was sent
	Attachments []ticket.Attachment

	Category string
	Team     string // "": the category's
	Tags     []string
	Fields   map[string]string
	Impact   ticket.Level // 0: by how many endpoints show the same finding
	Urgency  ticket.Level // 0: by the findings

	Language string // that the requester reads, where they open it themselves; "": nobody knows
}

// Open opens a ticket for a person: staff on somebody's behalf, or a requester in
// the portal.
func (d *Desk) Open(ctx context.Context, actor auth.Actor, draft Draft) (ticket.Ticket, error) {
	return d.open(ctx, actor, draft, func(_ Tx, insert func() (ticket.Ticket, error)) error {
		_, err := insert()
		return err
	})
}

// open authorises a draft and has around store it, or not.
func (d *Desk) open(ctx context.Context, actor auth.Actor, draft Draft, around func(tx Tx, insert func() (ticket.Ticket, error)) error) (ticket.Ticket, error) {
	op := auth.TicketsOpen
	if actor.Kind == auth.Requester {
		op, draft.Requester = auth.OwnOpen, actor.Person
		if draft.Endpoint != "" {
			draft.Endpoint = actor.Endpoint
		}
	}
	if err := auth.Authorise(actor, op, auth.Object{Requester: draft.Requester}); err != nil {
		return ticket.Ticket{}, err
	}
	var t ticket.Ticket
	err := d.store.Update(ctx, func(tx Tx) error {
		return around(tx, func() (_ ticket.Ticket, err error) {
			requester, _, err := tx.Person(draft.Requester)
			if fault.Is(err, fault.NotFound) {
				err = fault.Field("requester", "There is no such person. Say for whom the ticket is.")
			}
			if err != nil {
				return t, err
			}
			t, err = d.insert(tx, actorOf(actor), requester, "", draft)
			return t, err
		})
	})
	return t, err
}

// insert stores a draft as a ticket.
func (d *Desk) insert(tx Tx, by ticket.Actor, requester ticket.Person, ref string, draft Draft) (ticket.Ticket, error) {
	var t ticket.Ticket
	open := ticket.Open{
		Kind: draft.Kind, Title: draft.Title, Body: draft.Body, Requester: requester,
		Endpoint: draft.Endpoint, Findings: draft.Findings, Attachments: draft.Attachments,
		Category: draft.Category, Team: draft.Team, Tags: draft.Tags, Impact: draft.Impact, Urgency: draft.Urgency, Matrix: d.matrix(),
	}
	if err := d.file(&open, draft.Fields); err != nil {
		return t, err
	}
	if draft.Endpoint != "" {
		site, err := tx.EndpointSite(draft.Endpoint)
		if err != nil {
			return t, fault.Field("endpoint", "There is no such endpoint.")
		}
		open.Site = site
	}
	if err := checkBlobs(tx, open); err != nil {
		return t, err
	}
	now := d.now()
	if draft.Snapshot != nil {
		open.Snapshot = d.newID()
	}
	t, events, err := ticket.Apply(ticket.Ticket{ID: d.newID(), Ref: ref}, open, by, now)
	if err != nil {
		return t, err
	}
	d.called(ticket.Ticket{}, events)
	if err := tx.Insert(&t, events); err != nil {
		return t, err
	}
	if l, ok := tongue.Spoken(draft.Language); ok && by.Person.ID == requester.ID {
		if err := tx.Reads(requester.ID, string(l)); err != nil {
			return t, err
		}
	}
	if draft.Snapshot != nil {
		err := tx.AddSnapshot(Snapshot{ID: open.Snapshot, Endpoint: draft.Endpoint, Ticket: t.ID, TakenAt: draft.TakenAt, ReceivedAt: now, Doc: draft.Snapshot})
		if err != nil {
			return t, err
		}
	}
	t, _, err = d.giveOut(tx, t)
	return t, err
}

// file fills in what a draft leaves to the desk: what the category says, and an
// impact from how many machines have the same trouble now.
func (d *Desk) file(open *ticket.Open, fields map[string]string) error {
	b := d.book()
	if err := errors.Join(d.category(open.Category), d.checkTeam(open.Team)); err != nil {
		return err
	}
	for _, c := range rulebook.Line(b, open.Category) {
		if c.TicketKind != "" && open.Kind == "" {
			open.Kind = c.TicketKind
		}
	}
	if open.Team == "" {
		open.Team = rulebook.TeamFor(b, open.Category)
	}
	if open.Impact == 0 {
		open.Impact = d.impactOf(open.Findings)
	}
	if len(fields) == 0 {
		return nil
	}
	var err error
	open.Fields, err = d.fields(open.Category, nil, fields)
	return err
}

// SetShowing says how many endpoints show a finding now, for the impact of new
// tickets. It is asked within a write and must not wait.
func (d *Desk) SetShowing(f func(code string) int) { d.showing = f }

// impactOf is the first guess: what many machines show holds up many.
func (d *Desk) impactOf(findings []diagnostics.Finding) ticket.Level {
	most := 0
	for _, f := range findings {
		if f.Severity != diagnostics.Info {
			most = max(most, d.showing(string(f.Code)))
		}
	}
	switch s := rulebook.SettingOf(d.book()); {
	case most >= s.ImpactHigh:
		return ticket.High
	case most >= s.ImpactMedium:
		return ticket.Medium
	}
	return ticket.Low
}
