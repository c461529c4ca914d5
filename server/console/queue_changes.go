package console

import (
	"net/http"
	"strconv"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
)

// maxChanged bounds how many rows a page brings up to date at once.
const maxChanged = 60

type queueNews struct {
	View   view
	Text   string
	Rows   []desk.Row // that the page shows, as they are now
	News   int        // tickets of this view that it does not show yet
	Counts desk.Counts
}

// queueChanges brings a page of the queue up to date: the rows that it shows (n)
// in place; the ones that it does not (new) are counted, not pushed in.
func (c *Console) queueChanges(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	v := queueNews{View: viewOf(q.Get("view")), Text: q.Get("q")}
	get := func(names []string, use func(desk.Detail)) error {
		for _, s := range names[:min(len(names), maxChanged)] {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				continue
			}
			d, err := c.Desk.GetByNumber(r.Context(), actor, n)
			switch {
			case fault.Is(err, fault.NotFound):
			case err != nil:
				return err
			default:
				use(d)
			}
		}
		return nil
	}
	if err := get(q["n"], func(d desk.Detail) { v.Rows = append(v.Rows, d.Row) }); err != nil {
		return err
	}
	err := get(q["new"], func(d desk.Detail) {
		if v.Text == "" && v.View.holds(actor, d.Ticket) {
			v.News++
		}
	})
	if err != nil {
		return err
	}
	if v.Counts, err = c.Desk.Counts(r.Context(), actor); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, queueChanged(v, actor))
}
