package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/enrol"
)

// Enrolment is the right to make endpoints at a site.
type Enrolment struct {
	ID        string    `json:"id"`
	Site      Named     `json:"site"`
	Uses      int       `json:"uses" doc:"How many machines it is good for."`
	Used      int       `json:"used"`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

func enrolmentOf(e enrol.Enrolment) Enrolment {
	return Enrolment{
		ID: e.ID, Site: Named{e.Site.ID, e.Site.Name}, Uses: e.Uses, Used: e.Used, CreatedBy: e.CreatedBy,
		CreatedAt: utc(e.CreatedAt), ExpiresAt: utc(e.ExpiresAt), RevokedAt: utc(e.RevokedAt),
	}
}

const enrolmentTag = "Enrolments"

func (a *API) enrolments() {
	add(a, auth.Enrolments, huma.Operation{
		Method: http.MethodGet, Path: "/enrolments", Tags: []string{enrolmentTag}, Summary: "List enrolments", Description: "The newest first.",
	}, a.listEnrolments)
	add(a, auth.Enrolments, huma.Operation{
		Method: http.MethodPost, Path: "/enrolments", Tags: []string{enrolmentTag}, Summary: "Make an enrolment string",
		Description: "The string is shown this once. On each machine: `deskbell-agent enrol STRING`.", DefaultStatus: http.StatusCreated,
	}, a.makeEnrolment)
	add(a, auth.Enrolments, huma.Operation{
		Method: http.MethodDelete, Path: "/enrolments/{id}", Tags: []string{enrolmentTag}, Summary: "End an enrolment",
		Description: "The endpoints it has made stay.", DefaultStatus: http.StatusNoContent,
	}, a.revokeEnrolment)
}

func (a *API) listEnrolments(ctx context.Context, actor auth.Actor, in *Paging) (*pageOut[Enrolment], error) {
	const list = "enrolments"
	var after string
	if err := readCursor(list, in.Cursor, &after); err != nil {
		return nil, err
	}
	all, next, err := a.Registry.Enrolments(ctx, actor, after, in.Limit)
	if err != nil {
		return nil, err
	}
	var items []Enrolment
	for _, e := range all {
		items = append(items, enrolmentOf(e))
	}
	return pageOf(list, items, nextID(next)), nil
}

type makeEnrolmentIn struct {
	Body struct {
		Site string `json:"site" doc:"The site's name; it is made when there is none of that name." example:"Berlin"`
		Uses int    `json:"uses,omitempty" default:"1" doc:"How many machines it is good for." example:"1"`
		TTL  string `json:"ttl,omitempty" default:"24h" doc:"How long it holds: 90m, 72h." example:"24h"`
	}
}

// NewEnrolment is an enrolment that was made just now.
type NewEnrolment struct {
	Enrolment
	String string `json:"enrolment" doc:"The string that a machine is enrolled with."`
}

type makeEnrolmentOut struct{ Body NewEnrolment }

func (a *API) makeEnrolment(ctx context.Context, actor auth.Actor, in *makeEnrolmentIn) (*makeEnrolmentOut, error) {
	ttl, err := duration("ttl", in.Body.TTL)
	if err != nil {
		return nil, err
	}
	token, e, err := a.Registry.Create(ctx, actor, in.Body.Site, in.Body.Uses, ttl)
	if err != nil {
		return nil, err
	}
	s, err := a.Enrolment(ctx, token)
	if err != nil {
		return nil, err
	}
	return &makeEnrolmentOut{NewEnrolment{enrolmentOf(e), s}}, nil
}

type enrolmentIn struct {
	ID string `path:"id" maxLength:"64" doc:"The enrolment's id."`
}

func (a *API) revokeEnrolment(ctx context.Context, actor auth.Actor, in *enrolmentIn) (*struct{}, error) {
	return nil, a.Registry.Revoke(ctx, actor, in.ID)
}
