package people

import (
	"context"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// glanceWithin is how long this machine has to look at itself before an answer goes out
// without what it found.
const glanceWithin = 5 * time.Second

// questions are what a person is asked of outages that are said to be over.
func (d *Desk) questions(uid string) (out []local.OutageAsked) {
	for _, q := range d.Outages.Questions(uid) {
		m := d.Outages.MarkOf(uid, q.ID)
		out = append(out, local.OutageAsked{OutageQuestion: q, Seen: m.Asked, Answered: m.Answer != "", Works: m.Works})
	}
	return out
}

// AskedOf notes that a person was told of a question.
func (d *Desk) AskedOf(uid, id string) error {
	if !d.isAsked(uid, id) {
		return notAsked()
	}
	d.Outages.AskedOf(uid, id)
	return nil
}

func (d *Desk) isAsked(uid, id string) bool {
	return slices.ContainsFunc(d.Outages.Questions(uid), func(q wire.OutageQuestion) bool { return q.ID == id })
}

// Fixed keeps a person's word whether an outage is over for them until the server has it,
// with what a quick check-up of this machine found at that moment. The first word counts.
func (d *Desk) Fixed(ctx context.Context, uid, id string, in local.Fixed) (local.Receipt, error) {
	if err := d.enrolled(); err != nil {
		return local.Receipt{}, err
	}
	if !d.isAsked(uid, id) {
		return local.Receipt{}, notAsked()
	}
	if ref := d.Outages.MarkOf(uid, id).Answer; ref != "" {
		r, err := d.Receipt(uid, ref)
		if fault.Is(err, fault.NotFound) { // sent longer ago than the outbox keeps it
			r, err = local.Receipt{Ref: ref, Delivery: local.Sent}, nil
		}
		if err != nil || r.Delivery != local.Refused {
			return r, err
		}
	}
	if err := d.mayWrite("word "+uid, wordsAMinute); err != nil {
		return local.Receipt{}, err
	}
	fixed := wire.OutageFixed{Account: d.Account(uid), Question: id, Works: in.Works, At: now(), Check: d.glance(ctx)}
	if len(in.Language) <= maxLanguage {
		fixed.Language = in.Language
	}
	r, err := d.append(ctx, outbox.Entry{ID: ulid.Make().String(), Owner: uid, Type: wire.TypeOutageFixed, At: fixed.At}, func([]wire.Attachment) any { return fixed })
	if err == nil && r.Delivery != local.Refused {
		d.Outages.Answered(uid, id, r.Ref, in.Works)
	}
	return r, err
}

// glance has this machine look at itself, quickly. When it cannot, nothing is said of it.
func (d *Desk) glance(ctx context.Context) *wire.OutageCheck {
	if d.Room == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, glanceWithin)
	defer cancel()
	c, err := d.Room.Glance(ctx)
	if err != nil {
		d.Log.Info("this machine was not looked at for an answer", "error", err)
		return nil
	}
	out := &wire.OutageCheck{TakenAt: now()}
	for _, f := range c.Findings {
		if f.Severity != diagnostics.Info {
			out.Findings = append(out.Findings, f.Code)
		}
	}
	return out
}

func notAsked() error { return fault.Say(fault.NotFound, "error.not_asked") }
