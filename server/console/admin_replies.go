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

// adminRepliesView is the page, and what was refused on it. A reply is shown as a
// macro that does nothing but answer, so that both have one form.
type adminRepliesView struct {
	Frame frame
	Book  *rulebook.Book
	Form  kit.Form        // what was refused
	Kind  rulebook.Kind   // of what was refused
	Typed *rulebook.Macro // what was refused, as it was typed
	Now   *rulebook.Macro // what somebody else has made of it meanwhile
}

// repliesPage shows what is written once and answered often.
func (c *Console) repliesPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showReplies(w, r, actor, http.StatusOK, adminRepliesView{})
}

func (c *Console) showReplies(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v adminRepliesView) error {
	v.Book = c.Rulebook()
	var err error
	if v.Frame, err = c.adminFrame(r, actor, "Replies and macros"); err != nil {
		return err
	}
	return c.out.Show(w, r, status, adminReplies(v))
}

// changeReply saves a reply or a macro, or deletes it. What is refused comes back as
// it was typed.
func (c *Console) changeReply(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	kind := rulebook.Kind(r.PathValue("kind"))
	if kind != rulebook.ReplyKind && kind != rulebook.MacroKind {
		return fault.New(fault.NotFound, "There is no such page.")
	}
	typed := macroOf(r)
	var err error
	if r.PostFormValue("delete") != "" {
		err = c.Rules.Delete(r.Context(), actor, kind, typed.ID, typed.Version)
	} else {
		_, err = c.Rules.Save(r.Context(), actor, replyItem(kind, *typed))
	}
	switch fault.CodeOf(err) {
	case "":
		http.Redirect(w, r, "/admin/replies", http.StatusSeeOther)
		return nil
	case fault.Invalid, fault.Conflict, fault.Stale, fault.NotFound:
		v := adminRepliesView{Form: kit.Form{}.Refused(err), Kind: kind, Typed: typed}
		if fault.CodeOf(err) == fault.Stale || fault.CodeOf(err) == fault.NotFound {
			v.Now = replyNow(c.Rulebook(), kind, typed)
		}
		return c.showReplies(w, r, actor, gate.Status(err), v)
	}
	return err
}

// replyNow gives what was typed the version that there is now, and returns that: who
// has seen both may save. Of what is gone a new entry can be made.
func replyNow(b *rulebook.Book, kind rulebook.Kind, typed *rulebook.Macro) *rulebook.Macro {
	for _, m := range repliesOf(b, kind) {
		if m.ID == typed.ID {
			typed.Version = m.Version
			return &m
		}
	}
	typed.ID, typed.Version = "", 0
	return nil
}

// repliesOf lists the entries of one of the two kinds.
func repliesOf(b *rulebook.Book, kind rulebook.Kind) []rulebook.Macro {
	var out []rulebook.Macro
	if kind == rulebook.ReplyKind {
		for _, x := range rulebook.All[*rulebook.Reply](b) {
			out = append(out, rulebook.Macro{Entry: x.Entry, Body: x.Body})
		}
		return out
	}
	for _, x := range rulebook.All[*rulebook.Macro](b) {
		out = append(out, *x)
	}
	return out
}

// macroOf reads a form of the page.
func macroOf(r *http.Request) *rulebook.Macro {
	r.PostFormValue("") // reads the form
	m := &rulebook.Macro{
		Entry: rulebook.Entry{ID: r.PostFormValue("id"), Name: r.PostFormValue("name"), Position: small(r, "position"), Retired: r.PostFormValue("retired") != ""},
		Body:  strings.ReplaceAll(r.PostFormValue("body"), "\r\n", "\n"),
		Note:  r.PostFormValue("note") != "", Take: r.PostFormValue("take") != "", State: r.PostFormValue("state"),
		Code: ticket.Code(r.PostFormValue("code")), Waiting: ticket.Waiting(r.PostFormValue("waiting")),
		Tag: tagsTyped(r.PostFormValue("tag")), Untag: tagsTyped(r.PostFormValue("untag")),
	}
	m.Version, _ = strconv.ParseInt(r.PostFormValue("version"), 10, 64) // 0 is a new one
	return m
}

func tagsTyped(s string) []string {
	return typedTags(strings.ToLower(s))
}

// replyItem is what is stored: no code without resolving, no reason without waiting.
func replyItem(kind rulebook.Kind, m rulebook.Macro) rulebook.Item {
	if kind == rulebook.ReplyKind {
		return &rulebook.Reply{Entry: m.Entry, Body: m.Body}
	}
	if m.State != "resolve" {
		m.Code = ""
	}
	if m.State != "wait" {
		m.Waiting = ""
	}
	return &m
}
