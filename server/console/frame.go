package console

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
)

// place is an entry of the navigation.
type place string

const (
	atQueue     place = "queue"
	atEndpoints place = "endpoints"
	atNOC       place = "noc"
	atPeople    place = "people"
	atArticles  place = "articles"
	atReports   place = "reports"
	atApprovals place = "approvals"
	atAdmin     place = "admin"
	atAccount   place = "account"
	atNotices   place = "notices"
)

// frame is what surrounds every page of the staff.
type frame struct {
	doc   kit.Doc
	actor auth.Actor
	here  place
	side  templ.Component // below the navigation; nil: nothing

	unread int // of what the actor was told
}

func (f frame) may(op auth.Operation) bool { return auth.May(f.actor, op) }

// administers reports whether the administration is shown: to those who find more
// there than a list of names.
func (f frame) administers() bool { return f.may(auth.AuditRead) || f.may(auth.PeopleManage) }

// frame starts a page. topics are the live events that it wants; none: it is not
// live.
func (c *Console) frame(r *http.Request, actor auth.Actor, here place, title, topics string) (frame, error) {
	f := frame{doc: kit.Doc{Title: title, Class: "app app-" + string(here), Person: actor.Person}, actor: actor, here: here}
	var err error
	if f.unread, err = c.Notices.Unread(r.Context(), actor); err != nil {
		return f, err
	}
	if topics == "" {
		return f, nil
	}
	if strings.Contains(topics, "ticket") {
		topics += ",presence" // who else reads it
	}
	cursor, err := c.Feed.FeedEnd(r.Context())
	f.doc.Live, f.doc.Cursor, f.doc.Asks = "/events?topics="+topics, cursor, "/asks/"
	return f, err
}
