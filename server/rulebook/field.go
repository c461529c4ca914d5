package rulebook

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// FieldKind is the kind of fields.
const FieldKind Kind = "field"

// FieldType is what fits into a field.
type FieldType string

// The types.
const (
	FieldText   FieldType = "text"
	FieldNumber FieldType = "number"
	FieldChoice FieldType = "choice"
	FieldDate   FieldType = "date"
)

// FieldTypes lists the types.
func FieldTypes() []FieldType {
	return []FieldType{FieldText, FieldNumber, FieldChoice, FieldDate}
}

// Field is something that a category asks for.
type Field struct {
	Entry
	Type     FieldType `json:"type" enum:"text,number,choice,date"`
	Choices  []string  `json:"choices,omitempty" doc:"Of a choice: what can be chosen, 2 to 100."`
	Required bool      `json:"required,omitempty" doc:"A ticket is not resolved without it."`
	Help     string    `json:"help,omitempty" doc:"A sentence beside the field; at most 200 characters."`
}

// Kind implements Item.
func (*Field) Kind() Kind { return FieldKind }

// Check implements Item.
func (f *Field) Check(*Book) error {
	switch {
	case !slices.Contains(FieldTypes(), f.Type):
		return fault.Field("type", "A field holds a text, a number, a choice or a date.")
	case utf8.RuneCountInString(f.Help) > 200:
		return fault.Field("help", "The help is at most 200 characters.")
	case f.Type != FieldChoice && len(f.Choices) > 0:
		return fault.Field("choices", "Only a choice has something to choose from.")
	case f.Type == FieldChoice && (len(f.Choices) < 2 || len(f.Choices) > 100):
		return fault.Field("choices", "A choice needs 2 to 100 things to choose from.")
	}
	for i, c := range f.Choices {
		if c = strings.TrimSpace(c); c == "" || utf8.RuneCountInString(c) > 100 || strings.ContainsFunc(c, func(r rune) bool { return r < ' ' }) {
			return fault.Field("choices", "Each choice is 1 to 100 characters on one line.")
		}
		if slices.Contains(f.Choices[:i], c) {
			return fault.Field("choices", "“"+c+"” is there twice. Take one of them out.")
		}
		f.Choices[i] = c
	}
	return nil
}

const maxFieldText = 4000

// Clean returns a value as it is stored, or says in one sentence what would fit.
// The empty value fits always: it takes one away.
func (f *Field) Clean(v string) (string, error) {
	v = strings.TrimSpace(v)
	if v == "" {
		return "", nil
	}
	bad := func(what string) error { return fault.Field("fields."+f.ID, "“"+f.Name+"” "+what) }
	switch f.Type {
	case FieldNumber:
		n, err := strconv.ParseFloat(strings.Replace(v, ",", ".", 1), 64)
		if err != nil || n != n || n > 1e15 || n < -1e15 {
			return "", bad("is a number, as in 12 or 3.5.")
		}
		return strconv.FormatFloat(n, 'f', -1, 64), nil
	case FieldDate:
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "", bad("is a date, as in 2026-03-02.")
		}
	case FieldChoice:
		if !slices.Contains(f.Choices, v) {
			return "", bad("is one of: " + strings.Join(f.Choices, ", ") + ".")
		}
	case FieldText:
		if len(v) > maxFieldText || !utf8.ValidString(v) {
			return "", bad("is at most 4000 bytes of text.")
		}
	}
	return v, nil
}
