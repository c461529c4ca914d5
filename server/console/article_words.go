package console

import (
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/ticket"
)

func emptyArticles(which kb.Which) string {
	switch which {
	case kb.Drafts:
		return "Nothing is being written"
	case kb.Review:
		return "Nothing is due for review"
	case kb.Retired:
		return "Nothing is retired"
	}
	return "No articles yet"
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func staffHas(list []auth.Person, id string) bool {
	return slices.ContainsFunc(list, func(p auth.Person) bool { return p.ID == id })
}

// unshown are the files that an article's text does not show itself.
func unshown(body string, list []ticket.Attachment) []ticket.Attachment {
	return slices.DeleteFunc(slices.Clone(list), func(a ticket.Attachment) bool {
		return kit.Inline(a.Type) && strings.Contains(body, "](picture:"+a.SHA256+")")
	})
}
