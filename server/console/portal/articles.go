package portal

import (
	"context"
	"net/http"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/kb"
)

type articlesView struct {
	frame frame
	Query string
	Hits  []kb.Hit
}

// articlesPage searches what the help desk has written down for everyone.
func (p *Portal) articlesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := articlesView{Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	var err error
	if v.Query != "" {
		if v.Hits, err = p.Articles.Search(r.Context(), actor, v.Query, 30); err != nil {
			return err
		}
	}
	if v.frame, err = p.frame(r, actor, atArticles, "Find an answer"); err != nil {
		return err
	}
	return p.out.Show(w, r, http.StatusOK, articles(v))
}

type articleView struct {
	frame   frame
	Article kb.Article
	Thanks  bool
	Problem string
}

// articlePage shows an article.
func (p *Portal) articlePage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return p.showArticle(w, r, actor, http.StatusOK, articleView{Thanks: r.URL.Query().Get("said") != ""})
}

func (p *Portal) showArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v articleView) (err error) {
	if v.Article, err = p.Articles.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.frame, err = p.frame(r, actor, atArticles, v.Article.Title); err != nil {
		return err
	}
	return p.out.Show(w, r, status, article(v))
}

// rateArticle takes in whether an article has helped.
func (p *Portal) rateArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	err := p.Articles.Rate(r.Context(), actor, r.PathValue("id"), r.PostFormValue("helped") == "yes", r.PostFormValue("comment"))
	if fault.Is(err, fault.Invalid) {
		return p.showArticle(w, r, actor, http.StatusUnprocessableEntity, articleView{Problem: fault.Sentence(err)})
	}
	if err != nil {
		return err
	}
	return kit.Back(w, r, "/portal/articles/"+r.PathValue("id")+"?said=1")
}

// articleHelped ends a ring that was never sent: the employee says that an article
// was enough. Only this counts as a ticket saved.
func (p *Portal) articleHelped(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := p.Articles.Deflect(r.Context(), actor, r.PathValue("id"), r.PostFormValue("title")+"\n"+r.PostFormValue("body")); err != nil {
		return err
	}
	return kit.Back(w, r, "/portal/articles/"+r.PathValue("id")+"?said=1")
}

// articleFile sends a file of an article.
func (p *Portal) articleFile(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	a, body, err := p.Articles.File(r.Context(), actor, r.PathValue("id"), r.PathValue("sha"))
	if err != nil {
		return err
	}
	if err := kit.ServeAttachment(w, a, body); err != nil && r.Context().Err() == nil {
		p.Log.Error("a file was not sent whole", "article", r.PathValue("id"), "sha256", a.SHA256, "err", err)
	}
	return nil
}

// suggest shows articles that may answer what somebody is writing, under it.
func (p *Portal) suggest(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	list, err := p.suggestions(r.Context(), actor, r.PostFormValue("title")+"\n"+r.PostFormValue("body"))
	if err != nil {
		return err
	}
	return p.out.Show(w, r, http.StatusOK, suggestedAgain(list))
}

// suggestions are articles that may answer a text.
func (p *Portal) suggestions(ctx context.Context, actor auth.Actor, text string) ([]kb.Article, error) {
	hits, err := p.Articles.Suggest(ctx, actor, kit.Clip(text, 4000), 3)
	if err != nil {
		return nil, err
	}
	var list []kb.Article
	for _, h := range hits {
		a, err := p.Articles.Get(ctx, actor, h.ID)
		if err != nil {
			continue // taken back this very moment
		}
		list = append(list, a)
	}
	return list, nil
}
