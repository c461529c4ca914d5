package portal

import (
	"net/http"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
)

// place is one of the things that the portal is for; the tray's menu has the same.
type place string

const (
	atHome     place = ""
	atHelp     place = "help"
	atGuide    place = "guide"
	atTickets  place = "tickets"
	atArticles place = "articles"
	atCheckup  place = "checkup"
	atStatus   place = "status"
)

type frame struct {
	doc          kit.Doc
	actor        auth.Actor
	here         place
	organisation string
	theme        string
	// refresh is where the page asks for its parts when a ticket changes.
	refresh string
	ticket  string // only changes of this ticket; "": of all
	check   string // where the page begins a check-up by itself
}

// frame starts a page.
func (p *Portal) frame(r *http.Request, actor auth.Actor, here place, title string) (frame, error) {
	cursor, err := p.Feed.FeedEnd(r.Context())
	return frame{
		doc:   kit.Doc{Title: title, Class: "portal", Person: actor.Person, Live: "/portal/events?portal=1", Cursor: cursor, Asks: "/portal/asks/"},
		actor: actor, here: here, organisation: p.Organisation, theme: kit.LookOf(r).Theme,
	}, err
}

// refuse tells an employee who is not signed in how to come in.
func (p *Portal) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if !fault.Is(err, fault.Unauthenticated) {
		p.out.Fail(w, r, err)
		return
	}
	if r.Header.Get("Accept") == "text/event-stream" {
		http.Error(w, fault.Sentence(err), http.StatusUnauthorized)
		return
	}
	if kit.Partial(r) {
		w.Header().Set("HX-Redirect", "/portal/")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p.out.Show(w, r, http.StatusUnauthorized, outside())
}

// setLook keeps light or dark.
func (p *Portal) setLook(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	l := kit.LookOf(r)
	l.Theme = ""
	if t := r.PostFormValue("theme"); t == "light" || t == "dark" {
		l.Theme = t
	}
	kit.SetLook(w, r, l)
	http.Redirect(w, r, "/portal/", http.StatusSeeOther)
	return nil
}

// signOut ends the session.
func (p *Portal) signOut(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := p.Auth.SignOut(r.Context(), actor); err != nil {
		return err
	}
	gate.SetSession(w, r, auth.Requester, "")
	w.Header().Set("Clear-Site-Data", `"storage"`)
	return p.out.Show(w, r, http.StatusOK, gone())
}
