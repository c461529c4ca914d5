package people

import (
	"context"
	"errors"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/wire"
)

// ticketsLimit is how many tickets of a person's are asked for.
const ticketsLimit = 100

// Attend brings over one session what people wait for: their tickets once, and
// to the server how far they have read. It returns when ctx ends.
func (d *Desk) Attend(ctx context.Context, l Link) {
	for _, uid := range d.Shelf.People() {
		d.wish(uid)
	}
	for {
		for _, uid := range d.wishes() {
			if err := d.fetch(ctx, l, uid); err != nil {
				d.Log.Warn("a person's tickets cannot be fetched", "uid", uid, "error", err)
			}
			d.tell(ctx, l, uid)
		}
		select {
		case <-d.want:
		case <-ctx.Done():
			d.mu.Lock()
			clear(d.fetched)
			d.mu.Unlock()
			return
		}
	}
}

// wish has a person's matters attended to, now or in the next session.
func (d *Desk) wish(uid string) {
	d.mu.Lock()
	d.wanted[uid] = true
	d.mu.Unlock()
	select {
	case d.want <- struct{}{}:
	default:
	}
}

func (d *Desk) wishes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for uid := range d.wanted {
		out = append(out, uid)
	}
	clear(d.wanted)
	return out
}

// Watching has a person's tickets fetched who shows an interest in them.
func (d *Desk) Watching(uid string) {
	if l := d.Link(); l == nil || !d.has(uid, l) {
		d.wish(uid)
	}
}

func (d *Desk) has(uid string, l Link) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fetched[uid] == l
}

// refresh fetches a person's tickets unless this session has them, and gives up
// after a moment: what is known is shown then.
func (d *Desk) refresh(ctx context.Context, uid string) {
	l := d.Link()
	if l == nil || d.has(uid, l) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	if err := d.fetch(ctx, l, uid); err != nil {
		d.Log.Info("a person's tickets are shown as they were", "uid", uid, "error", err)
	}
}

func (d *Desk) fetch(ctx context.Context, l Link, uid string) error {
	if d.has(uid, l) {
		return nil
	}
	asked := d.Shelf.Asking()
	e, err := l.Call(ctx, wire.TypeTicketsGet, "", wire.TicketsGet{Account: d.Account(uid), Limit: ticketsLimit})
	if err != nil {
		return err
	}
	var t wire.Tickets
	if err := e.Into(&t); err != nil {
		return err
	}
	if err := d.Shelf.Replace(uid, t.Items, ticketsLimit, asked, time.Now().UTC()); err != nil {
		return err
	}
	d.mu.Lock()
	d.fetched[uid] = l
	d.mu.Unlock()
	return nil
}

// tell tells the server how far a person has read.
func (d *Desk) tell(ctx context.Context, l Link, uid string) {
	for ticket, message := range d.Shelf.Untold(uid) {
		_, err := l.Call(ctx, wire.TypeTicketRead, "", wire.TicketRead{Account: d.Account(uid), Ticket: ticket, Message: message})
		if f, ok := errors.AsType[*uplink.AnswerError](err); ok && f.Final {
			err = nil // such a ticket is none any more
		}
		if err == nil {
			err = d.Shelf.Told(uid, ticket, message)
		}
		if err != nil {
			d.Log.Info("the server is not told yet how far a person has read", "ticket", ticket, "error", err)
		}
	}
}

// Deciding takes what waits for a person's decision.
func (d *Desk) Deciding(a wire.Approvals) {
	if err := d.Shelf.SetApprovals(a.UID, a.Items); err != nil {
		d.Log.Warn("the approvals that the server sent are not kept", "error", err)
	}
}

// Changed takes the server's view of a ticket.
func (d *Desk) Changed(c wire.TicketChanged) {
	if err := d.Shelf.Put(c.UID, c.Ticket); err != nil {
		d.Log.Warn("a ticket that the server sent is not kept", "error", err)
	}
}
