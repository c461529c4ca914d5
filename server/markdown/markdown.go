// Package markdown turns what people write into what others read: HTML for the
// console and the portal, plain text for the tray and for notifications.
//
// Two kinds of text come in. The staff writes Markdown; whoever rings writes plain
// words, in which a backslash, an asterisk or a line that begins with a number is
// what it is, and only web addresses become links. In both, HTML is text: nobody
// loses the part of a configuration file that they pasted, and nothing of it acts.
// The renderer writes no other elements than its own, and a sanitiser behind it
// holds to a list of them.
package markdown

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// PictureScheme is how a text names a picture that was attached to it:
// ![what it shows](picture:SHA-256). No other picture is shown, since the address
// of one elsewhere would tell its owner who reads the text, and when.
const PictureScheme = "picture:"

// Renderer renders texts, and remembers what it has rendered: a conversation is
// read far more often than it grows.
type Renderer struct {
	md     goldmark.Markdown
	policy *bluemonday.Policy
	cache  *cache
}

// New returns a renderer that remembers at most so many bytes.
func New(remember int) *Renderer {
	return &Renderer{
		md: goldmark.New(
			goldmark.WithParser(newParser()),
			goldmark.WithRenderer(renderer.NewRenderer(renderer.WithNodeRenderers(baseRenderers()...))),
			goldmark.WithExtensions(
				extension.Strikethrough,
				extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
				extension.NewLinkify(extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"})),
			),
		),
		policy: policy(),
		cache:  newCache(remember),
	}
}

// newParser is the parser of CommonMark without raw HTML: a tag is text like any
// other.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
	)
}

// HTML renders Markdown. files is the address under which the text's pictures
// are, with the slash at its end; without one they are named and not shown.
func (r *Renderer) HTML(text, files string) string {
	if simple(text) {
		return r.Words(text)
	}
	return r.cache.get(key{text: text, files: files, kind: 'm'}, func() string { return r.convert(text, files) })
}

// Words renders plain words: line breaks stay, web addresses become links.
func (r *Renderer) Words(text string) string {
	return r.cache.get(key{text: text, kind: 'w'}, func() string { return words(text) })
}

func (r *Renderer) convert(text, files string) string {
	if tooDeep(text) {
		return words(text)
	}
	var b bytes.Buffer
	if err := r.md.Convert([]byte(text), &b); err != nil { // a bytes.Buffer does not fail
		return words(text)
	}
	safe := string(r.policy.SanitizeBytes(b.Bytes()))
	if files == "" {
		return pictureShown.ReplaceAllString(safe, "$1")
	}
	return strings.ReplaceAll(safe, `src="`+PictureScheme, `src="`+html.EscapeString(files))
}

// simple reports whether a text has nothing that Markdown would read as anything
// but words, as most answers have: then it need not be parsed.
func simple(text string) bool {
	if strings.ContainsAny(text, "*_`[]#<>|~+\\=\t") || strings.Contains(text, "\n\n") || strings.Contains(text, "  ") {
		return false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if c := line[0]; c == '-' || c >= '0' && c <= '9' {
			return false
		}
	}
	return true
}

// nesting bounds how deep quotations and brackets may lie in each other: deeper ones
// are nothing that somebody wants read, and cost more with each level. Such a text
// is shown as plain words.
const nesting = 60

// links bounds how many links a text may begin, for the same reason.
const links = 2000

func tooDeep(text string) bool {
	if strings.Count(text, "](") > links {
		return true
	}
	brackets := 0
	for line := range strings.Lines(text) {
		marks := 0
		for i := 0; i < len(line) && strings.IndexByte(">-*+ \t.)0123456789", line[i]) >= 0; i++ {
			if strings.IndexByte(">-*+.)", line[i]) >= 0 && i+1 < len(line) && (line[i] == '>' || line[i+1] == ' ' || line[i+1] == '\t') {
				marks++
			}
		}
		for i := range len(line) {
			switch line[i] {
			case '[':
				brackets++
			case ']':
				brackets = max(0, brackets-1)
			}
		}
		if marks > nesting || brackets > nesting {
			return true
		}
	}
	return false
}

var (
	alignment    = regexp.MustCompile(`^(left|center|right)$`)
	pictureName  = regexp.MustCompile(`^picture:[0-9a-f]{64}$`)
	pictureShown = regexp.MustCompile(`<img src="picture:[0-9a-f]{64}" alt="([^"]*)"/?>`)
)

// policy is the list of what may stand in a rendered text.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5", "h6", "hr", "bdi", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("align").Matching(alignment).OnElements("th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").Matching(pictureName).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "picture")
	p.RequireParseableURLs(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}
