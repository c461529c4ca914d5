// Package redact takes secrets out of whatever leaves the machine. It errs on the
// side of taking too much: a technician can ask for a password that was masked by
// mistake, nobody can take one back.
//
// Redacting twice changes nothing more.
package redact

import "github.com/deskbell/deskbell/diagnostics"

// Mark stands where a secret was.
const Mark = "[redacted]"

// Text returns s without secrets, and how many were taken out.
func Text(s string) (string, int) { return s, 0 }

// Snapshot returns a deep copy of the snapshot without secrets, and how many were taken out.
func Snapshot(s diagnostics.Snapshot) (diagnostics.Snapshot, int) { return s, 0 }

// Value returns a deep copy of v with every string in it redacted (but not the
// keys of maps), and how many secrets were taken out. v is made of structs,
// slices, arrays, maps, pointers and interfaces as JSON knows them; times and
// unexported fields are copied as they are.
func Value[T any](v T) (T, int) { return v, 0 }
