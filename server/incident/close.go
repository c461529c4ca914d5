package incident

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// leave is what becomes of a ticket of which it was said, or nobody has said, that it is over.
type leave int

const (
	leaveWaits  leave = iota // its machine has not said yet
	leaveOpen                // it stays open, as a part of the incident
	leaveOut                 // it is no part of the incident any more, and open
	leaveClosed              // it may be closed
)

// leaves says of an open ticket whether it may be closed, by what its machine shows and by
// what it sees when it looks once more. says is what was said, in words. Why a ticket is not
// closed is written down at it; one of which nobody has said anything is not closed unless
// its machine could look.
func (k *Keeper) leaves(ctx context.Context, now time.Time, i Incident, a Asked, m Member, shows []string, looks map[string]Relook) (leave, error) {
	says := "Nobody has answered whether it is fixed"
	if a.Answer == IsFixed {
		says = a.Name + " says that it is fixed"
	}
	v, err := k.lookAgain(ctx, now, &i, m.Endpoint, looks)
	if err != nil {
		return leaveWaits, err
	}
	so := v.fails + v.blind // one of them at most
	bad := symptoms(i, m, shows)
	switch {
	case v.wait && so != "":
		return leaveWaits, k.noteAgain(ctx, i, m, fmt.Sprintf("%s, and %s. It looks again, up to %d times within an hour; so long the ticket stays open.", says, so, len(restsAgain)))
	case v.wait:
		return leaveWaits, nil
	case v.fails != "", v.blind != "" && a.Answer != IsFixed:
		text := fmt.Sprintf("%s, and %s. The ticket stays open, and is no part of major incident %d any more.", says, trouble(bad, so), i.Number)
		return leaveOut, k.leaveOut(ctx, i, m, text)
	case len(bad) > 0:
		return leaveOpen, k.note(ctx, i, m, "bad", says+", and "+trouble(bad, v.blind)+". The ticket stays open.")
	case v.blind != "":
		err = k.note(ctx, i, m, "blind", says+". "+strings.ToUpper(v.blind[:1])+v.blind[1:]+", so their word alone counts.")
	}
	return leaveClosed, err
}

// noteAgain says at a ticket that its machine looks again, once.
func (k *Keeper) noteAgain(ctx context.Context, i Incident, m Member, text string) error {
	g := &k.again
	key := i.ID + "/" + m.Ticket
	g.mu.Lock()
	_, done := g.noted[key]
	g.mu.Unlock()
	if done {
		return nil
	}
	if err := k.note(ctx, i, m, "again", text); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.noted == nil {
		g.noted = map[string]struct{}{}
	}
	g.noted[key] = struct{}{}
	return nil
}

// leaveOut gives a ticket back to the queue as one of its own, with a note of why.
func (k *Keeper) leaveOut(ctx context.Context, i Incident, m Member, text string) error {
	if err := k.note(ctx, i, m, "bad", text); err != nil {
		return err
	}
	return k.dropped(ctx, i, m, Line{Did: DidTakeOut, N: 1, Text: fmt.Sprintf("Ticket %d. %s", m.Number, text)})
}

// dropped takes a ticket out that says so itself already.
func (k *Keeper) dropped(ctx context.Context, i Incident, m Member, l Line) error {
	m.Out, m.Labelled = true, true
	return k.change(ctx, nobody, i.ID, 0, "", func(tx Tx, i *Incident) error {
		if err := tx.Put(m); err != nil {
			return err
		}
		l.At = i.NewsAt
		return tx.Add(i.ID, l)
	})
}

// trouble says in words what a machine still shows, and what fails there.
func trouble(codes []string, fails string) string {
	var parts []string
	if len(codes) > 0 {
		parts = append(parts, "the computer still shows "+codeWords(codes))
	}
	if fails != "" {
		parts = append(parts, fails)
	}
	return strings.Join(parts, ", and ")
}
