package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
)

// Token is a token without its secret.
type Token struct {
	ID        string    `json:"id"`
	Person    Named     `json:"person"`
	Name      string    `json:"name"`
	Role      auth.Role `json:"role" enum:",technician,operator,manager,admin,sender" doc:"At most the person's; empty: the person's."`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	UsedAt    time.Time `json:"used_at,omitzero" doc:"To about ten minutes."`
}

func tokenOf(t auth.Token) Token {
	return Token{
		ID: t.ID, Person: Named{t.Person.ID, t.Person.Name}, Name: t.Name, Role: t.Role,
		CreatedAt: utc(t.CreatedAt), ExpiresAt: utc(t.ExpiresAt), UsedAt: utc(t.UsedAt),
	}
}

const tokenTag = "Tokens"

func (a *API) tokens() {
	add(a, auth.TokensOwn, huma.Operation{
		Method: http.MethodGet, Path: "/tokens", Tags: []string{tokenTag}, Summary: "List one's own tokens",
		Description: "With everybody=true those of all people, for administrators. The newest first.",
	}, a.listTokens)
	add(a, auth.TokensOwn, huma.Operation{
		Method: http.MethodPost, Path: "/tokens", Tags: []string{tokenTag}, Summary: "Make a token of one's own",
		Description: "It can do what its maker can, or less. It is shown this once.", DefaultStatus: http.StatusCreated,
	}, a.makeToken)
	add(a, auth.TokensOwn, huma.Operation{
		Method: http.MethodDelete, Path: "/tokens/{id}", Tags: []string{tokenTag}, Summary: "End a token",
		Description: "One's own; anybody's, for administrators.", DefaultStatus: http.StatusNoContent,
	}, a.revokeToken)
}

type listTokensIn struct {
	Paging
	Everybody bool `query:"everybody" doc:"Those of all people."`
}

func (a *API) listTokens(ctx context.Context, actor auth.Actor, in *listTokensIn) (*pageOut[Token], error) {
	all, err := a.People.Tokens(ctx, actor, in.Everybody)
	if err != nil {
		return nil, err
	}
	var list []Token
	for _, t := range all {
		list = append(list, tokenOf(t))
	}
	return window("tokens", list, in.Paging)
}

type makeTokenIn struct {
	Body struct {
		Name string    `json:"name,omitempty" doc:"What it is for." example:"nightly report"`
		Role auth.Role `json:"role,omitempty" enum:",technician,operator,manager,admin,sender" doc:"Let it do no more than this role may, at most one's own; a sender sends time series and alerts of others, and may nothing else."`
		TTL  string    `json:"ttl,omitempty" default:"24h" doc:"How long it holds, at most 8784h." example:"24h"`
	}
}

// NewToken is a token that was made just now.
type NewToken struct {
	Token
	Secret string `json:"token" doc:"What goes behind “Authorization: Bearer”."`
}

type makeTokenOut struct{ Body NewToken }

func (a *API) makeToken(ctx context.Context, actor auth.Actor, in *makeTokenIn) (*makeTokenOut, error) {
	ttl, err := duration("ttl", in.Body.TTL)
	if err != nil {
		return nil, err
	}
	secret, t, err := a.People.MakeToken(ctx, actor, actor.Person, in.Body.Name, in.Body.Role, ttl)
	if err != nil {
		return nil, err
	}
	return &makeTokenOut{NewToken{tokenOf(t), secret}}, nil
}

type tokenIn struct {
	ID string `path:"id" maxLength:"64" doc:"The token's id."`
}

func (a *API) revokeToken(ctx context.Context, actor auth.Actor, in *tokenIn) (*struct{}, error) {
	return nil, a.People.RevokeToken(ctx, actor, in.ID)
}
