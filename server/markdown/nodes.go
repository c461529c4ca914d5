package markdown

import (
	"bytes"
	"html"
	"net/url"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	gm "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// baseRenderers render CommonMark: goldmark's own, with ours before it where it
// would lose or show something that it should not.
func baseRenderers() []util.PrioritizedValue {
	return []util.PrioritizedValue{
		util.Prioritized(nodes{}, 100),
		util.Prioritized(gm.NewRenderer(gm.WithWriter(writer{}), gm.WithHardWraps()), 1000),
	}
}

// nodes renders what differs from goldmark's way.
type nodes struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (nodes) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindHeading, heading)
	reg.Register(ast.KindLink, link)
	reg.Register(ast.KindAutoLink, autoLink)
	reg.Register(ast.KindImage, image)
	reg.Register(ast.KindCodeSpan, codeSpan)
}

// heading renders headings below the page's own, which are of the first two levels.
func heading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	level := byte('0' + min(n.(*ast.Heading).Level+2, 6))
	if entering {
		w.WriteString("<h")
	} else {
		w.WriteString("</h")
	}
	w.WriteByte(level)
	w.WriteByte('>')
	return ast.WalkContinue, nil
}

// allowed reports whether a link may lead there: to a web address or a mailbox.
func allowed(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return u.Host != ""
	case "mailto":
		return u.Opaque != ""
	}
	return false
}

// link renders a link. One that leads elsewhere than it may is shown as what
// somebody wrote, so that nobody wonders why there is nothing to click.
func link(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	n := node.(*ast.Link)
	to := string(n.Destination)
	switch may := allowed(to); {
	case may && entering:
		open(w, to)
	case may:
		w.WriteString("</a>")
	case entering:
		w.WriteByte('[')
	default:
		w.WriteString("](")
		text(w, to)
		w.WriteByte(')')
	}
	return ast.WalkContinue, nil
}

func open(w util.BufWriter, to string) {
	w.WriteString(`<a href="`)
	w.WriteString(html.EscapeString(string(util.URLEscape([]byte(to), true))))
	w.WriteString(`">`)
}

func autoLink(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*ast.AutoLink)
	to, label := string(n.URL(source)), string(n.Label(source))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(to), "mailto:") {
		to = "mailto:" + to
	}
	if !allowed(to) {
		text(w, "<"+label+">")
		return ast.WalkContinue, nil
	}
	open(w, to)
	text(w, label)
	w.WriteString("</a>")
	return ast.WalkContinue, nil
}

// image renders a picture of the text's own. One from elsewhere is a link to it.
func image(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*ast.Image)
	to, alt := string(n.Destination), string(bytes.TrimSpace(n.Text(source))) //nolint:staticcheck // the plain text of the children is what is asked for
	switch {
	case pictureName.MatchString(to):
		w.WriteString(`<img src="` + to + `" alt="` + html.EscapeString(alt) + `">`)
	case allowed(to):
		open(w, to)
		if alt == "" {
			alt = to
		}
		text(w, alt)
		w.WriteString("</a>")
	default:
		text(w, "!["+alt+"]("+to+")")
	}
	return ast.WalkSkipChildren, nil
}

func codeSpan(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	w.WriteString("<code>")
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		segment := c.(*ast.Text).Segment
		text(w, strings.ReplaceAll(string(segment.Value(source)), "\n", " "))
	}
	w.WriteString("</code>")
	return ast.WalkSkipChildren, nil
}

// writer writes the words between the marks.
type writer struct{}

// Write writes words in which a backslash keeps a mark from being one. It stays
// before everything else: \\server\share is an address. Entities are what they
// look like.
func (writer) Write(w util.BufWriter, source []byte) {
	if bytes.IndexByte(source, '\\') < 0 {
		text(w, string(source))
		return
	}
	var b strings.Builder
	for i := range source {
		if source[i] == '\\' && i+1 < len(source) && strings.IndexByte("*_`[]()#+-.!>~|<{}", source[i+1]) >= 0 && (i == 0 || source[i-1] != '\\') {
			continue
		}
		b.WriteByte(source[i])
	}
	text(w, b.String())
}

// RawWrite writes code.
func (writer) RawWrite(w util.BufWriter, source []byte) { text(w, string(source)) }

// SecureWrite writes code, too.
func (writer) SecureWrite(w util.BufWriter, source []byte) { text(w, string(source)) }

// text writes words as the text they are. What turns the direction of writing is
// kept to itself: else it would turn what stands beside it.
func text(w interface{ WriteString(string) (int, error) }, s string) {
	turns := strings.ContainsAny(s, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
	if turns {
		w.WriteString("<bdi>")
	}
	w.WriteString(html.EscapeString(s))
	if turns {
		w.WriteString("</bdi>")
	}
}
