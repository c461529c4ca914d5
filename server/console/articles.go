package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/kb"
)

type articlesView struct {
	Frame frame
	Which kb.Which
	Query string
	List  []kb.Article
	Hits  []kb.Hit
	Next  string
	Now   time.Time
}

// articlesPage lists articles, or what was found among them.
func (c *Console) articlesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	q := r.URL.Query()
	v := articlesView{Which: kb.Which(q.Get("show")), Query: strings.TrimSpace(q.Get("q")), Now: c.Now()}
	var err error
	if v.Frame, err = c.frame(r, actor, atArticles, "Articles", ""); err != nil {
		return err
	}
	if v.Query != "" {
		v.Hits, err = c.Articles.Search(r.Context(), actor, v.Query, 50)
	} else {
		v.List, v.Next, err = c.Articles.List(r.Context(), actor, v.Which, q.Get("after"), 50)
	}
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, articles(v))
}

type articleView struct {
	Frame    frame
	Article  kb.Article
	Feedback []kb.Feedback
	Staff    []auth.Person
	Problem  string
	Now      time.Time
}

// articlePage shows an article as it is read, with what readers said of it.
func (c *Console) articlePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showArticle(w, r, actor, http.StatusOK, "")
}

func (c *Console) showArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, problem string) error {
	v := articleView{Problem: problem, Now: c.Now()}
	var err error
	if v.Article, err = c.Articles.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atArticles, v.Article.Name(), ""); err != nil {
		return err
	}
	if v.Frame.may(auth.KnowledgeWrite) {
		if v.Feedback, err = c.Articles.Feedback(r.Context(), actor, v.Article.ID); err != nil {
			return err
		}
		if v.Staff, err = c.technicians(r.Context(), actor); err != nil {
			return err
		}
	}
	return c.out.Show(w, r, status, article(v))
}

// newArticle begins an article: an empty one, or one of a ticket's solution.
func (c *Console) newArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	t, from := kb.Text{Title: "A new article", Audience: kb.Staff}, ""
	if n, err := strconv.ParseInt(r.PostFormValue("from"), 10, 64); err == nil {
		d, err := c.Desk.GetByNumber(r.Context(), actor, n)
		if err != nil {
			return err
		}
		from, t.Title = d.ID, d.Title
		t.Body = "## What goes wrong\n\n" + quoted(d.Body, d.Title) + "\n\n## What solves it\n\n" + d.Solution + "\n"
	}
	a, err := c.Articles.Create(r.Context(), actor, t, from)
	if err != nil {
		return err
	}
	return kit.Back(w, r, articlePath(a.ID)+"/edit")
}

// quoted is what the requester wrote, as words and not as Markdown.
func quoted(body, title string) string {
	if strings.TrimSpace(body) == "" {
		body = title
	}
	return "```\n" + strings.ReplaceAll(body, "```", "'''") + "\n```"
}

// careForArticle sets who looks after an article, and until when.
func (c *Console) careForArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	care := kb.Care{Owner: r.PostFormValue("owner"), Retired: r.PostFormValue("retired") != ""}
	if day := r.PostFormValue("review"); day != "" {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return c.showArticle(w, r, actor, http.StatusUnprocessableEntity, "The day of the review is not a date.")
		}
		care.ReviewAt = at
	}
	_, err := c.Articles.Care(r.Context(), actor, r.PathValue("id"), revision(r), care)
	return c.articleChanged(w, r, actor, err)
}

// dropArticleDraft throws away what is not published.
func (c *Console) dropArticleDraft(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	_, err := c.Articles.DropDraft(r.Context(), actor, r.PathValue("id"), revision(r))
	return c.articleChanged(w, r, actor, err)
}

// rateArticle takes in whether an article has helped.
func (c *Console) rateArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	err := c.Articles.Rate(r.Context(), actor, r.PathValue("id"), r.PostFormValue("helped") == "yes", r.PostFormValue("comment"))
	return c.articleChanged(w, r, actor, err)
}

func (c *Console) articleChanged(w http.ResponseWriter, r *http.Request, actor auth.Actor, err error) error {
	switch fault.CodeOf(err) {
	case "":
		return kit.Back(w, r, articlePath(r.PathValue("id")))
	case fault.Invalid, fault.Stale, fault.Conflict:
		return c.showArticle(w, r, actor, http.StatusConflict, fault.Sentence(err))
	}
	return err
}

// revision reads which revision of an article somebody looked at.
func revision(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.FormValue("revision"), 10, 64)
	if err != nil {
		return -1 // never the right one
	}
	return n
}

// articleFile sends a file of an article.
func (c *Console) articleFile(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	a, body, err := c.Articles.File(r.Context(), actor, r.PathValue("id"), r.PathValue("sha"))
	if err != nil {
		return err
	}
	if err := kit.ServeAttachment(w, a, body); err != nil && r.Context().Err() == nil {
		c.Log.Error("a file was not sent whole", "article", r.PathValue("id"), "sha256", a.SHA256, "err", err)
	}
	return nil
}
