package desk

import (
	"bytes"
	"context"
	"crypto/sha256"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// Message is something that an endpoint sends for one of its people. Its id was
// minted there, and its effect happens once: the same message again gets the same
// outcome, and another content under the same id is refused and written to the
// audit log.
type Message struct {
	Endpoint string
	ID       string
	Body     []byte // as it came; its hash tells a repetition from a forgery
	UID      string
	Login    string
	Full     string
}

// Ring opens a ticket for an endpoint's person.
func (d *Desk) Ring(ctx context.Context, m Message, draft Draft) (Outcome, error) {
	draft.Endpoint = m.Endpoint
	return d.once(ctx, m, func(tx Tx, account Account) (Outcome, error) {
		by := ticket.Actor{Person: account.Person, Side: ticket.Requester}
		t, err := d.insert(tx, by, account.Person, m.ID, draft)
		return Outcome{Ticket: t.ID, Number: t.Number}, err
	})
}

// Act carries out a requester's command on a ticket of theirs. The ticket is
// named by its id, or by the id of the ring that opened it, for an endpoint that
// was offline for both.
func (d *Desk) Act(ctx context.Context, m Message, idOrRef string, c ticket.Command) (Outcome, error) {
	return d.once(ctx, m, func(tx Tx, account Account) (Outcome, error) {
		before, err := ticketOf(tx, m.Endpoint, idOrRef)
		if err != nil {
			return Outcome{}, err
		}
		actor := auth.Actor{Kind: auth.Requester, Person: account.Person.ID, Name: account.Person.Name, Endpoint: m.Endpoint, UID: m.UID}
		if err := auth.Authorise(actor, auth.OwnAct, auth.Object{Requester: before.Requester.ID}); err != nil {
			return Outcome{}, err
		}
		after, err := d.do(tx, actor, before.ID, 0, c)
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Ticket: after.ID, Number: after.Number}, nil
	})
}

func ticketOf(tx Tx, endpoint, idOrRef string) (ticket.Ticket, error) {
	ring, rang, err := tx.Seen(endpoint, idOrRef)
	if err != nil {
		return ticket.Ticket{}, err
	}
	if rang {
		return tx.Ticket(ring.Outcome.Ticket)
	}
	return tx.Ticket(idOrRef)
}

func (d *Desk) once(ctx context.Context, m Message, effect func(Tx, Account) (Outcome, error)) (Outcome, error) {
	if m.UID == "" || len(m.UID) > 256 || len(m.Login) > 256 || len(m.Full) > 256 {
		return Outcome{}, fault.Field("account", "The message does not say whom it is for.")
	}
	return d.oneEffect(ctx, m, func(tx Tx) (Outcome, error) {
		account, err := tx.Account(m.Endpoint, m.UID, m.Login, m.Full, d.now())
		if err != nil {
			return Outcome{}, err
		}
		return effect(tx, account)
	})
}

// oneEffect makes the effect of a message happen once.
func (d *Desk) oneEffect(ctx context.Context, m Message, effect func(Tx) (Outcome, error)) (Outcome, error) {
	if m.ID == "" {
		return Outcome{}, fault.Field("id", "The message carries no id.")
	}
	hash := sha256.Sum256(m.Body)
	var out Outcome
	forged := false
	err := d.store.Update(ctx, func(tx Tx) error {
		seen, before, err := tx.Seen(m.Endpoint, m.ID)
		if err != nil {
			return err
		}
		if before && bytes.Equal(seen.Hash, hash[:]) {
			out = seen.Outcome
			return nil
		}
		if before {
			forged = true
			return tx.Audit(audit.Entry{
				At: d.now(), Actor: audit.Actor{Kind: string(auth.Endpoint), ID: m.Endpoint},
				Action: audit.MessageForged, Object: "message:" + m.ID,
			})
		}
		if out, err = effect(tx); err != nil {
			return err
		}
		return tx.Remember(m.Endpoint, m.ID, Seen{Hash: hash[:], Outcome: out}, d.now())
	})
	if err == nil && forged {
		err = fault.New(fault.Conflict, "A message with this id and another content was received before. This one was refused.")
	}
	return out, err
}

// Resolve returns the id of the ticket that an endpoint names by its id or by the
// id of its ring.
func (d *Desk) Resolve(ctx context.Context, endpoint, idOrRef string) (string, error) {
	out, err := d.store.Outcome(ctx, endpoint, idOrRef)
	if fault.Is(err, fault.NotFound) {
		return idOrRef, nil
	}
	return out.Ticket, err
}

// Missing returns which of the messages that an endpoint saw acknowledged this
// server does not know: those that a restored backup has lost.
func (d *Desk) Missing(ctx context.Context, endpoint string, acknowledged []string) ([]string, error) {
	if len(acknowledged) == 0 {
		return nil, nil
	}
	known, err := d.store.Known(ctx, endpoint, acknowledged)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, id := range acknowledged {
		if !known[id] {
			missing = append(missing, id)
		}
	}
	return missing, nil
}
