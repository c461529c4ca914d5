package ticket

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// CleanTitle returns a title fit to be stored: one line, trimmed, of 1 to 200
// characters. HTML and other markup stay as they are, and are shown as the text
// they are.
func CleanTitle(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault.Field("title", "The title is not UTF-8 text.")
	}
	if utf8.RuneCountInString(s) > wire.MaxTitle {
		return "", fault.Field("title", "The title is longer than 200 characters. Put the details into the description.")
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return "", fault.Field("title", "The ticket has no title. Say in a few words what is going on.")
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return "", fault.Field("title", "The title holds a line break or a control character. Write it on one line.")
		}
	}
	return s, nil
}

// CleanText returns a text fit to be stored. People paste from terminals: control
// characters become their pictures (␛), so that nothing is lost and nothing acts.
func CleanText(field, s string) (string, error) {
	if len(s) > wire.MaxBody {
		return "", fault.Field(field, "The text is longer than 64 KiB. Attach it as a file.")
	}
	if !utf8.ValidString(s) {
		return "", fault.Field(field, "The text is not UTF-8.")
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20:
			return 0x2400 + r // the control pictures block
		case r == 0x7f:
			return 0x2421
		case unicode.IsControl(r):
			return utf8.RuneError
		}
		return r
	}, s)
	return strings.TrimSpace(s), nil
}
