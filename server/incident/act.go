package incident

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// nobody is who Deskbell itself is.
var nobody = auth.SystemActor("incidents")

// mostDismissed is how long at most the same is not proposed again.
const mostDismissed = 30 * 24 * time.Hour

// Draft is an incident as somebody writes it down.
type Draft struct {
	Title string
	Text  string
	Since time.Time // zero: now
	Cell  Cell      // zero: no ticket joins by itself
	// Tickets are part of it from the beginning: ids.
	Tickets []string
}

// Begin opens an incident by hand.
func (k *Keeper) Begin(ctx context.Context, actor auth.Actor, d Draft) (Incident, error) {
	if err := auth.Authorise(actor, auth.IncidentsWork, auth.Object{}); err != nil {
		return Incident{}, err
	}
	now := k.now()
	if d.Since.IsZero() {
		d.Since = now
	}
	i := Incident{ID: ulid.MustNewDefault(now).String(), Version: 1, Edition: 1, State: Open, Titled: true, Since: d.Since.Truncate(time.Millisecond).UTC(), Cell: d.Cell, CreatedAt: now, NewsAt: now, OpenedAt: now, By: personOf(actor)}
	if err := i.write(d.Title, d.Text); err != nil {
		return i, err
	}
	switch {
	case d.Since.After(now.Add(5 * time.Minute)):
		return i, fault.Field("since", "It cannot have begun in the future.")
	case now.Sub(d.Since) > 90*24*time.Hour:
		return i, fault.Field("since", "It cannot have begun more than 90 days ago.")
	case len(d.Tickets) > maxMember:
		return i, fault.Field("tickets", "An incident has at most 2000 tickets.")
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	err := k.Store.Update(ctx, func(tx Tx) error {
		if err := tx.Insert(&i); err != nil {
			return err
		}
		if err := tx.Add(i.ID, Line{At: now, Did: DidOpen, By: i.By, Text: i.Title}); err != nil {
			return err
		}
		if err := put(tx, now, i.ID, d.Tickets, ByHand); err != nil {
			return err
		}
		return tx.Audit(k.entry(actor, audit.IncidentOpened, &i, map[string]any{"title": i.Title}))
	})
	if err == nil {
		k.tell(i.ID)
	}
	return i, err
}

// Confirm says that a proposal is an outage. An empty title leaves it as it is proposed.
func (k *Keeper) Confirm(ctx context.Context, actor auth.Actor, id string, seen int64, title, text string) (Incident, error) {
	return k.act(ctx, actor, id, seen, audit.IncidentOpened, func(tx Tx, i *Incident) error {
		if i.State != Proposed && i.State != Lapsed && i.State != Dismissed {
			return fault.New(fault.Conflict, "The incident was confirmed already. Reload the page.")
		}
		if strings.TrimSpace(title) == "" {
			title = i.Title
		}
		i.Titled = i.Titled || title != i.Title
		if err := i.write(title, text); err != nil {
			return err
		}
		i.State, i.OpenedAt, i.EndedAt, i.Why, i.Until, i.By = Open, i.NewsAt, time.Time{}, "", time.Time{}, personOf(actor)
		return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidConfirm, By: i.By, Text: i.Title})
	})
}

// Dismiss says that a proposal is no outage. The same is not proposed again for a time.
func (k *Keeper) Dismiss(ctx context.Context, actor auth.Actor, id string, seen int64, why string, quiet time.Duration) (Incident, error) {
	return k.act(ctx, actor, id, seen, audit.IncidentDismissed, func(tx Tx, i *Incident) error {
		why = oneLine(why)
		switch {
		case i.State != Proposed && i.State != Lapsed:
			return fault.New(fault.Conflict, "Only a proposal can be dismissed. One that was confirmed is resolved.")
		case why == "":
			return fault.Field("why", "Say in a few words why it is no outage.")
		case utf8.RuneCountInString(why) > maxNote:
			return fault.Field("why", "The reason has at most 2000 characters.")
		case quiet < time.Minute || quiet > mostDismissed:
			return fault.Field("quiet", "Choose for how long the same is not proposed again: up to 30 days.")
		}
		i.State, i.EndedAt, i.Why, i.Until, i.By = Dismissed, i.NewsAt, why, i.NewsAt.Add(quiet), personOf(actor)
		return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidDismiss, By: i.By, Text: why})
	})
}

// Rename changes what an incident is called, and what is written about it.
func (k *Keeper) Rename(ctx context.Context, actor auth.Actor, id string, seen int64, title, text string) (Incident, error) {
	return k.act(ctx, actor, id, seen, audit.IncidentChanged, func(tx Tx, i *Incident) error {
		if err := i.write(title, text); err != nil {
			return err
		}
		i.Titled = true
		return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidChange, By: personOf(actor), Text: i.Title})
	})
}

// Note adds somebody's words to the timeline.
func (k *Keeper) Note(ctx context.Context, actor auth.Actor, id, text string) (Incident, error) {
	return k.act(ctx, actor, id, 0, audit.IncidentChanged, func(tx Tx, i *Incident) error {
		i.Edition-- // it makes no other's words old
		switch text = plain(text); {
		case text == "":
			return fault.Field("note", "Write something before you keep it.")
		case utf8.RuneCountInString(text) > maxNote:
			return fault.Field("note", "A note has at most 2000 characters.")
		}
		return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidNote, By: personOf(actor), Text: text})
	})
}

// Resolve says that an outage is over, and ends what employees are told of it. Those whom
// it hit are asked whether it is fixed, and have so long to answer; 0: nobody is asked.
func (k *Keeper) Resolve(ctx context.Context, actor auth.Actor, id string, seen int64, closing string, ask time.Duration) (Incident, error) {
	told, err := k.toldOf(ctx, id)
	if err != nil {
		return Incident{}, err
	}
	until, err := k.until(ctx, id, ask)
	if err != nil {
		return Incident{}, err
	}
	i, err := k.act(ctx, actor, id, seen, audit.IncidentResolved, func(tx Tx, i *Incident) error {
		switch closing = plain(closing); {
		case i.State != Open:
			return fault.New(fault.Conflict, "Only an incident that goes on can be resolved. Reload the page.")
		case closing == "":
			return fault.Field("closing", "Say in a sentence how it ended.")
		case utf8.RuneCountInString(closing) > 500:
			return fault.Field("closing", "The last word has at most 500 characters.")
		}
		i.State, i.EndedAt, i.Closing = Resolved, i.NewsAt, closing
		if err := tx.Add(i.ID, Line{At: i.NewsAt, Did: DidResolve, By: personOf(actor), Text: closing}); err != nil {
			return err
		}
		return k.ask(tx, i, told, ask, until)
	})
	if err != nil {
		return i, err
	}
	return i, errors.Join(k.endTelling(ctx, actor, i), k.ReloadQuestions(ctx))
}

func (i *Incident) write(title, text string) error {
	i.Title, i.Text = oneLine(title), plain(text)
	switch {
	case i.Title == "":
		return fault.Field("title", "Say in a few words what does not work.")
	case utf8.RuneCountInString(i.Title) > maxTitle:
		return fault.Field("title", "What does not work fits into 120 characters. Say the rest below it.")
	case utf8.RuneCountInString(i.Text) > maxText:
		return fault.Field("text", "The text has at most 4000 characters.")
	}
	return nil
}

// act is a change by somebody on the staff, with its entry in the audit log.
func (k *Keeper) act(ctx context.Context, actor auth.Actor, id string, seen int64, did audit.Action, edit func(Tx, *Incident) error) (Incident, error) {
	if err := auth.Authorise(actor, auth.IncidentsWork, auth.Object{}); err != nil {
		return Incident{}, err
	}
	var after Incident
	err := k.change(ctx, actor, id, seen, did, func(tx Tx, i *Incident) error {
		err := edit(tx, i)
		after = *i
		return err
	})
	return after, err
}

// errAsItIs ends a change that has nothing to do.
var errAsItIs = errors.New("as it is")

// change changes one. seen is the edition that the actor has read; 0: any.
func (k *Keeper) change(ctx context.Context, actor auth.Actor, id string, seen int64, did audit.Action, edit func(Tx, *Incident) error) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	err := k.Store.Update(ctx, func(tx Tx) error {
		i, err := tx.Incident(id)
		if err != nil {
			return err
		}
		if seen != 0 && seen != i.Edition {
			return fault.New(fault.Stale, "The incident has changed since you opened it. Nothing was saved; look at the change and try again.")
		}
		i.Version, i.NewsAt = i.Version+1, k.now()
		if did != "" {
			i.Edition++
		}
		if err := edit(tx, &i); err != nil {
			return err
		}
		if err := tx.Save(i); err != nil || did == "" {
			return err
		}
		return tx.Audit(k.entry(actor, did, &i, map[string]any{"state": i.State, "title": i.Title}))
	})
	if errors.Is(err, errAsItIs) {
		return nil
	}
	if err == nil {
		k.tell(id)
	}
	return err
}

func (k *Keeper) entry(actor auth.Actor, did audit.Action, i *Incident, detail map[string]any) audit.Entry {
	return audit.Entry{At: i.NewsAt, Actor: auth.AuditActor(actor), Action: did, Object: "incident:" + i.ID, Detail: detail}
}

func personOf(a auth.Actor) Person { return Person{a.Person, a.Name} }

// oneLine makes one line of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// plain leaves out control characters and what turns the direction of writing.
func plain(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s))
}
