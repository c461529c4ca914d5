package markdown_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/markdown"
)

const sha = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestHTML(t *testing.T) {
	t.Parallel()
	r := markdown.New(1 << 20)
	for _, c := range []struct{ in, want string }{
		{"plain words", "<p>plain words</p>"},
		{"two\nlines", "<p>two<br>\nlines</p>"},
		{"**bold** and *lean* and ~~gone~~", "<p><strong>bold</strong> and <em>lean</em> and <del>gone</del></p>"},
		{"# Title", "<h3>Title</h3>"},
		{"- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"},
		{"3. three\n4. four", "<ol start=\"3\">\n<li>three</li>\n<li>four</li>\n</ol>"},
		{"`a < b`", "<p><code>a &lt; b</code></p>"},
		{"```\nx := \"<b>\"\n```", "<pre><code>x := &#34;&lt;b&gt;&#34;\n</code></pre>"},
		{"<b>not bold</b>", "<p>&lt;b&gt;not bold&lt;/b&gt;</p>"},
		{"<!-- seen -->", "<p>&lt;!-- seen --&gt;</p>"},
		{`\\server\share and C:\Users\mara`, `<p>\\server\share and C:\Users\mara</p>`},
		{`\*not lean\*`, "<p>*not lean*</p>"},
		{"&lt;as written&gt; & more", "<p>&amp;lt;as written&amp;gt; &amp; more</p>"},
		{"[here](https://example.com/a?b=c&d=e)", `<p><a href="https://example.com/a?b=c&amp;d=e" rel="noreferrer noopener" target="_blank">here</a></p>`},
		{"[mail](mailto:desk@example.com)", `<p><a href="mailto:desk@example.com" rel="noreferrer">mail</a></p>`},
		{"[bad](javascript:alert(1))", `<p>[bad](javascript:alert(1))</p>`},
		{"[file](file:///etc/passwd)", `<p>[file](file:///etc/passwd)</p>`},
		{"see https://example.com/x.", `<p>see <a href="https://example.com/x" rel="noreferrer noopener" target="_blank">https://example.com/x</a>.</p>`},
		{"![a cat](https://example.com/cat.png)", `<p><a href="https://example.com/cat.png" rel="noreferrer noopener" target="_blank">a cat</a></p>`},
		{"![screen](picture:" + sha + ")", `<p><img src="/files/` + sha + `" alt="screen"></p>`},
		{"![x](data:image/png;base64,AAAA)", `<p>![x](data:image/png;base64,AAAA)</p>`},
		{"| a | b |\n|---|--:|\n| 1 | 2 |", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>"},
		{"gpj\u202egpj.exe and *more*", "<p><bdi>gpj\u202egpj.exe and </bdi><em>more</em></p>"},
	} {
		if got := strings.TrimSpace(r.HTML(c.in, "/files/")); got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	if got := strings.TrimSpace(r.HTML("*see* ![the screen](picture:"+sha+")", "")); got != "<p><em>see</em> the screen</p>" {
		t.Errorf("a picture without a place to get it from: %q", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	r := markdown.New(1 << 20)
	for _, c := range []struct{ in, want string }{
		{"*not* _lean_ # no `code`", "<p>*not* _lean_ # no `code`</p>"},
		{"a\nb\n\nc", "<p>a<br>\nb</p>\n<p>c</p>"},
		{"  in\tout", "<p>\u00a0\u00a0in \u00a0 \u00a0out</p>"},
		{"(see https://example.com/a_(b)), or <http://x.example>", `<p>(see <a href="https://example.com/a_(b)" rel="noreferrer noopener" target="_blank">https://example.com/a_(b)</a>), or &lt;<a href="http://x.example" rel="noreferrer noopener" target="_blank">http://x.example</a>&gt;</p>`},
		{"javascript://x https:// ", "<p>javascript://x https:// </p>"},
	} {
		if got := strings.TrimSpace(r.Words(c.in)); got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"just words", "just words"},
		{"# Title\n\nDo **this**, *then* that:\n\n- one\n* two\n\n> said\n\n```sh\nls -l\n```", "Title\n\nDo this, then that:\n\n• one\n• two\n\nsaid\n\nls -l"},
		{"[here](https://example.com) and [desk@example.com](mailto:desk@example.com)", "here (https://example.com) and desk@example.com"},
		{"![the screen](picture:" + sha + ")", "(picture: the screen)"},
		{`C:\Users\mara, snake_case_name, 2*3*4`, `C:\Users\mara, snake_case_name, 2*3*4`},
		{"a\n\n---\n\nb", "a\n\nb"},
		{"| Folder | Size |\n|---|:-:|\n| Videos | 20 **GB** |\n\na | b", "Folder · Size\nVideos · 20 GB\n\na | b"},
	} {
		if got := markdown.Plain(c.in); got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

// marks are what Markdown could be made to carry a text out of its place with.
func marks(text string) []string {
	return []string{
		text, "# " + text, "> " + text, "- " + text, "`" + text + "`", "```" + text + "\n" + text + "\n```", "    " + text,
		"[" + text + "](" + text + ")", "[x](" + text + " \"" + text + "\")", "![" + text + "](" + text + ")", "![" + text + "](picture:" + sha + " \"" + text + "\")",
		"<" + text + ">", "[r]: " + text + " '" + text + "'\n\n[r] [x][r]", "| " + text + " |\n|---|\n| " + text + " |", "**" + text + "**", text + "\n===", "https://example.com/" + text,
		"<https://example.com/" + text + ">", "[x](https://example.com/" + text + ")", "[x](picture:" + sha + text + ")", "~~" + text + "~~\n" + text, "\\" + text,
	}
}

var (
	elements   = regexp.MustCompile(`^(p|br|strong|em|del|code|pre|blockquote|ul|ol|li|h[3-6]|hr|bdi|table|thead|tbody|tr|th|td|a|img)$`)
	attributes = regexp.MustCompile(`^(a href|a rel|a target|img src|img alt|ol start|th align|td align)$`)
)

// check fails when a rendering holds what it may not.
func check(t *testing.T, in, out string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Fatalf("%q: a comment in %q", in, out)
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !elements.MatchString(tok.Data) {
				t.Fatalf("%q: the element %s in %q", in, tok.Data, out)
			}
			rel := ""
			for _, a := range tok.Attr {
				if !attributes.MatchString(tok.Data + " " + a.Key) {
					t.Fatalf("%q: the attribute %s of %s in %q", in, a.Key, tok.Data, out)
				}
				switch a.Key {
				case "href":
					if !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "mailto:") {
						t.Fatalf("%q: a link to %q", in, a.Val)
					}
				case "src":
					if a.Val != "/files/"+sha {
						t.Fatalf("%q: a picture from %q", in, a.Val)
					}
				case "rel":
					rel = a.Val
				}
			}
			if tok.Data == "a" && !strings.Contains(rel, "noreferrer") {
				t.Fatalf("%q: a link that tells where it comes from: %q", in, out)
			}
		}
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	r := markdown.New(1 << 20)
	n := 0
	for _, text := range append(browsertest.Hostile(), browsertest.Ugly) {
		for _, in := range marks(text) {
			check(t, in, r.HTML(in, "/files/"))
			check(t, in, r.Words(in))
			n++
		}
	}
	t.Logf("%d texts", n)
}

func FuzzHTML(f *testing.F) {
	for _, text := range browsertest.Hostile() {
		for _, in := range marks(text) {
			f.Add(in)
		}
	}
	r := markdown.New(1 << 20)
	f.Fuzz(func(t *testing.T, in string) {
		check(t, in, r.HTML(in, "/files/"))
		check(t, in, r.Words(in))
		_ = markdown.Plain(in)
	})
}

// TestCost renders the worst that 64 KiB can hold: nobody stops the page for
// others by writing something odd.
func TestCost(t *testing.T) {
	t.Parallel()
	r := markdown.New(1 << 20)
	const small, large = 4 << 10, 32 << 10
	for _, part := range []string{
		">", "> ", "- ", "[", "![", "](", "*", "_", "*a ", "**a _b ", "`", "``a ", "~~a", "<a ", "<!-- ", "|", "|-", "\\", "[a](", "[a]: b\n", "[a][b] ", "1. ", "* a\n ", ">- ",
		"http://a.b ", "a@b.c ", "a\n\n", "| a | b |\n", "&amp;", "\t", "+ ", "(", "***", "a**b", "[](", "[^", "<https://", "   \n> a\n",
	} {
		little, much := strings.Repeat(part, small/len(part)), strings.Repeat(part, large/len(part))
		check(t, part, r.HTML(much, ""))
		for what, f := range map[string]func(string){
			"rendered":      func(in string) { r.HTML(in+"\n", "") },
			"as plain text": func(in string) { markdown.Plain(in) },
		} {
			// Eight times as much takes about eight times as long; sixty-four times where
			// the cost is a square. What takes no time does not matter.
			a, b := took(f, little), took(f, much)
			if b > time.Second && b > 30*a {
				t.Errorf("%q %s: %v, and %v for an eighth of it", part, what, b, a)
			}
		}
	}
}

func took(f func(string), in string) time.Duration {
	began := time.Now()
	f(in)
	return time.Since(began)
}

func BenchmarkConversation(b *testing.B) {
	var texts []string
	for i := range 200 {
		texts = append(texts, fmt.Sprintf("Hello %d,\n\nplease **restart** the spooler:\n\n1. open `services.msc`\n2. choose *Print Spooler*\n\nSee [the page](https://example.com/%d) for more.\n\nRegards", i, i))
	}
	for _, c := range []struct {
		name string
		size int
	}{{"cold", 0}, {"warm", 16 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			r := markdown.New(c.size)
			for b.Loop() {
				for _, s := range texts {
					r.HTML(s, "/files/")
				}
			}
		})
	}
}
