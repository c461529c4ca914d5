package model

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain makes text of other people safe to show: control characters and the
// marks that turn the direction of writing are left out, line ends are the same
// everywhere. Nothing in it is ever markup.
func Plain(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}

// Line is Plain for what has one line: a title, a name. Spaces at which a line must
// not break stay what they are: French has them before its marks.
func Line(s string) string {
	return strings.Join(strings.FieldsFunc(Plain(s), func(r rune) bool {
		return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f'
	}), " ")
}

// clip is Line, cut to at most n characters.
func clip(s string, n int) string {
	s = Line(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}

// Breakable lets a long run without spaces break: after each 24 characters of it
// stands a space of no width. It is for text that is shown, never for text that
// is sent.
func Breakable(s string) string {
	run := 0
	var b strings.Builder
	for _, r := range s {
		if unicode.IsSpace(r) {
			run = 0
		} else if run++; run > 24 {
			b.WriteRune('\u200b')
			run = 1
		}
		b.WriteRune(r)
	}
	return b.String()
}
