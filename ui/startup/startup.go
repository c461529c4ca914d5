// Package startup says whether the bell comes with the person's session, where the
// desktop lets them choose for themselves.
package startup

// Entry is the person's choice.
type Entry interface {
	On() bool
	Set(on bool) error
}
