package kb

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/query"
)

func plain(body string) string { return markdown.Plain(body) }

// maxWords bounds what is looked for.
const maxWords = 12

// Search returns the published articles that hold all the words that somebody
// typed, each as the beginning of a word, the best first.
func (b *Base) Search(ctx context.Context, actor auth.Actor, typed string, limit int) ([]Hit, error) {
	if err := auth.Authorise(actor, auth.KnowledgeRead, auth.Object{}); err != nil {
		return nil, err
	}
	look := query.Words(typed)
	if len(look) == 0 {
		return nil, nil
	}
	found, err := b.store.Find(ctx, look[:min(len(look), maxWords)], false, actor.Kind != auth.Requester, min(max(limit, 1), 100))
	var hits []Hit
	for _, f := range found {
		hits = append(hits, hit(f))
	}
	return hits, err
}

func hit(f Found) Hit {
	return Hit{ID: f.ID, Title: f.Title, Audience: f.Audience, Summary: summary(plain(f.Body))}
}

// summary is the beginning of a text on one line.
func summary(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > 200 {
		return strings.TrimSpace(string(r[:199])) + "…"
	}
	return string(r)
}

// idle are words that say nothing about what somebody needs, in the languages that
// are written most.
var idle = strings.Fields("the and for are was not with that this from have has had can cannot does doesn did don but you your its his her our any all get got how why what when where who will would could since after before again " +
	"help please hello thanks thank work works working want need please problem issue today yesterday morning " +
	"der die das und ist ein eine einen einem nicht mit auf von dem den des ich wir sie kann geht bei mein meine meinen seit habe hat hallo bitte danke hilfe problem heute gestern immer wieder noch mehr auch")

// stem is the beginning of a word that its other forms share, roughly.
func stem(w string) string {
	for _, end := range []string{"ing", "ern", "ed", "es", "en", "er", "s", "e", "n"} {
		if cut, ok := strings.CutSuffix(w, end); ok && len([]rune(cut)) >= 4 {
			return cut
		}
	}
	return w
}

// telling returns the words of a text by which an article may be found.
func telling(text string) []string {
	var out []string
	for _, w := range query.Words(text) {
		if len([]rune(w)) < 3 || slices.Contains(idle, w) {
			continue
		}
		if w = stem(w); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out[:min(len(out), maxWords)]
}

// Suggest returns the articles that may answer what somebody is writing, at most
// limit, the likeliest first: none rather than a poor one.
func (b *Base) Suggest(ctx context.Context, actor auth.Actor, text string, limit int) ([]Hit, error) {
	if err := auth.Authorise(actor, auth.KnowledgeRead, auth.Object{}); err != nil {
		return nil, err
	}
	look := telling(text)
	if len(look) == 0 {
		return nil, nil
	}
	found, err := b.store.Find(ctx, look, true, actor.Kind != auth.Requester, 24)
	if err != nil {
		return nil, err
	}
	type scored struct {
		Found
		score int
	}
	var good []scored
	for _, f := range found {
		title, body := query.Words(f.Title), strings.Fields(f.Words)
		inTitle, in := 0, 0
		for _, w := range look {
			begins := func(s string) bool { return strings.HasPrefix(s, w) }
			switch {
			case slices.ContainsFunc(title, begins):
				inTitle++
				in++
			case slices.ContainsFunc(body, begins):
				in++
			}
		}
		// One word of many is chance; so is one that the title does not have.
		if in*3 >= len(look) && (inTitle > 0 || in > 1) {
			good = append(good, scored{f, 3*inTitle + in})
		}
	}
	slices.SortStableFunc(good, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var hits []Hit
	for _, g := range good[:min(len(good), min(max(limit, 1), 10))] {
		hits = append(hits, hit(g.Found))
	}
	return hits, nil
}
