package people

import (
	"context"
	"strings"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// suggestTimeout is what an article may take to be found: later it only disturbs.
const suggestTimeout = 3 * time.Second

// Suggest returns articles that may answer what a person is writing. Without a
// server that answers in time there are none, and that is no error: whoever needs
// help writes on.
func (d *Desk) Suggest(ctx context.Context, uid, text string) ([]local.Article, error) {
	l := d.Link()
	if l == nil || strings.TrimSpace(text) == "" {
		return []local.Article{}, nil
	}
	if len(text) > 4<<10 {
		text = strings.ToValidUTF8(text[:4<<10], "")
	}
	ctx, cancel := context.WithTimeout(ctx, suggestTimeout)
	defer cancel()
	e, err := l.Call(ctx, wire.TypeSuggest, "", wire.Suggest{Account: d.Account(uid), Text: text})
	var found wire.Articles
	if err != nil || e.Into(&found) != nil {
		return []local.Article{}, nil // an older server does not know the question
	}
	out := []local.Article{}
	for _, a := range found.Items[:min(len(found.Items), 3)] {
		out = append(out, local.Article(a))
	}
	return out, nil
}

// Helped tells the server that an article has answered a person's question.
func (d *Desk) Helped(ctx context.Context, uid, article, question string) error {
	l := d.Link()
	if l == nil {
		return fault.Say(fault.Unavailable, "error.helped_not_noted")
	}
	if len(question) > 4<<10 {
		question = strings.ToValidUTF8(question[:4<<10], "")
	}
	ctx, cancel := context.WithTimeout(ctx, suggestTimeout)
	defer cancel()
	_, err := l.Call(ctx, wire.TypeHelped, "", wire.Helped{Account: d.Account(uid), Article: article, Question: question})
	return err
}
