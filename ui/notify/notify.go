// Package notify shows desktop notifications. It is our own since a notification
// carries words of other people, and must be neither markup nor a command
// anywhere: on Linux it goes over D-Bus with the markup escaped, on macOS as an
// argument that is never part of a script, on Windows straight to the shell's API.
package notify

import "strings"

// Note is one notification. Texts are plain; the package escapes what must be.
type Note struct {
	Key    string // a note with the key of one that is still shown takes its place
	Title  string
	Body   string
	Button string // what a click does, as a word
	// Choices are buttons beside it, where the system has any. Nobody may depend on
	// them: a click on the note leads to all that they do.
	Choices []Choice
}

// Choice is a button of a note.
type Choice struct {
	ID    string // told when it is pressed; not empty, and none of "default" and "open"
	Label string
}

// escape makes plain text safe where a small set of markup is understood
// (Desktop Notifications Specification, "Markup").
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
