package auth

import (
	"context"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
)

// AddPerson adds somebody to the staff, and returns the secret of a link with
// which they sign in for the first time.
func (a *Auth) AddPerson(ctx context.Context, actor Actor, email, name string, role Role) (Person, string, error) {
	if err := Authorise(actor, PeopleManage, Object{}); err != nil {
		return Person{}, "", err
	}
	email, err := cleanEmail(email)
	if err != nil {
		return Person{}, "", err
	}
	if !role.Valid() {
		return Person{}, "", fault.Field("role", "A role is technician, operator, manager or admin.")
	}
	if name = strings.TrimSpace(name); name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	if err := checkName(name); err != nil {
		return Person{}, "", err
	}
	p := Person{ID: a.newID(), Name: name, Email: email, Role: role, CreatedAt: a.now()}
	secret, link := a.newLink(SignInLink, p.ID, "", "")
	err = a.store.Update(ctx, func(tx Tx) error {
		if err := tx.AddPerson(p); err != nil {
			return err
		}
		if err := tx.AddLink(link); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.PersonAdded, "person:"+p.ID, map[string]any{"email": email, "role": role}))
	})
	return p, secret, err
}

func checkName(name string) error {
	if len([]rune(name)) > 100 || strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return fault.Field("name", "A name has at most 100 characters and no line breaks.")
	}
	return nil
}

// PersonChange is what an administrator may change about a person.
type PersonChange struct {
	Name     *string
	Role     *Role
	Disabled *bool
}

// ChangePerson changes somebody. Who loses their role, or is disabled, is signed
// out everywhere and loses their tokens. The last administrator stays one.
func (a *Auth) ChangePerson(ctx context.Context, actor Actor, id string, c PersonChange) (Person, error) {
	if err := Authorise(actor, PeopleManage, Object{Person: id}); err != nil {
		return Person{}, err
	}
	if c.Role != nil && *c.Role != NoRole && !c.Role.Valid() {
		return Person{}, fault.Field("role", "A role is technician, operator, manager or admin.")
	}
	if c.Name != nil {
		if err := checkName(*c.Name); err != nil {
			return Person{}, err
		}
	}
	var after Person
	err := a.store.Update(ctx, func(tx Tx) error {
		p, err := tx.Person(id)
		if err != nil {
			return err
		}
		detail := map[string]any{}
		if c.Name != nil && *c.Name != p.Name {
			p.Name = *c.Name
			detail["name"] = p.Name
		}
		weaker := false
		if c.Role != nil && *c.Role != p.Role {
			weaker = p.Role != NoRole
			p.Role = *c.Role
			detail["role"] = p.Role
		}
		if c.Disabled != nil && *c.Disabled != p.Disabled {
			weaker = weaker || *c.Disabled
			p.Disabled = *c.Disabled
			detail["disabled"] = p.Disabled
		}
		after = p
		if len(detail) == 0 {
			return nil
		}
		if weaker && p.ID == actor.Person {
			return fault.New(fault.Conflict, "You cannot take your own rights away. Ask another administrator.")
		}
		if p.Role != NoRole && p.Email == "" {
			return fault.Field("role", "Somebody on the staff needs an e-mail address to sign in with.")
		}
		if err := tx.SavePerson(p); err != nil {
			return err
		}
		if weaker {
			for _, drop := range []func() error{
				func() error { return tx.DropSessions(p.ID, nil) },
				func() error { return tx.DropTokens(p.ID) },
				func() error { return tx.DropLinks(p.ID) },
			} {
				if err := drop(); err != nil {
					return err
				}
			}
		}
		return tx.Audit(a.entry(actor, audit.PersonChanged, "person:"+p.ID, detail))
	})
	return after, err
}

// MakeSignInLink returns the secret of a new sign-in link for somebody on the
// staff, and spends all older ones.
func (a *Auth) MakeSignInLink(ctx context.Context, actor Actor, id string) (string, error) {
	if err := Authorise(actor, PeopleManage, Object{Person: id}); err != nil {
		return "", err
	}
	secret, link := a.newLink(SignInLink, id, "", "")
	return secret, a.store.Update(ctx, func(tx Tx) error {
		p, err := tx.Person(id)
		if err != nil {
			return err
		}
		if p.Role == NoRole || p.Disabled {
			return fault.New(fault.Conflict, p.Name+" is not on the staff, or is disabled, and cannot sign in.")
		}
		if err := tx.DropLinks(id); err != nil {
			return err
		}
		if err := tx.AddLink(link); err != nil {
			return err
		}
		return tx.Audit(a.entry(actor, audit.LinkMade, "person:"+id, nil))
	})
}

// Person returns somebody.
func (a *Auth) Person(ctx context.Context, actor Actor, id string) (Person, error) {
	if err := Authorise(actor, PeopleList, Object{Person: id}); err != nil {
		return Person{}, err
	}
	return a.store.Person(ctx, id)
}

// PersonByEmail returns somebody by their address.
func (a *Auth) PersonByEmail(ctx context.Context, actor Actor, email string) (Person, error) {
	if err := Authorise(actor, PeopleList, Object{}); err != nil {
		return Person{}, err
	}
	email, err := cleanEmail(email)
	if err != nil {
		return Person{}, err
	}
	return a.store.PersonByEmail(ctx, email)
}

// People returns a page of people by name, and the id to go on after.
func (a *Auth) People(ctx context.Context, actor Actor, q PeopleQuery) ([]Person, string, error) {
	if err := Authorise(actor, PeopleList, Object{}); err != nil {
		return nil, "", err
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.Limit < 1 || q.Limit > 200 {
		return nil, "", fault.Field("limit", "A page holds 1 to 200 people.")
	}
	want := q.Limit
	q.Limit++
	people, err := a.store.People(ctx, q)
	if err != nil || len(people) <= want {
		return people, "", err
	}
	return people[:want], people[want-1].ID, nil
}
