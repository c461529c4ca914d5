// Package redact takes secrets out of whatever leaves the machine. It errs on the
// side of taking too much: a technician can ask for a word that was masked by
// mistake, nobody can take a password back.
//
// What it knows: private keys, tokens of well-known services, passwords in URLs,
// headers that carry credentials, values of names that sound secret, options of
// commands that take a password, and the local part of e-mail addresses. Names of
// users and machines stay: without them nobody can help.
//
// Redacting twice changes nothing more.
package redact

import (
	"reflect"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// Mark stands where a secret was.
const Mark = "[redacted]"

// Text returns s without secrets, and how many were taken out.
func Text(s string) (string, int) {
	total := 0
	// One rule's mark can show another what it did not see before, so they are
	// applied until they agree, which is almost always at once.
	for range 8 {
		next, n := pass(s)
		total += n
		if next == s {
			break
		}
		s = next
	}
	return s, total
}

// Snapshot returns a deep copy of the snapshot without secrets, and how many were taken out.
func Snapshot(s diagnostics.Snapshot) (diagnostics.Snapshot, int) { return Value(s) }

// Value returns a deep copy of v with every string in it redacted (but not the
// keys of maps, nor bytes), and how many secrets were taken out. v is made of
// structs, slices, arrays, maps, pointers and interfaces as JSON knows them; times
// and unexported fields are copied as they are. Strings of a type of their own
// are words of a fixed vocabulary, and stay.
func Value[T any](v T) (T, int) {
	var w walker
	in := reflect.ValueOf(&v).Elem()
	out := reflect.New(in.Type()).Elem()
	w.copy(out, in)
	return out.Interface().(T), w.count
}

type walker struct{ count int }

var (
	textType = reflect.TypeFor[string]()
	timeType = reflect.TypeFor[time.Time]()
)

// copy sets out, which is settable and of in's type, to in without secrets.
func (w *walker) copy(out, in reflect.Value) {
	out.Set(in)
	switch in.Kind() {
	case reflect.String:
		if in.Type() == textType {
			s, n := Text(in.String())
			w.count += n
			out.SetString(s)
		}
	case reflect.Pointer:
		if !in.IsNil() {
			out.Set(reflect.New(in.Type().Elem()))
			w.copy(out.Elem(), in.Elem())
		}
	case reflect.Interface:
		if !in.IsNil() {
			inner := reflect.New(in.Elem().Type()).Elem()
			w.copy(inner, in.Elem())
			out.Set(inner)
		}
	case reflect.Struct:
		if in.Type() == timeType {
			return
		}
		for i := range in.NumField() {
			if in.Type().Field(i).IsExported() {
				w.copy(out.Field(i), in.Field(i))
			}
		}
	case reflect.Slice:
		if !in.IsNil() && in.Type().Elem().Kind() != reflect.Uint8 {
			out.Set(reflect.MakeSlice(in.Type(), in.Len(), in.Len()))
			for i := range in.Len() {
				w.copy(out.Index(i), in.Index(i))
			}
		}
	case reflect.Array:
		for i := range in.Len() {
			w.copy(out.Index(i), in.Index(i))
		}
	case reflect.Map:
		if !in.IsNil() {
			out.Set(reflect.MakeMapWithSize(in.Type(), in.Len()))
			for entries := in.MapRange(); entries.Next(); {
				value := reflect.New(in.Type().Elem()).Elem()
				w.copy(value, entries.Value())
				out.SetMapIndex(entries.Key(), value)
			}
		}
	}
}
