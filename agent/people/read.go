package people

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// listPatience is how long a list waits for the server before it shows what is
// known here.
const listPatience = 2 * time.Second

// Tickets returns a person's tickets with what of them is still on its way.
func (d *Desk) Tickets(ctx context.Context, uid string) (local.Tickets, error) {
	d.refresh(ctx, uid)
	views, asOf := d.Shelf.List(uid)
	return local.Tickets{Items: d.merge(views, d.Box.Of(uid)), AsOf: asOf}, nil
}

// Ticket returns one of a person's tickets, by its id or by the ref of its ring.
func (d *Desk) Ticket(ctx context.Context, uid, name string) (local.Ticket, error) {
	list, err := d.Tickets(ctx, uid)
	if err != nil {
		return local.Ticket{}, err
	}
	for _, t := range list.Items {
		if t.ID == name && name != "" || t.Ref == name && name != "" {
			return t, nil
		}
	}
	return local.Ticket{}, noTicket()
}

func noTicket() error {
	return fault.Say(fault.NotFound, "error.no_ticket")
}

// merge puts what the server has said and what waits here together, newest first.
func (d *Desk) merge(views []wire.TicketView, items []outbox.Item) []local.Ticket {
	out := make([]local.Ticket, 0, len(views))
	for _, v := range views {
		out = append(out, local.Ticket{TicketView: v, Delivery: local.Sent})
	}
	find := func(names ...string) int {
		return slices.IndexFunc(out, func(t local.Ticket) bool {
			return slices.ContainsFunc(names, func(n string) bool { return n != "" && (t.ID == n || t.Ref == n) })
		})
	}
	written := map[string]string{} // by ref: what was written last, for two in one millisecond
	for _, i := range items {
		if (i.Type == wire.TypeTicketOpen || i.Type == "") && find(i.ID, i.Ack.Ticket) < 0 {
			out = append(out, d.own(i))
			written[i.ID] = i.Seq
		}
	}
	for _, i := range items {
		if i.Type != wire.TypeTicketReply && i.Type != wire.TypeTicketAct || i.State == outbox.Sent {
			continue
		}
		if at := find(i.Ticket); at >= 0 {
			out[at].Pending = append(out[at].Pending, d.pending(i))
			written[out[at].Ref] = i.Seq
		}
	}
	newest := func(t local.Ticket) time.Time {
		at := t.UpdatedAt
		for _, p := range t.Pending {
			if p.At.After(at) {
				at = p.At
			}
		}
		return at
	}
	slices.SortStableFunc(out, func(a, b local.Ticket) int {
		return cmp.Or(newest(b).Compare(newest(a)), cmp.Compare(b.Number, a.Number), cmp.Compare(written[b.Ref], written[a.Ref]))
	})
	return out
}

// own is a ring as a ticket of which the server has not told yet.
func (d *Desk) own(i outbox.Item) local.Ticket {
	t := local.Ticket{Delivery: deliveryOf(i)}
	t.ID, t.Number, t.Ref, t.CreatedAt, t.UpdatedAt = i.Ack.Ticket, i.Ack.Number, i.ID, i.At, i.At
	if t.Delivery == local.Refused {
		t.Problem = i.Ack.Sentence
	}
	if t.Delivery == local.Sent {
		t.State = "new"
	}
	var o wire.TicketOpen
	if e, err := d.Box.Read(i.ID); err == nil && json.Unmarshal(e.Body, &o) == nil {
		t.Title, t.Body = o.Title, o.Body
	}
	return t
}

// pending is a reply or an act that is still here.
func (d *Desk) pending(i outbox.Item) local.PendingMessage {
	p := local.PendingMessage{Ref: i.ID, At: i.At, Delivery: deliveryOf(i)}
	if p.Delivery == local.Refused {
		p.Problem = i.Ack.Sentence
	}
	e, err := d.Box.Read(i.ID)
	if err != nil {
		return p
	}
	if i.Type == wire.TypeTicketReply {
		var r wire.TicketReply
		json.Unmarshal(e.Body, &r) // our own words
		p.Body = r.Body
		return p
	}
	var a wire.TicketAct
	json.Unmarshal(e.Body, &a)
	p.Act, p.Body = a.Act, a.Comment
	return p
}

// nameOf returns by what the server will know a ticket of the person's: its id, or
// the ref of its ring while that is not sent.
func (d *Desk) nameOf(uid, name string) (string, error) {
	if t, ok := d.Shelf.Find(uid, name); ok {
		return t.ID, nil
	}
	for _, i := range d.Box.Of(uid) {
		if i.Type != wire.TypeTicketOpen || i.ID != name && (i.Ack.Ticket == "" || i.Ack.Ticket != name) {
			continue
		}
		switch i.State {
		case outbox.Refused:
			return "", fault.Say(fault.NotFound, "error.not_accepted")
		case outbox.Sent:
			return i.Ack.Ticket, nil
		}
		return i.ID, nil
	}
	return "", noTicket()
}

// Read notes how far a person has read a ticket.
func (d *Desk) Read(uid, name, message string) error {
	id, err := d.nameOf(uid, name)
	if err != nil {
		return err
	}
	news, err := d.Shelf.Read(uid, id, message)
	if news {
		d.wish(uid)
	}
	return err
}

// Attachment returns the bytes of an attachment on a ticket of the person's; from
// this machine when they are here, else from the server. The caller closes it.
func (d *Desk) Attachment(ctx context.Context, uid, name, sha string) (io.ReadCloser, wire.Attachment, error) {
	t, err := d.Ticket(ctx, uid, name)
	if err != nil {
		return nil, wire.Attachment{}, err
	}
	a, ok := d.attachmentOf(uid, t, sha)
	if !ok {
		return nil, a, fault.Say(fault.NotFound, "error.no_attachment")
	}
	if f, _, err := d.Box.Attachment(uid, sha); err == nil {
		return f, a, nil
	}
	l := d.Link()
	if l == nil {
		return nil, a, fault.Say(fault.Unavailable, "error.attachment_away")
	}
	f, err := os.CreateTemp(d.Temp, ".new-*") // durable.Sweep knows the name
	if err != nil {
		return nil, a, durable.Fault(err)
	}
	passing := &passingFile{f}
	err = l.GetBlob(ctx, wire.BlobGet{Account: d.Account(uid), Ticket: cmp.Or(t.ID, t.Ref), SHA256: sha}, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		passing.Close()
		return nil, a, durable.Fault(err)
	}
	return passing, a, nil
}

// attachmentOf looks for an attachment among a ticket's messages, and among what
// the person has written to it.
func (d *Desk) attachmentOf(uid string, t local.Ticket, sha string) (wire.Attachment, bool) {
	is := func(a wire.Attachment) bool { return a.SHA256 == sha }
	for _, m := range t.Messages {
		if i := slices.IndexFunc(m.Attachments, is); i >= 0 {
			return m.Attachments[i], true
		}
	}
	for _, i := range d.Box.Of(uid) {
		if i.ID != t.Ref && i.Ticket != t.ID && i.Ticket != t.Ref {
			continue
		}
		if j := slices.IndexFunc(i.Attachments, is); j >= 0 {
			return i.Attachments[j], true
		}
	}
	return wire.Attachment{}, false
}

// passingFile is gone when it is closed.
type passingFile struct{ *os.File }

func (f *passingFile) Close() error {
	err := f.File.Close()
	if e := os.Remove(f.Name()); !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
