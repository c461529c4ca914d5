package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

type adminDeskView struct {
	Frame   frame
	Book    *rulebook.Book
	Setting rulebook.Setting
	Matrix  rulebook.Matrix
	Form    kit.Form
	Typed   rulebook.Item // what was refused, as it was typed
	Beside  *besideView   // and what somebody else has saved meanwhile
}

// form is the form of an entry; with what was refused, if it was this one.
func (v adminDeskView) form(x rulebook.Item) kit.Form {
	out := kit.Form{ID: string(x.Kind()) + "-" + x.Base().ID, Fixed: !v.Frame.may(auth.RulebookManage)}
	if v.refused(x) {
		out.Problem, out.At = v.Form.Problem, v.Form.At
	}
	return out
}

func (v adminDeskView) refused(x rulebook.Item) bool {
	return v.Typed != nil && v.Typed.Kind() == x.Kind() && v.Typed.Base().ID == x.Base().ID
}

// orTyped is an entry as it was typed, if it was refused.
func orTyped[T rulebook.Item](v adminDeskView, x T) T {
	if typed, ok := v.Typed.(T); ok && v.refused(x) {
		return typed
	}
	return x
}

// lost is what was typed into an entry that is not there any more.
func lost[T rulebook.Item](v adminDeskView, none T) T {
	if typed, ok := v.Typed.(T); ok && typed.Base().ID != "" && savedNow(v.Book, typed) == nil {
		return typed
	}
	return none
}

// deskPage shows what the desk has decided about itself: categories, fields, the
// priorities, and how tickets end.
func (c *Console) deskPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showDesk(w, r, actor, http.StatusOK, nil, kit.Form{})
}

func (c *Console) showDesk(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, typed rulebook.Item, form kit.Form) error {
	v := adminDeskView{Book: c.Rulebook(), Form: form, Typed: typed}
	v.Setting = rulebook.SettingOf(v.Book)
	v.Matrix = rulebook.Matrix{Entry: rulebook.Entry{ID: rulebook.OnlyID, Name: "Priorities"}, Rows: rulebook.MatrixOf(v.Book)}
	if m, ok := rulebook.Get[*rulebook.Matrix](v.Book, rulebook.OnlyID); ok {
		v.Matrix = *m
	}
	if typed != nil && form.At == "" { // somebody else was faster: who has read that may save
		now := savedNow(v.Book, typed)
		if status == gate.Status(fault.New(fault.Stale, "")) {
			v.Beside = besideOf(v.Book, now, typed)
		}
		if typed.Base().Version = 0; now != nil {
			typed.Base().Version = now.Base().Version
		}
	}
	v.Matrix, v.Setting = *orTyped(v, &v.Matrix), *orTyped(v, &v.Setting)
	var err error
	if v.Frame, err = c.adminFrame(r, actor, "Help desk"); err != nil {
		return err
	}
	return c.out.Show(w, r, status, adminDesk(v))
}

// changeDesk saves one part of it.
func (c *Console) changeDesk(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	item, err := deskItem(r)
	if err == nil {
		if r.PostFormValue("delete") != "" {
			err = c.Rules.Delete(r.Context(), actor, item.Kind(), item.Base().ID, item.Base().Version)
		} else {
			_, err = c.Rules.Save(r.Context(), actor, item)
		}
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/admin/desk", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Stale, fault.NotFound:
		return c.showDesk(w, r, actor, gate.Status(err), item, kit.Form{}.Refused(err))
	}
	return err
}

// deskItem reads a form of the page.
func deskItem(r *http.Request) (rulebook.Item, error) {
	e := rulebook.Entry{ID: r.PostFormValue("id"), Name: r.PostFormValue("name"), Position: small(r, "position"), Version: seenVersion(r), Retired: r.PostFormValue("retired") != ""}
	switch kind := rulebook.Kind(r.PathValue("kind")); kind {
	case rulebook.CategoryKind:
		return &rulebook.Category{
			Entry: e, Parent: r.PostFormValue("parent"), Team: r.PostFormValue("team"), TicketKind: ticket.Kind(r.PostFormValue("ticket_kind")), Fields: r.PostForm["fields"],
		}, nil
	case rulebook.FieldKind:
		f := &rulebook.Field{Entry: e, Type: rulebook.FieldType(r.PostFormValue("type")), Required: r.PostFormValue("required") != "", Help: r.PostFormValue("help")}
		for line := range strings.Lines(r.PostFormValue("choices")) {
			if line = strings.TrimSpace(line); line != "" {
				f.Choices = append(f.Choices, line)
			}
		}
		return f, nil
	case rulebook.MatrixKind:
		m := &rulebook.Matrix{Entry: e}
		for i := range m.Rows {
			for u := range m.Rows[i] {
				m.Rows[i][u] = ticket.Priority(small(r, "p"+strconv.Itoa(i)+strconv.Itoa(u)))
			}
		}
		return m, nil
	case rulebook.SettingKind:
		return &rulebook.Setting{
			Entry: e, ReopenDays: small(r, "reopen_days"), CloseDays: small(r, "close_days"), Calendar: r.PostFormValue("calendar"), ImpactMedium: small(r, "impact_medium"), ImpactHigh: small(r, "impact_high"), Outside: r.PostFormValue("reports_outside") != "",
		}, nil
	}
	return nil, fault.New(fault.NotFound, "There is no such page.")
}

// savedNow is an entry of the page as it is now; nil when it is gone.
func savedNow(b *rulebook.Book, x rulebook.Item) rulebook.Item {
	switch id := x.Base().ID; x.Kind() {
	case rulebook.CategoryKind:
		return savedIn[*rulebook.Category](b, id)
	case rulebook.FieldKind:
		return savedIn[*rulebook.Field](b, id)
	case rulebook.MatrixKind:
		return savedIn[*rulebook.Matrix](b, id)
	}
	return savedIn[*rulebook.Setting](b, x.Base().ID)
}

func savedIn[T rulebook.Item](b *rulebook.Book, id string) rulebook.Item {
	if v, ok := rulebook.Get[T](b, id); ok {
		return v
	}
	return nil
}
