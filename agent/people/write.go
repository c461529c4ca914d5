package people

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// Rates and times of writing.
const (
	ringsAMinute = 10                      // of one person
	wordsAMinute = 30                      // of one person: replies and acts
	filesAtOnce  = 3                       // of one person
	maxLanguage  = 8                       // the code of one, in bytes
	quickly      = 1500 * time.Millisecond // a receipt waits so long for the word “sent”
)

// Ring keeps a ticket and says how far it has come: sent, when that took less than
// a moment, else saved.
func (d *Desk) Ring(ctx context.Context, uid string, in local.Draft) (local.Receipt, error) {
	title := strings.TrimSpace(in.Title)
	if err := check(checkRef(in.Ref), checkKind(in.Kind), checkTitle(title), checkText("body", in.Body), checkFiles(in.Attachments), d.enrolled()); err != nil {
		return local.Receipt{}, err
	}
	if r, err := d.Receipt(uid, in.Ref); err == nil { // asked again
		return r, nil
	}
	open := wire.TicketOpen{Account: d.Account(uid), Kind: in.Kind, Title: title, Body: in.Body, RungAt: now()}
	if len(in.Language) <= maxLanguage {
		open.Language = in.Language
	}
	if in.Checkup != "" {
		var err error
		if open.Snapshot, open.Findings, err = d.Room.Take(uid, in.Checkup, in.Without); err != nil {
			return local.Receipt{}, err
		}
	}
	if err := d.mayWrite("ring "+uid, ringsAMinute); err != nil {
		return local.Receipt{}, err
	}
	return d.append(ctx, outbox.Entry{ID: in.Ref, Owner: uid, Type: wire.TypeTicketOpen, At: open.RungAt, Attachments: in.Attachments},
		func(a []wire.Attachment) any { open.Attachments = a; return open })
}

// Reply keeps a message on a ticket of the person's.
func (d *Desk) Reply(ctx context.Context, uid, ticket string, in local.Reply) (local.Receipt, error) {
	empty := error(nil)
	if strings.TrimSpace(in.Body) == "" && len(in.Attachments) == 0 {
		empty = fault.Say(fault.Invalid, "error.reply_empty").At("body")
	}
	if err := check(checkRef(in.Ref), empty, checkText("body", in.Body), checkFiles(in.Attachments), d.enrolled()); err != nil {
		return local.Receipt{}, err
	}
	name, err := d.nameOf(uid, ticket)
	if err != nil {
		return local.Receipt{}, err
	}
	if err := d.mayWrite("word "+uid, wordsAMinute); err != nil {
		return local.Receipt{}, err
	}
	reply := wire.TicketReply{Account: d.Account(uid), Ticket: name, Body: in.Body, At: now()}
	return d.append(ctx, outbox.Entry{ID: in.Ref, Owner: uid, Type: wire.TypeTicketReply, Ticket: name, At: reply.At, Attachments: in.Attachments},
		func(a []wire.Attachment) any { reply.Attachments = a; return reply })
}

// Act keeps an act on a ticket of the person's.
func (d *Desk) Act(ctx context.Context, uid, ticket string, in local.Act) (local.Receipt, error) {
	if err := check(checkRef(in.Ref), checkAct(in), checkText("comment", in.Comment), d.enrolled()); err != nil {
		return local.Receipt{}, err
	}
	name, err := d.nameOf(uid, ticket)
	if err != nil {
		return local.Receipt{}, err
	}
	if err := d.mayWrite("word "+uid, wordsAMinute); err != nil {
		return local.Receipt{}, err
	}
	act := wire.TicketAct{Account: d.Account(uid), Ticket: name, Act: in.Act, Rating: in.Rating, Comment: in.Comment, At: now()}
	return d.append(ctx, outbox.Entry{ID: in.Ref, Owner: uid, Type: wire.TypeTicketAct, Ticket: name, At: act.At},
		func([]wire.Attachment) any { return act })
}

// append makes an entry durable. body is given the attachments as they are, which
// is not always as the caller named them.
func (d *Desk) append(ctx context.Context, e outbox.Entry, body func([]wire.Attachment) any) (local.Receipt, error) {
	if r, err := d.Receipt(e.Owner, e.ID); err == nil { // asked again
		return r, nil
	}
	var err error
	if e.Attachments, err = d.Box.Attachments(e.Owner, e.Attachments); err != nil {
		return local.Receipt{}, err
	}
	if e.Body, err = json.Marshal(body(e.Attachments)); err != nil {
		return local.Receipt{}, err
	}
	i, err := d.Box.Append(e)
	if err != nil {
		return local.Receipt{}, err
	}
	return d.settled(ctx, i), nil
}

// settled waits a moment for the server's word.
func (d *Desk) settled(ctx context.Context, i outbox.Item) local.Receipt {
	timer := time.NewTimer(quickly)
	defer timer.Stop()
	for {
		changed := d.Box.Changed()
		if now, ok := d.Box.Item(i.ID); ok {
			i = now
		}
		if i.State != outbox.Waiting || d.Link() == nil {
			return receiptOf(i)
		}
		select {
		case <-changed:
		case <-timer.C:
			return receiptOf(i)
		case <-ctx.Done():
			return receiptOf(i)
		}
	}
}

// Receipt tells what has become of something that the person wrote.
func (d *Desk) Receipt(uid, ref string) (local.Receipt, error) {
	if i, ok := d.Box.Item(ref); ok && i.Owner == uid {
		return receiptOf(i), nil
	}
	if ref != "" {
		if t, ok := d.Shelf.Find(uid, ref); ok && t.Ref == ref { // sent longer ago than the outbox keeps it
			return local.Receipt{Ref: ref, Delivery: local.Sent, Ticket: t.ID, Number: t.Number}, nil
		}
	}
	return local.Receipt{}, fault.New(fault.NotFound, "There is no receipt of that name of yours.")
}

func receiptOf(i outbox.Item) local.Receipt {
	r := local.Receipt{Ref: i.ID, Delivery: deliveryOf(i), Ticket: i.Ack.Ticket, Number: i.Ack.Number}
	if r.Delivery == local.Refused {
		r.Code, r.Sentence = i.Ack.Code, i.Ack.Sentence
	}
	return r
}

func deliveryOf(i outbox.Item) local.Delivery {
	return map[outbox.State]local.Delivery{outbox.Waiting: local.Saved, outbox.Sent: local.Sent, outbox.Refused: local.Refused}[i.State]
}

// Attach keeps the bytes of an attachment.
func (d *Desk) Attach(uid, name string, r io.Reader) (wire.Attachment, error) {
	if err := d.enrolled(); err != nil {
		return wire.Attachment{}, err
	}
	d.mu.Lock()
	busy := d.attaching[uid] >= filesAtOnce
	if !busy {
		d.attaching[uid]++
	}
	d.mu.Unlock()
	if busy { // what is under way is on the disk already, and in no bound yet
		return wire.Attachment{}, fault.Say(fault.TooMany, "error.many_files")
	}
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.attaching[uid]--; d.attaching[uid] == 0 {
			delete(d.attaching, uid)
		}
	}()
	return d.Box.Put(uid, name, r)
}

// enrolled refuses to keep what nobody would ever fetch.
func (d *Desk) enrolled() error {
	if d.Config.Status().Enrolled {
		return nil
	}
	return fault.Say(fault.Unavailable, "error.not_enrolled")
}

// mayWrite counts what somebody writes, so that a program gone wild neither fills
// the disk nor floods the desk.
func (d *Desk) mayWrite(who string, aMinute int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	recent := slices.DeleteFunc(d.written[who], func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if len(recent) >= aMinute {
		d.written[who] = recent
		return fault.Say(fault.TooMany, "error.too_fast", tongue.Count("n", aMinute))
	}
	d.written[who] = append(recent, now)
	return nil
}

// now is the time as it travels: whole milliseconds of universal time.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// check returns the first error.
func check(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkRef(ref string) error {
	if ref == "" {
		return nil
	}
	if id, err := ulid.ParseStrict(ref); err != nil || id.String() != ref {
		return fault.Field("ref", "The reference is not a ULID in capital letters.")
	}
	return nil
}

func checkKind(k wire.Kind) error {
	if k != "" && k != wire.KindIncident && k != wire.KindRequest {
		return fault.Field("kind", "There is no such kind of ticket. There are incident and request.")
	}
	return nil
}

func checkTitle(title string) error {
	switch {
	case title == "":
		return fault.Say(fault.Invalid, "error.title_empty").At("title")
	case utf8.RuneCountInString(title) > wire.MaxTitle:
		return fault.Say(fault.Invalid, "error.title_long").At("title")
	case strings.ContainsFunc(title, unicode.IsControl):
		return fault.Say(fault.Invalid, "error.title_control").At("title")
	}
	return nil
}

func checkText(field, text string) error {
	switch {
	case len(text) > wire.MaxBody:
		return fault.Say(fault.Invalid, "error.text_long").At(field)
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		return fault.Say(fault.Invalid, "error.text_control").At(field)
	}
	return nil
}

func checkFiles(files []wire.Attachment) error {
	if len(files) > wire.MaxFiles {
		return fault.Say(fault.Invalid, "error.many_attachments").At("attachments")
	}
	return nil
}

func checkAct(a local.Act) error {
	switch a.Act {
	case wire.ActConfirm, wire.ActReopen, wire.ActCancel:
		if a.Rating != 0 {
			return fault.Field("rating", "A rating goes with the act “rate” only.")
		}
	case wire.ActRate:
		if a.Rating < 1 || a.Rating > 5 {
			return fault.Field("rating", "A rating is a number from 1 to 5.")
		}
	default:
		return fault.Field("act", "There is no act “"+string(a.Act)+"”. There are confirm, reopen, rate and cancel.")
	}
	return nil
}
