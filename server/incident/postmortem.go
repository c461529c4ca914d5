package incident

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/correlate"
)

const maxPostMortem = 40_000 // characters

// PostMortem is what is written about an incident when it is over: Markdown.
type PostMortem struct {
	Text    string
	Written bool // somebody has; else it is drafted from the timeline
	Edition int64
}

// PostMortem returns what was written, or else a draft. Times are in a zone.
func (k *Keeper) PostMortem(ctx context.Context, actor auth.Actor, id string, zone *time.Location) (PostMortem, error) {
	d, err := k.Get(ctx, actor, id)
	if err != nil {
		return PostMortem{}, err
	}
	if d.State != Open && d.State != Resolved {
		return PostMortem{}, fault.New(fault.NotFound, "There is no post-mortem of what is no incident.")
	}
	if d.PostMortem != "" {
		return PostMortem{d.PostMortem, true, d.Edition}, nil
	}
	return PostMortem{k.draft(&d, zone), false, d.Edition}, nil
}

// WritePostMortem keeps what somebody has written. An empty text brings the draft back.
func (k *Keeper) WritePostMortem(ctx context.Context, actor auth.Actor, id string, seen int64, text string) (Incident, error) {
	return k.act(ctx, actor, id, seen, audit.IncidentChanged, func(tx Tx, i *Incident) error {
		switch text = plain(text); {
		case i.State != Open && i.State != Resolved:
			return fault.New(fault.Conflict, "It is no incident any more. Confirm it first.")
		case utf8.RuneCountInString(text) > maxPostMortem:
			return fault.Field("text", "A post-mortem has at most 40,000 characters.")
		}
		i.PostMortem = text
		return tx.Add(i.ID, Line{At: i.NewsAt, Did: DidReview, By: personOf(actor)})
	})
}

// draft writes down what is known: what happened when, whom it touched, and what those
// had in common. What only people know is left for them to write.
func (k *Keeper) draft(d *Detail, zone *time.Location) string {
	var b strings.Builder
	at := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	fmt.Fprintf(&b, "# Major incident %d: %s\n\n", d.Number, escape(d.Title))
	fmt.Fprintf(&b, "- Times: %s\n", d.Since.In(zone).Format("MST, UTC-07:00")) // it is read elsewhere, too
	fmt.Fprintf(&b, "- Began: %s\n", at(d.Since))
	if !d.EndedAt.IsZero() {
		fmt.Fprintf(&b, "- Over: %s, after %s\n", at(d.EndedAt), Span(d.EndedAt.Sub(d.Since)))
	}
	fmt.Fprintf(&b, "- Known: %s\n", at(d.OpenedAt))
	fmt.Fprintf(&b, "- %s from %s\n", plural(d.Tickets, "1 ticket", "%d tickets"), plural(d.People, "1 person", "%d people"))
	if d.Cell != (Cell{}) {
		fmt.Fprintf(&b, "- In common: %s\n", escape(k.Words(d.Cell)))
	}
	if d.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", escape(d.Text))
	}
	b.WriteString("\n## What happened\n\n")
	for _, l := range d.Lines {
		fmt.Fprintf(&b, "- %s: %s", at(l.At), l.Words())
		if l.By.Name != "" {
			fmt.Fprintf(&b, " (%s)", escape(l.By.Name))
		}
		if l.Text != "" {
			fmt.Fprintf(&b, ": %s", escape(oneLine(l.Text)))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## Why\n\n")
	if len(d.Causes) > 0 {
		b.WriteString("What those that suffered had in common, the likeliest cause first:\n\n")
	}
	for _, c := range d.Causes {
		fmt.Fprintf(&b, "- %s: %d of %d, of the others %d of %d\n", escape(c.Words()), c.In, c.Of, c.Out, c.OutOf)
	}
	b.WriteString("\n*Write here what the cause was.*\n\n## What went well, and what did not\n\n\n## What is to be done\n\n- \n")
	return b.String()
}

// Words says what a line tells, before its own words.
func (l *Line) Words() string {
	switch l.Did {
	case DidPropose:
		return "Looks like an outage, with " + plural(l.N, "1 ticket", "%d tickets")
	case DidMove:
		return "Looks like another one now"
	case DidJoin:
		return plural(l.N, "1 ticket joined", "%d tickets joined")
	case DidTakeOut:
		return plural(l.N, "1 ticket was taken out", "%d tickets were taken out")
	case DidOpen:
		return "Opened by hand"
	case DidConfirm:
		return "Confirmed"
	case DidDismiss:
		return "Dismissed"
	case DidLapse:
		return "Lapsed: nobody said whether it was one, and nothing more came"
	case DidChange:
		return "Put right"
	case DidNote:
		return "Note"
	case DidAnnounce:
		return "Announced to employees"
	case DidSay:
		return "Employees were told"
	case DidResolve:
		return "Resolved"
	case DidAsk:
		return plural(l.N, "1 person was asked whether it is fixed", "%d people were asked whether it is fixed")
	case DidHear:
		return "What they say"
	case DidProbe:
		return "Endpoints were asked"
	case DidReview:
		return "The post-mortem was written"
	}
	return string(l.Did)
}

// Words names what those that suffer have in common.
func (c *Cause) Words() string {
	name := strings.TrimSpace(c.Name + " " + c.Value)
	switch c.Kind {
	case correlate.Site:
		return "They are in " + name
	case correlate.About:
		return "They ring about " + name
	}
	return name
}

// escape keeps what somebody wrote, or a machine is called, from being Markdown or HTML.
func escape(s string) string {
	return escaper.Replace(s)
}

var escaper = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "#", `\#`, "|", `\|`, "!", `\!`)
