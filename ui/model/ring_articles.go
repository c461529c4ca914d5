package model

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
)

// The words around articles.
func WordsRingArticles() string { return tongue.Say("ring.articles") }
func WordsRingHelped() string   { return tongue.Say("ring.helped") }

func wordsRingThanks() string     { return tongue.Say("ring.thanks") }
func wordsRingThanksMore() string { return tongue.Say("ring.thanks_more") }

// ArticleView is an article under the question.
type ArticleView struct {
	ID    string
	Title string
	Text  string // "" while it is folded
}

// Asks returns what articles are to be looked for by; "" while there is too little
// to tell.
func (d Draft) Asks() string {
	text := strings.TrimSpace(Plain(d.Question + "\n" + d.Details))
	if utf8.RuneCountInString(text) < 8 {
		return ""
	}
	return text
}

// Offer shows the articles that were found for a text, unless it has changed
// since. The one that is being read stays.
func (r *Ring) Offer(text string, list []local.Article) {
	if r.Draft.Asks() != text {
		return
	}
	if r.Reading != "" && !slices.ContainsFunc(list, func(a local.Article) bool { return a.ID == r.Reading }) {
		for _, a := range r.Articles {
			if a.ID == r.Reading {
				list = append([]local.Article{a}, list...)
			}
		}
	}
	r.Articles = list[:min(len(list), 3)]
}

// Unfold opens an article in its place, or folds it again.
func (r *Ring) Unfold(id string) {
	if r.Reading == id {
		id = ""
	}
	r.Reading = id
}

func (r Ring) viewArticles() []ArticleView {
	if r.Stage != Writing && r.Stage != NotSaved {
		return nil
	}
	return articleViews(r.Articles, r.Reading)
}
