package tickets

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
)

// answer sends what stands in the box.
func (t *Tickets) answer() {
	if t.ticket == nil || t.busy || !model.ConversationOf(*t.ticket, t.host.Now()).CanReply {
		return
	}
	text := strings.TrimSpace(t.reply.Text)
	if text == "" {
		t.failed(errEmpty())
		return
	}
	t.deliver("reply "+text, func(ctx context.Context, ticket, ref string) (local.Receipt, error) {
		return t.agent.Reply(ctx, ticket, local.Reply{Ref: ref, Body: text})
	}, t.chosen)
}

// act does something to the ticket. To reopen takes what stands in the box along:
// whoever says “no, not yet” has often said why already.
func (t *Tickets) act(a wire.Act, rating int) {
	if t.ticket == nil || t.busy {
		return
	}
	comment, draft := "", ""
	if a == wire.ActReopen {
		comment, draft = strings.TrimSpace(t.reply.Text), t.chosen
	}
	t.deliver(fmt.Sprintf("%s %d %s", a, rating, comment), func(ctx context.Context, ticket, ref string) (local.Receipt, error) {
		return t.agent.Act(ctx, ticket, local.Act{Ref: ref, Act: a, Rating: rating, Comment: comment})
	}, draft)
}

// remarkOf is under what name a word about a rating is kept while it is written.
func remarkOf(ticket string) string { return "rating of " + ticket }

// remarking keeps the word about the rating while it is written.
func (t *Tickets) remarking(text string) {
	t.problem = nil
	t.drafts.SetReply(remarkOf(t.chosen), text)
	t.render()
}

// remarked sends a word about the rating that was given.
func (t *Tickets) remarked() {
	if t.ticket == nil || t.busy {
		return
	}
	comment, rating := strings.TrimSpace(t.comment.Text), model.ConversationOf(*t.ticket, t.host.Now()).Rating
	if comment == "" || rating == 0 {
		return // nobody is asked for it
	}
	t.deliver("comment "+comment, func(ctx context.Context, ticket, ref string) (local.Receipt, error) {
		return t.agent.Act(ctx, ticket, local.Act{Ref: ref, Act: wire.ActRate, Rating: rating, Comment: comment})
	}, remarkOf(t.chosen))
}

// deliver hands something about the open ticket to the agent. draft names the words
// that go along, which are forgotten once they are safe elsewhere; "" for none.
// what is all that is sent: the same again has the same ref, so that it arrives
// once when an answer was lost.
func (t *Tickets) deliver(what string, hand func(ctx context.Context, ticket, ref string) (local.Receipt, error), draft string) {
	if what = t.chosen + " " + what; t.ref == "" || t.what != what {
		t.ref, t.what = ulid.Make().String(), what
	}
	ticket, ref := t.chosen, t.ref
	t.busy, t.problem = true, nil
	t.render()
	t.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		receipt, err := hand(ctx, ticket, ref)
		if program.Err() != nil {
			return
		}
		t.host.Main(func() {
			t.busy = false
			if err != nil {
				t.failed(err)
				return
			}
			t.delivered(ticket, receipt, draft)
		})
	})
}

func (t *Tickets) delivered(ticket string, r local.Receipt, draft string) {
	if r.Delivery == local.Refused {
		t.failed(model.Refusal(r))
		return
	}
	if draft != "" {
		t.drafts.SetReply(draft, "")
		t.drafts.Flush()
	}
	if ticket == t.chosen {
		t.ref, t.toEnd = "", true
		switch draft {
		case ticket:
			t.reply.SetText("")
		case remarkOf(ticket):
			t.comment.SetText("")
		}
	}
	t.ask()
	t.render()
}

// save puts an attachment into the person's downloads.
func (t *Tickets) save(a wire.Attachment, done func(name string, err error)) {
	ticket := t.chosen
	t.host.Go(func(program context.Context) {
		name, err := t.download(program, ticket, a)
		if program.Err() == nil {
			t.host.Main(func() { done(name, err) })
		}
	})
}

func (t *Tickets) download(ctx context.Context, ticket string, a wire.Attachment) (string, error) {
	data, err := t.agent.Attachment(ctx, ticket, a.SHA256)
	if err != nil {
		return "", err
	}
	defer data.Close()
	return keep(a.Name, io.LimitReader(data, wire.MaxBlob+1))
}
