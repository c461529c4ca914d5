package model

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Exact writes a value as text for a person, from its JSON form, so that every
// field that travels is there, also one that was added after this was written.
// Objects become "name: value" lines in the order of the wire.
func Exact(v any) []string {
	b, err := json.Marshal(v)
	if err != nil {
		return []string{wordsUnknownError()}
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	w := writer{d: d}
	w.value("", "", "")
	return w.lines
}

// writer walks JSON tokens, since only they keep the order of fields.
type writer struct {
	d     *json.Decoder
	lines []string
}

// value writes the next value. first goes before its first line, rest before the
// others; key is the field's name.
func (w *writer) value(first, rest, key string) {
	t, err := w.d.Token()
	if err != nil {
		return
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			w.object(first, rest)
		} else {
			w.array(first, rest)
		}
	default:
		w.scalar(first, rest, text(key, t))
	}
}

func (w *writer) object(first, rest string) {
	if !w.d.More() {
		w.lines = append(w.lines, first+wordsNothing())
	}
	for w.d.More() {
		k, err := w.d.Token()
		if err != nil {
			return
		}
		name, _ := k.(string)
		w.field(first, rest, name)
		first = rest
	}
	w.d.Token()
}

// field writes a name, and its value on the same line when it has one line.
func (w *writer) field(first, rest, name string) {
	label := strings.ReplaceAll(Line(name), "_", " ")
	at := len(w.lines)
	w.lines = append(w.lines, first+label+":")
	w.value(rest+"  ", rest+"  ", name)
	if len(w.lines) == at+2 && !strings.HasPrefix(strings.TrimLeft(w.lines[at+1], " "), "- ") {
		w.lines[at] += " " + strings.TrimLeft(w.lines[at+1], " ")
		w.lines = w.lines[:at+1]
	}
}

func (w *writer) array(first, rest string) {
	if !w.d.More() {
		w.lines = append(w.lines, first+wordsNothing())
	}
	for w.d.More() {
		w.value(first+"- ", rest+"  ", "")
		first = rest
	}
	w.d.Token()
}

func (w *writer) scalar(first, rest, s string) {
	for i, line := range strings.Split(Plain(s), "\n") {
		if i == 1 {
			first = rest
		}
		w.lines = append(w.lines, first+line)
	}
}

func text(key string, t json.Token) string {
	switch t := t.(type) {
	case string:
		return t
	case bool:
		if t {
			return wordsYes()
		}
		return wordsNo()
	case json.Number:
		return number(key, t.String())
	}
	return wordsNothing()
}

// number adds a readable size to a number of bytes; the exact one stays.
func number(key, s string) string {
	switch key {
	case "total", "free", "available", "swap_total", "swap_used", "rss", "rx_bytes", "tx_bytes", "size":
		if n, err := strconv.ParseUint(s, 10, 64); err == nil && n >= 1e6 {
			return wordsSize(Bytes(n), s)
		}
	}
	return s
}

// Wrap breaks lines that are longer than width characters. The rest of a line is
// indented, so that it is seen to go on.
func Wrap(lines []string, width int) []string {
	const indent = "    "
	width = max(width, 16)
	out := make([]string, 0, len(lines))
	for _, l := range lines {
		r := []rune(strings.ReplaceAll(l, "\t", "    "))
		for len(r) > width {
			cut := width
			for i := width; i > width/2; i-- {
				if r[i] == ' ' {
					cut = i
					break
				}
			}
			out = append(out, string(r[:cut]))
			r = append([]rune(indent), []rune(strings.TrimLeft(string(r[cut:]), " "))...)
		}
		out = append(out, string(r))
	}
	return out
}
