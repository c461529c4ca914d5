package ticket

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/wire"
)

// CleanName returns a file's name fit to be stored and to be saved under: without
// folders, without what cannot be seen or turns the direction of writing (a
// “gpj.exe” must not look like a picture), and never empty.
func CleanName(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return -1
		case r == '\\':
			return '/'
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, s)
	if i := strings.LastIndexByte(strings.TrimRight(s, "/ ."), '/'); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Trim(strings.ReplaceAll(s, "/", ""), " .")
	if utf8.RuneCountInString(s) > wire.MaxTitle {
		r := []rune(s)
		end := ""
		if i := strings.LastIndexByte(s, '.'); i >= 0 && len(s)-i <= 16 {
			end = s[i:]
		}
		s = strings.TrimRight(string(r[:wire.MaxTitle-utf8.RuneCountInString(end)]), " .") + end
	}
	if s == "" {
		return "file"
	}
	return s
}
