package console

import (
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
	"github.com/deskbell/deskbell/server/ticket"
)

// view is a standing selection of tickets.
type view struct {
	Key   string
	Title string
	Icon  string
	Empty string // what an empty one means
}

// views lists the selections in the order of the page; the first is the usual one.
func views() []view {
	return []view{
		{"open", "Open", "inbox", "Nobody waits for anything. When somebody rings, their ticket appears here by itself."},
		{"unassigned", "Unassigned", "circle-help", "Every open ticket is somebody's."},
		{"mine", "Mine", "user", "You have no open tickets. Take one with t."},
		{"waiting", "On hold", "pause", "No ticket waits for a requester, a supplier or a change."},
		{"resolved", "Resolved", "circle-check", "No ticket waits for its requester to confirm the solution."},
		{"all", "All", "list", "There are no tickets yet. The first comes when somebody rings the bell on their computer."},
	}
}

func viewOf(key string) view {
	for _, v := range views() {
		if v.Key == key {
			return v
		}
	}
	return views()[0]
}

// query is what a view asks the desk for.
func (v view) query(actor auth.Actor) desk.Query {
	switch v.Key {
	case "unassigned":
		return desk.Query{Open: true, Unassigned: true}
	case "mine":
		return desk.Query{Open: true, Assignee: actor.Person}
	case "waiting":
		return desk.Query{States: []ticket.State{ticket.Pending}}
	case "resolved":
		return desk.Query{States: []ticket.State{ticket.Resolved}, Order: desk.Newest}
	case "all":
		return desk.Query{Order: desk.Newest}
	}
	return desk.Query{Open: true}
}

// holds reports whether a ticket belongs into the view, so that one that has just
// come is announced where it will be found.
func (v view) holds(actor auth.Actor, t ticket.Ticket) bool {
	switch v.Key {
	case "unassigned":
		return t.State.Open() && t.Assignee.ID == ""
	case "mine":
		return t.State.Open() && t.Assignee.ID == actor.Person
	case "waiting":
		return t.State == ticket.Pending
	case "resolved":
		return t.State == ticket.Resolved
	case "all":
		return true
	}
	return t.State.Open()
}

// count is how many tickets the view holds; -1 when nobody counts them.
func (v view) count(c desk.Counts) int {
	switch v.Key {
	case "unassigned":
		return c.Unassigned
	case "mine":
		return c.Mine
	case "waiting":
		return c.Waiting
	case "resolved":
		return c.Resolved
	case "all":
		return -1
	}
	return c.Open
}

type queueView struct {
	Frame  frame
	View   view
	Text   string // of the search
	Rows   []desk.Row
	More   string // the address of the rows that follow; "": there are none
	Counts desk.Counts
	Paged  bool // the page does not begin at the beginning
}

const queuePage = 50

// queuePage lists tickets. A number in the search box leads to the ticket itself.
func (c *Console) queuePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	text := strings.TrimSpace(q.Get("q"))
	if n, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64); err == nil && n > 0 {
		if d, err := c.Desk.GetByNumber(r.Context(), actor, n); err == nil {
			return kit.Back(w, r, ticketPath(d.Number))
		}
	}
	v := queueView{View: viewOf(q.Get("view")), Text: text}
	ask := v.View.query(actor)
	ask.Text, ask.Limit = text, queuePage
	if at := q.Get("after"); at != "" {
		p, err := readPosition(at)
		if err != nil {
			return err
		}
		ask.After, v.Paged = p, true
	}
	rows, next, err := c.Desk.List(r.Context(), actor, ask)
	if err != nil {
		return err
	}
	v.Rows = rows
	if next != nil {
		v.More = v.address("after", writePosition(*next))
	}
	if v.Paged && kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, queueRows(v, actor))
	}
	if v.Counts, err = c.Desk.Counts(r.Context(), actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atQueue, v.View.Title, "ticket"); err != nil {
		return err
	}
	v.Frame.side = queueViews(v.View, v.Counts)
	if kit.Partial(r) {
		return c.out.Show(w, r, http.StatusOK, queueAgain(v))
	}
	return c.out.Show(w, r, http.StatusOK, queue(v))
}

// address is the page with one more parameter.
func (v queueView) address(name, value string) string {
	q := url.Values{"view": {v.View.Key}}
	if v.Text != "" {
		q.Set("q", v.Text)
	}
	if name != "" {
		q.Set(name, value)
	}
	return "/?" + q.Encode()
}

func writePosition(p desk.Position) string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readPosition(s string) (*desk.Position, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	var p desk.Position
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
