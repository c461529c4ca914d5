package query

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// The limits of one filter: beyond them nobody typed it.
const (
	MaxLength = 1000 // characters
	maxTerms  = 40
	maxValues = 50
)

// Parse reads a filter. What it returns as an error is a fault.Invalid with a
// sentence for whoever typed it.
func Parse(s string) (Filter, error) {
	var f Filter
	if !utf8.ValidString(s) {
		return f, mistake("The search is not text.")
	}
	if utf8.RuneCountInString(s) > MaxLength {
		return f, mistakef("The search is longer than %d characters.", MaxLength)
	}
	words, err := split(s)
	if err != nil {
		return f, err
	}
	if len(words) > maxTerms {
		return f, mistakef("The search has %d words; %d are possible.", len(words), maxTerms)
	}
	for _, w := range words {
		if w.key == "sort" {
			if err := f.readSort(w); err != nil {
				return Filter{}, err
			}
			continue
		}
		t, ok, err := w.term()
		if err != nil {
			return Filter{}, err
		}
		if ok {
			f.Terms = append(f.Terms, t)
		}
	}
	if len(f.Terms) == 0 && f.Sort == "" && len(words) > 0 {
		return Filter{}, mistakef("%s has no letters or digits to look for.", strings.TrimSpace(s))
	}
	if n, ok := f.jump(); ok {
		return Filter{Number: n}, nil
	}
	return f, nil
}

// jump is the number when the filter is nothing else.
func (f Filter) jump() (int64, bool) {
	if len(f.Terms) != 1 || f.Sort != "" || f.Terms[0].Key != Text || f.Terms[0].Not || f.Terms[0].Phrase {
		return 0, false
	}
	return number(f.Terms[0].Values[0])
}

// number reads what is nothing but a ticket's number.
func number(s string) (int64, bool) {
	s = strings.TrimPrefix(s, "#")
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err == nil && n > 0 && len(s) < 18 && !strings.HasPrefix(s, "+")
}

// word is one word as it was typed: -key:value,"another value".
type word struct {
	raw    string
	not    bool
	key    string
	op     string // <, <=, > or >=, or ""
	values []string
	quoted bool // the value is one text in quotes
}

// split cuts the text into words. Quotes hold what is in them together.
func split(s string) ([]word, error) {
	var out []word
	r := []rune(s)
	for i := 0; i < len(r); {
		if space(r[i]) {
			i++
			continue
		}
		start, in := i, false
		for i < len(r) && (in || !space(r[i])) {
			switch {
			case in && r[i] == '\\' && i+1 < len(r):
				i++
			case r[i] == '"':
				in = !in
			}
			i++
		}
		raw := string(r[start:i])
		if in {
			return nil, mistakef("The quotes of %s are not closed: add a \" at its end.", raw)
		}
		w, err := readWord(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func space(r rune) bool { return unicode.IsSpace(r) }

func hasSpace(s string) bool { return strings.ContainsFunc(s, space) }

func readWord(raw string) (word, error) {
	w := word{raw: raw}
	rest := raw
	if len(rest) > 1 && rest[0] == '-' {
		w.not, rest = true, rest[1:]
	}
	n := 0
	for n < len(rest) && (rest[n] >= 'a' && rest[n] <= 'z' || rest[n] >= 'A' && rest[n] <= 'Z' || rest[n] == '_') {
		n++
	}
	if n > 0 && n < len(rest) && strings.ContainsRune(":<>", rune(rest[n])) {
		w.key = strings.ToLower(rest[:n])
		rest = strings.TrimPrefix(rest[n:], ":")
		for _, op := range []string{"<=", ">=", "<", ">"} {
			if after, ok := strings.CutPrefix(rest, op); ok {
				w.op, rest = op, after
				break
			}
		}
	}
	var err error
	w.values, w.quoted, err = readValues(rest, w.key != "")
	if err != nil {
		return w, mistakef("In %s something follows the closing quote: put a space between them.", raw)
	}
	return w, nil
}

var errAfterQuote = fault.New(fault.Invalid, "text after a quote")

// readValues reads values with commas between them, each plain or in quotes. The
// text of a search has no commas that mean something.
func readValues(s string, list bool) (values []string, quoted bool, err error) {
	for {
		if strings.HasPrefix(s, `"`) {
			v, rest := unquote(s[1:])
			values, quoted = append(values, v), true
			if rest != "" && !(list && rest[0] == ',') {
				return nil, false, errAfterQuote
			}
			if rest == "" {
				return values, quoted, nil
			}
			s = rest[1:]
			continue
		}
		if !list {
			return append(values, s), false, nil
		}
		v, rest, more := strings.Cut(s, ",")
		values = append(values, v)
		if !more {
			return values, quoted, nil
		}
		s = rest
	}
}

// unquote reads up to the closing quote.
func unquote(s string) (v, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

// term makes a condition of a word; ok is false when there is nothing in it to look for.
func (w word) term() (t Term, ok bool, err error) {
	t = Term{Not: w.not, Key: Key(w.key)}
	if w.key == "" {
		v := w.values[0]
		if !w.quoted {
			v = strings.TrimRight(v, "*")
		}
		t.Values, t.Phrase = []string{strings.TrimSpace(v)}, w.quoted
		return t, len(Words(v)) > 0, nil
	}
	if w.key == "age" {
		t.Key = Created
	}
	if !known(t.Key) {
		return t, false, mistakef("%s: is nothing that tickets are searched by. Possible are %s; in quotes it is looked for as text.", w.key, keyList())
	}
	if len(w.values) > maxValues {
		return t, false, mistakef("%s: has %d values; %d are possible.", w.key, len(w.values), maxValues)
	}
	for i, v := range w.values {
		if w.values[i] = strings.TrimSpace(v); w.values[i] == "" {
			return t, false, mistakef("%s: needs a value, as in %s.", w.key, exampleOf(t.Key))
		}
	}
	switch {
	case timeKey(t.Key):
		t.From, t.To, err = w.span()
	case t.Key == Priority:
		t.Values, err = w.priorities()
	case w.op != "":
		err = mistakef("%s cannot be compared with %s: only priority, created, updated, due and age can.", w.raw, w.op)
	case t.Key == Number:
		t.Values, err = w.numbers()
	default:
		t.Values, err = w.choice(t.Key)
	}
	return t, true, err
}

// choice checks the values of keys that have a fixed list.
func (w word) choice(k Key) ([]string, error) {
	var possible []string
	for _, x := range Language() {
		if x.Key == k {
			possible = x.Values
		}
	}
	out := make([]string, 0, len(w.values))
	for _, v := range w.values {
		if possible != nil {
			v = strings.ReplaceAll(strings.ToLower(v), "-", "_")
			if !slices.Contains(possible, v) {
				return nil, mistakef("%s: cannot be %q. Possible are %s.", w.key, v, strings.Join(possible, ", "))
			}
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, nil
}

func (w word) numbers() ([]string, error) {
	out := make([]string, 0, len(w.values))
	for _, v := range w.values {
		n, ok := number(v)
		if !ok {
			return nil, mistakef("%q is no ticket's number: number: takes numbers, as in number:1042,1043.", v)
		}
		out = append(out, strconv.FormatInt(n, 10))
	}
	return out, nil
}

// priorities reads 1, 1,2, 1..3 and comparisons, as the list of those that fit.
func (w word) priorities() ([]string, error) {
	var fits [6]bool
	for _, v := range w.values {
		from, to, isRange := strings.Cut(v, "..")
		if !isRange {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if errA != nil || errB != nil || a < 1 || b > 5 || a > b || isRange && w.op != "" {
			return nil, mistakef("%s is no priority. Possible are 1 to 5, lists as 1,2 and ranges as 1..3 or <3.", w.raw)
		}
		for p := 1; p <= 5; p++ {
			switch w.op {
			case "<":
				fits[p] = fits[p] || p < a
			case "<=":
				fits[p] = fits[p] || p <= a
			case ">":
				fits[p] = fits[p] || p > a
			case ">=":
				fits[p] = fits[p] || p >= a
			default:
				fits[p] = fits[p] || a <= p && p <= b
			}
		}
	}
	var out []string
	for p := 1; p <= 5; p++ {
		if fits[p] {
			out = append(out, strconv.Itoa(p))
		}
	}
	if out == nil {
		return nil, mistakef("No priority fits %s: they go from 1 to 5.", w.raw)
	}
	return out, nil
}

func (f *Filter) readSort(w word) error {
	s := Sort(strings.ToLower(w.values[0]))
	if w.not || w.op != "" || len(w.values) != 1 || !slices.Contains(Sorts(), s) {
		return mistakef("%s is no order. Possible are %s.", w.raw, strings.Join(sortWords(), ", "))
	}
	f.Sort = s
	return nil
}

func known(k Key) bool {
	return k != Text && slices.ContainsFunc(Language(), func(w Word) bool { return w.Key == k && k != "sort" })
}

func keyList() string {
	var out []string
	for _, w := range Language() {
		if w.Key != Text {
			out = append(out, string(w.Key))
		}
	}
	return strings.Join(out, ", ")
}

func exampleOf(k Key) string {
	for _, w := range Language() {
		if w.Key == k {
			return w.Example
		}
	}
	return ""
}

func mistake(sentence string) error { return fault.Field("q", sentence) }

func mistakef(format string, args ...any) error {
	e := fault.Newf(fault.Invalid, format, args...)
	e.Field = "q"
	return e
}
