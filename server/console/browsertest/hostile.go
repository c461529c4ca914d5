package browsertest

import (
	"reflect"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
)

// Hostile are texts that must stay text wherever they stand: markup that would
// run, ways out of attributes, scripts and styles, templates' syntax, addresses
// that are scripts, and characters that turn, hide or break what is around them.
// What runs calls executed, which Page counts; what becomes an element carries
// data-hostile, which Tame looks for. Each is short enough for the shortest field.
func Hostile() []string {
	return []string{
		`<script>executed('script')</script>`,
		`"><script data-hostile>executed('quote')</script>`,
		`'><img data-hostile src=x onerror=executed('img')>`,
		`<svg data-hostile onload=executed('svg')>`,
		`</title></textarea></style></script><b data-hostile>out</b>`,
		`" autofocus data-hostile onfocus=executed('focus') x="`,
		"` onmouseover=executed('tick') data-hostile `",
		`--><iframe data-hostile srcdoc="<script>parent.executed(1)</script>">`,
		`javascript:executed('address')//`,
		`data:text/html,<script>executed('data')</script>`,
		`{{constructor.constructor('executed(1)')()}}`,
		`${executed('template')} #{executed(1)} <%= executed(1) %>`,
		`<a data-hostile href="javascript:executed('a')">click</a>`,
		`<base data-hostile href=//evil.example/><meta http-equiv=refresh content=0;//evil.example>`,
		`<form data-hostile action=//evil.example><button>Sign in`,
		`<x data-hostile hx-get=/admin/people hx-trigger=load hx-on:load=executed('htmx')>`,
		`<hx-partial data-hostile hx-target="#main">gone</hx-partial>`,
		`<style data-hostile>*{display:none}</style>`,
		`&lt;script&gt;executed('entity')&lt;/script&gt;&#x3C;b&#x3E;`,
		"]]><![CDATA[<b data-hostile>\\u003cscript\\u003e",
		"\u202egpj.exe\u202d \u2067turned\u2066 \u200ehere",
		"zero\u200bwidth\u2060 \ufeff\u00adsoft \u0336struck\u0336 Z\u0351\u036b\u0343\u0302a\u0363\u0348l\u0321",
		"<img data-hostile src=http://evil.example/x.png>",
		"Robert'); DROP TABLE tickets;-- %s %n %00 ../../etc/passwd",
	}
}

// Ugly is a hostile text with what a terminal, a reader of lines and a parser of C
// strings would trip over. Fields of one line refuse it.
const Ugly = "\x1b]0;owned\x07\x1b[2J red\x1b[31m\x00null\r\nSet-Cookie: a=b\n\u2028line\u0085 <b data-hostile>"

// Fill puts a text into every string of a value, which v points to, as far as
// they may hold anything: states and severities stay, since another value of
// theirs is no text to show. Lists get one entry when they have none.
func Fill(v any, text string) { fill(reflect.ValueOf(v).Elem(), text) }

func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*tongue.Text]() {
			return // a text within a text: there would be no end of them
		}
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), text)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Type.String() != "time.Time" {
				fill(v.Field(i), text)
			}
		}
	case reflect.String:
		switch v.Interface().(type) {
		case diagnostics.SectionState:
			v.SetString(string(diagnostics.StateOK))
		case diagnostics.Severity:
			v.SetString(string(diagnostics.Critical))
		case diagnostics.SectionName:
			v.SetString(string(diagnostics.SectionDisks))
		case diagnostics.Code: // at most 64 bytes, and a word of its own in the audit log
			v.SetString(strings.ToValidUTF8(text[:min(len(text), 64)], ""))
		default:
			v.SetString(text)
		}
	}
}

// HostileAnswers answers whatever a machine is asked with a text in every field.
func HostileAnswers(text string) func(wire.Ask) []any {
	return func(a wire.Ask) []any {
		part := map[wire.AskKind]any{
			wire.AskSnapshot: &wire.SnapshotPart{}, wire.AskProcesses: &diagnostics.Processes{}, wire.AskServices: &diagnostics.Services{}, wire.AskLog: &diagnostics.Log{},
			wire.AskDisk: &wire.DiskPart{}, wire.AskInventory: &inventory.Inventory{}, wire.AskChanges: &inventory.Changes{}, wire.AskPing: &wire.PingPart{}, wire.AskPath: &wire.PathPart{}, wire.AskPortal: &wire.PortalPart{}, wire.AskProxy: &wire.ProxyPart{}, wire.AskSpeed: &wire.SpeedPart{}, wire.AskDNS: &wire.DNSPart{}, wire.AskTCP: &wire.TCPPart{}, wire.AskHTTP: &wire.HTTPPart{}, wire.AskTLS: &wire.TLSPart{},
		}[a.Kind]
		Fill(part, text)
		if c, ok := part.(*inventory.Changes); ok {
			c.Version = inventory.Version
		}
		if s, ok := part.(*wire.SnapshotPart); ok {
			s.Pending = nil
		}
		return []any{part}
	}
}

// Tame fails the test when a hostile text has become more than text on the page,
// or turns what stands beside it. A web address that somebody wrote may be a link,
// when it opens apart and does not tell where it was clicked.
func (p *Page) Tame(name string) {
	p.t.Helper()
	found := Eval[string](p, `(() => {
		const bad = [...document.querySelectorAll('[data-hostile], iframe, object, embed, base, marquee, meta[http-equiv], a[href^="javascript" i], a[href^="data" i], a[href*="evil.example"]:not([rel~="noopener"]), form[action*="evil.example"], [src*="evil.example"]')];
		for (const e of document.querySelectorAll('*')) if (e.getAttributeNames().some(n => n.startsWith('on') || n.startsWith('hx-on'))) bad.push(e);
		const out = bad.map(e => e.outerHTML.slice(0, 200));
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (texts.nextNode()) {
			const t = texts.currentNode;
			if (!/[\u202a-\u202e\u2066-\u2069]/.test(t.data)) continue;
			let e = t.parentElement;
			while (e && getComputedStyle(e).display.startsWith('inline') && getComputedStyle(e).display === 'inline' && !/isolate|plaintext/.test(getComputedStyle(e).unicodeBidi)) e = e.parentElement;
			const rest = e.textContent.replace(t.data, '').replace(/\s+/g, '');
			if (rest !== '' && !e.closest('option')) out.push('not isolated: ' + e.outerHTML.slice(0, 200));
		}
		return out.slice(0, 5).join('\n\t');
	})()`)
	if found != "" {
		p.t.Errorf("%s: a text became more than text:\n\t%s", name, found)
	}
}

// Has reports whether the page holds the text, as text: what cannot be seen and
// white space aside.
func (p *Page) Has(text string) bool {
	p.t.Helper()
	got := Eval[string](p, `document.body.textContent + ' ' + [...document.querySelectorAll('input, textarea')].map(e => e.value).join(' ')`)
	return strings.Contains(bare(got), bare(text))
}

// Executed is how often a text has run on the page so far.
func (p *Page) Executed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.executed) + p.dialogs
}

// bare takes white space, control characters and what turns directions out.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f && r <= 0xa0 || r >= 0x2400 && r <= 0x2421 || r == '\u2028' || r == '\ufffd' {
			return -1
		}
		return r
	}, s)
}
