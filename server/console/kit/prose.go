package kit

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/ticket"
)

// Prose shows Markdown. base is the address of what the text belongs to, whose
// attachments its pictures are.
func Prose(text, base string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		r := renderer(ctx)
		return prose(w, r.HTML(text, base+"/attachments/"))
	})
}

// Plain shows the words of somebody who did not write Markdown.
func Plain(text string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return prose(w, renderer(ctx).Words(text))
	})
}

// Message shows what an event of a ticket says: the staff writes Markdown, and
// whoever rang writes what they mean.
func Message(e ticket.Event, base string) templ.Component {
	if e.Actor.Side == ticket.Requester {
		return Plain(e.Body)
	}
	return Prose(e.Body, base)
}

func renderer(ctx context.Context) *markdown.Renderer {
	if r := envOf(ctx).Text; r != nil {
		return r
	}
	return markdown.New(0) // a component that a test renders by itself
}

func prose(w io.Writer, safe string) error {
	for _, s := range []string{`<div class="prose" dir="auto">`, safe, `</div>`} {
		if _, err := io.WriteString(w, s); err != nil {
			return err
		}
	}
	return nil
}

// Beside leaves out the attachments that a text shows in its place.
func Beside(e ticket.Event, list []ticket.Attachment) []ticket.Attachment {
	if e.Actor.Side == ticket.Requester || !strings.Contains(e.Body, markdown.PictureScheme) {
		return list
	}
	var out []ticket.Attachment
	for _, a := range list {
		if !Inline(a.Type) || !strings.Contains(e.Body, "]("+markdown.PictureScheme+a.SHA256+")") {
			out = append(out, a)
		}
	}
	return out
}
