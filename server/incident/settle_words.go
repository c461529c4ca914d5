package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/ticket"
)

// note writes a note at a ticket, once. One that has ended for good says nothing more.
func (k *Keeper) note(ctx context.Context, i Incident, m Member, what, text string) error {
	c := ticket.Note{Message: ulid.MustNewDefault(k.now()).String(), Body: text}
	_, err := k.Desk.DoOnce(ctx, nobody, k.once(i, m, what), m.Ticket, 0, c)
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// once names what is done at a ticket because of an incident.
func (k *Keeper) once(i Incident, m Member, what string) desk.Once {
	return desk.Once{Key: fmt.Sprintf("fixed/%s/%s/%s", i.ID, m.Ticket, what)}
}

// actor is who said it.
func (a *Asked) actor() auth.Actor {
	return auth.Actor{Kind: auth.Requester, Person: a.Who, Name: a.Name, Endpoint: a.Endpoint}
}

// ringID names the ticket of somebody who had none, so that there is one of it.
func ringID(i *Incident, m desk.Message) desk.Message {
	m.ID, m.Body = "fixed-"+i.ID+"-"+m.UID, []byte(i.ID)
	return m
}

// symptoms are what a machine shows of what it was about: what spoke for the outage, and
// what was critical at the machine when its ticket was rung.
func symptoms(i Incident, m Member, shows []string) (out []string) {
	for _, c := range shows {
		if (c == i.Evidence.Code && c != "" || slices.Contains(m.Critical, c)) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// codeWords names codes for the staff.
func codeWords(codes []string) string {
	var out []string
	for _, c := range codes[:min(len(codes), 5)] {
		if title := diagnostics.Title(diagnostics.Code(c)); title.English() != title.ID {
			c = title.English()
		}
		out = append(out, "“"+c+"”")
	}
	return strings.Join(out, ", ")
}

// reads is the language in which somebody is written to: theirs, else the house's.
func (k *Keeper) reads(language string) tongue.Language { return tongue.Choose(language, k.Language) }
