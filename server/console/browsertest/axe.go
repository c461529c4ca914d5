package browsertest

import (
	_ "embed"
	"encoding/json"
	"strings"

	"github.com/chromedp/cdproto/page"
)

//go:embed testdata/axe.min.js
var axe string

// Accessible fails the test for every violation that axe-core finds on the page,
// by the rules of WCAG 2.2 A and AA and its own best practices.
func (p *Page) Accessible(name string) {
	p.t.Helper()
	p.violations(name, `{type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}`)
}

// Colours is Accessible for those of its rules that look at colours: all that can
// differ between a page in light and the same page in dark.
func (p *Page) Colours(name string) {
	p.t.Helper()
	p.violations(name, `{type: 'rule', values: ['color-contrast', 'link-in-text-block']}`)
}

func (p *Page) violations(name, only string) {
	p.t.Helper()
	if !p.axe { // half a megabyte goes to the browser once, and each page after this one has it from its start
		send(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: axe})
		Eval[bool](p, axe+";true")
		p.axe = true
	}
	raw := Eval[string](p, `axe.run(document, {runOnly: `+only+`, resultTypes: ['violations']}).then(r =>
		JSON.stringify(r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' | ' + n.failureSummary.replace(/\s+/g, ' ').slice(0, 300))}))))`)
	var found []struct {
		ID, Impact, Help string
		Nodes            []string
	}
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		p.t.Fatal(err)
	}
	for _, v := range found {
		p.t.Errorf("%s: %s (%s): %s\n\t%s", name, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
}

// Fits fails the test when the page is wider than its window.
func (p *Page) Fits(name string) {
	p.t.Helper()
	over := Eval[string](p, `(() => {
		const w = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= w) return '';
		const bad = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest('.scroll, [hidden], .sr, svg, .tabs, .side-more, .places, .said, .banner'));
		return document.documentElement.scrollWidth + ' > ' + w + ': ' + bad.slice(0, 6).map(e => e.tagName.toLowerCase() + '.' + e.className).join(', ');
	})()`)
	if over != "" {
		p.t.Errorf("%s is wider than its window: %s", name, over)
	}
}
