// Package people is what the people of this machine may do: check it, ring, read
// and answer. Every act names the person, as the kernel attests them, and reaches
// what is theirs and nothing else. Root is a person like any other.
package people

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/announcements"
	"github.com/deskbell/deskbell/agent/checkups"
	"github.com/deskbell/deskbell/agent/ledger"
	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/recorder"
	"github.com/deskbell/deskbell/agent/tickets"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Link is a session with the server. *uplink.Link is one.
type Link interface {
	Call(ctx context.Context, t wire.Type, id string, body any) (wire.Envelope, error)
	GetBlob(ctx context.Context, g wire.BlobGet, w io.Writer) error
}

// Consent is what people are asked; *consent.Keeper is one.
type Consent interface {
	Pending(uid string) []local.Consent
	Changed() <-chan struct{}
}

// Screens are the pictures that are wanted; *screen.Host has some.
type Screens interface {
	Wanted(uid string) []string
	Changed() <-chan struct{}
}

// Config is what a Desk works with.
type Config struct {
	Box    *outbox.Box
	Shelf  *tickets.Shelf
	Ledger *ledger.Ledger
	// Outages are what the server tells of known outages.
	Outages *announcements.Shelf
	Room    *checkups.Room
	// Consent asks people before somebody works here from afar; nil where nobody does.
	Consent Consent
	// Screens are the pictures that are wanted of people's screens; nil where nobody
	// takes any.
	Screens Screens
	// Recorder is the flight recorder; nil when the administrator wants none.
	Recorder *recorder.Recorder
	// History is what has changed on the machine.
	History interface{ Changes() inventory.Changes }
	// Link returns the session that is up, or nil.
	Link func() Link
	// Status returns the part of a status that is the same for everybody.
	Status func() local.Status
	// StatusChanged returns a channel that is closed when that part changes.
	StatusChanged func() <-chan struct{}
	// Account names a person.
	Account func(uid string) wire.Account
	Temp    string // a folder for attachments that pass through
	Log     *slog.Logger
}

// Desk serves the people of one machine. It is safe for concurrent use.
type Desk struct {
	Config

	mu        sync.Mutex
	written   map[string][]time.Time // by kind and uid: in the last minute
	attaching map[string]int         // by uid: files that come in
	fetched   map[string]Link        // by uid: over which session their tickets came
	wanted    map[string]bool        // whose tickets are to be fetched
	want      chan struct{}
}

// New returns a Desk.
func New(c Config) *Desk {
	return &Desk{
		Config: c, written: map[string][]time.Time{}, attaching: map[string]int{}, fetched: map[string]Link{}, wanted: map[string]bool{}, want: make(chan struct{}, 1),
	}
}

// Status returns all that a person's tray shows.
func (d *Desk) Status(uid string) local.Status {
	s := d.Config.Status()
	s.Waiting = d.Box.Waiting(uid)
	var news []tickets.News
	var revision int64
	s.Unread, news, revision = d.Shelf.Summary(uid)
	for _, n := range news {
		s.News = append(s.News, local.News(n))
	}
	s.Tickets = revision + d.Box.Moves(uid)
	for _, a := range d.Shelf.Approvals(uid) {
		s.Approvals = append(s.Approvals, local.Approval(a))
	}
	s.Announcements, s.Questions = d.announcements(uid), d.questions(uid)
	s.Looking = d.Ledger.Looking()
	if d.Consent != nil {
		s.Consents = d.Consent.Pending(uid)
	}
	if d.Screens != nil {
		s.Screens = d.Screens.Wanted(uid)
	}
	return s
}

// Changes wakes whoever shows a status.
type Changes struct{ status, box, shelf, outages, looks, consent, screens <-chan struct{} }

// Changes is taken before Status is looked at, and waited on after.
func (d *Desk) Changes() Changes {
	c := Changes{status: d.StatusChanged(), box: d.Box.Changed(), shelf: d.Shelf.Changed(), outages: d.Outages.Changed(), looks: d.Ledger.Changed()}
	if d.Consent != nil {
		c.consent = d.Consent.Changed()
	}
	if d.Screens != nil {
		c.screens = d.Screens.Changed()
	}
	return c
}

// Wait returns when something has changed since, for anybody; with false when ctx
// ended or the time was up first.
func (c Changes) Wait(ctx context.Context, most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-c.status:
	case <-c.box:
	case <-c.shelf:
	case <-c.outages:
	case <-c.looks:
	case <-c.consent:
	case <-c.screens:
	case <-ctx.Done():
		return false
	case <-timer.C:
		return false
	}
	return true
}

// Checkup runs a check-up and calls emit as sections come in.
func (d *Desk) Checkup(ctx context.Context, uid string, r local.CheckupRequest, emit func(local.Checkup)) error {
	return d.Room.Run(ctx, uid, r, emit)
}

// maxLooks is how many looks are told of at once.
const maxLooks = 500

// Looks returns who has looked at this machine, newest first. Everybody at the
// machine may know.
func (d *Desk) Looks() (local.Ledger, error) { return d.Ledger.Newest(maxLooks) }

// portalTimeout is how long a person waits for a link.
const portalTimeout = 5 * time.Second

// Portal has the server make a link that signs the person in, once, and leads to a page.
func (d *Desk) Portal(ctx context.Context, uid string, page wire.PortalPage) (local.Portal, error) {
	var p wire.Portal
	l := d.Link()
	away := fault.Say(fault.Unavailable, "error.pages_away")
	if l == nil {
		return local.Portal{}, away
	}
	ctx, cancel := context.WithTimeout(ctx, portalTimeout)
	defer cancel()
	e, err := l.Call(ctx, wire.TypePortalLink, "", wire.PortalLinkRequest{Account: d.Account(uid), Page: page})
	switch {
	case err == nil:
		err = e.Into(&p)
	case fault.Is(err, fault.Unavailable) || ctx.Err() != nil:
		err = away
	}
	return local.Portal(p), err
}
