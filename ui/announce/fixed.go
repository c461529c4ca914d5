package announce

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/widgets"
)

// patience is what the agent may take to look at this machine and to put a word on its disk.
const patience = 15 * time.Second

// ask draws the questions whether what is said to be over is fixed. It touches only what
// differs.
func (w *Announce) ask() {
	now := model.FixedQuestionsOf(w.status, w.said)
	if slices.Equal(now, w.asked) {
		return
	}
	w.asked = now
	w.questions.RemoveAll()
	if len(now) > 0 {
		w.questions.Add(widgets.NewWords(model.WordsFixedAsk(), widgets.Style{Size: theme.SizeHeading, Bold: true}))
	}
	for _, q := range now {
		w.questions.Add(widgets.Card(w.question(q)))
	}
	widgets.Show(w.questions, len(now) > 0)
}

func (w *Announce) question(q model.FixedQuestion) fyne.CanvasObject {
	column := widgets.Column(6, widgets.NewWords(q.Title, widgets.Style{Bold: true}))
	say := func(text string, s widgets.Style) {
		if text != "" {
			column.Add(widgets.NewWords(text, s))
		}
	}
	say(q.Closing, widgets.Style{Size: theme.SizeMedium})
	if q.CanSay {
		column.Add(widgets.Flow(8,
			widgets.NewButton(model.WordsFixedYes(), widgets.Plain, w.keys, func() { w.answerOf(q.ID, true) }).Small(),
			widgets.NewButton(model.WordsFixedNo(), widgets.Plain, w.keys, func() { w.answerOf(q.ID, false) }).Small()))
	}
	say(q.Said, widgets.Style{Size: theme.SizeMedium, Bold: true})
	say(q.Problem, widgets.Style{Size: theme.SizeMedium, Color: theme.Critical})
	return column
}

// answerOf says whether it is fixed for whoever sits here.
func (w *Announce) answerOf(id string, works bool) {
	w.said[id] = model.HitState{Sending: true}
	w.host.Window.Canvas().Unfocus() // what was pressed is gone
	w.render()
	w.host.Go(func(program context.Context) {
		ctx, cancel := context.WithTimeout(program, patience)
		defer cancel()
		r, err := w.agent.Fixed(ctx, id, local.Fixed{Works: works, Language: string(tongue.Current())})
		if program.Err() != nil {
			return
		}
		if err == nil && r.Delivery == local.Refused {
			err = model.Refusal(r)
		}
		w.host.Main(func() {
			w.said[id] = model.HitState{Done: err == nil, Err: err, Works: works}
			w.render()
		})
	})
}
