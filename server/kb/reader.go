package kb

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/ticket"
)

// who names a reader for good: a person, or the account of an endpoint whose
// person has never rung.
func who(a auth.Actor) string {
	if a.Person != "" {
		return a.Person
	}
	return a.Endpoint + "/" + a.UID
}

// Rate takes in whether an article has helped its reader. Who says so again
// changes their mind; it counts once.
func (b *Base) Rate(ctx context.Context, actor auth.Actor, id string, helped bool, comment string) error {
	if _, err := b.Get(ctx, actor, id); err != nil {
		return err
	}
	comment, err := ticket.CleanText("comment", comment)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(comment) > 2000 {
		return fault.Field("comment", "The comment is longer than 2000 characters.")
	}
	return b.store.Update(ctx, func(tx Tx) error {
		return tx.PutFeedback(id, Feedback{Who: who(actor), Name: actor.Name, At: b.now(), Helped: helped, Comment: comment})
	})
}

// Feedback returns what readers said, to the staff, the newest first.
func (b *Base) Feedback(ctx context.Context, actor auth.Actor, id string) ([]Feedback, error) {
	if err := auth.Authorise(actor, auth.KnowledgeWrite, auth.Object{}); err != nil {
		return nil, err
	}
	return b.store.Feedback(ctx, id, 200)
}

// Deflect takes in that an article kept an employee from ringing: only their own
// word counts, once a day and article. question is what they had written.
func (b *Base) Deflect(ctx context.Context, actor auth.Actor, id, question string) error {
	if actor.Kind != auth.Requester {
		return fault.New(fault.Forbidden, "Only somebody who was about to ring can say this.")
	}
	if _, err := b.Get(ctx, actor, id); err != nil {
		return err
	}
	question, err := ticket.CleanText("question", question)
	if err != nil {
		question = ""
	}
	if len(question) > 2000 {
		question = strings.ToValidUTF8(question[:2000], "")
	}
	now := b.now()
	return b.store.Update(ctx, func(tx Tx) error {
		if err := tx.PutFeedback(id, Feedback{Who: who(actor), Name: actor.Name, At: now, Helped: true}); err != nil {
			return err
		}
		return tx.Deflect(id, who(actor), now.UTC().Format(time.DateOnly), question, now)
	})
}
