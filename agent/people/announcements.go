package people

import (
	"context"
	"errors"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// announcements are what a person is told of known outages.
func (d *Desk) announcements(uid string) (out []local.Announcement) {
	for _, a := range d.Outages.All() {
		m := d.Outages.MarkOf(uid, a.ID)
		out = append(out, local.Announcement{Announcement: a, Seen: m.Told, Hit: m.Hit != ""})
	}
	return out
}

// Announced takes what the server tells of known outages: all that concerns the machine.
func (d *Desk) Announced(a wire.Announcements) {
	d.Outages.Replace(a)
}

// askAgain is after how long announcements are asked for again, when the server had no
// time for it.
const askAgain = 30 * time.Second

// AttendAnnouncements has the server tell what there is, over one session. They come by
// themselves from then on.
func (d *Desk) AttendAnnouncements(ctx context.Context, l Link) {
	for ctx.Err() == nil {
		_, err := l.Call(ctx, wire.TypeAnnouncementsGet, "", nil)
		f, answered := errors.AsType[*uplink.AnswerError](err)
		switch {
		case err == nil:
			return
		case answered && f.Final: // an older server: what an earlier one said is not kept up
			d.Outages.Replace(wire.Announcements{})
			return
		}
		d.Log.Info("announcements are asked for again", "error", err)
		timer := time.NewTimer(askAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// Told notes that a person was told of an announcement.
func (d *Desk) Told(uid, id string, revision int64) error {
	if _, ok := d.Outages.Find(id); !ok {
		return noAnnouncement()
	}
	d.Outages.Tell(uid, id, revision)
	return nil
}

// HitToo keeps a person's word that an outage hits them too, in place of a ticket, until
// the server has it. It counts once, however often it is said.
func (d *Desk) HitToo(ctx context.Context, uid, id string) (local.Receipt, error) {
	if err := d.enrolled(); err != nil {
		return local.Receipt{}, err
	}
	if _, ok := d.Outages.Find(id); !ok {
		return local.Receipt{}, noAnnouncement()
	}
	if ref := d.Outages.MarkOf(uid, id).Hit; ref != "" {
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
	hit := wire.AnnouncementHit{Account: d.Account(uid), Announcement: id, At: now()}
	r, err := d.append(ctx, outbox.Entry{ID: ulid.Make().String(), Owner: uid, Type: wire.TypeAnnouncementHit, At: hit.At}, func([]wire.Attachment) any { return hit })
	if err == nil && r.Delivery != local.Refused {
		d.Outages.Hit(uid, id, r.Ref)
	}
	return r, err
}

func noAnnouncement() error { return fault.Say(fault.NotFound, "error.no_announcement") }
