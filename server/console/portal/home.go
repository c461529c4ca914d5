package portal

import (
	"net/http"

	"github.com/deskbell/deskbell/server/announce"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
)

type homeView struct {
	frame   frame
	Tickets []desk.Row // the newest open ones
	Known   []announce.Known
	Waiting int // requests of colleagues that wait for the reader's decision
}

// homePage shows the four things, and the tickets that are open.
func (p *Portal) homePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	var v homeView
	var err error
	if v.frame, err = p.frame(r, actor, atHome, "Help"); err != nil {
		return err
	}
	v.frame.refresh = "/portal/"
	rows, _, err := p.Desk.List(r.Context(), actor, desk.Query{Order: desk.Newest, Limit: 20})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.State.Open() || row.State == "resolved" {
			v.Tickets = append(v.Tickets, row)
		}
	}
	v.Tickets = v.Tickets[:min(len(v.Tickets), 5)]
	list, err := p.Desk.Approvals(r.Context(), actor)
	if err != nil {
		return err
	}
	v.Waiting = len(list)
	if v.Known, err = p.known(r.Context(), actor, ""); err != nil {
		return err
	}
	if kit.Partial(r) {
		return p.out.Show(w, r, http.StatusOK, homeAgain(v))
	}
	return p.out.Show(w, r, http.StatusOK, home(v))
}
