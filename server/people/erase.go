package people

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/server/ticket"
)

// Gone stands where a person's words were. It is never empty where they were not,
// so that what is counted by there being words stays as it is.
const Gone = "Removed on request."

// Identity is what a person is known by.
type Identity struct {
	ID     string
	Name   string
	Email  string
	Phone  string
	Logins []string
}

// Eraser takes a person out of texts.
type Eraser struct {
	id   Identity
	sure []string // mean nobody else, wherever they stand
	here []string // mean the person in what belongs to them
	// Dropped are the attachments that were taken out, by their hash.
	Dropped map[string]bool
}

// NewEraser returns an eraser of a person.
func NewEraser(id Identity) *Eraser {
	e := &Eraser{id: id, Dropped: map[string]bool{}}
	if id.Email != "" {
		e.sure = append(e.sure, id.Email)
	}
	if strings.Contains(id.Name, " ") {
		e.sure = append(e.sure, id.Name)
	}
	if strings.ContainsFunc(id.Phone, unicode.IsDigit) && len(id.Phone) >= 7 {
		e.sure = append(e.sure, id.Phone)
	}
	e.here = append(e.here, id.Logins...)
	e.here = append(e.here, id.Name, id.Phone)
	e.here = append(e.here, strings.Fields(id.Name)...)
	e.here = slices.DeleteFunc(e.here, func(s string) bool { return utf8.RuneCountInString(s) < 3 || common[strings.ToLower(s)] })
	// The longer first: a part must not break the whole.
	longer := func(a, b string) int { return len(b) - len(a) }
	slices.SortStableFunc(e.here, longer)
	return e
}

// common are logins that say nothing about who it is.
var common = map[string]bool{"root": true, "admin": true, "administrator": true, "user": true, "guest": true, "test": true, "system": true, "former": true, "requester": true}

// Needles are texts by which what has to be looked at is found.
func (e *Eraser) Needles() []string { return append([]string{e.id.ID}, e.sure...) }

// Sure are texts that mean the person wherever they stand.
func (e *Eraser) Sure() []string { return slices.Clone(e.sure) }

// Elsewhere takes out of a text what means the person wherever it stands.
func (e *Eraser) Elsewhere(s string) string {
	for _, w := range e.sure {
		s = replaceFold(s, w)
	}
	return s
}

// Here takes out of a text that belongs to the person what means them there.
func (e *Eraser) Here(s string) string {
	s = e.Elsewhere(s)
	for _, w := range e.here {
		s = replaceWord(s, w)
	}
	return s
}

// History takes the person out of a ticket's history. own says that they rang it. The
// kinds, the times and who did what stay; so do the staff's words, without the name.
func (e *Eraser) History(history []ticket.Event, own bool) []ticket.Event {
	out := slices.Clone(history)
	for i := range out {
		out[i] = e.event(out[i], own)
	}
	return out
}

func (e *Eraser) event(x ticket.Event, own bool) ticket.Event {
	scrub := e.Elsewhere
	if own {
		scrub = e.Here
	}
	theirs := x.Actor.ID == e.id.ID
	text := func(s string) string {
		if theirs && s != "" {
			return Gone
		}
		return scrub(s)
	}
	x.Title, x.Body = text(x.Title), text(x.Body)
	x.Actor.Person = e.person(x.Actor.Person)
	x.Requester, x.Person = e.pointed(x.Requester), e.pointed(x.Person)
	if x.People != nil {
		list := make([]ticket.Person, len(x.People))
		for i, p := range x.People {
			list[i] = e.person(p)
		}
		x.People = list
	}
	if x.Fields != nil {
		fields := make(map[string]string, len(x.Fields))
		for k, v := range x.Fields {
			fields[k] = text(v)
		}
		x.Fields = fields
	}
	if theirs || own && x.Type == ticket.Opened {
		x.Snapshot = ""
		for _, a := range x.Attachments {
			e.Dropped[a.SHA256] = true
		}
		x.Attachments = nil
		x.Findings = slices.Clone(x.Findings)
		for i := range x.Findings { // what was wrong stays, what showed it goes
			f := &x.Findings[i]
			f.Sentence, f.Advice, f.Detail, f.Evidence = scrub(f.Sentence), scrub(f.Advice), "", nil
			f.Said = diagnostics.Said{} // the English is enough; here its words are scattered
		}
		return x
	}
	x.Attachments = slices.Clone(x.Attachments)
	for i := range x.Attachments {
		x.Attachments[i].Name = scrub(x.Attachments[i].Name)
	}
	return x
}

func (e *Eraser) person(p ticket.Person) ticket.Person {
	if p.ID == e.id.ID {
		p.Name = Former
	}
	return p
}

func (e *Eraser) pointed(p *ticket.Person) *ticket.Person {
	if p == nil {
		return nil
	}
	q := e.person(*p)
	return &q
}

// JSON takes the person out of every text of a document that belongs to them. What is
// no JSON is taken for text.
func (e *Eraser) JSON(doc string, scrub func(string) string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return scrub(doc)
	}
	changed := false
	v = walk(v, func(s string) string {
		t := scrub(s)
		changed = changed || t != s
		return t
	})
	if !changed {
		return doc
	}
	b, err := json.Marshal(v)
	if err != nil {
		return scrub(doc)
	}
	return string(b)
}

func walk(v any, f func(string) string) any {
	switch x := v.(type) {
	case string:
		return f(x)
	case []any:
		for i := range x {
			x[i] = walk(x[i], f)
		}
	case map[string]any:
		for k := range x {
			x[k] = walk(x[k], f)
		}
	}
	return v
}

// replaceFold replaces a text wherever it stands as words of its own, whatever its
// capitals.
func replaceFold(s, w string) string {
	n := utf8.RuneCountInString(w)
	r := []rune(s)
	var b strings.Builder
	for i := 0; i < len(r); {
		if i+n <= len(r) && strings.EqualFold(string(r[i:i+n]), w) && edge(r, i-1) && edge(r, i+n) {
			b.WriteString(Former)
			i += n
			continue
		}
		b.WriteRune(r[i])
		i++
	}
	return b.String()
}

// replaceWord is replaceFold with the capitals as they are.
func replaceWord(s, w string) string {
	if !strings.Contains(s, w) {
		return s
	}
	n := utf8.RuneCountInString(w)
	r := []rune(s)
	var b strings.Builder
	for i := 0; i < len(r); {
		if i+n <= len(r) && string(r[i:i+n]) == w && edge(r, i-1) && edge(r, i+n) {
			b.WriteString(Former)
			i += n
			continue
		}
		b.WriteRune(r[i])
		i++
	}
	return b.String()
}

func edge(r []rune, i int) bool {
	return i < 0 || i >= len(r) || !unicode.IsLetter(r[i]) && !unicode.IsDigit(r[i])
}
