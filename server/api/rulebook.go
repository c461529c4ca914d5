package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/rulebook"
)

const rulebookTag = "Rulebook"

// rulebook registers the routes of each kind of entry.
func (a *API) rulebook() {
	rules[rulebook.Team](a, "teams", "team")
	rules[rulebook.Rule](a, "rules", "rule")
	rules[rulebook.Category](a, "categories", "category")
	rules[rulebook.Field](a, "fields", "field")
	rules[rulebook.Matrix](a, "matrices", "matrix")
	rules[rulebook.Setting](a, "settings", "setting")
	rules[rulebook.Reply](a, "replies", "reply")
	rules[rulebook.Macro](a, "macros", "macro")
}

// RulePath names an entry in the path.
type RulePath struct {
	ID string `path:"id" maxLength:"64" doc:"The entry's id."`
}

type dropRuleIn struct {
	RulePath
	Version int64 `query:"version" minimum:"1" required:"true" doc:"The version that was seen."`
}

type saveRuleIn[T any] struct{ Body T }

type ruleOut[T any] struct{ Body T }

// rules registers what can be done with one kind of entry. P is a pointer to T.
func rules[T any, P interface {
	*T
	rulebook.Item
}](a *API, plural, singular string) {
	path, kind := "/rulebook/"+plural, P(nil).Kind()
	add(a, auth.RulebookRead, huma.Operation{
		Method: http.MethodGet, Path: path, Tags: []string{rulebookTag}, Summary: "List " + plural, Description: "In their order, the retired ones too.",
	}, func(_ context.Context, _ auth.Actor, in *Paging) (*pageOut[T], error) {
		var list []T
		for _, v := range rulebook.All[P](a.Rulebook.Book()) {
			list = append(list, *v)
		}
		return window("rulebook/"+plural, list, *in)
	})
	add(a, auth.RulebookRead, huma.Operation{
		Method: http.MethodGet, Path: path + "/{id}", Tags: []string{rulebookTag}, Summary: "Read a " + singular,
	}, func(_ context.Context, _ auth.Actor, in *RulePath) (*ruleOut[T], error) {
		v, ok := rulebook.Get[P](a.Rulebook.Book(), in.ID)
		if !ok {
			return nil, fault.New(fault.NotFound, "There is no such "+singular+".")
		}
		return &ruleOut[T]{*v}, nil
	})
	add(a, auth.RulebookManage, huma.Operation{
		Method: http.MethodPost, Path: path, Tags: []string{rulebookTag}, Summary: "Save a " + singular,
		Description: "A new one has no version. A change holds the whole entry with the version that was seen; when it has changed since, nothing is saved.",
	}, func(ctx context.Context, actor auth.Actor, in *saveRuleIn[T]) (*ruleOut[T], error) {
		doc, err := json.Marshal(in.Body)
		if err != nil {
			return nil, err
		}
		v, err := a.Rulebook.Put(ctx, actor, kind, doc)
		if err != nil {
			return nil, err
		}
		return &ruleOut[T]{*v.(P)}, nil
	})
	add(a, auth.RulebookManage, huma.Operation{
		Method: http.MethodDelete, Path: path + "/{id}", Tags: []string{rulebookTag}, Summary: "Delete a " + singular,
		Description: "What other entries name stays. What tickets name is better retired.", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, actor auth.Actor, in *dropRuleIn) (*struct{}, error) {
		return nil, a.Rulebook.Delete(ctx, actor, kind, in.ID, in.Version)
	})
}
