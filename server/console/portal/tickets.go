package portal

import (
	"net/http"
	"strconv"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
)

type ticketsView struct {
	frame frame
	Rows  []desk.Row
	More  string
}

// ticketsPage lists somebody's own tickets, the newest first.
func (p *Portal) ticketsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := desk.Query{Order: desk.Newest, Limit: 30}
	if n, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64); err == nil && n > 0 {
		q.After = &desk.Position{Number: n}
	}
	var v ticketsView
	rows, next, err := p.Desk.List(r.Context(), actor, q)
	if err != nil {
		return err
	}
	v.Rows = rows
	if next != nil {
		v.More = "/portal/tickets?before=" + strconv.FormatInt(next.Number, 10)
	}
	if v.frame, err = p.frame(r, actor, atTickets, "My tickets"); err != nil {
		return err
	}
	v.frame.refresh = r.URL.RequestURI()
	if kit.Partial(r) {
		return p.out.Show(w, r, http.StatusOK, ticketsAgain(v))
	}
	return p.out.Show(w, r, http.StatusOK, tickets(v))
}

func ticketPath(n int64) string { return "/portal/tickets/" + strconv.FormatInt(n, 10) }
