// Package people knows the persons that the help desk works for: where they sit,
// whom they report to, how they are reached. A list of them comes in as CSV, whole
// or not at all, and a person's data goes out again on request, while the
// statistics stay.
//
// Who may sign in, and with which role, is package auth's; here staff are persons
// like all others, since they ring too.
package people

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Person is somebody whom the help desk works for.
type Person struct {
	ID         string
	Name       string
	Email      string // lower case; empty of who only ever rang from a machine
	Role       auth.Role
	Site       string // id
	Manager    string // id of another person
	VIP        bool
	Phone      string
	Title      string
	Department string
	Notes      string // for the staff
	Disabled   bool
	CreatedAt  time.Time
	RemovedAt  time.Time // when their data was removed
}

// Removed reports whether the person's data was removed on request.
func (p Person) Removed() bool { return !p.RemovedAt.IsZero() }

// Former is what histories call a person whose data was removed.
const Former = "former requester"

// Row is a person in a list, with the names that go with the ids.
type Row struct {
	Person
	SiteName     string
	ManagerName  string
	ManagerEmail string
	Open         int // tickets that somebody still has to do something about
}

// Detail is a person with everything that their page shows.
type Detail struct {
	Row
	Accounts []Account
	Tickets  Tickets
	Reports  []Named // who names them as manager, at most 50 of them
}

// Account is a person as an endpoint's operating system knows them.
type Account struct {
	Endpoint     string
	EndpointName string
	Login        string
}

// Tickets are a person's tickets in figures.
type Tickets struct {
	Open, All int
	Rated     int
	Rating    float64 // the mean of the ratings; 0 when there are none
}

// Named is an id with its name.
type Named struct{ ID, Name string }

// Query selects people. The zero fields do not matter.
type Query struct {
	Text    string // in the name, the address, the phone number, title or department
	Site    string
	Manager string
	VIP     bool   // only these
	After   string // the id of the last person of the page before
	Limit   int
}

// Keeper keeps people.
type Keeper struct {
	store Store
	now   func() time.Time
}

// New returns the keeper of people over a store.
func New(store Store, now func() time.Time) *Keeper { return &Keeper{store: store, now: now} }

// Store is what the keeper needs kept. Get-like methods fail with fault.NotFound.
type Store interface {
	Update(ctx context.Context, write func(Tx) error) error
	People(ctx context.Context, q Query) ([]Row, error)
	Person(ctx context.Context, id string) (Row, error)
	Accounts(ctx context.Context, person string) ([]Account, error)
	Figures(ctx context.Context, person string) (Tickets, error)
	ReportsTo(ctx context.Context, manager string, limit int) ([]Named, error)
	Directory
	Leftovers
}

// Directory is what lines of a list are held against.
type Directory interface {
	// ByEmail returns the people who have one of the addresses, by address.
	ByEmail(ctx context.Context, emails []string) (map[string]Person, error)
	// Sites returns the ids of all sites by name.
	Sites(ctx context.Context) (map[string]string, error)
	// Line returns the manager's id of everybody who has one.
	Line(ctx context.Context) (map[string]string, error)
}

// Tx is a write.
type Tx interface {
	Directory
	Person(id string) (Person, error)
	Add(p Person) error
	// Save stores all but the role and the credentials; fault.Conflict when the
	// address is somebody else's.
	Save(p Person) error
	Remover
	Audit(e audit.Entry) error
}

// List returns a page of people by name, and the id to go on after.
func (k *Keeper) List(ctx context.Context, actor auth.Actor, q Query) ([]Row, string, error) {
	if err := auth.Authorise(actor, auth.PeopleList, auth.Object{}); err != nil {
		return nil, "", err
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.Limit < 1 || q.Limit > 200 {
		return nil, "", fault.Field("limit", "A page holds 1 to 200 people.")
	}
	want := q.Limit
	q.Limit++ // one more tells whether there is another page
	rows, err := k.store.People(ctx, q)
	if err != nil || len(rows) <= want {
		return rows, "", err
	}
	return rows[:want], rows[want-1].ID, nil
}

// Get returns a person with what belongs to them.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (Detail, error) {
	if err := auth.Authorise(actor, auth.PeopleList, auth.Object{Person: id}); err != nil {
		return Detail{}, err
	}
	var d Detail
	var err error
	if d.Row, err = k.store.Person(ctx, id); err != nil {
		return Detail{}, err
	}
	if d.Accounts, err = k.store.Accounts(ctx, id); err != nil {
		return Detail{}, err
	}
	if d.Tickets, err = k.store.Figures(ctx, id); err != nil {
		return Detail{}, err
	}
	d.Reports, err = k.store.ReportsTo(ctx, id, 50)
	return d, err
}

// ByEmail finds somebody by their address.
func (k *Keeper) ByEmail(ctx context.Context, actor auth.Actor, email string) (Person, error) {
	if err := auth.Authorise(actor, auth.PeopleList, auth.Object{}); err != nil {
		return Person{}, err
	}
	email, why := Clean("email", email)
	if why != "" {
		return Person{}, fault.Field("email", why)
	}
	found, err := k.store.ByEmail(ctx, []string{email})
	if err != nil {
		return Person{}, err
	}
	p, ok := found[email]
	if !ok {
		return Person{}, fault.Newf(fault.NotFound, "Nobody here has the address %s.", email)
	}
	return p, nil
}

// Change is what the help desk may change about a person. A nil field stays.
type Change struct {
	Name       *string
	Email      *string
	Site       *string
	Manager    *string
	VIP        *bool
	Phone      *string
	Title      *string
	Department *string
	Notes      *string
}

// Change changes a person's contact. The audit log names the fields, not what
// stands in them: it outlives the person's data.
func (k *Keeper) Change(ctx context.Context, actor auth.Actor, id string, c Change) (Person, error) {
	if err := auth.Authorise(actor, auth.PeopleKeep, auth.Object{Person: id}); err != nil {
		return Person{}, err
	}
	var after Person
	err := k.store.Update(ctx, func(tx Tx) error {
		p, err := tx.Person(id)
		if err != nil {
			return err
		}
		if p.Removed() {
			return fault.New(fault.Conflict, "This person's data was removed on request. There is nothing left to change.")
		}
		if c.Email != nil && p.Role != auth.NoRole && !strings.EqualFold(*c.Email, p.Email) {
			return fault.Field("email", "Somebody on the staff signs in with their address. It cannot be changed here.")
		}
		before := p
		changed, err := c.apply(&p)
		if err != nil {
			return err
		}
		if after = p; len(changed) == 0 {
			return nil
		}
		if err := k.checkPlace(ctx, tx, before, p); err != nil {
			return err
		}
		if err := tx.Save(p); err != nil {
			return err
		}
		return tx.Audit(audit.Entry{
			At: k.now(), Actor: auth.AuditActor(actor), Action: audit.ContactChanged, Object: "person:" + id, Detail: map[string]any{"fields": changed},
		})
	})
	return after, err
}

// checkPlace refuses a site that there is not, and a line of managers that comes
// back to where it began.
func (k *Keeper) checkPlace(ctx context.Context, tx Tx, before, p Person) error {
	if p.Site != before.Site && p.Site != "" {
		sites, err := tx.Sites(ctx)
		if err != nil {
			return err
		}
		known := false
		for _, id := range sites {
			known = known || id == p.Site
		}
		if !known {
			return fault.Field("site", "There is no such site. An administrator can add it.")
		}
	}
	if p.Manager == before.Manager || p.Manager == "" {
		return nil
	}
	if p.Manager == p.ID {
		return fault.Field("manager", "Nobody is their own manager.")
	}
	if _, err := tx.Person(p.Manager); err != nil {
		return fault.Field("manager", "There is no such person to be the manager.")
	}
	above, err := tx.Line(ctx)
	if err != nil {
		return err
	}
	at := p.Manager
	for range len(above) {
		if at = above[at]; at == "" {
			return nil
		}
		if at == p.ID {
			return fault.Field("manager", "This would make somebody their own manager further up. Change the manager's manager first.")
		}
	}
	return nil
}

// apply returns which fields it has changed.
func (c Change) apply(p *Person) ([]string, error) {
	var changed []string
	for _, f := range []struct {
		name string
		set  *string
		at   *string
	}{
		{"name", c.Name, &p.Name}, {"email", c.Email, &p.Email}, {"site", c.Site, &p.Site}, {"manager", c.Manager, &p.Manager},
		{"phone", c.Phone, &p.Phone}, {"title", c.Title, &p.Title}, {"department", c.Department, &p.Department}, {"notes", c.Notes, &p.Notes},
	} {
		if f.set == nil {
			continue
		}
		v, why := Clean(f.name, *f.set)
		if why != "" {
			return nil, fault.Field(f.name, why)
		}
		if v != *f.at {
			*f.at = v
			changed = append(changed, f.name)
		}
	}
	if c.VIP != nil && *c.VIP != p.VIP {
		p.VIP = *c.VIP
		changed = append(changed, "vip")
	}
	return changed, nil
}

// limits of what a field holds, in characters.
var limits = map[string]int{"name": 100, "email": 254, "phone": 60, "title": 100, "department": 100, "notes": 2000, "site": 100, "manager": 254}

// Clean returns a field's text as it is stored, or why it cannot be.
func Clean(field, s string) (clean, why string) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && (r != '\n' || field != "notes")
	}) {
		return "", "It holds characters that cannot be shown. Type it anew."
	}
	if n := limits[field]; utf8.RuneCountInString(s) > n {
		return "", "It is longer than " + itoa(n) + " characters. Shorten it."
	}
	switch field {
	case "name":
		if s == "" {
			return "", "The name is empty."
		}
	case "email":
		if s == "" {
			return "", ""
		}
		at := strings.LastIndexByte(s, '@')
		if at < 1 || at == len(s)-1 || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`<>,;"()`, r) }) || strings.Count(s, "@") != 1 {
			return "", "“" + s + "” is not an e-mail address. It looks like anna@example.com."
		}
		s = strings.ToLower(s)
	}
	return s, ""
}
