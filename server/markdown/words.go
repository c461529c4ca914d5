package markdown

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// address finds web addresses in plain words.
var address = regexp.MustCompile(`\bhttps?://[^\s<>"'` + "`" + `\x{202a}-\x{202e}\x{2066}-\x{2069}]+`)

// words renders plain words.
func words(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/8 + 32)
	for paragraph := range strings.SplitSeq(s, "\n\n") {
		if paragraph = strings.Trim(paragraph, "\n"); strings.TrimSpace(paragraph) == "" {
			continue
		}
		b.WriteString("<p>")
		for i, line := range strings.Split(paragraph, "\n") {
			if i > 0 {
				b.WriteString("<br>\n")
			}
			linked(&b, spaces(line))
		}
		b.WriteString("</p>\n")
	}
	return b.String()
}

// spaces keeps the spaces that people put things below each other with: HTML would
// make one of several.
func spaces(line string) string {
	if !strings.Contains(line, "  ") && !strings.Contains(line, "\t") && !strings.HasPrefix(line, " ") {
		return line
	}
	line = strings.ReplaceAll(line, "\t", "    ")
	line = strings.ReplaceAll(line, "  ", " \u00a0")
	if strings.HasPrefix(line, " ") {
		line = "\u00a0" + line[1:]
	}
	return line
}

func linked(b *strings.Builder, s string) {
	if !strings.Contains(s, "://") {
		text(b, s)
		return
	}
	at := 0
	for _, m := range address.FindAllStringIndex(s, -1) {
		to := strings.TrimRight(s[m[0]:m[1]], ".,;:!?)]}»”’")
		if strings.Count(to, "(") > strings.Count(to, ")") && strings.HasPrefix(s[m[0]+len(to):], ")") {
			to += ")"
		}
		if !allowed(to) || !utf8.ValidString(to) {
			continue
		}
		if m[0] > at {
			text(b, s[at:m[0]])
		}
		e := html.EscapeString(to)
		b.WriteString(`<a href="` + e + `" rel="noreferrer noopener" target="_blank">` + e + `</a>`)
		at = m[0] + len(to)
	}
	if at < len(s) {
		text(b, s[at:])
	}
}
