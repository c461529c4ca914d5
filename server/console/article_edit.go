package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/kb"
	"github.com/deskbell/deskbell/server/ticket"
)

type editView struct {
	Frame    frame
	Article  kb.Article
	Text     kb.Text
	What     string
	Revision int64
	Problem  string
	Theirs   *kb.Text // what somebody else saved meanwhile
}

// editPage is where an article is written.
func (c *Console) editPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	a, err := c.Articles.Get(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.showEdit(w, r, actor, http.StatusOK, editView{Article: a, Text: a.Latest(), Revision: a.Revision})
}

func (c *Console) showEdit(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v editView) (err error) {
	if v.Frame, err = c.frame(r, actor, atArticles, "Edit: "+v.Article.Name(), ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, edit(v))
}

func readText(r *http.Request) kb.Text {
	return kb.Text{Title: r.PostFormValue("title"), Body: r.PostFormValue("text"), Audience: kb.Audience(r.PostFormValue("audience")), Files: kit.Kept(r)}
}

// saveArticle keeps what was written, and publishes it when that is asked.
func (c *Console) saveArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := kit.ReadForm(w, r); err != nil {
		return err
	}
	id := r.PathValue("id")
	text, seen := readText(r), revision(r)
	files, err := kit.Uploads(r.Context(), c.Desk, actor, r)
	text.Files = append(text.Files, files...)
	var a kb.Article
	if err == nil {
		a, err = c.Articles.SaveDraft(r.Context(), actor, id, seen, text)
	}
	if err == nil && r.PostFormValue("do") == "publish" {
		seen = a.Revision
		_, err = c.Articles.Publish(r.Context(), actor, id, seen, r.PostFormValue("what"))
	}
	switch fault.CodeOf(err) {
	case "":
		return kit.Back(w, r, articlePath(id))
	case fault.Invalid, fault.Stale, fault.Conflict, fault.TooLarge, fault.Full, fault.Unavailable:
	default:
		return err
	}
	now, getErr := c.Articles.Get(r.Context(), actor, id)
	if getErr != nil {
		return getErr
	}
	v := editView{Article: now, Text: text, What: r.PostFormValue("what"), Revision: seen, Problem: fault.Sentence(err)}
	if fault.Is(err, fault.Stale) {
		theirs := now.Latest()
		v.Theirs, v.Revision = &theirs, now.Revision
	}
	return c.showEdit(w, r, actor, gate.Status(err), v)
}

// keepArticle keeps what somebody writes while they write it, and tells the
// revision that it made.
func (c *Console) keepArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := kit.ReadForm(w, r); err != nil {
		return err
	}
	a, err := c.Articles.SaveDraft(r.Context(), actor, r.PathValue("id"), revision(r), readText(r))
	switch fault.CodeOf(err) {
	case "":
		return kit.JSON(w, http.StatusOK, map[string]int64{"revision": a.Revision})
	case fault.Stale:
		return kit.JSON(w, http.StatusConflict, map[string]string{"detail": fault.Sentence(err)})
	case fault.Invalid: // a title that is not written yet, for example
		return kit.JSON(w, http.StatusUnprocessableEntity, map[string]string{"detail": fault.Sentence(err)})
	}
	return err
}

// renderArticle shows how an article will look.
func (c *Console) renderArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := kit.ReadForm(w, r); err != nil {
		return err
	}
	text, err := ticket.CleanText("text", r.PostFormValue("text"))
	if err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, renderedAt(articlePath(r.PathValue("id")), text))
}

type versionsView struct {
	Frame    frame
	Article  kb.Article
	Versions []kb.Version
}

// versionsPage lists who has changed an article, when and how.
func (c *Console) versionsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := versionsView{}
	var err error
	if v.Article, err = c.Articles.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.Versions, err = c.Articles.Versions(r.Context(), actor, v.Article.ID); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atArticles, "Versions of “"+v.Article.Name()+"”", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, versions(v))
}

type versionView struct {
	Frame   frame
	Article kb.Article
	Version kb.Version
	Lines   []diffLine
}

// versionPage shows a version, and what it changed.
func (c *Console) versionPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := strconv.Atoi(r.PathValue("version"))
	if err != nil {
		return fault.New(fault.NotFound, "The article has no such version.")
	}
	v := versionView{}
	if v.Article, err = c.Articles.Get(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	if v.Version, err = c.Articles.Version(r.Context(), actor, v.Article.ID, n); err != nil {
		return err
	}
	before := kb.Version{}
	if n > 1 {
		if before, err = c.Articles.Version(r.Context(), actor, v.Article.ID, n-1); err != nil {
			return err
		}
	}
	v.Lines = diff(pageOf(before.Text), pageOf(v.Version.Text))
	if v.Frame, err = c.frame(r, actor, atArticles, "Version "+strconv.Itoa(n)+" of “"+v.Article.Name()+"”", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, versionPart(v))
}

// restoreArticle makes an old version the draft.
func (c *Console) restoreArticle(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return fault.New(fault.NotFound, "The article has no such version.")
	}
	a, err := c.Articles.Restore(r.Context(), actor, r.PathValue("id"), revision(r), n)
	if err != nil {
		return c.articleChanged(w, r, actor, err)
	}
	return kit.Back(w, r, articlePath(a.ID)+"/edit")
}

// pageOf is a text as lines to compare, its title and audience among them.
func pageOf(t kb.Text) []string {
	if t.Title == "" {
		return nil
	}
	return append([]string{"# " + t.Title, "For: " + audienceWord(t.Audience), ""}, strings.Split(t.Body, "\n")...)
}

func audienceWord(a kb.Audience) string {
	if a == kb.Everyone {
		return "Everyone"
	}
	return "Staff"
}

// diffLine is a line of both texts (" "), of the new one ("+") or of the old ("-").
type diffLine struct{ Sign, Text string }

// most bounds the lines that are compared one by one; longer texts are shown as
// one gone and one new.
const most = 3000

// diff compares two texts line by line: the fewest lines gone and added.
func diff(old, now []string) []diffLine {
	var out []diffLine
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		out = append(out, diffLine{" ", old[0]})
		old, now = old[1:], now[1:]
	}
	var tail []diffLine
	for len(old) > 0 && len(now) > 0 && old[len(old)-1] == now[len(now)-1] {
		tail = append(tail, diffLine{" ", old[len(old)-1]})
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	slices.Reverse(tail)
	if len(old) > most || len(now) > most || len(old)*len(now) > most*most {
		for _, s := range old {
			out = append(out, diffLine{"-", s})
		}
		for _, s := range now {
			out = append(out, diffLine{"+", s})
		}
		return append(out, tail...)
	}
	common := make([][]int32, len(old)+1)
	for i := range common {
		common[i] = make([]int32, len(now)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if old[i] == now[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(old) || j < len(now) {
		switch {
		case i < len(old) && j < len(now) && old[i] == now[j]:
			out = append(out, diffLine{" ", old[i]})
			i, j = i+1, j+1
		case j == len(now) || i < len(old) && common[i+1][j] >= common[i][j+1]:
			out = append(out, diffLine{"-", old[i]})
			i++
		default:
			out = append(out, diffLine{"+", now[j]})
			j++
		}
	}
	return append(out, tail...)
}
