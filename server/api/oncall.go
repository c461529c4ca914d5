package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/oncall"
)

// OnCall says who is on call.
type OnCall interface {
	List(actor auth.Actor) ([]oncall.Standing, error)
	Get(actor auth.Actor, id string) (oncall.Standing, error)
	Save(ctx context.Context, actor auth.Actor, r oncall.Rota) (oncall.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Override(ctx context.Context, actor auth.Actor, o oncall.Override) (oncall.Override, error)
	EndOverride(ctx context.Context, actor auth.Actor, id string) error
	Policies(ctx context.Context, actor auth.Actor) ([]oncall.PolicyState, error)
	SavePolicy(ctx context.Context, actor auth.Actor, p oncall.Policy) (oncall.Policy, error)
	DeletePolicy(ctx context.Context, actor auth.Actor, id string) error
}

// RotaPerson is somebody of the staff.
type RotaPerson struct {
	ID   string `json:"id" maxLength:"64"`
	Name string `json:"name,omitempty" readOnly:"true"`
}

// RotaHours are those of the week in which a layer is on.
type RotaHours struct {
	Days []int `json:"days" minItems:"1" maxItems:"7" nullable:"false" doc:"On which they begin; 0 is Sunday."`
	From int   `json:"from_minute" minimum:"0" maximum:"1439" doc:"Of the day."`
	To   int   `json:"to_minute" minimum:"0" maximum:"1439" doc:"Of the day; not after from_minute: of the next one."`
}

// RotaLayer is people who follow each other.
type RotaLayer struct {
	Name   string       `json:"name,omitempty" maxLength:"80"`
	People []RotaPerson `json:"people" minItems:"1" maxItems:"50" nullable:"false" doc:"In order."`
	First  string       `json:"first" maxLength:"10" doc:"The day on which the first of them begins." example:"2026-11-23"`
	Minute int          `json:"minute" minimum:"0" maximum:"1439" doc:"Of the day, at which one hands over to the next." example:"540"`
	Days   int          `json:"days" minimum:"1" maximum:"90" doc:"From one hand-over to the next; 7 is a week." example:"7"`
	Hours  *RotaHours   `json:"hours,omitempty" doc:"Left out: it is on at all times."`
}

// RotaBody is what can be written of a rota.
type RotaBody struct {
	Name   string      `json:"name" maxLength:"80" example:"Nights"`
	Zone   string      `json:"zone" maxLength:"64" example:"Europe/Berlin"`
	Layers []RotaLayer `json:"layers" minItems:"1" maxItems:"8" nullable:"false" doc:"A later one covers the ones before it while somebody of it is on."`
}

// RotaShift is a time in which the same person is on call.
type RotaShift struct {
	From     time.Time   `json:"from"`
	To       time.Time   `json:"to,omitzero" doc:"Left out: it is not known."`
	Person   *RotaPerson `json:"person,omitempty" doc:"Left out: nobody is on call."`
	Layer    string      `json:"layer,omitempty"`
	Override string      `json:"override,omitempty" doc:"The id of the override by which they stand in."`
}

// RotaOverride has somebody stand in for a time.
type RotaOverride struct {
	ID      string      `json:"id"`
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	Person  RotaPerson  `json:"person"`
	Instead *RotaPerson `json:"instead,omitempty" doc:"They stand in only while this person would be on; left out: for whoever would."`
	Why     string      `json:"why,omitempty"`
	By      RotaPerson  `json:"by"`
	MadeAt  time.Time   `json:"made_at"`
}

// Rota is who is on call when.
type Rota struct {
	ID      string `json:"id"`
	Version int    `json:"version" doc:"A change names the version that it has seen."`
	RotaBody
	Now       RotaShift      `json:"now"`
	Next      *RotaShift     `json:"next,omitempty" doc:"The first with another person; left out: nobody follows within a hundred days."`
	Shifts    []RotaShift    `json:"shifts" nullable:"false" doc:"The next 14 days, gaps among them."`
	Overrides []RotaOverride `json:"overrides" nullable:"false" doc:"That are not over."`
}

func rotaPersonOf(p oncall.Person) *RotaPerson {
	if p.ID == "" {
		return nil
	}
	return &RotaPerson{ID: p.ID, Name: p.Name}
}

func shiftOf(s oncall.Shift) RotaShift {
	return RotaShift{From: utc(s.From), To: utc(s.To), Person: rotaPersonOf(s.Person), Layer: s.Layer, Override: s.Override}
}

func overrideOf(o oncall.Override) RotaOverride {
	return RotaOverride{
		ID: o.ID, From: utc(o.From), To: utc(o.To), Person: RotaPerson(o.Person), Instead: rotaPersonOf(o.Instead), Why: o.Why, By: RotaPerson(o.By), MadeAt: utc(o.MadeAt),
	}
}

func rotaOf(s oncall.Standing) Rota {
	r := Rota{ID: s.ID, Version: s.Version, Now: shiftOf(s.Now), Shifts: []RotaShift{}, Overrides: []RotaOverride{}}
	r.Name, r.Zone = s.Name, s.Zone
	for _, l := range s.Layers {
		x := RotaLayer{Name: l.Name, First: l.First, Minute: l.Minute, Days: l.Days}
		for _, p := range l.People {
			x.People = append(x.People, RotaPerson(p))
		}
		if l.Hours != nil {
			x.Hours = &RotaHours{From: l.Hours.From, To: l.Hours.To}
			for _, d := range l.Hours.Days {
				x.Hours.Days = append(x.Hours.Days, int(d))
			}
		}
		r.Layers = append(r.Layers, x)
	}
	if !s.Next.From.IsZero() {
		next := shiftOf(s.Next)
		r.Next = &next
	}
	for _, x := range s.Shifts {
		r.Shifts = append(r.Shifts, shiftOf(x))
	}
	for _, o := range s.Overrides {
		r.Overrides = append(r.Overrides, overrideOf(o))
	}
	return r
}

func (b RotaBody) rota() oncall.Rota {
	r := oncall.Rota{Name: b.Name, Zone: b.Zone}
	for _, l := range b.Layers {
		x := oncall.Layer{Name: l.Name, First: l.First, Minute: l.Minute, Days: l.Days}
		for _, p := range l.People {
			x.People = append(x.People, oncall.Person{ID: p.ID})
		}
		if l.Hours != nil {
			x.Hours = &oncall.Hours{From: l.Hours.From, To: l.Hours.To}
			for _, d := range l.Hours.Days {
				x.Hours.Days = append(x.Hours.Days, time.Weekday(d))
			}
		}
		r.Layers = append(r.Layers, x)
	}
	return r
}

const oncallTag = "On call"

func (a *API) oncall() {
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/oncall/rotas", Tags: []string{oncallTag}, Summary: "List rotas", Description: "Each with who is on call now and in the next 14 days.",
	}, a.listRotas)
	add(a, auth.OnCallManage, huma.Operation{
		Method: http.MethodPost, Path: "/oncall/rotas", Tags: []string{oncallTag}, Summary: "Make a rota", DefaultStatus: http.StatusCreated,
	}, a.makeRota)
	add(a, auth.NOCRead, huma.Operation{
		Method: http.MethodGet, Path: "/oncall/rotas/{id}", Tags: []string{oncallTag}, Summary: "Read a rota",
	}, a.readRota)
	add(a, auth.OnCallManage, huma.Operation{
		Method: http.MethodPut, Path: "/oncall/rotas/{id}", Tags: []string{oncallTag}, Summary: "Change a rota",
	}, a.changeRota)
	add(a, auth.OnCallManage, huma.Operation{
		Method: http.MethodDelete, Path: "/oncall/rotas/{id}", Tags: []string{oncallTag}, Summary: "Delete a rota", DefaultStatus: http.StatusNoContent,
	}, a.deleteRota)
	add(a, auth.OnCallOverride, huma.Operation{
		Method: http.MethodPost, Path: "/oncall/rotas/{id}/overrides", Tags: []string{oncallTag}, Summary: "Have somebody stand in",
		Description: "Who keeps rotas may do so for everyone, and everyone for their own shifts, by naming themselves as instead.", DefaultStatus: http.StatusCreated,
	}, a.makeOverride)
	add(a, auth.OnCallOverride, huma.Operation{
		Method: http.MethodDelete, Path: "/oncall/overrides/{id}", Tags: []string{oncallTag}, Summary: "End an override", Description: "From now on it counts no more.", DefaultStatus: http.StatusNoContent,
	}, a.endOverride)
	a.escalations()
}

type rotasOut struct {
	Body struct {
		Items []Rota `json:"items" nullable:"false"`
	}
}

func (a *API) listRotas(_ context.Context, actor auth.Actor, _ *struct{}) (*rotasOut, error) {
	list, err := a.OnCall.List(actor)
	if err != nil {
		return nil, err
	}
	out := &rotasOut{}
	out.Body.Items = []Rota{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, rotaOf(s))
	}
	return out, nil
}

type makeRotaIn struct{ Body RotaBody }

type rotaOut struct{ Body Rota }

func rotaAnswer(s oncall.Standing, err error) (*rotaOut, error) {
	if err != nil {
		return nil, err
	}
	return &rotaOut{Body: rotaOf(s)}, nil
}

func (a *API) makeRota(ctx context.Context, actor auth.Actor, in *makeRotaIn) (*rotaOut, error) {
	return rotaAnswer(a.OnCall.Save(ctx, actor, in.Body.rota()))
}

type rotaIn struct {
	ID string `path:"id" maxLength:"64" doc:"The rota's id."`
}

func (a *API) readRota(_ context.Context, actor auth.Actor, in *rotaIn) (*rotaOut, error) {
	return rotaAnswer(a.OnCall.Get(actor, in.ID))
}

type changeRotaIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The rota's id."`
	Body struct {
		RotaBody
		Version int `json:"version" minimum:"1"`
	}
}

func (a *API) changeRota(ctx context.Context, actor auth.Actor, in *changeRotaIn) (*rotaOut, error) {
	r := in.Body.rota()
	r.ID, r.Version = in.ID, in.Body.Version
	return rotaAnswer(a.OnCall.Save(ctx, actor, r))
}

func (a *API) deleteRota(ctx context.Context, actor auth.Actor, in *rotaIn) (*struct{}, error) {
	return nil, a.OnCall.Delete(ctx, actor, in.ID)
}

type makeOverrideIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The rota's id."`
	Body struct {
		From    time.Time `json:"from"`
		To      time.Time `json:"to"`
		Person  string    `json:"person" maxLength:"64" doc:"The id of who stands in."`
		Instead string    `json:"instead,omitempty" maxLength:"64" doc:"The id of whom they stand in for; left out: for whoever would be on."`
		Why     string    `json:"why,omitempty" maxLength:"300"`
	}
}

type overrideOut struct{ Body RotaOverride }

func (a *API) makeOverride(ctx context.Context, actor auth.Actor, in *makeOverrideIn) (*overrideOut, error) {
	b := in.Body
	o, err := a.OnCall.Override(ctx, actor, oncall.Override{Rota: in.ID, From: b.From, To: b.To, Person: oncall.Person{ID: b.Person}, Instead: oncall.Person{ID: b.Instead}, Why: b.Why})
	if err != nil {
		return nil, err
	}
	return &overrideOut{Body: overrideOf(o)}, nil
}

type overrideIn struct {
	ID string `path:"id" maxLength:"64" doc:"The override's id."`
}

func (a *API) endOverride(ctx context.Context, actor auth.Actor, in *overrideIn) (*struct{}, error) {
	return nil, a.OnCall.EndOverride(ctx, actor, in.ID)
}
