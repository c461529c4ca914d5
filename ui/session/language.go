package session

import "github.com/deskbell/deskbell/internal/tongue"

// Language returns the language that the person of this session is spoken to in:
// the one that was asked for, or the first that we speak of those that the system's
// settings name.
func Language(asked string) tongue.Language {
	if asked != "" {
		return tongue.Choose(asked)
	}
	return tongue.Choose(preferred()...)
}
