package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
)

// Me is who is asking.
type Me struct {
	Person Person    `json:"person"`
	Limit  auth.Role `json:"limit" enum:",technician,operator,manager,admin,sender" doc:"The role that the token is limited to; empty: none."`
	May    []string  `json:"may" nullable:"false" doc:"The operations that are allowed, as docs/rights.md names them."`
}

type meOut struct{ Body Me }

func (a *API) me() {
	add(a, auth.AccountSelf, huma.Operation{
		Method: http.MethodGet, Path: "/me", Tags: []string{peopleTag}, Summary: "Read who one is",
	}, func(ctx context.Context, actor auth.Actor, _ *struct{}) (*meOut, error) {
		p, err := a.People.Person(ctx, actor, actor.Person)
		if err != nil {
			return nil, err
		}
		out := Me{Person: personOf(p), Limit: actor.Limit, May: []string{}}
		for _, op := range auth.Operations() {
			if op != auth.Public && auth.May(actor, op) {
				out.May = append(out.May, string(op))
			}
		}
		return &meOut{out}, nil
	})
}
