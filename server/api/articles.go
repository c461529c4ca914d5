package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/ticket"
)

const articleTag = "Articles"

// ArticleText is what an article says.
type ArticleText struct {
	Title    string              `json:"title"`
	Body     string              `json:"body" doc:"Markdown."`
	Audience kb.Audience         `json:"audience" enum:"everyone,staff"`
	Files    []ticket.Attachment `json:"files" nullable:"false"`
}

// Article is an article of the knowledge base.
type Article struct {
	ID        string              `json:"id"`
	Revision  int64               `json:"revision" doc:"Rises with each change; a change names the one that it saw."`
	Published int                 `json:"published" doc:"The number of the newest version; 0: never published."`
	Retired   bool                `json:"retired" doc:"Nobody finds it any more."`
	Text      ArticleText         `json:"text" doc:"What is read: the newest version's."`
	Draft     OrNull[ArticleText] `json:"draft" doc:"What is being written; null: nothing."`
	Owner     Named               `json:"owner"`
	ReviewAt  time.Time           `json:"review_at,omitzero" doc:"When it should be looked at again."`
	CreatedAt time.Time           `json:"created_at"`
	UpdatedAt time.Time           `json:"updated_at"`
	UpdatedBy Named               `json:"updated_by"`
	Helped    int                 `json:"helped" doc:"Readers who said that it helped."`
	Unhelped  int                 `json:"unhelped" doc:"Readers who said that it did not."`
	Deflected int                 `json:"deflected" doc:"Tickets that were not sent because it helped."`
}

func textOf(t kb.Text) ArticleText {
	return ArticleText{Title: t.Title, Body: t.Body, Audience: t.Audience, Files: orEmpty(t.Files)}
}

func articleOf(a kb.Article) Article {
	out := Article{
		ID: a.ID, Revision: a.Revision, Published: a.Published, Retired: a.Retired, Text: textOf(a.Text), Owner: Named(a.Owner), ReviewAt: a.ReviewAt,
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, UpdatedBy: Named(a.UpdatedBy), Helped: a.Helped, Unhelped: a.Unhelped, Deflected: a.Deflected,
	}
	if out.Text.Audience == "" {
		out.Text.Audience = kb.Staff
	}
	if a.Draft != nil {
		out.Draft = some(textOf(*a.Draft))
	}
	return out
}

// ArticleHit is an article that was found.
type ArticleHit struct {
	ID       string      `json:"id"`
	Title    string      `json:"title"`
	Audience kb.Audience `json:"audience" enum:"everyone,staff"`
	Summary  string      `json:"summary" doc:"The beginning of its text, without marks."`
}

// ArticleVersion is a version of an article.
type ArticleVersion struct {
	Number int         `json:"number"`
	At     time.Time   `json:"at"`
	By     Named       `json:"by"`
	What   string      `json:"what" doc:"What its author said has changed."`
	Text   ArticleText `json:"text"`
}

// ArticleFeedback is what a reader said.
type ArticleFeedback struct {
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	Helped  bool      `json:"helped"`
	Comment string    `json:"comment"`
}

func (a *API) articles() {
	add(a, auth.KnowledgeRead, huma.Operation{
		Method: http.MethodGet, Path: "/articles", Tags: []string{articleTag}, Summary: "List articles", Description: "The newest first; or those in a list: drafts, review, retired.",
	}, a.listArticles)
	add(a, auth.KnowledgeRead, huma.Operation{
		Method: http.MethodGet, Path: "/search/articles", Tags: []string{articleTag}, Summary: "Search articles",
		Description: "With q, the published articles that hold all its words, each as the beginning of one. With like, those that may answer a text: none rather than a poor one.",
	}, a.searchArticles)
	add(a, auth.KnowledgeWrite, huma.Operation{
		Method: http.MethodPost, Path: "/articles", Tags: []string{articleTag}, Summary: "Begin an article", DefaultStatus: http.StatusCreated,
	}, a.createArticle)
	add(a, auth.KnowledgeRead, huma.Operation{Method: http.MethodGet, Path: "/articles/{id}", Tags: []string{articleTag}, Summary: "Read an article"}, a.readArticle)
	add(a, auth.KnowledgeWrite, huma.Operation{
		Method: http.MethodPut, Path: "/articles/{id}/draft", Tags: []string{articleTag}, Summary: "Write an article's draft", Description: "Nobody but the staff sees it until it is published.",
	}, a.writeArticle)
	add(a, auth.KnowledgeWrite, huma.Operation{
		Method: http.MethodPost, Path: "/articles/{id}/actions", Tags: []string{articleTag}, Summary: "Do something with an article",
		Description: "publish (what); discard its draft; restore (number: a version, which becomes the draft); care (owner, review_at, retired).",
	}, a.actOnArticle)
	add(a, auth.KnowledgeWrite, huma.Operation{Method: http.MethodGet, Path: "/articles/{id}/versions", Tags: []string{articleTag}, Summary: "List an article's versions", Description: "The newest first."}, a.articleVersions)
	add(a, auth.KnowledgeWrite, huma.Operation{Method: http.MethodGet, Path: "/articles/{id}/feedback", Tags: []string{articleTag}, Summary: "List what readers said", Description: "The newest first; each reader's last word."}, a.articleFeedback)
	add(a, auth.KnowledgeRead, huma.Operation{
		Method: http.MethodPost, Path: "/articles/{id}/feedback", Tags: []string{articleTag}, Summary: "Say whether an article helps", DefaultStatus: http.StatusNoContent,
	}, a.rateArticle)
}

// ArticlePath names an article.
type ArticlePath struct {
	ID string `path:"id" maxLength:"64"`
}

type listArticlesIn struct {
	Paging
	List kb.Which `query:"list" enum:"drafts,review,retired" doc:"Left out: all but the retired."`
}

type articleCursor struct {
	After string `json:"a"`
}

func (a *API) listArticles(ctx context.Context, actor auth.Actor, in *listArticlesIn) (*pageOut[Article], error) {
	var c articleCursor
	list := "articles/" + string(in.List)
	if in.Cursor != "" {
		if err := readCursor(list, in.Cursor, &c); err != nil {
			return nil, err
		}
	}
	found, next, err := a.Articles.List(ctx, actor, in.List, c.After, in.Limit)
	if err != nil {
		return nil, err
	}
	var items []Article
	for _, x := range found {
		items = append(items, articleOf(x))
	}
	if next == "" {
		return pageOf(list, items, nil), nil
	}
	return pageOf(list, items, articleCursor{After: next}), nil
}

type searchArticlesIn struct {
	Q    string `query:"q" maxLength:"200"`
	Like string `query:"like" maxLength:"4000"`
}

type hitsOut struct {
	Body struct {
		Items []ArticleHit `json:"items" nullable:"false"`
	}
}

func (a *API) searchArticles(ctx context.Context, actor auth.Actor, in *searchArticlesIn) (*hitsOut, error) {
	var hits []kb.Hit
	var err error
	if in.Like != "" {
		hits, err = a.Articles.Suggest(ctx, actor, in.Like, 10)
	} else {
		hits, err = a.Articles.Search(ctx, actor, in.Q, 50)
	}
	if err != nil {
		return nil, err
	}
	out := &hitsOut{}
	out.Body.Items = []ArticleHit{}
	for _, h := range hits {
		out.Body.Items = append(out.Body.Items, ArticleHit(h))
	}
	return out, nil
}

type articleOut struct{ Body Article }

func (a *API) article(x kb.Article, err error) (*articleOut, error) {
	if err != nil {
		return nil, err
	}
	return &articleOut{articleOf(x)}, nil
}

// ArticleWords are what somebody writes.
type ArticleWords struct {
	Title    string          `json:"title" doc:"1 to 200 characters on one line." example:"When the printer prints empty pages"`
	Body     string          `json:"body,omitempty" doc:"Markdown, at most 64 KiB." example:"Restart the **spooler**."`
	Audience kb.Audience     `json:"audience,omitempty" enum:"everyone,staff" doc:"Left out: staff."`
	Files    []AttachmentRef `json:"files,omitempty" nullable:"false" doc:"In the text, ![what it shows](picture:SHA256) shows one."`
}

func (b ArticleWords) text() kb.Text {
	return kb.Text{Title: b.Title, Body: b.Body, Audience: b.Audience, Files: attachmentsOf(b.Files)}
}

type createArticleIn struct {
	Body struct {
		ArticleWords
		Ticket string `json:"ticket,omitempty" doc:"The id of the ticket whose solution it is made of."`
	}
}

func (a *API) createArticle(ctx context.Context, actor auth.Actor, in *createArticleIn) (*articleOut, error) {
	return a.article(a.Articles.Create(ctx, actor, in.Body.text(), in.Body.Ticket))
}

func (a *API) readArticle(ctx context.Context, actor auth.Actor, in *ArticlePath) (*articleOut, error) {
	return a.article(a.Articles.Get(ctx, actor, in.ID))
}

type writeArticleIn struct {
	ArticlePath
	Body struct {
		ArticleWords
		Revision int64 `json:"revision" doc:"The one that was seen."`
	}
}

func (a *API) writeArticle(ctx context.Context, actor auth.Actor, in *writeArticleIn) (*articleOut, error) {
	return a.article(a.Articles.SaveDraft(ctx, actor, in.ID, in.Body.Revision, in.Body.text()))
}

type actOnArticleIn struct {
	ArticlePath
	Body struct {
		Action   string    `json:"action" enum:"publish,discard,restore,care"`
		Revision int64     `json:"revision" doc:"The one that was seen."`
		What     string    `json:"what,omitempty" doc:"What has changed."`
		Number   int       `json:"number,omitempty" doc:"A version."`
		Owner    string    `json:"owner,omitempty" doc:"A person's id."`
		ReviewAt time.Time `json:"review_at,omitzero"`
		Retired  bool      `json:"retired,omitempty"`
	}
}

func (a *API) actOnArticle(ctx context.Context, actor auth.Actor, in *actOnArticleIn) (*articleOut, error) {
	b := in.Body
	switch b.Action {
	case "publish":
		return a.article(a.Articles.Publish(ctx, actor, in.ID, b.Revision, b.What))
	case "discard":
		return a.article(a.Articles.DropDraft(ctx, actor, in.ID, b.Revision))
	case "restore":
		return a.article(a.Articles.Restore(ctx, actor, in.ID, b.Revision, b.Number))
	}
	return a.article(a.Articles.Care(ctx, actor, in.ID, b.Revision, kb.Care{Owner: b.Owner, ReviewAt: b.ReviewAt, Retired: b.Retired}))
}

type articleListIn struct {
	ArticlePath
	Paging
}

func (a *API) articleVersions(ctx context.Context, actor auth.Actor, in *articleListIn) (*pageOut[ArticleVersion], error) {
	found, err := a.Articles.Versions(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	var list []ArticleVersion
	for _, v := range found {
		list = append(list, ArticleVersion{Number: v.Number, At: v.At, By: Named(v.By), What: v.What, Text: textOf(v.Text)})
	}
	return window("article-versions", list, in.Paging)
}

func (a *API) articleFeedback(ctx context.Context, actor auth.Actor, in *articleListIn) (*pageOut[ArticleFeedback], error) {
	found, err := a.Articles.Feedback(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	var list []ArticleFeedback
	for _, f := range found {
		list = append(list, ArticleFeedback{Name: f.Name, At: f.At, Helped: f.Helped, Comment: f.Comment})
	}
	return window("article-feedback", list, in.Paging)
}

type rateArticleIn struct {
	ArticlePath
	Body struct {
		Helped  bool   `json:"helped"`
		Comment string `json:"comment,omitempty" doc:"At most 2000 characters."`
	}
}

func (a *API) rateArticle(ctx context.Context, actor auth.Actor, in *rateArticleIn) (*struct{}, error) {
	return nil, a.Articles.Rate(ctx, actor, in.ID, in.Body.Helped, in.Body.Comment)
}
