package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
)

// Screen is a screen that may show the wall.
type Screen struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	MadeBy    string    `json:"made_by" doc:"The name of who made it, as it was then."`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at,omitzero" doc:"When it last showed the wall; left out: never."`
	Client    string    `json:"client,omitempty" doc:"What its browser calls itself."`
}

func screenOf(s auth.ScreenPass) Screen {
	return Screen{ID: s.ID, Name: s.Name, MadeBy: s.MadeBy, CreatedAt: utc(s.CreatedAt), SeenAt: utc(s.SeenAt), Client: s.Client}
}

const screenTag = "Screens"

func (a *API) screens() {
	add(a, auth.WallManage, huma.Operation{
		Method: http.MethodGet, Path: "/noc/screens", Tags: []string{screenTag}, Summary: "List the screens that may show the wall",
	}, a.listScreens)
	add(a, auth.WallManage, huma.Operation{
		Method: http.MethodPost, Path: "/noc/screens", Tags: []string{screenTag}, Summary: "Let a screen show the wall", DefaultStatus: http.StatusCreated,
		Description: "Its link is opened on the screen. It shows the wall and nothing else, and is shown this once.",
	}, a.makeScreen)
	add(a, auth.WallManage, huma.Operation{
		Method: http.MethodDelete, Path: "/noc/screens/{id}", Tags: []string{screenTag}, Summary: "Take the wall from a screen", DefaultStatus: http.StatusNoContent,
	}, a.revokeScreen)
}

type screensOut struct {
	Body struct {
		Items []Screen `json:"items" nullable:"false"`
	}
}

func (a *API) listScreens(ctx context.Context, actor auth.Actor, _ *struct{}) (*screensOut, error) {
	list, err := a.People.Screens(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &screensOut{}
	out.Body.Items = []Screen{}
	for _, s := range list {
		out.Body.Items = append(out.Body.Items, screenOf(s))
	}
	return out, nil
}

type makeScreenIn struct {
	Body struct {
		Name string `json:"name" maxLength:"200" doc:"Where it hangs." example:"Hallway, second floor"`
	}
}

type madeScreenOut struct {
	Body struct {
		Screen
		Link string `json:"link" doc:"The address to open on the screen. It is a secret."`
	}
}

func (a *API) makeScreen(ctx context.Context, actor auth.Actor, in *makeScreenIn) (*madeScreenOut, error) {
	secret, made, err := a.People.MakeScreen(ctx, actor, in.Body.Name)
	if err != nil {
		return nil, err
	}
	out := &madeScreenOut{}
	out.Body.Screen, out.Body.Link = screenOf(made), a.BaseURL()+"/noc/tv/enter#"+secret
	return out, nil
}

type screenIn struct {
	ID string `path:"id" maxLength:"64" doc:"The screen's id."`
}

func (a *API) revokeScreen(ctx context.Context, actor auth.Actor, in *screenIn) (*struct{}, error) {
	return nil, a.People.RevokeScreen(ctx, actor, in.ID)
}
