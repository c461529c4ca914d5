package kit

import (
	"strings"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/internal/fault"
)

// Form is what the fields of a form share: what was refused, and of which of them.
type Form struct {
	ID      string // begins the ids of its fields, where a page has several forms
	Problem string // what was refused, as a sentence; empty: nothing
	At      string // the field that it is about
	Fixed   bool   // who reads it may not change it
}

// Refused is the form after an error that a person can put right.
func (f Form) Refused(err error) Form {
	f.Problem, f.At = fault.Sentence(err), fault.FieldOf(err)
	return f
}

// Field returns a field of the form, with what was refused of it.
func (f Form) Field(name, label string) Field {
	out := Field{Name: name, Label: label, form: f.ID, fixed: f.Fixed}
	return out.For(f, name)
}

// Field is one thing that is filled in, with all that is said beside it.
type Field struct {
	Name  string
	Label string
	Help  string
	Error string
	form  string
	fixed bool
	sr    bool
}

// With adds a help.
func (f Field) With(help string) Field { f.Help = help; return f }

// Unseen keeps the label for screen readers: what stands around the field says it to others.
func (f Field) Unseen() Field { f.sr = true; return f }

// For gives the field what was refused under a name that the use case has for it, or
// under part of it, like goals.2 of goals.
func (f Field) For(form Form, names ...string) Field {
	for _, n := range names {
		if form.Problem != "" && (form.At == n || strings.HasPrefix(form.At, n+".")) {
			f.Error = form.Problem
		}
	}
	return f
}

func (f Field) id() string {
	if f.form == "" {
		return "f-" + f.Name
	}
	return "f-" + f.form + "-" + f.Name
}

// attributes are what a control has, whatever it is: its name, and what describes it.
func (f Field) attributes(more templ.Attributes) templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name}
	for k, v := range f.described() {
		a[k] = v
	}
	if f.Error != "" {
		a["autofocus"] = true
	}
	for k, v := range more {
		a[k] = v
	}
	return a
}

// text are the attributes of a field of one line. Of an attribute that stands there
// twice a browser takes the first, so that there is only one.
func (f Field) text(more templ.Attributes) templ.Attributes {
	a := f.attributes(templ.Attributes{"type": "text", "autocomplete": "off"})
	for k, v := range more {
		a[k] = v
	}
	return a
}

// combo are the attributes of a field with a list.
func (f Field) combo(more templ.Attributes) templ.Attributes {
	a := f.text(templ.Attributes{"list": f.id() + "-list", "data-combo": "list"})
	for k, v := range more {
		a[k] = v
	}
	return a
}

// described says to screen readers what stands beside the field.
func (f Field) described() templ.Attributes {
	a := templ.Attributes{}
	var by []string
	if f.Error != "" {
		a["aria-invalid"] = "true"
		by = append(by, f.id()+"-error")
	}
	if f.Help != "" {
		by = append(by, f.id()+"-help")
	}
	if len(by) > 0 {
		a["aria-describedby"] = strings.Join(by, " ")
	}
	return a
}

// group is described without aria-invalid, which a group cannot have.
func (f Field) group() templ.Attributes {
	a := f.described()
	delete(a, "aria-invalid")
	return a
}

// Option is one of what can be chosen.
type Option struct{ Value, Word string }

// Pairs are options from values with their words.
func Pairs(list ...string) []Option {
	var out []Option
	for i := 0; i+1 < len(list); i += 2 {
		out = append(out, Option{Value: list[i], Word: list[i+1]})
	}
	return out
}

// Options names values.
func Options[T ~string](values []T, word func(T) string) []Option {
	out := make([]Option, 0, len(values))
	for _, v := range values {
		out = append(out, Option{Value: string(v), Word: word(v)})
	}
	return out
}

// FreshRow is the key of a row that is not there yet; the page's program puts another in
// its place when it adds one.
const FreshRow = "fresh"

// withChosen adds what was chosen and is not offered any more.
func withChosen(options []Option, chosen string) []Option {
	for _, o := range options {
		if o.Value == chosen {
			return options
		}
	}
	if chosen == "" {
		return options
	}
	return append(options[:len(options):len(options)], Option{Value: chosen, Word: "Not offered any more: " + Clip(chosen, 60)})
}
