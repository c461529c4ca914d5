package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
)

// Person is somebody Deskbell knows.
type Person struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Email     string    `json:"email,omitempty"`
	Role      auth.Role `json:"role" enum:",technician,operator,manager,admin" doc:"Empty: a requester only."`
	Disabled  bool      `json:"disabled"`
	CreatedAt time.Time `json:"created_at"`
}

func personOf(p auth.Person) Person {
	return Person{ID: p.ID, Name: p.Name, Email: p.Email, Role: p.Role, Disabled: p.Disabled, CreatedAt: utc(p.CreatedAt)}
}

const peopleTag = "People"

func (a *API) people() {
	add(a, auth.PeopleList, huma.Operation{
		Method: http.MethodGet, Path: "/people", Tags: []string{peopleTag}, Summary: "List people", Description: "By name.",
	}, a.listPeople)
	add(a, auth.PeopleManage, huma.Operation{
		Method: http.MethodPost, Path: "/people", Tags: []string{peopleTag}, Summary: "Add somebody to the staff",
		Description: "The answer holds a link that signs them in once, within 24 hours. It is shown this once.", DefaultStatus: http.StatusCreated,
	}, a.addPerson)
	add(a, auth.PeopleList, huma.Operation{
		Method: http.MethodGet, Path: "/people/{id}", Tags: []string{peopleTag}, Summary: "Read a person",
	}, a.readPerson)
	add(a, auth.PeopleManage, huma.Operation{
		Method: http.MethodPatch, Path: "/people/{id}", Tags: []string{peopleTag}, Summary: "Change a person",
		Description: "Whoever loses a role, or is disabled, is signed out everywhere and loses their tokens.",
	}, a.changePerson)
}

// PersonPath names a person in the path.
type PersonPath struct {
	ID string `path:"id" maxLength:"64" doc:"The person's id."`
}

type listPeopleIn struct {
	Paging
	Staff bool   `query:"staff" doc:"Only those with a role."`
	Q     string `query:"q" maxLength:"200" doc:"In the name or the address."`
}

func (a *API) listPeople(ctx context.Context, actor auth.Actor, in *listPeopleIn) (*pageOut[Person], error) {
	const list = "people"
	q := auth.PeopleQuery{Staff: in.Staff, Text: in.Q, Limit: in.Limit}
	if err := readCursor(list, in.Cursor, &q.After); err != nil {
		return nil, err
	}
	people, next, err := a.People.People(ctx, actor, q)
	if err != nil {
		return nil, err
	}
	var items []Person
	for _, p := range people {
		items = append(items, personOf(p))
	}
	return pageOf(list, items, nextID(next)), nil
}

type addPersonIn struct {
	Body struct {
		Email string    `json:"email" example:"anna@example.com"`
		Name  string    `json:"name,omitempty" doc:"Left out: the address's first part." example:"Anna Schmidt"`
		Role  auth.Role `json:"role" enum:"technician,operator,manager,admin" example:"technician"`
	}
}

// NewPerson is somebody who was added just now.
type NewPerson struct {
	Person
	SignInURL string `json:"sign_in_url" doc:"Signs them in once, within 24 hours."`
}

type addPersonOut struct {
	Location string `header:"Location" doc:"Where the person is."`
	Body     NewPerson
}

func (a *API) addPerson(ctx context.Context, actor auth.Actor, in *addPersonIn) (*addPersonOut, error) {
	p, secret, err := a.People.AddPerson(ctx, actor, in.Body.Email, in.Body.Name, in.Body.Role)
	if err != nil {
		return nil, err
	}
	// The secret stands behind the #, which browsers keep to themselves.
	return &addPersonOut{Prefix + "/people/" + p.ID, NewPerson{personOf(p), a.BaseURL() + "/sign-in/link#" + secret}}, nil
}

type personOut struct{ Body Person }

func (a *API) readPerson(ctx context.Context, actor auth.Actor, in *PersonPath) (*personOut, error) {
	p, err := a.People.Person(ctx, actor, in.ID)
	return &personOut{personOf(p)}, err
}

type changePersonIn struct {
	PersonPath
	Body struct {
		Name     *string    `json:"name,omitempty" example:"Anna Weber"`
		Role     *auth.Role `json:"role,omitempty" enum:",technician,operator,manager,admin" doc:"Empty takes them off the staff."`
		Disabled *bool      `json:"disabled,omitempty"`
	}
}

func (a *API) changePerson(ctx context.Context, actor auth.Actor, in *changePersonIn) (*personOut, error) {
	p, err := a.People.ChangePerson(ctx, actor, in.ID, auth.PersonChange{Name: in.Body.Name, Role: in.Body.Role, Disabled: in.Body.Disabled})
	return &personOut{personOf(p)}, err
}
