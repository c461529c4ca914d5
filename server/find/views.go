package find

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/query"
)

// View is a filter that somebody has kept under a name, with its order and columns.
type View struct {
	ID        string
	Owner     string // a person's id; empty: everybody's
	Name      string
	Filter    string // as it was typed
	Sort      query.Sort
	Columns   []string
	Position  int
	Version   int64
	UpdatedAt time.Time
}

// Shared reports whether everybody sees the view.
func (v View) Shared() bool { return v.Owner == "" }

// ViewStore keeps views.
type ViewStore interface {
	// Views returns a person's views and everybody's.
	Views(ctx context.Context, person string) ([]View, error)
	View(ctx context.Context, id string) (View, error)
	// SaveView adds a view, or changes the one of version seen: fault.Stale when it
	// has another one.
	SaveView(ctx context.Context, v View, seen int64, e *audit.Entry) error
	DeleteView(ctx context.Context, id string, e *audit.Entry) error
}

const (
	maxViews    = 100 // of one person, and of all together
	maxViewName = 60
)

// Views returns the views that a person sees: everybody's first.
func (f *Finder) Views(ctx context.Context, actor auth.Actor) ([]View, error) {
	if err := auth.Authorise(actor, auth.TicketsList, auth.Object{}); err != nil {
		return nil, err
	}
	return f.store.Views(ctx, actor.Person)
}

// SaveView adds a view, or changes one. Everybody's views are for managers to keep.
func (f *Finder) SaveView(ctx context.Context, actor auth.Actor, v View) (View, error) {
	if err := f.mayKeep(ctx, actor, v); err != nil {
		return v, err
	}
	v.Name = strings.Join(strings.Fields(v.Name), " ")
	if n := utf8.RuneCountInString(v.Name); n < 1 || n > maxViewName || !utf8.ValidString(v.Name) {
		return v, fault.Field("name", "A view has a name of 1 to 60 characters.")
	}
	parsed, err := query.Parse(v.Filter)
	if err != nil {
		return v, err
	}
	if parsed.Sort != "" { // the order is kept beside it
		v.Sort, parsed.Sort = parsed.Sort, ""
	}
	v.Filter = query.Print(parsed)
	if v.Sort == "" {
		v.Sort = query.ByPriority
	}
	if !known(v.Sort) {
		return v, fault.Field("sort", "A view is sorted by priority, newest, oldest, due, updated or relevance.")
	}
	if v.Columns, err = CleanColumns(v.Columns); err != nil {
		return v, err
	}
	all, err := f.store.Views(ctx, actor.Person)
	if err != nil {
		return v, err
	}
	own, last := 0, 0
	for _, x := range all {
		if x.Owner == v.Owner {
			own++
			last = max(last, x.Position)
		}
		if x.Owner == v.Owner && x.ID != v.ID && strings.EqualFold(x.Name, v.Name) {
			return v, fault.New(fault.Conflict, "There is a view named “"+x.Name+"” already. Choose another name, or change that view.")
		}
	}
	seen := v.Version
	v.UpdatedAt = f.now()
	if v.ID == "" {
		if own >= maxViews {
			return v, fault.New(fault.TooMany, "There are 100 views already. Delete one that nobody uses.")
		}
		v.ID, v.Version, seen, v.Position = ulid.MustNewDefault(v.UpdatedAt).String(), 1, 0, last+1
	} else {
		v.Version = seen + 1
	}
	return v, f.store.SaveView(ctx, v, seen, f.entry(actor, v, audit.ViewSaved))
}

// mayKeep checks that a person may add or change a view: their own, or everybody's.
func (f *Finder) mayKeep(ctx context.Context, actor auth.Actor, v View) error {
	op := auth.ViewsOwn
	if v.Shared() {
		op = auth.ViewsShared
	} else if v.Owner != actor.Person {
		return fault.New(fault.NotFound, noView)
	}
	if err := auth.Authorise(actor, op, auth.Object{}); err != nil {
		return err
	}
	if v.ID == "" {
		return nil
	}
	old, err := f.store.View(ctx, v.ID)
	if err != nil {
		return err
	}
	if old.Owner != "" && old.Owner != actor.Person {
		return fault.New(fault.NotFound, noView)
	}
	if old.Shared() {
		return auth.Authorise(actor, auth.ViewsShared, auth.Object{})
	}
	return nil
}

const noView = "There is no such view."

// DeleteView deletes a view.
func (f *Finder) DeleteView(ctx context.Context, actor auth.Actor, id string) error {
	v, err := f.store.View(ctx, id)
	if err != nil {
		return err
	}
	if err := f.mayKeep(ctx, actor, v); err != nil {
		return err
	}
	return f.store.DeleteView(ctx, id, f.entry(actor, v, audit.ViewDeleted))
}

// entry is what the audit log says of a view; nothing of personal ones.
func (f *Finder) entry(actor auth.Actor, v View, action audit.Action) *audit.Entry {
	if !v.Shared() {
		return nil
	}
	return &audit.Entry{At: f.now(), Actor: auth.AuditActor(actor), Action: action, Object: "view:" + v.ID, Detail: map[string]any{"name": v.Name, "filter": v.Filter}}
}

func known(s query.Sort) bool {
	for _, x := range query.Sorts() {
		if x == s {
			return true
		}
	}
	return false
}

// Columns lists what a row of the queue and of the export may show.
func Columns() []string {
	return []string{"findings", "requester", "site", "endpoint", "category", "team", "tags", "state", "assignee", "created", "updated", "due"}
}

// UsualColumns is what a row shows when nobody has chosen.
func UsualColumns() []string {
	return []string{"findings", "requester", "state", "assignee", "created"}
}

// CleanColumns puts columns into their order; none are the usual ones.
func CleanColumns(list []string) ([]string, error) {
	chosen := map[string]bool{}
	for _, c := range list {
		chosen[c] = true
	}
	var out []string
	for _, c := range Columns() {
		if chosen[c] {
			out = append(out, c)
			delete(chosen, c)
		}
	}
	for c := range chosen {
		return nil, fault.Field("columns", "There is no column "+c+". Possible are "+strings.Join(Columns(), ", ")+".")
	}
	if out == nil {
		return UsualColumns(), nil
	}
	return out, nil
}
