package probe

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainLine makes one line of a text from the machine: control characters are
// written as escapes or blanks, so that nothing moves a cursor or starts a line of
// its own, and it is cut at n bytes.
func plainLine(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n && isPlain(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if b.Len()+utf8.UTFMax > n {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			b.WriteString(`\x`)
			const hex = "0123456789abcdef"
			b.WriteByte(hex[s[i]>>4])
			b.WriteByte(hex[s[i]&15])
		case r == '\t' || r == '\n':
			b.WriteByte(' ')
		case unicode.IsControl(r):
			b.WriteString(`\x`)
			const hex = "0123456789abcdef"
			b.WriteByte(hex[(r>>4)&15])
			b.WriteByte(hex[r&15])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPlain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}
