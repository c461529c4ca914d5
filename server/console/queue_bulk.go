package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/ticket"
)

// bulkView is what a change to many tickets does, or has done.
type bulkView struct {
	find.Outcome
	Rows  []desk.Row // some of those that were changed, as they are now
	Shown shownColumns
	Of    int
	Do    find.Verb
}

// reasons are the refusals, those of one reason together.
func (v bulkView) reasons() []reason {
	var out []reason
	for _, x := range v.Refused {
		i := 0
		for i < len(out) && out[i].Sentence != x.Sentence {
			i++
		}
		if i == len(out) {
			out = append(out, reason{Sentence: x.Sentence})
		}
		out[i].Numbers = append(out[i].Numbers, x.Number)
	}
	return out
}

type reason struct {
	Sentence string
	Numbers  []int64
}

// numbersShown is how many numbers stand behind a reason.
const numbersShown = 8

func (x reason) list() string {
	var b strings.Builder
	for i, n := range x.Numbers[:min(len(x.Numbers), numbersShown)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	if more := len(x.Numbers) - numbersShown; more > 0 {
		b.WriteString(" and " + strconv.Itoa(more) + " more")
	}
	return b.String()
}

// bulk says what would happen to the chosen tickets, or does it.
func (c *Console) bulk(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	list, act, err := bulkOf(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("go") == "" {
		out, err := c.Find.Preview(r.Context(), actor, list, act)
		if err != nil {
			return err
		}
		return c.out.Show(w, r, http.StatusOK, bulkPreview(bulkView{Outcome: out, Of: len(list), Do: act.Do}))
	}
	out, err := c.Find.Bulk(r.Context(), actor, list, act)
	if err != nil {
		return err
	}
	return c.bulkDone(w, r, actor, bulkView{Outcome: out, Of: len(list)}, false)
}

// undoBulk takes a change back.
func (c *Console) undoBulk(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	out, err := c.Find.Undo(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.bulkDone(w, r, actor, bulkView{Outcome: out, Of: len(out.Changed) + len(out.Refused)}, true)
}

func (c *Console) bulkDone(w http.ResponseWriter, r *http.Request, actor auth.Actor, v bulkView, undone bool) error {
	rows, err := c.Find.Rows(r.Context(), actor, v.Changed[:min(len(v.Changed), 4*maxChanged)])
	if err != nil {
		return err
	}
	list, err := c.views(r.Context(), actor)
	if err != nil {
		return err
	}
	v.Rows, v.Shown = rows, columnsOf(c.Rulebook(), list.of(r.PostFormValue("view")).Columns)
	return c.out.Show(w, r, http.StatusOK, bulkDone(v, actor, undone))
}

// bulkOf reads the form: tickets as number:version with commas between.
func bulkOf(r *http.Request) ([]find.Target, find.Action, error) {
	var list []find.Target
	for s := range strings.SplitSeq(r.PostFormValue("tickets"), ",") {
		n, version, _ := strings.Cut(s, ":")
		number, err := strconv.ParseInt(n, 10, 64)
		seen, errSeen := strconv.ParseInt(version, 10, 64)
		if err != nil || errSeen != nil {
			return nil, find.Action{}, fault.Field("tickets", "Choose at least one ticket.")
		}
		list = append(list, find.Target{Number: number, Version: seen})
	}
	act := find.Action{Do: find.Verb(r.PostFormValue("do")), Text: r.PostFormValue("text")}
	switch act.Do {
	case find.Assign:
		act.Person = r.PostFormValue("person")
	case find.GiveTeam:
		act.Team = r.PostFormValue("team")
	case find.Prioritise:
		p, err := strconv.Atoi(r.PostFormValue("priority"))
		if err != nil {
			return nil, act, fault.Field("priority", "Choose a priority.")
		}
		act.Priority = ticket.Priority(p)
	case find.Categorise:
		act.Category = r.PostFormValue("category")
	case find.Tag:
		for tag := range strings.FieldsSeq(strings.ReplaceAll(r.PostFormValue("tags"), ",", " ")) {
			if gone, ok := strings.CutPrefix(tag, "-"); ok {
				act.Remove = append(act.Remove, gone)
			} else {
				act.Add = append(act.Add, tag)
			}
		}
	case find.Resolve:
		act.Code = ticket.Code(r.PostFormValue("code"))
	case find.Merge:
		n, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(r.PostFormValue("into")), "#"), 10, 64)
		if err != nil {
			return nil, act, fault.Field("into", "Give the number of the ticket that stays.")
		}
		act.Into = n
	}
	return list, act, nil
}
