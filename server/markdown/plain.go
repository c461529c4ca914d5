package markdown

import (
	"regexp"
	"strings"
)

var (
	plainPicture = regexp.MustCompile(`!\[([^\]\n]*)\]\([^)\n]*\)`)
	plainLink    = regexp.MustCompile(`\[([^\]\n]+)\]\((https?://[^)\s]+|mailto:[^)\s]+)(?:\s+"[^"\n]*")?\)`)
	plainHeading = regexp.MustCompile(`(?m)^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$`)
	plainFence   = regexp.MustCompile("(?m)^ {0,3}(```|~~~)[^\n]*\n?")
	plainQuote   = regexp.MustCompile(`(?m)^ {0,3}>[ \t]?`)
	plainRule    = regexp.MustCompile(`(?m)^ {0,3}([-*_])[ \t]*(?:([-*_])[ \t]*){2,}$`)
	plainBullet  = regexp.MustCompile(`(?m)^([ \t]*)[*+-][ \t]+`)
	plainStrong  = regexp.MustCompile(`(\*\*|__|~~)([^\s*_~](?:[^\n]*?[^\s*_~])?)(\*\*|__|~~)`)
	plainEm      = regexp.MustCompile(`(^|[\s(“„"'])([*_])([^\s*_](?:[^\n*_]*[^\s*_])?)([*_])([\s).,;:!?“”"']|$)`)
	plainCode    = regexp.MustCompile("`+([^`\n]+)`+")
	plainEscape  = regexp.MustCompile("\\\\([*_`\\[\\]()#+\\-.!>~|<{}])")
	plainTable   = regexp.MustCompile(`(?m)^ {0,3}\|([^\n]*)\|[ \t]*$`)
	plainTableTo = regexp.MustCompile(`(?m)^ {0,3}\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*\n?`)
	plainBlank   = regexp.MustCompile(`\n{3,}`)
)

// Plain returns Markdown as words alone, for windows and notifications that show
// text and nothing else. The marks go; what they marked stays, and where a link
// leads is written behind it.
func Plain(text string) string {
	if simple(text) {
		return text
	}
	s := plainFence.ReplaceAllString(text, "")
	s = plainPicture.ReplaceAllStringFunc(s, func(m string) string {
		if name := strings.TrimSpace(plainPicture.FindStringSubmatch(m)[1]); name != "" {
			return "(picture: " + name + ")"
		}
		return "(picture)"
	})
	s = plainLink.ReplaceAllStringFunc(s, func(m string) string {
		part := plainLink.FindStringSubmatch(m)
		if to := strings.TrimPrefix(part[2], "mailto:"); to == part[1] {
			return to
		}
		return part[1] + " (" + strings.TrimPrefix(part[2], "mailto:") + ")"
	})
	s = plainRule.ReplaceAllString(s, "")
	s = plainTableTo.ReplaceAllString(s, "")
	s = plainTable.ReplaceAllStringFunc(s, func(m string) string {
		cells := strings.Split(plainTable.FindStringSubmatch(m)[1], "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		return strings.Join(cells, " · ")
	})
	s = plainHeading.ReplaceAllString(s, "$1")
	s = plainQuote.ReplaceAllString(s, "")
	s = plainBullet.ReplaceAllString(s, "$1• ")
	s = plainStrong.ReplaceAllString(s, "$2")
	s = plainEm.ReplaceAllString(s, "$1$3$5")
	s = plainCode.ReplaceAllString(s, "$1")
	s = plainEscape.ReplaceAllString(s, "$1")
	return strings.TrimSpace(plainBlank.ReplaceAllString(s, "\n\n"))
}
