package hub

import (
	"context"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/markdown"
)

// Bounds of what is suggested.
const (
	maxSuggestions = 3
	maxQuestion    = 4 << 10
	maxArticle     = 16 << 10
)

// reader is an account's person as a reader of articles, also when they have never
// rung.
func (s *session) reader(ctx context.Context, a wire.Account) (auth.Actor, error) {
	actor, err := s.hub.Desk.PersonOf(ctx, s.endpoint, a.UID)
	if fault.Is(err, fault.NotFound) {
		return auth.Actor{Kind: auth.Requester, Endpoint: s.endpoint, UID: a.UID, Name: a.Name}, nil
	}
	return actor, err
}

// suggest answers kb.suggest.
func (s *session) suggest(ctx context.Context, e wire.Envelope) (any, error) {
	var q wire.Suggest
	if err := e.Into(&q); err != nil {
		return nil, err
	}
	actor, err := s.reader(ctx, q.Account)
	if err != nil {
		return nil, err
	}
	hits, err := s.hub.Articles.Suggest(ctx, actor, shorten(q.Text, maxQuestion), maxSuggestions)
	if err != nil {
		return nil, err
	}
	out := wire.Articles{Items: []wire.Article{}}
	for _, h := range hits {
		a, err := s.hub.Articles.Get(ctx, actor, h.ID)
		if fault.Is(err, fault.NotFound) { // taken back this very moment
			continue
		}
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, wire.Article{ID: a.ID, Title: a.Title, Text: shorten(markdown.Plain(a.Body), maxArticle)})
	}
	return out, nil
}

func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// helped answers kb.helped, with an ack.
func (s *session) helped(ctx context.Context, e wire.Envelope) (any, error) {
	var q wire.Helped
	if err := e.Into(&q); err != nil {
		return nil, err
	}
	actor, err := s.reader(ctx, q.Account)
	if err != nil {
		return nil, err
	}
	return nil, s.hub.Articles.Deflect(ctx, actor, q.Article, shorten(q.Question, maxQuestion))
}
