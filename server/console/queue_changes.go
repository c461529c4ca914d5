package console

import (
	"net/http"
	"strconv"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
)

// maxChanged bounds how many rows a page brings up to date at once.
const maxChanged = 60

type queueNews struct {
	queueView
	Changed []desk.Row // that the page shows, as they are now
	News    int        // tickets of this view that it does not show yet
}

// queueChanges brings a page of the queue up to date: the rows that it shows (n)
// in place; the ones that it does not (new) are counted, not pushed in.
func (c *Console) queueChanges(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	read, err := c.readQueue(r, actor)
	if err != nil {
		return err
	}
	v := queueNews{queueView: read}
	if v.Changed, err = c.Find.Rows(r.Context(), actor, numbers(q["n"])); err != nil {
		return err
	}
	v.Changed = c.clockRows(v.Changed)
	if v.Wrong == "" {
		held, err := c.Find.Holds(r.Context(), actor, find.Query{Filter: v.Asked, Zone: zone(r)}, numbers(q["new"]))
		if err != nil && v.Text == "" {
			return err
		}
		v.News = len(held)
	}
	if v.Views.counts, err = c.viewCounts(r.Context(), actor, v.Views); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, queueChanged(v, actor))
}

func numbers(list []string) []int64 {
	var out []int64
	for _, s := range list[:min(len(list), maxChanged)] {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			out = append(out, n)
		}
	}
	return out
}
