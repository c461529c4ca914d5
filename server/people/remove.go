package people

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Removal is what goes when a person's data is removed.
type Removal struct {
	Person    Person
	Tickets   int // of theirs, and others that name them
	Words     int // things they wrote
	Files     int // that only they brought
	Snapshots int
	Accounts  []Account
	// Entries of the audit log name who was on the staff, and stay: they say who did
	// what to others.
	Entries int
}

// Leftovers finds what there is of a person.
type Leftovers interface {
	// Touching returns the tickets with one of the texts in their history.
	Touching(ctx context.Context, needles []string) ([]string, error)
	// Story returns a ticket's history, and whether the person rang it.
	Story(ctx context.Context, ticketID, person string) (history []ticket.Event, own bool, err error)
	// SnapshotsOf counts the snapshots of tickets.
	SnapshotsOf(ctx context.Context, tickets []string) (int, error)
	// Needed returns which of the files others have brought too, or stand in an
	// article.
	Needed(ctx context.Context, files []string, person string) (map[string]bool, error)
	// AuditEntries counts the entries of the log that a person has made.
	AuditEntries(ctx context.Context, person string) (int, error)
	// Traces yields texts outside of tickets in which one of the texts stands.
	Traces(ctx context.Context, needles []string) ([]Trace, error)
}

// Trace is a text in some table.
type Trace struct{ Table, Column, Text string }

// Remover takes out what there is of a person.
type Remover interface {
	// Rewrite replaces a ticket's history and what was made of it, and adds an event
	// that says so; the number and the order of the events stay. Nothing happens
	// when edit changes nothing.
	Rewrite(ticketID, person string, edit func(history []ticket.Event, own bool) []ticket.Event, say ticket.Event) error
	// DropBeside removes what belongs to a ticket of the person's beside its history:
	// snapshots, answers of the machine, notices. scrub cleans what has to stay.
	DropBeside(ticketID string, scrub func(string) string) error
	// Replace puts a text in place of one in some table.
	Replace(t Trace, text string) error
	// DropFiles removes attachments' bytes.
	DropFiles(files []string) error
	// DropPerson removes the person's credentials, accounts, drafts and opinions, and
	// empties their row, which the tickets point to. scrub cleans what their machines
	// have told.
	DropPerson(id, pseudonym string, now time.Time, scrub func(string) string) error
}

// PreviewRemoval says what would go.
func (k *Keeper) PreviewRemoval(ctx context.Context, actor auth.Actor, id string) (Removal, error) {
	if err := auth.Authorise(actor, auth.PeopleManage, auth.Object{Person: id}); err != nil {
		return Removal{}, err
	}
	r, _, _, err := k.look(ctx, id)
	return r, err
}

// look finds what there is of a person.
func (k *Keeper) look(ctx context.Context, id string) (Removal, *Eraser, []string, error) {
	row, err := k.store.Person(ctx, id)
	if err != nil {
		return Removal{}, nil, nil, err
	}
	r := Removal{Person: row.Person}
	if r.Accounts, err = k.store.Accounts(ctx, id); err != nil {
		return r, nil, nil, err
	}
	who := Identity{ID: id, Name: row.Name, Email: row.Email, Phone: row.Phone}
	for _, a := range r.Accounts {
		who.Logins = append(who.Logins, a.Login)
	}
	e := NewEraser(who)
	tickets, err := k.store.Touching(ctx, e.Needles())
	if err != nil {
		return r, nil, nil, err
	}
	r.Tickets = len(tickets)
	for _, t := range tickets {
		history, own, err := k.store.Story(ctx, t, id)
		if err != nil {
			return r, nil, nil, err
		}
		for i, x := range e.History(history, own) {
			if x.Actor.ID == id && (x.Title != "" || x.Body != "") && (history[i].Title != x.Title || history[i].Body != x.Body) {
				r.Words++
			}
		}
	}
	files, err := k.only(ctx, e, id)
	if err != nil {
		return r, nil, nil, err
	}
	r.Files = len(files)
	if r.Snapshots, err = k.store.SnapshotsOf(ctx, tickets); err != nil {
		return r, nil, nil, err
	}
	r.Entries, err = k.store.AuditEntries(ctx, id)
	return r, e, tickets, err
}

// only returns the files that were dropped and that nobody else needs.
func (k *Keeper) only(ctx context.Context, e *Eraser, person string) ([]string, error) {
	var files []string
	for sha := range e.Dropped {
		files = append(files, sha)
	}
	needed, err := k.store.Needed(ctx, files, person)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, sha := range files {
		if !needed[sha] {
			out = append(out, sha)
		}
	}
	return out, nil
}

// Remove removes a person's data. Each ticket is a write of its own, so that nobody
// waits for all of them; their row goes last, so that a removal that was
// interrupted is taken up again by asking for it again. What was removed is removed.
func (k *Keeper) Remove(ctx context.Context, actor auth.Actor, id string) (Removal, error) {
	if err := auth.Authorise(actor, auth.PeopleManage, auth.Object{Person: id}); err != nil {
		return Removal{}, err
	}
	r, e, tickets, err := k.look(ctx, id)
	if err != nil || r.Person.Removed() {
		return r, err
	}
	if r.Person.Role != auth.NoRole {
		return r, fault.New(fault.Conflict, "Somebody on the staff cannot be removed: what they did to others has to stay known. Take their role away first, under Administration.")
	}
	files, err := k.only(ctx, e, id)
	if err != nil {
		return r, err
	}
	if err := k.rewrite(ctx, actor, e, tickets, id); err != nil {
		return r, err
	}
	traces, err := k.store.Traces(ctx, e.Sure())
	if err != nil {
		return r, err
	}
	if err := k.store.Update(ctx, func(tx Tx) error {
		for _, t := range traces {
			if clean := e.JSON(t.Text, e.Elsewhere); clean != t.Text {
				if err := tx.Replace(t, clean); err != nil {
					return err
				}
			}
		}
		if err := tx.DropFiles(files); err != nil {
			return err
		}
		if err := tx.DropPerson(id, Former, k.now(), func(s string) string { return e.JSON(s, e.Here) }); err != nil {
			return err
		}
		return tx.Audit(audit.Entry{
			At: k.now(), Actor: auth.AuditActor(actor), Action: audit.PersonRemoved, Object: "person:" + id,
			Detail: map[string]any{"tickets": r.Tickets, "words": r.Words, "files": len(files), "snapshots": r.Snapshots},
		})
	}); err != nil {
		return r, err
	}
	// Who rang in between.
	if tickets, err = k.store.Touching(ctx, e.Needles()); err != nil {
		return r, err
	}
	return r, k.rewrite(ctx, actor, e, tickets, id)
}

func (k *Keeper) rewrite(ctx context.Context, actor auth.Actor, e *Eraser, tickets []string, id string) error {
	say := ticket.Event{Type: ticket.PersonalDataGone, Actor: ticket.Actor{Person: ticket.Person{ID: actor.Person, Name: actor.Name}, Side: ticket.Staff}}
	if actor.Kind == auth.System {
		say.Actor.Side = ticket.System
	}
	for _, t := range tickets {
		say.At = k.now()
		err := k.store.Update(ctx, func(tx Tx) error {
			own := false
			err := tx.Rewrite(t, id, func(h []ticket.Event, theirs bool) []ticket.Event {
				own = theirs
				return e.History(h, theirs)
			}, say)
			if err != nil || !own {
				return err
			}
			return tx.DropBeside(t, func(s string) string { return e.JSON(s, e.Here) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}
