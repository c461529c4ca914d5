package console

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
)

type queueView struct {
	Frame  frame
	View   view
	Views  viewList
	Text   string     // of the search
	Sort   query.Sort // as chosen; "": the view's
	Asked  query.Filter
	usual  query.Sort // what Asked is sorted by unless Sort says another order
	Rows   []desk.Row
	More   string // the address of the rows that follow; "": there are none
	Paged  bool   // the page does not begin at the beginning
	Wrong  string // what is wrong with the search
	Whole  bool   // what is typed stands in place of the kept view's filter
	Down   int64  // the number down to which was searched, when not to the end
	Among  int    // how many of the newest hits were sorted, when not all
	Shown  shownColumns
	Staff  []auth.Person
	Teams  []find.Choice
	Groups []find.Choice // categories
}

// queuePage lists tickets. A number in the search box leads to the ticket itself.
func (c *Console) queuePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.readQueue(r, actor)
	if err != nil {
		return err
	}
	if n := v.Asked.Number; n != 0 {
		if d, err := c.Desk.GetByNumber(r.Context(), actor, n); err == nil {
			return kit.Back(w, r, ticketPath(d.Number))
		}
	}
	if v.Wrong == "" {
		if err := c.fillQueue(r, actor, &v); err != nil {
			return err
		}
	}
	if v.Paged && kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, queueRows(v, actor))
	}
	if v.Views.counts, err = c.viewCounts(r.Context(), actor, v.Views); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atQueue, v.View.Title, "ticket"); err != nil {
		return err
	}
	v.Frame.side = queueViews(v.View, v.Views)
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, queueAgain(v))
	}
	v.Teams, v.Groups = c.Find.Choices()
	if v.Frame.may(auth.TicketsWork) {
		if v.Staff, err = c.technicians(r.Context(), actor); err != nil {
			return err
		}
	}
	return c.out.Show(w, r, http.StatusOK, queue(v))
}

// readQueue reads what is asked for. What is wrong with a search is not an error of the
// page: it is said beside the box while somebody types.
func (c *Console) readQueue(r *http.Request, actor auth.Actor) (queueView, error) {
	q := r.URL.Query()
	v := queueView{Text: strings.TrimSpace(q.Get("q")), Sort: query.Sort(q.Get("sort"))}
	var err error
	if v.Views, err = c.views(r.Context(), actor); err != nil {
		return v, err
	}
	v.View = v.Views.of(q.Get("view"))
	v.Shown = columnsOf(c.Rulebook(), v.View.Columns)
	v.Whole = q.Get("whole") != "" && v.View.Kept.ID != ""
	typed, err := query.Parse(v.Text)
	if err == nil {
		base := v.View
		if v.Whole {
			base.Filter = ""
		}
		v.Asked, err = base.with(typed)
	}
	if err != nil {
		v.wrong(err)
		return v, nil
	}
	v.usual = v.Asked.Sort
	if v.Sort == query.ByRelevance && len(v.Asked.Texts()) == 0 {
		v.Sort = "" // the words are gone
	}
	if isSort(v.Sort) && typed.Sort == "" {
		v.Asked.Sort = v.Sort
	}
	return v, nil
}

func isSort(s query.Sort) bool {
	for _, x := range query.Sorts() {
		if x == s {
			return true
		}
	}
	return false
}

// wrong says what cannot be looked for. A kept view that names what is gone, or is in a
// language of before, still opens: its filter stands in the box, to be put right.
func (v *queueView) wrong(err error) {
	v.Wrong = fault.Sentence(err)
	if v.View.Kept.ID == "" || v.Text != "" || v.Whole {
		return
	}
	v.Wrong = "This view asks for something that there is not. " + v.Wrong + " Change the words in the search box and keep the view anew."
	v.Text, v.Whole = v.View.Filter, true
}

const queuePage = 50

// fillQueue finds the rows.
func (c *Console) fillQueue(r *http.Request, actor auth.Actor, v *queueView) error {
	ask := find.Query{Filter: v.Asked, Limit: queuePage, Zone: zone(r)}
	if at := r.URL.Query().Get("after"); at != "" {
		p, err := readPosition(at)
		if err != nil {
			return err
		}
		ask.After, v.Paged = p, true
	}
	page, err := c.Find.List(r.Context(), actor, ask)
	if fault.Is(err, fault.Invalid) && fault.FieldOf(err) == "q" {
		v.wrong(err)
		return nil
	}
	if err != nil {
		return err
	}
	v.Rows, v.Down, v.Among = c.clockRows(page.Rows), page.Down, page.Among
	if page.Next != nil {
		v.More = v.address("after", writePosition(*page.Next))
	}
	return nil
}

// address is the page with one more parameter.
func (v queueView) address(name, value string) string { return v.at("/", name, value) }

func (v queueView) at(path, name, value string) string {
	q := url.Values{"view": {v.View.Key}}
	if v.Text != "" {
		q.Set("q", v.Text)
	}
	if v.Sort != "" {
		q.Set("sort", string(v.Sort))
	}
	if v.Whole {
		q.Set("whole", "1")
	}
	if name != "" {
		q.Set(name, value)
	}
	return path + "?" + q.Encode()
}

// order is how the rows are sorted now.
func (v queueView) order() query.Sort {
	words := len(v.Asked.Texts()) > 0
	switch {
	case v.Asked.Sort == query.ByRelevance && !words:
		return query.Newest
	case v.Asked.Sort != "":
		return v.Asked.Sort
	case words:
		return query.Newest
	}
	return query.ByPriority
}

func writePosition(p find.Position) string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readPosition(s string) (*find.Position, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	var p find.Position
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return nil, fault.Field("after", "This place in the list is not known any more. Start from the top.")
	}
	return &p, nil
}

func ticketPath(n int64) string { return "/tickets/" + strconv.FormatInt(n, 10) }

func rowID(n int64) string { return "t-" + strconv.FormatInt(n, 10) }

// exportQueue sends what the page would list, all of it.
func (c *Console) exportQueue(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.readQueue(r, actor)
	if err != nil {
		return err
	}
	if v.Wrong != "" {
		return fault.Field("q", v.Wrong)
	}
	begun := false
	err = c.Find.Export(r.Context(), actor, find.Query{Filter: v.Asked, Zone: zone(r)}, w, func() {
		begun = true
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="tickets.csv"`)
	})
	if begun && err != nil {
		c.Log.Warn("an export has ended early", "err", err)
		panic(http.ErrAbortHandler) // so that the browser does not take it for the whole
	}
	return err
}

// viewCounts counts the views, those of the page and in their order.
func (c *Console) viewCounts(ctx context.Context, actor auth.Actor, list viewList) ([]int, error) {
	var filters []query.Filter
	for _, v := range list.all {
		f, err := v.with(query.Filter{})
		if err != nil {
			f = query.Filter{Terms: []query.Term{{Key: query.Text, Values: []string{"x"}}}} // not counted
		}
		filters = append(filters, f)
	}
	return c.Find.Counts(ctx, actor, filters, nil)
}
