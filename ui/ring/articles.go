package ring

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// After so long without a key articles are looked for.
const settle = 600 * time.Millisecond

// suggest looks for articles once the employee has stopped typing for a moment.
func (r *Ring) suggest() {
	if r.unask != nil {
		r.unask()
		r.unask = nil
	}
	text := r.state.Draft.Asks()
	if text == "" {
		r.state.Articles, r.state.Reading = nil, ""
		return
	}
	r.unask = r.host.After(settle, func() {
		r.host.Go(func(program context.Context) {
			list, err := r.agent.Suggest(program, text)
			if err != nil {
				return // no article is no reason to disturb somebody who needs help
			}
			r.host.Main(func() {
				r.state.Offer(text, list)
				r.render()
			})
		})
	})
}

func (v *view) buildArticles() fyne.CanvasObject {
	v.articles = widgets.Column(4)
	v.articles.Hide()
	return v.articles
}

// renderArticles shows titles; the one that is unfolded with its text.
func (r *Ring) renderArticles(list []model.ArticleView) {
	v := &r.view
	if slices.Equal(v.offered, list) {
		return
	}
	v.offered = list
	v.articles.RemoveAll()
	if len(list) > 0 {
		v.articles.Add(widgets.NewWords(model.WordsRingArticles(), widgets.Style{Size: theme.SizeMedium, Color: theme.Muted, Bold: true}))
	}
	for _, a := range list {
		icon := theme.IconRight
		if a.Text != "" {
			icon = theme.IconDown
		}
		title := widgets.NewButton(a.Title, widgets.Quiet, v.keys, func() {
			r.state.Unfold(a.ID)
			r.render()
			widgets.Relayout(v.root)
		}).WithIcon(icon).Small()
		v.articles.Add(widgets.Row(0, -1, title))
		if a.Text == "" {
			continue
		}
		helped := widgets.NewButton(model.WordsRingHelped(), widgets.Plain, v.keys, func() { r.helped(a.ID) }).Small()
		v.articles.Add(widgets.Card(widgets.Column(8, widgets.NewWords(a.Text, widgets.Style{}), widgets.Row(0, -1, helped))))
	}
	widgets.Show(v.articles, len(list) > 0)
	widgets.Relayout(v.root)
}

// helped ends the ring before it was sent: an article was enough.
func (r *Ring) helped(article string) {
	question := r.state.Draft.Asks()
	r.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, sending)
		defer cancel()
		_ = r.agent.Helped(ctx, article, question) // that it was not counted keeps nobody from going on
	})
	r.another()
	r.state.Stage = model.Helped
	r.render()
}
