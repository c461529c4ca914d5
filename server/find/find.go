// Package find is finding and handling many tickets: the queue's lists, searches and
// counts, the views that people keep, changes to many tickets at once, and the export.
// What is asked is in the language of package query; which tickets that is, package
// board answers from memory, except for words, which the store looks for.
package find

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/board"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

// Finder finds tickets.
type Finder struct {
	board *board.Board
	store Store
	desk  Desk
	book  Book
	now   func() time.Time
}

// New returns a finder.
func New(b *board.Board, store Store, d Desk, book Book, now func() time.Time) *Finder {
	return &Finder{board: b, store: store, desk: d, book: book, now: now}
}

// Store is what finding needs kept.
type Store interface {
	// Search looks for words.
	Search(ctx context.Context, q TextQuery) (TextResult, error)
	// Docs returns what is said in tickets, to order them by it. Of very long ones it is
	// the beginning.
	Docs(ctx context.Context, numbers []int64) (map[int64]Doc, error)
	// Rows returns tickets in the order of their numbers in the list; one that there
	// is not is left out. Unless they are to be whole, they are what a line of a list
	// shows: who, what, when and what is wrong, without any longer text, and without
	// SiteName and VIP.
	Rows(ctx context.Context, numbers []int64, whole bool) ([]desk.Row, error)
	ViewStore
	BulkStore
}

// Book is what is needed of the desk's configuration.
type Book interface {
	// Teams and Categories list what tickets have been or can be given, in the order of
	// the book; a category knows which one it is below.
	Teams() []Choice
	Categories() []Choice
	// VIPs returns the ids of the requesters who are marked so, sorted.
	VIPs() []string
}

// Choice is something with a name that can be chosen.
type Choice struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
	// Path is the name with those above it before it; empty where there are none.
	Path string `json:"path,omitempty"`
	// Retired says that no ticket is given it any more; some may still have it.
	Retired bool `json:"-"`
}

// Full is what a person is shown.
func (c Choice) Full() string { return cmp.Or(c.Path, c.Name) }

// Desk does what many tickets are changed by, one after the other.
type Desk interface {
	Do(ctx context.Context, actor auth.Actor, id string, seen int64, c ticket.Command) (ticket.Ticket, error)
	// Merge merges one ticket into another one; seen is the version of the one that
	// goes.
	Merge(ctx context.Context, actor auth.Actor, id string, seen int64, into string) error
}

// Numbers are tickets to look among.
type Numbers interface {
	Has(number int64) bool
	// Below returns the highest number below another one, 0 when there is none.
	Below(number int64) int64
	Len() int
}

// TextQuery asks which tickets have words, the newest first.
type TextQuery struct {
	Terms []query.Term // of the key query.Text
	Notes bool         // also in what only the staff may read
	In    Numbers
	Below int64
	Limit int
	// Budget is how long it may take. What is found by then is returned.
	Budget time.Duration
}

// TextResult is what was found. Reached is the number down to which was looked; 0 when
// there is nothing further down.
type TextResult struct {
	Numbers []int64
	Reached int64
}

// Query asks for a page of tickets.
type Query struct {
	Filter query.Filter
	Sort   query.Sort // when the filter does not say it; empty: by priority, of words newest
	After  *Position
	Limit  int // 1 to 200; 0 is 50
	// With are conditions beside the filter, for who knows ids.
	With []board.Condition
	Zone *time.Location
	// Whole asks for all of each ticket, and not for what a line of a list shows.
	Whole bool
}

// Position is where a page ended.
type Position struct {
	board.Position
	// Down is how far a search has looked, when it goes on from there.
	Down int64 `json:"d,omitempty"`
	// Top and Low are where the hits that are ordered by relevance lie: below Top, from
	// Low on. Without them a search by relevance goes on newest first.
	Top int64 `json:"t,omitempty"`
	Low int64 `json:"l,omitempty"`
}

// Page is a page of tickets.
type Page struct {
	Rows []desk.Row
	// Next is where the following page begins; nil at the end.
	Next *Position
	// Down is set when a search had to stop early: the number down to which it has
	// looked. Next goes on from there.
	Down int64
	// Among is how many of the newest hits were put in the order asked for, when
	// there may be more of them; 0 when all were.
	Among int
}

const (
	pageLimit = 50
	maxPage   = 200
	// searchBudget is how long a page of a search looks for words.
	searchBudget = 14 * time.Millisecond
	// window is how many of the newest hits are put into another order than newest.
	window = 500
	// loadWait is how long a question waits for the board after a start.
	loadWait = 5 * time.Second
)

// ready waits until all tickets are on the board.
func (f *Finder) ready(ctx context.Context) error {
	select {
	case <-f.board.Ready():
		return nil
	default:
	}
	t := time.NewTimer(loadWait)
	defer t.Stop()
	select {
	case <-f.board.Ready():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return fault.New(fault.Unavailable, "The server has just started and is still reading its tickets. Nothing is lost; try again in a few seconds.")
	}
}

// List returns a page of tickets. A requester gets their own, and nothing of what only
// the staff may read.
func (f *Finder) List(ctx context.Context, actor auth.Actor, q Query) (Page, error) {
	in, err := f.allowed(actor, q)
	if err != nil {
		return Page{}, err
	}
	if q.Limit == 0 {
		q.Limit = pageLimit
	}
	if q.Limit < 1 || q.Limit > maxPage {
		return Page{}, fault.Field("limit", "A page holds 1 to 200 tickets.")
	}
	if err := f.ready(ctx); err != nil {
		return Page{}, err
	}
	var page Page
	var numbers []int64
	order := orderOf(q)
	if len(q.Filter.Texts()) == 0 {
		numbers = f.board.Page(in, order, at(q.After), q.Limit+1)
	} else if numbers, err = f.search(ctx, actor, q, in, order, &page); err != nil {
		return page, err
	}
	if len(numbers) > q.Limit { // never by relevance
		numbers = numbers[:q.Limit]
		page.Next = &Position{Position: f.board.PositionOf(numbers[q.Limit-1], order)}
		page.Down = 0
	}
	if page.Rows, err = f.store.Rows(ctx, numbers, q.Whole); !q.Whole {
		f.complete(page.Rows)
	}
	return page, err
}

// complete puts into lines what is known without asking the store.
func (f *Finder) complete(rows []desk.Row) {
	vips := f.book.VIPs()
	for i := range rows {
		r := &rows[i]
		r.SiteName = f.board.NameOf(board.Site, r.Site)
		_, r.VIP = slices.BinarySearch(vips, r.Requester.ID)
	}
}

func at(p *Position) *board.Position {
	if p == nil {
		return nil
	}
	return &p.Position
}

func orderOf(q Query) query.Sort {
	order := query.ByPriority
	switch {
	case q.Filter.Sort != "":
		order = q.Filter.Sort
	case len(q.Filter.Texts()) > 0 && (q.Sort == "" || q.Sort == query.ByPriority):
		order = query.Newest
	case q.Sort != "":
		order = q.Sort
	}
	if order == query.ByRelevance && len(wantedOf(q.Filter.Texts())) == 0 {
		return query.Newest // nothing is looked for, so nothing fits better
	}
	return order
}

// search looks for words. In another order than newest it is the newest hits that are
// ordered: to find the first of all, all would have to be found.
func (f *Finder) search(ctx context.Context, actor auth.Actor, q Query, in board.Filter, order query.Sort, page *Page) ([]int64, error) {
	text := TextQuery{Terms: q.Filter.Texts(), Notes: actor.Kind != auth.Requester, In: f.board.Select(in), Below: 1 << 62, Limit: q.Limit + 1, Budget: searchBudget}
	if order == query.ByRelevance {
		if q.After == nil || q.After.Low != 0 {
			return f.relevant(ctx, text, q, page)
		}
		order = query.Newest
	}
	if order != query.Newest {
		text.Limit = window
		found, err := f.store.Search(ctx, text)
		if err != nil {
			return nil, err
		}
		if found.Reached != 0 {
			page.Among = len(found.Numbers)
		}
		return f.board.Order(found.Numbers, order, at(q.After), q.Limit+1), nil
	}
	if q.After != nil {
		text.Below = q.After.Number
		if q.After.Down != 0 {
			text.Below = q.After.Down
		}
	}
	found, err := f.store.Search(ctx, text)
	if err != nil {
		return nil, err
	}
	if found.Reached != 0 && len(found.Numbers) <= q.Limit {
		page.Down = found.Reached
		page.Next = &Position{Down: found.Reached}
	}
	return found.Numbers, nil
}

// allowed checks who asks and returns the filter for the board.
func (f *Finder) allowed(actor auth.Actor, q Query) (board.Filter, error) {
	op := auth.TicketsList
	if actor.Kind == auth.Requester {
		op = auth.OwnTickets
	}
	if err := auth.Authorise(actor, op, auth.Object{}); err != nil {
		return board.Filter{}, err
	}
	in, err := f.bind(actor, q.Filter, q.Zone)
	in.Conditions = append(in.Conditions, q.With...)
	if actor.Kind == auth.Requester {
		in.Conditions = append(in.Conditions, board.Condition{Field: board.Requester, Values: []string{actor.Person}})
	}
	return in, err
}

// Holds returns which of some tickets a filter selects, to announce what is new where
// it will be found. Words are not looked for: a filter with words holds none.
func (f *Finder) Holds(ctx context.Context, actor auth.Actor, q Query, numbers []int64) ([]int64, error) {
	in, err := f.allowed(actor, q)
	if err != nil || len(q.Filter.Texts()) > 0 || len(numbers) == 0 {
		return nil, err
	}
	if err := f.ready(ctx); err != nil {
		return nil, err
	}
	return f.board.Holds(in, numbers), nil
}

// Counts returns how many tickets each of some filters selects, all at one moment; -1
// for one that looks for words, or that cannot be read any more.
func (f *Finder) Counts(ctx context.Context, actor auth.Actor, filters []query.Filter, zone *time.Location) ([]int, error) {
	if err := auth.Authorise(actor, auth.TicketsList, auth.Object{}); err != nil {
		return nil, err
	}
	if err := f.ready(ctx); err != nil {
		return nil, err
	}
	out := make([]int, len(filters))
	var ask []board.Filter
	var of []int
	for i, x := range filters {
		out[i] = -1
		in, err := f.bind(actor, x, zone)
		switch {
		case isNothing(err):
			out[i] = 0
		case err == nil && len(x.Texts()) == 0:
			ask, of = append(ask, in), append(of, i)
		}
	}
	for i, n := range f.board.Counts(ask) {
		out[of[i]] = n
	}
	return out, nil
}

// Numbers returns the numbers of all tickets that a filter selects, at most limit, in
// the order; with words, the newest hits.
func (f *Finder) Numbers(ctx context.Context, actor auth.Actor, q Query, limit int) ([]int64, error) {
	in, err := f.allowed(actor, q)
	if err != nil {
		return nil, err
	}
	if err := f.ready(ctx); err != nil {
		return nil, err
	}
	if len(q.Filter.Texts()) == 0 {
		return f.board.Page(in, orderOf(q), nil, limit), nil
	}
	text := TextQuery{Terms: q.Filter.Texts(), Notes: actor.Kind != auth.Requester, In: f.board.Select(in), Below: 1 << 62, Limit: limit, Budget: time.Minute}
	found, err := f.store.Search(ctx, text)
	if err != nil {
		return nil, err
	}
	if orderOf(q) == query.ByRelevance {
		return f.ranked(ctx, text, found.Numbers)
	}
	return f.board.Order(found.Numbers, orderOf(q), nil, limit), nil
}

var errNothing = errors.New("nothing has that name")

// Rows returns lines of tickets by their numbers, for the staff.
func (f *Finder) Rows(ctx context.Context, actor auth.Actor, numbers []int64) ([]desk.Row, error) {
	if err := auth.Authorise(actor, auth.TicketsList, auth.Object{}); err != nil {
		return nil, err
	}
	rows, err := f.store.Rows(ctx, numbers, false)
	f.complete(rows)
	return rows, err
}

// Choices are the teams and categories that tickets can be given.
func (f *Finder) Choices() (teams, categories []Choice) {
	return offered(f.book.Teams()), offered(f.book.Categories())
}

func offered(list []Choice) []Choice {
	return slices.DeleteFunc(list, func(c Choice) bool { return c.Retired })
}

// Combine puts what somebody types over a view: what they say of a thing replaces what
// the view says of it, and everything else holds together.
func Combine(view, typed query.Filter) query.Filter {
	if typed.Number != 0 {
		return typed
	}
	out := query.Filter{Sort: view.Sort}
	if typed.Sort != "" {
		out.Sort = typed.Sort
	}
	for _, t := range view.Terms {
		said := slices.ContainsFunc(typed.Terms, func(x query.Term) bool {
			return x.Key == t.Key && x.Key != query.Text && x.Key != query.Is && !x.Not
		})
		if !said {
			out.Terms = append(out.Terms, t)
		}
	}
	out.Terms = append(out.Terms, typed.Terms...)
	return out
}
