package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/rulebook"
)

// view is a selection of tickets in the left column: one that is always there, or one
// that somebody has kept.
type view struct {
	Key     string
	Title   string
	Icon    string
	Empty   string // what an empty one means
	Filter  string
	Sort    query.Sort
	Columns []string
	Kept    find.View // the zero one: it is always there
}

// standing lists the views that are always there, in the order of the page; the first
// is the usual one.
func standing() []view {
	return []view{
		{Key: "open", Title: "Open", Icon: "inbox", Filter: "state:open", Empty: "Nobody waits for anything. When somebody rings, their ticket appears here by itself."},
		{Key: "unassigned", Title: "Unassigned", Icon: "circle-help", Filter: "state:open is:unassigned", Empty: "Every open ticket is somebody's."},
		{Key: "mine", Title: "Mine", Icon: "user", Filter: "state:open is:mine", Empty: "You have no open tickets. Take one with t."},
		{Key: "watching", Title: "Watching", Icon: "star", Filter: "state:open is:watching", Empty: "You watch no open ticket. Whoever is mentioned in a note watches its ticket."},
		{Key: "waiting", Title: "On hold", Icon: "pause", Filter: "state:pending", Empty: "No ticket waits for a requester, a supplier or a change."},
		{Key: "breached", Title: "Overdue", Icon: "clock", Filter: "state:open is:breached", Sort: query.ByDue, Empty: "No clock has run out."},
		{Key: "resolved", Title: "Resolved", Icon: "circle-check", Filter: "state:resolved", Sort: query.Newest, Empty: "No ticket waits for its requester to confirm the solution."},
		{Key: "all", Title: "All", Icon: "list", Sort: query.Newest, Empty: "There are no tickets yet. The first comes when somebody rings the bell on their computer."},
	}
}

// with is the view's filter with what somebody types over it.
func (v view) with(typed query.Filter) (query.Filter, error) {
	f, err := query.Parse(v.Filter)
	if err != nil {
		return f, err
	}
	if f.Sort == "" {
		f.Sort = v.Sort
	}
	if len(typed.Texts()) > 0 && typed.Sort == "" && f.Sort == query.ByPriority {
		f.Sort = "" // words: the newest first
	}
	return find.Combine(f, typed), nil
}

// viewList are the views of the left column, with how many tickets each holds.
type viewList struct {
	all    []view
	counts []int
}

func (l viewList) of(key string) view {
	for _, v := range l.all {
		if v.Key == key {
			return v
		}
	}
	return l.all[0]
}

func (l viewList) count(i int) int {
	if i < len(l.counts) {
		return l.counts[i]
	}
	return -1
}

func (c *Console) views(ctx context.Context, actor auth.Actor) (viewList, error) {
	kept, err := c.Find.Views(ctx, actor)
	if err != nil {
		return viewList{}, err
	}
	l := viewList{all: standing()}
	for _, v := range kept {
		icon := "star"
		if v.Shared() {
			icon = "users"
		}
		l.all = append(l.all, view{Key: keptKey(v.ID), Title: v.Name, Icon: icon, Filter: v.Filter, Sort: v.Sort, Columns: v.Columns, Kept: v, Empty: "No ticket is like that now: " + v.Filter})
	}
	return l, nil
}

func keptKey(id string) string { return "v-" + id }

// shownColumns is what a row shows, and how teams and categories are called in it.
type shownColumns struct {
	has  map[string]bool
	book *rulebook.Book
}

func columnsOf(book *rulebook.Book, list []string) shownColumns {
	if len(list) == 0 {
		list = append(find.UsualColumns(), "site")
	}
	c := shownColumns{map[string]bool{}, book}
	for _, x := range list {
		c.has[x] = true
	}
	return c
}

// team and category are what a row shows of them; "" when it shows none.
func (c shownColumns) team(row desk.Row) string {
	if !c.has["team"] || row.Team == "" {
		return ""
	}
	return rulebook.NameOf[*rulebook.Team](c.book, row.Team)
}

func (c shownColumns) category(row desk.Row) string {
	if !c.has["category"] || row.Category == "" {
		return ""
	}
	return rulebook.PathOf(c.book, row.Category)
}

// columnWord is how a column is called.
func columnWord(c string) string {
	return map[string]string{"findings": "Findings", "requester": "Requester", "site": "Site", "endpoint": "Machine", "category": "Category", "team": "Team", "tags": "Tags",
		"state": "State", "assignee": "Assignee", "created": "Age", "updated": "Last change", "due": "Clock"}[c]
}

// sorts are the orders to choose from. What fits best can only be said of words.
func (v queueView) sorts() []query.Sort {
	return slices.DeleteFunc(query.Sorts(), func(s query.Sort) bool {
		return s == query.ByRelevance && len(v.Asked.Texts()) == 0
	})
}

// choice is what choosing an order asks for: nothing for the one that holds anyway.
func (v queueView) choice(s query.Sort) string {
	v.Asked.Sort = v.usual
	if s == v.order() {
		return ""
	}
	return string(s)
}

// sortWord is how an order is called.
func sortWord(s query.Sort) string {
	return map[query.Sort]string{query.ByPriority: "Most urgent first", query.Newest: "Newest first", query.Oldest: "Oldest first", query.ByDue: "First due first", query.ByUpdated: "Last change first", query.ByRelevance: "Best match first"}[s]
}

// keepView keeps what the page shows as a view of one's own.
func (c *Console) keepView(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.saveView(w, r, actor, actor.Person)
}

// shareView keeps it as everybody's.
func (c *Console) shareView(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.saveView(w, r, actor, "")
}

func (c *Console) saveView(w http.ResponseWriter, r *http.Request, actor auth.Actor, owner string) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(r.PostFormValue("version"), 10, 64) // none: a new one
	v, err := c.Find.SaveView(r.Context(), actor, find.View{
		ID: r.PostFormValue("id"), Version: seen, Owner: owner, Name: r.PostFormValue("name"), Filter: r.PostFormValue("filter"),
		Sort: query.Sort(r.PostFormValue("sort")), Columns: slices.Clone(r.PostForm["column"]),
	})
	if err != nil {
		return err
	}
	return kit.Back(w, r, "/?"+url.Values{"view": {keptKey(v.ID)}}.Encode())
}

func (c *Console) deleteView(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := c.Find.DeleteView(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	return kit.Back(w, r, "/")
}

// zone is the reader's time zone, as their browser has told.
func zone(r *http.Request) *time.Location {
	if cookie, err := r.Cookie("zone"); err == nil {
		name, err := url.QueryUnescape(cookie.Value)
		if err == nil && len(name) < 64 {
			if z, err := time.LoadLocation(name); err == nil {
				return z
			}
		}
	}
	return time.UTC
}

// unsorted is a filter without its order, which a view keeps beside it.
func unsorted(f query.Filter) query.Filter {
	f.Sort = ""
	return f
}
