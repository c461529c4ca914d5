// Package tongue says what people read on an endpoint in their language: English,
// German, French or Spanish. All texts are in one catalogue, texts/LANGUAGE/AREA.json.
//
// To add a text:
//
//  1. Give it an id, "area.what", and add it to the same file of all four languages.
//     A text is a whole sentence; what varies stands in it as a {gap}.
//  2. Where the text goes by a number, that number is the gap {n}, and the text is an
//     object of the forms that the language has: {"one": …, "other": …}, and in
//     French and Spanish "many" too (“1 000 000 de…”).
//  3. In windows and the tray: tongue.Say("ring.sent", tongue.Count("n", 3)), at the moment
//     it is drawn, never in a variable at start: people change their language.
//  4. What the agent says to somebody whose language it does not know is a Text: its
//     English goes along, and whoever shows it renders it in the reader's language.
//  5. go test ./internal/tongue ./ui/model finds what is missing. See docs/languages.md.
package tongue

import (
	"strings"
	"sync/atomic"
)

// Language is a language that people are spoken to in.
type Language string

// The languages.
const (
	English Language = "en"
	German  Language = "de"
	French  Language = "fr"
	Spanish Language = "es"
)

// Languages lists the languages, the one that the others are translated from first.
func Languages() []Language { return []Language{English, German, French, Spanish} }

// Name is the language's name in itself, for a list to choose from.
func (l Language) Name() string { return l.Say("language.name") }

// Choose returns the first language that we speak among those that somebody
// prefers, and English when there is none. It reads what systems call languages:
// "de-AT", "de_AT.UTF-8@euro".
func Choose(preferred ...string) Language {
	if l, ok := Spoken(preferred...); ok {
		return l
	}
	return English
}

// Spoken returns the first language that we speak among those that somebody prefers; ok
// says whether there is one.
func Spoken(preferred ...string) (l Language, ok bool) {
	for _, p := range preferred {
		word := strings.ToLower(p)
		if i := strings.IndexAny(word, "-_.@"); i >= 0 {
			word = word[:i]
		}
		for _, l := range Languages() {
			if word == string(l) {
				return l, true
			}
		}
	}
	return "", false
}

// current is the language of this process. A window or a tray has one reader; the
// agent, which has several, never sets it.
var current atomic.Value

// Use sets the language of this process, now or while it runs. What is on the
// screen already changes when it is drawn anew.
func Use(l Language) { current.Store(Choose(string(l))) }

// Current is the language of this process.
func Current() Language {
	if l, ok := current.Load().(Language); ok {
		return l
	}
	return English
}

// Say is a text of the catalogue in the language of this process.
func Say(id string, args ...Arg) string { return Current().Say(id, args...) }

// Say is a text of the catalogue in the language.
func (l Language) Say(id string, args ...Arg) string {
	s, _ := l.render(Text{ID: id, Args: args}, 0)
	return s
}

// Render is a text in the language, and false when the catalogue does not hold it:
// whoever wrote it is newer than this program, and its English is to be shown.
func (l Language) Render(t Text) (string, bool) { return l.render(t, 0) }

// Or is a text in the language of this process, or the English that came with it.
func (t Text) Or(english string) string {
	if t.ID == "" || Current() == English {
		return english
	}
	if s, ok := Current().Render(t); ok {
		return s
	}
	return english
}

// English is the text in English.
func (t Text) English() string {
	s, _ := English.render(t, 0)
	return s
}

// maxDepth is how deep texts stand in gaps of texts. They come over wires.
const maxDepth = 4

func (l Language) render(t Text, depth int) (string, bool) {
	if depth > maxDepth {
		return "", false
	}
	if t.ID == "" && len(t.Args) == 1 && t.Args[0].Gap == "" {
		return l.value(t.Args[0], depth)
	}
	m, ok := l.message(t.ID)
	if !ok {
		return t.ID, false
	}
	form := m.forms[Other]
	if m.plural {
		for i := range t.Args {
			if t.Args[i].Gap == "n" {
				if f := m.forms[l.Form(t.Args[i].whole())]; f != nil {
					form = f
				}
			}
		}
	}
	var b strings.Builder
	for _, p := range form {
		if !p.gap {
			b.WriteString(p.text)
			continue
		}
		s, ok := l.fill(p.text, t.Args, depth)
		if !ok {
			return t.ID, false
		}
		b.WriteString(s)
	}
	return b.String(), true
}

func (l Language) fill(gap string, args []Arg, depth int) (string, bool) {
	for i := range args {
		if args[i].Gap == gap {
			return l.value(args[i], depth)
		}
	}
	return "", false
}
