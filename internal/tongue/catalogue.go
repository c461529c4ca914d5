package tongue

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed texts
var files embed.FS

// piece is a part of a text: words, or the name of a gap.
type piece struct {
	text string
	gap  bool
}

// message is a text with its forms. One that goes by no number has Other alone.
type message struct {
	plural bool
	forms  map[Form][]piece
}

// catalogues are read when a language is spoken for the first time: a process
// speaks one, or two.
var catalogues = func() map[Language]func() map[string]message {
	all := map[Language]func() map[string]message{}
	for _, l := range Languages() {
		all[l] = sync.OnceValue(func() map[string]message {
			m, err := load(files, l)
			if err != nil {
				panic(err) // it is compiled in, and a test reads it
			}
			return m
		})
	}
	return all
}()

func (l Language) message(id string) (message, bool) {
	catalogue, ok := catalogues[l]
	if !ok {
		catalogue = catalogues[English]
	}
	m, ok := catalogue()[id]
	return m, ok
}

// load reads a language's files.
func load(from fs.FS, l Language) (map[string]message, error) {
	names, err := fs.Glob(from, path.Join("texts", string(l), "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]message{}
	for _, name := range names {
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var texts map[string]entry
		if err := json.Unmarshal(b, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for id, e := range texts {
			if _, twice := all[id]; twice {
				return nil, fmt.Errorf("%s: %s is in another file already", name, id)
			}
			m := message{plural: e.plural, forms: make(map[Form][]piece, len(e.forms))}
			for f, text := range e.forms {
				if m.forms[f], err = pieces(text); err != nil {
					return nil, fmt.Errorf("%s: %s: %w", name, id, err)
				}
			}
			all[id] = m
		}
	}
	return all, nil
}

// entry is a text as it stands in a file: a string, or an object of forms.
type entry struct {
	plural bool
	forms  map[Form]string
}

// UnmarshalJSON reads either.
func (e *entry) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		e.plural = true
		return json.Unmarshal(b, &e.forms)
	}
	var s string
	e.forms = map[Form]string{}
	err := json.Unmarshal(b, &s)
	e.forms[Other] = s
	return err
}

// pieces cuts a text at its gaps.
func pieces(text string) ([]piece, error) {
	all := []piece{}
	for text != "" {
		words, rest, found := strings.Cut(text, "{")
		if words != "" {
			all = append(all, piece{text: words})
		}
		if !found {
			break
		}
		gap, after, closed := strings.Cut(rest, "}")
		if !closed || gap == "" || strings.ContainsAny(gap, "{ ") {
			return nil, fmt.Errorf("a gap is not closed in %q", text)
		}
		all = append(all, piece{text: gap, gap: true})
		text = after
	}
	return all, nil
}
