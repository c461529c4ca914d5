package notify

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/watch"
)

// Letters reports whether a kind takes messages of their own, beside what it is told of
// groups: those that keep alerts themselves would never hear of an end.
func (k Kind) Letters() bool { return k == Webhook || k == Mail || k == Slack || k == Teams }

// Choice is a channel as far as whoever chooses one has to know it.
type Choice struct {
	ID, Name string
	Kind     Kind
}

// Choices lists the channels by name, without where they lead.
func (k *Keeper) Choices() []Choice {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]Choice, 0, len(k.channels))
	for _, c := range k.channels {
		out = append(out, Choice{c.ID, c.Name, c.Kind})
	}
	slices.SortFunc(out, func(a, b Choice) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// LetterOf is a message beside what a channel is told of groups, about alerts that fire.
func LetterOf(subject, lead string, items []*watch.Item, most int) Note {
	n := Note{Event: Firing, Labels: map[string]string{}, Alerts: []Line{}, Letter: true, Subject: subject, Lead: lead}
	for i, x := range items {
		if i == most {
			n.More = len(items) - most
			break
		}
		n.Alerts = append(n.Alerts, lineOf(x, true))
	}
	return n
}

// Letter makes the message that has a channel send a letter. It has to be stored, and
// then put on its way with Queued. It says no where the channel is off or gone.
func (k *Keeper) Letter(channel string, n Note) (Row, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.channels[channel]
	if c == nil || c.Off || !c.Kind.Letters() || len(n.To) > 0 && c.Kind != Mail {
		return Row{}, false
	}
	now := k.o.Now().UTC().Truncate(time.Millisecond)
	n.ID, n.At = ulid.MustNewDefault(now).String(), now
	n.Group = "letter-" + n.ID
	return Row{ID: n.ID, Channel: channel, Group: n.Group, Note: n, State: Waiting, Created: now, Since: now, Next: now}, true
}

// Became is a message, and what became of it.
func (k *Keeper) Became(ctx context.Context, id string) (Row, error) { return k.o.Store.Row(ctx, id) }

// Queued has messages sent that were stored.
func (k *Keeper) Queued(rows []Row) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range rows {
		k.wait(r)
		k.nudge(r.Channel)
	}
}
