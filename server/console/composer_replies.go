package console

import (
	"net/http"
	"strings"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/talk"
)

// canned is a reply or a macro as the picker offers it, with its words filled in.
type canned struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"` // reply, macro
	Name  string `json:"name"`
	Text  string `json:"text"`
	Short string `json:"short"` // its beginning, without marks
	Note  bool   `json:"note,omitempty"`
	Then  string `json:"then,omitempty"` // what a macro does, in words
}

// replies lists what can be picked for a ticket.
func (c *Console) replies(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	d, err := c.Desk.GetByNumber(r.Context(), actor, n)
	if err != nil {
		return err
	}
	book, values := c.Rulebook(), c.values(d, actor)
	list := []canned{}
	for _, m := range rulebook.Offered[*rulebook.Macro](book) {
		text := rulebook.Expand(m.Body, values)
		list = append(list, canned{ID: m.ID, Kind: "macro", Name: m.Name, Text: text, Short: kit.Clip(oneLine(markdown.Plain(text)), 90), Note: m.Note, Then: thenWords(thenOf(m))})
	}
	for _, m := range rulebook.Offered[*rulebook.Reply](book) {
		text := rulebook.Expand(m.Body, values)
		list = append(list, canned{ID: m.ID, Kind: "reply", Name: m.Name, Text: text, Short: kit.Clip(oneLine(markdown.Plain(text)), 90)})
	}
	return kit.JSON(w, http.StatusOK, list)
}

// values are what the variables of a reply say on a ticket.
func (c *Console) values(d desk.Detail, actor auth.Actor) map[string]string {
	return map[string]string{
		"requester.name": d.Requester.Name, "requester.first_name": first(d.Requester.Name),
		"technician.name": actor.Name, "technician.first_name": first(actor.Name),
		"ticket.number": ticketNumber(d.Number), "ticket.title": d.Title,
		"endpoint.name": d.EndpointName, "site.name": d.SiteName, "organisation.name": c.Organisation,
	}
}

// first is somebody's first name: “Muster, Mia” and “Mia Muster” are both Mia.
func first(name string) string {
	if _, given, ok := strings.Cut(name, ","); ok {
		name = given
	}
	f := strings.Fields(name)
	if len(f) == 0 {
		return ""
	}
	return f[0]
}

// macro returns what the macro with the id does; nil when there is none any more.
func (c *Console) macro(id string) *talk.Then {
	if id == "" {
		return nil
	}
	m, ok := rulebook.Get[*rulebook.Macro](c.Rulebook(), id)
	if !ok {
		return nil
	}
	t := thenOf(m)
	return &t
}

func thenOf(m *rulebook.Macro) talk.Then {
	return talk.Then{ID: m.ID, Name: m.Name, Take: m.Take, State: m.State, Code: m.Code, Waiting: m.Waiting, Tag: m.Tag, Untag: m.Untag}
}

// thenWords says what a macro does beside the words.
func thenWords(t talk.Then) string {
	var parts []string
	if t.Take {
		parts = append(parts, "take it")
	}
	switch t.State {
	case "resolve":
		parts = append(parts, "resolve it: "+lower(kit.CodeWord(t.Code)))
	case "wait":
		parts = append(parts, "put it on hold: "+lower(kit.WaitingWord(t.Waiting)))
	}
	for _, tag := range t.Tag {
		parts = append(parts, "tag it “"+tag+"”")
	}
	for _, tag := range t.Untag {
		parts = append(parts, "take the tag “"+tag+"” off")
	}
	if len(parts) == 0 {
		return "Macro “" + t.Name + "”"
	}
	return "Macro “" + t.Name + "”: " + strings.Join(parts, ", ")
}
