package watch

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Care is what people have made of an alert, since it began. It ends with it: the log
// keeps what was.
type Care struct {
	AckedAt time.Time `json:"acked_at,omitzero"` // somebody has seen it; zero: nobody yet
	AckedBy string    `json:"acked_by,omitempty"`
	OwnerID string    `json:"owner_id,omitempty"` // who has it
	Owner   string    `json:"owner,omitempty"`
	Note    string    `json:"note,omitempty"` // the newest; the log has all
	NotedBy string    `json:"noted_by,omitempty"`
	NotedAt time.Time `json:"noted_at,omitzero"`
}

// Acked reports whether somebody has said that they have seen the alert.
func (c *Care) Acked() bool { return !c.AckedAt.IsZero() }

// Doing is what a person does with alerts.
type Doing string

// What people do with alerts.
const (
	Acknowledge Doing = "acknowledge" // I have seen it, and have it unless somebody else does
	Unack       Doing = "unacknowledge"
	Assign      Doing = "assign" // somebody has it, or nobody
	Note        Doing = "note"
)

// Act is what is done with alerts.
type Act struct {
	Do     Doing
	To     string // whom they are given to, by id; empty: nobody
	Note   string
	Alerts []string // their ids
}

// Outcome is what an act came to.
type Outcome struct {
	Changed []Item
	Refused []Refusal
}

// Refusal is an alert with which something was not done.
type Refusal struct{ Alert, Sentence string }

const (
	maxActs = 1000
	maxNote = 2000
)

// Act does something with alerts. Those with which it cannot be done are told, the
// others are changed, all or nothing.
func (w *Watcher) Act(ctx context.Context, actor auth.Actor, a Act) (Outcome, error) {
	if err := auth.Authorise(actor, auth.AlertsWork, auth.Object{}); err != nil {
		return Outcome{}, err
	}
	a.Note = strings.Join(strings.Fields(a.Note), " ") // it is one line
	to, err := w.check(ctx, a)
	if err != nil {
		return Outcome{}, err
	}
	w.saving.Lock()
	defer w.saving.Unlock()
	now := w.o.Now()
	var out Outcome
	was := map[string]Care{}
	b := Batch{}
	w.mu.Lock()
	for _, id := range a.Alerts {
		i := w.alerts[id]
		if _, twice := was[id]; twice {
			continue
		}
		if i == nil || !i.Alert.State.Live() {
			out.Refused = append(out.Refused, Refusal{id, "It is over, or there is no such alert."})
			continue
		}
		care, did, refused := i.Care.after(a, actor, to, now)
		if refused != "" {
			out.Refused = append(out.Refused, Refusal{id, refused})
			continue
		}
		was[id], i.Care = i.Care, care
		e := entry(i, did, now)
		e.By, e.Note = actor.Name, a.Note
		if did == Assigned {
			e.To = to.Name
		}
		b.Changed, b.Log = append(b.Changed, *i), append(b.Log, e)
		b.Audit = append(b.Audit, audit.Entry{At: now, Actor: auth.AuditActor(actor), Action: audit.AlertActed, Object: "alert:" + id, Detail: map[string]any{"did": string(a.Do), "to": to.ID, "note": a.Note}})
	}
	w.mu.Unlock()
	if len(b.Changed) == 0 {
		return out, nil
	}
	if err := w.o.Store.SaveAlerts(ctx, b); err != nil {
		w.mu.Lock()
		for id, care := range was {
			if i := w.alerts[id]; i != nil {
				i.Care = care
			}
		}
		w.mu.Unlock()
		return Outcome{}, err
	}
	out.Changed = b.Changed
	w.tell(len(b.Changed), 0)
	return out, nil
}

// check says what is wrong with an act before it is tried, and whom it names.
func (w *Watcher) check(ctx context.Context, a Act) (to auth.Person, err error) {
	switch {
	case len(a.Alerts) == 0:
		return to, fault.Field("alerts", "Choose at least one alert.")
	case len(a.Alerts) > maxActs:
		return to, fault.Field("alerts", fmt.Sprintf("Choose %d alerts at most.", maxActs))
	case len(a.Note) > maxNote || !utf8.ValidString(a.Note):
		return to, fault.Field("note", fmt.Sprintf("A note has %d characters at most.", maxNote))
	case a.Do == Note && a.Note == "":
		return to, fault.Field("note", "Write the note.")
	case a.Do != Acknowledge && a.Do != Unack && a.Do != Assign && a.Do != Note:
		return to, fault.Field("do", "Choose what is to be done.")
	}
	if a.Do != Assign || a.To == "" {
		return to, nil
	}
	to, err = w.o.Person(ctx, a.To)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return to, err
	}
	if err != nil || !to.Role.Valid() || to.Disabled {
		return to, fault.Field("to", "Choose somebody of the staff.")
	}
	return to, nil
}

// after is the care of an alert after an act, or why it cannot be.
func (c Care) after(a Act, actor auth.Actor, to auth.Person, now time.Time) (next Care, did Did, refused string) {
	if a.Note != "" {
		c.Note, c.NotedBy, c.NotedAt = a.Note, actor.Name, now
	}
	switch a.Do {
	case Acknowledge:
		if c.Acked() {
			return c, "", "It was acknowledged already, by " + c.AckedBy + "."
		}
		c.AckedAt, c.AckedBy = now, actor.Name
		if c.OwnerID == "" {
			c.OwnerID, c.Owner = actor.Person, actor.Name
		}
		return c, Acked, ""
	case Unack:
		if !c.Acked() {
			return c, "", "Nobody has acknowledged it."
		}
		c.AckedAt, c.AckedBy = time.Time{}, ""
		return c, Unacked, ""
	case Assign:
		if c.OwnerID == to.ID && to.ID != "" {
			return c, "", to.Name + " has it already."
		}
		if c.OwnerID == "" && to.ID == "" {
			return c, "", "Nobody has it."
		}
		c.OwnerID, c.Owner = to.ID, to.Name
		return c, Assigned, ""
	}
	return c, Noted, ""
}

// ended reports whether an alert has come to its end, and with it what people have
// made of it.
func ended(was, is alert.Alert) bool {
	return was.State.Live() && !is.State.Live()
}
