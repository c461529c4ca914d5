package kit

import (
	"context"
	"io"
	"regexp"
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

// Article shows Markdown below the title of its own page: its highest headings are
// the next ones after that, however many signs their writer has set.
func Article(text, base string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return prose(w, lift(renderer(ctx).HTML(text, base+"/attachments/")))
	})
}

// lift moves all headings of safe HTML up by as much as makes the highest h2.
func lift(safe string) string {
	for top := byte('2'); top <= '6'; top++ {
		if !strings.Contains(safe, "<h"+string(top)+">") {
			continue
		}
		return headings.ReplaceAllStringFunc(safe, func(tag string) string {
			at := len(tag) - 2
			return tag[:at] + string(tag[at]-top+'2') + ">"
		})
	}
	return safe
}

var headings = regexp.MustCompile(`</?h[2-6]>`)

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
