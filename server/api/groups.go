package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/group"
)

// Groups are groups of endpoints.
type Groups interface {
	List(actor auth.Actor) ([]group.Standing, error)
	Get(actor auth.Actor, id string) (group.Standing, error)
	Save(ctx context.Context, actor auth.Actor, g group.Group) (group.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(actor auth.Actor, g group.Group) ([]group.Machine, error)
	// Named says what knows a group by a name, and what of it follows to another.
	Named(actor auth.Actor, from, to string) (group.Known, error)
	In(name string) (in func(id string) bool, ok bool)
	// Asked says of endpoints whether a condition that was typed fits them.
	Asked(text string) (in func(id string) bool, ok bool)
}

// GroupBody is what can be written of a group.
type GroupBody struct {
	Name      string   `json:"name" maxLength:"200" doc:"Unique. With another one goes what knows the group by its name here; see docs/groups.md." example:"Finance laptops"`
	Note      string   `json:"note,omitempty" maxLength:"2000"`
	Condition string   `json:"condition,omitempty" maxLength:"2000" doc:"Which machines are in it, as in site:Berlin model:*ThinkPad* -software:firefox; see docs/groups.md. Without one only those that are named." example:"site:Berlin os:windows"`
	Machines  []string `json:"machines,omitempty" maxItems:"1000" doc:"Beside those that the condition fits: ids, or names that one endpoint alone has."`
}

// Group is a group of endpoints, and how it does.
type Group struct {
	ID        string   `json:"id"`
	Version   int      `json:"version" doc:"A change names the version that it has seen."`
	Endpoints int      `json:"endpoints" doc:"How many are in it."`
	Online    int      `json:"online"`
	Suffering int      `json:"suffering" doc:"Of those that are online: how many have a problem."`
	Share     *float64 `json:"suffering_share" minimum:"0" maximum:"1" doc:"Which share of those that are online that is; null while nobody is."`
	GroupBody
}

func groupOf(s group.Standing) Group {
	g := Group{
		ID: s.ID, Version: s.Version, Endpoints: s.Endpoints, Online: s.Online, Suffering: s.Suffering,
		GroupBody: GroupBody{Name: s.Name, Note: s.Note, Condition: s.Condition, Machines: s.Machines},
	}
	if s.Online > 0 {
		share := float64(s.Suffering) / float64(s.Online)
		g.Share = &share
	}
	return g
}

func (b GroupBody) group() group.Group {
	return group.Group{Name: b.Name, Note: b.Note, Condition: b.Condition, Machines: b.Machines}
}

const groupTag = "Groups"

func (a *API) groups() {
	add(a, auth.EndpointsList, huma.Operation{
		Method: http.MethodGet, Path: "/groups", Tags: []string{groupTag}, Summary: "List groups of endpoints", Description: "By name, with how each does.",
	}, a.listGroups)
	add(a, auth.GroupsManage, huma.Operation{
		Method: http.MethodPost, Path: "/groups", Tags: []string{groupTag}, Summary: "Make a group", DefaultStatus: http.StatusCreated,
		Description: "In it are all machines that the condition fits, and those that are named. It follows within ten seconds what is known of them.",
	}, a.makeGroup)
	add(a, auth.EndpointsList, huma.Operation{
		Method: http.MethodPost, Path: "/groups/try", Tags: []string{groupTag}, Summary: "Try a group", Description: "Says which machines would be in it now, 1000 at most. Nothing is kept.",
	}, a.tryGroup)
	add(a, auth.EndpointsList, huma.Operation{
		Method: http.MethodGet, Path: "/groups/{id}", Tags: []string{groupTag}, Summary: "Read a group",
	}, a.readGroup)
	add(a, auth.GroupsManage, huma.Operation{
		Method: http.MethodPut, Path: "/groups/{id}", Tags: []string{groupTag}, Summary: "Change a group",
		Description: "With another name goes what knows the group by exactly that: maintenance windows, silences, channels, escalations, scheduled reports and its availability. What does not is in stays_behind. Series of before stay under the old name.",
	}, a.changeGroup)
	add(a, auth.GroupsManage, huma.Operation{
		Method: http.MethodGet, Path: "/groups/{id}/known", Tags: []string{groupTag}, Summary: "Read what knows a group by its name", Description: "What of it follows to another name, and what stays behind.",
	}, a.groupKnown)
	add(a, auth.GroupsManage, huma.Operation{
		Method: http.MethodDelete, Path: "/groups/{id}", Tags: []string{groupTag}, Summary: "Remove a group", DefaultStatus: http.StatusNoContent,
		Description: "Its machines stay as they are; alerts of the group are withdrawn, and windows for it hold nothing any more.",
	}, a.deleteGroup)
}

type groupsOut struct {
	Body struct {
		Items []Group `json:"items" nullable:"false"`
	}
}

func (a *API) listGroups(_ context.Context, actor auth.Actor, _ *struct{}) (*groupsOut, error) {
	list, err := a.Groups.List(actor)
	if err != nil {
		return nil, err
	}
	out := &groupsOut{}
	out.Body.Items = []Group{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, groupOf(s))
	}
	return out, nil
}

type groupOut struct{ Body Group }

func (a *API) saveGroup(ctx context.Context, actor auth.Actor, g group.Group) (*groupOut, error) {
	saved, err := a.Groups.Save(ctx, actor, g)
	if err != nil {
		return nil, err
	}
	return &groupOut{Body: groupOf(saved)}, nil
}

func (a *API) makeGroup(ctx context.Context, actor auth.Actor, in *struct{ Body GroupBody }) (*groupOut, error) {
	return a.saveGroup(ctx, actor, in.Body.group())
}

type groupIn struct {
	ID string `path:"id" maxLength:"64" doc:"The group's id."`
}

func (a *API) readGroup(_ context.Context, actor auth.Actor, in *groupIn) (*groupOut, error) {
	s, err := a.Groups.Get(actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &groupOut{Body: groupOf(s)}, nil
}

type changeGroupIn struct {
	ID   string `path:"id" maxLength:"64" doc:"The group's id."`
	Body struct {
		GroupBody
		Version int `json:"version" minimum:"1"`
	}
}

type changedGroupOut struct {
	Body struct {
		Group
		Stays []string `json:"stays_behind" nullable:"false" doc:"When it has another name: what goes by the old one still, and has to be changed by hand."`
	}
}

func (a *API) changeGroup(ctx context.Context, actor auth.Actor, in *changeGroupIn) (*changedGroupOut, error) {
	before, err := a.Groups.Get(actor, in.ID)
	if err != nil {
		return nil, err
	}
	g := in.Body.group()
	g.ID, g.Version = in.ID, in.Body.Version
	saved, err := a.Groups.Save(ctx, actor, g)
	if err != nil {
		return nil, err
	}
	out := &changedGroupOut{}
	out.Body.Group, out.Body.Stays = groupOf(saved), []string{}
	if before.Name != saved.Name {
		known, err := a.Groups.Named(actor, before.Name, saved.Name)
		if err != nil {
			return nil, err
		}
		out.Body.Stays = append(out.Body.Stays, known.Stays...)
	}
	return out, nil
}

type groupKnownIn struct {
	ID string `path:"id" maxLength:"64" doc:"The group's id."`
	To string `query:"to" maxLength:"200" doc:"The name that it is to have; empty: nobody knows yet."`
}

type groupKnownOut struct {
	Body struct {
		Follows []string `json:"follows" nullable:"false" doc:"What goes along to another name, in words."`
		Stays   []string `json:"stays_behind" nullable:"false" doc:"What does not: matchers by regular expression, and rules in files."`
	}
}

func (a *API) groupKnown(_ context.Context, actor auth.Actor, in *groupKnownIn) (*groupKnownOut, error) {
	g, err := a.Groups.Get(actor, in.ID)
	if err != nil {
		return nil, err
	}
	known, err := a.Groups.Named(actor, g.Name, in.To)
	if err != nil {
		return nil, err
	}
	out := &groupKnownOut{}
	out.Body.Follows, out.Body.Stays = append([]string{}, known.Follows...), append([]string{}, known.Stays...)
	return out, nil
}

func (a *API) deleteGroup(ctx context.Context, actor auth.Actor, in *groupIn) (*struct{}, error) {
	return nil, a.Groups.Delete(ctx, actor, in.ID)
}

type tryGroupIn struct {
	Body struct {
		Condition string   `json:"condition,omitempty" maxLength:"2000" example:"site:Berlin os:windows"`
		Machines  []string `json:"machines,omitempty" maxItems:"1000"`
	}
}

// GroupMember is a machine that would be in a group.
type GroupMember struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Site string `json:"site" doc:"Its name."`
}

type tryGroupOut struct {
	Body struct {
		Endpoints int           `json:"endpoints" doc:"How many there are."`
		Items     []GroupMember `json:"items" nullable:"false" doc:"By name, 1000 at most."`
	}
}

const maxTried = 1000

func (a *API) tryGroup(_ context.Context, actor auth.Actor, in *tryGroupIn) (*tryGroupOut, error) {
	list, err := a.Groups.Try(actor, group.Group{Condition: in.Body.Condition, Machines: in.Body.Machines})
	if err != nil {
		return nil, err
	}
	out := &tryGroupOut{}
	out.Body.Endpoints, out.Body.Items = len(list), []GroupMember{}
	for _, m := range list[:min(len(list), maxTried)] {
		out.Body.Items = append(out.Body.Items, GroupMember{m.ID, m.Name, m.Site})
	}
	return out, nil
}
