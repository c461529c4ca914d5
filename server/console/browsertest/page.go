package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Page is a tab of a browser profile of its own.
type Page struct {
	t      testing.TB
	ctx    context.Context
	origin string
	dead   bool // scripts are switched off
	axe    bool // every page that is loaded has axe

	mu       sync.Mutex
	executed []string // by text that must not run
	strange  []string // requests to other hosts
	breaches []string // of the content security policy
	errors   []string // of our own scripts
	allowed  []string // parts of errors that a test brings about itself
	dialogs  int
}

// Options say how somebody looks at the pages.
type Options struct {
	Width, Height int    // 0: 1280 × 800
	Scheme        string // light or dark; "": light
	Cookie        *http.Cookie
	Touch         bool
	NoScripts     bool
	Reduced       bool // motion
	ForcedColours bool
}

// watcher tells of breaches of the policy. It runs in the page, where the policy
// does not reach what the debugger adds.
const watcher = `addEventListener('securitypolicyviolation', e => breached(e.violatedDirective + ': ' + (e.blockedURI || '') + ' ' + (e.sample || '') + ' at ' + e.sourceFile + ':' + e.lineNumber), true);`

// Open opens a page of the server at origin.
func (b *Browser) Open(t testing.TB, origin string, o Options) *Page {
	t.Helper()
	p := &Page{t: t, origin: origin, dead: o.NoScripts}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.heard))
	p.ctx = ctx
	t.Cleanup(cancel)
	// The first Do makes the tab, which must outlive every deadline.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if o.Width == 0 {
		o.Width, o.Height = 1280, 800
	}
	if o.Scheme == "" {
		o.Scheme = "light"
	}
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: o.Scheme}}
	if o.Reduced {
		features = append(features, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	}
	if o.ForcedColours {
		features = append(features, &emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	}
	send(p, network.Enable, network.EnableParams{})
	send(p, log.Enable, cdp.Empty{})
	send(p, runtime.AddBinding, runtime.AddBindingParams{Name: "executed"})
	send(p, runtime.AddBinding, runtime.AddBindingParams{Name: "breached"})
	send(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watcher})
	send(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(o.Width), Height: int64(o.Height), DeviceScaleFactor: 1, Mobile: o.Touch})
	send(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	send(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"})
	if o.NoScripts {
		send(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	if o.Cookie != nil {
		p.SetCookie(o.Cookie)
	}
	return p
}

// SetCookie puts a cookie into the profile.
func (p *Page) SetCookie(c *http.Cookie) {
	p.t.Helper()
	send(p, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: p.origin, HTTPOnly: new(true)})
}

func (p *Page) heard(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || (u.Scheme != "data" && u.Scheme != "blob" && u.Scheme != "about" && !strings.HasPrefix(e.Request.URL, p.origin+"/")) {
			p.strange = append(p.strange, e.Request.URL)
		}
	case *runtime.EventBindingCalled:
		if e.Name == "executed" {
			p.executed = append(p.executed, e.Payload)
		} else {
			p.breaches = append(p.breaches, e.Payload)
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.errors = append(p.errors, text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			p.errors = append(p.errors, fmt.Sprintf("%s (%s)", e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			var parts []string
			for _, a := range e.Args {
				parts = append(parts, string(a.Value)+a.Description)
			}
			p.errors = append(p.errors, strings.Join(parts, " "))
		}
	case *page.EventJavascriptDialogOpening:
		p.dialogs++
		go chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{}) // the page is gone when it fails
	}
}

// patience bounds every wait.
const patience = time.Minute

func (p *Page) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("the browser: %v\n%s", err, p.where())
	}
}

// send sends one command of the DevTools protocol.
func send[P, R any](p *Page, c cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, c, params)
	if err != nil {
		p.t.Fatalf("the browser, %s: %v\n%s", c.Method, err, p.where())
	}
	return r
}

func eval[T any](p *Page, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// where says what the page shows, for a test that failed.
func (p *Page) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, 3*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + '\\n' + (document.body?.innerText ?? '').slice(0, 2000)"))
	if err != nil {
		return ""
	}
	return text
}

// Go loads an address of the server's and waits until its scripts have begun.
func (p *Page) Go(path string) {
	p.t.Helper()
	p.run(chromedp.Navigate(p.origin + path))
	p.Ready()
}

// Ready waits until the page's own script has begun, if it has one.
func (p *Page) Ready() {
	p.t.Helper()
	if p.dead {
		return
	}
	p.Until("the page's script has begun", `!document.querySelector('script[src*="app.js"]') || document.documentElement.dataset.ready === 'yes'`)
}

// Live waits until the page hears what happens.
func (p *Page) Live() {
	p.t.Helper()
	p.Until("the page is live", `document.documentElement.dataset.live === 'yes'`)
}

// Deaf keeps what the page listens to from it, until it is called again with false.
func (p *Page) Deaf(deaf bool) {
	p.t.Helper()
	send(p, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/*events?*", Block: deaf}}})
}

// Until polls an expression of JavaScript until it is true.
func (p *Page) Until(what, expression string) {
	p.t.Helper()
	end := time.Now().Add(patience)
	for {
		ok, err := eval[bool](p, "Boolean("+expression+")")
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("waited in vain until %s (%v)\n%s", what, err, p.where())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Shows waits until an element that fits the selector is seen and holds the text.
func (p *Page) Shows(selector, text string) {
	p.t.Helper()
	p.Until(fmt.Sprintf("%q shows %q", selector, text),
		fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.checkVisibility() && e.innerText.replace(/\s+/g, ' ').includes(%q))`, selector, text))
}

// Gone waits until no element that fits the selector is seen.
func (p *Page) Gone(selector string) {
	p.t.Helper()
	p.Until(selector+" is gone", fmt.Sprintf(`![...document.querySelectorAll(%q)].some(e => e.checkVisibility())`, selector))
}

// Click clicks the first element that fits and is seen, with the mouse.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.run(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Fill types text into a field in place of what it holds.
func (p *Page) Fill(selector, text string) {
	p.t.Helper()
	p.run(chromedp.Focus(chromedp.CSS(selector), chromedp.NodeVisible))
	Eval[bool](p, fmt.Sprintf(`(document.querySelector(%q).select?.(), true)`, selector))
	if text == "" {
		text = kb.Delete
	}
	send(p, input.InsertText, input.InsertTextParams{Text: text})
}

// Choose sets a select or a radio to a value, and tells the page so.
func (p *Page) Choose(selector, value string) {
	p.t.Helper()
	p.run(chromedp.WaitReady(chromedp.CSS(selector)))
	Eval[bool](p, fmt.Sprintf(`(e => { if (e.type === 'radio' || e.type === 'checkbox') e.checked = true; else e.value = %q; e.dispatchEvent(new Event('change', {bubbles: true})); return true })(document.querySelector(%q))`, value, selector))
}

// Files puts files into a file input.
func (p *Page) Files(selector string, paths ...string) {
	p.t.Helper()
	p.run(chromedp.SetUploadFiles(chromedp.CSS(selector), paths))
}

// Press types keys: names of chromedp/kb, or plain letters. A letter comes with its
// key, as from a keyboard: a page that has used the key does not get the letter.
func (p *Page) Press(keys string, opts ...chromedp.KeyOption) {
	p.t.Helper()
	for _, r := range keys {
		var down *input.DispatchKeyEventParams
		for _, k := range kb.Encode(r) {
			for _, o := range opts {
				o(k)
			}
			switch {
			case k.Type == kb.KeyDown:
				down = k
				continue
			case k.Type == kb.KeyChar && k.Modifiers&^int64(chromedp.ModifierShift) == 0:
				down.Text, down.UnmodifiedText = k.Text, k.UnmodifiedText
				continue
			case k.Type == kb.KeyChar:
				continue
			}
			send(p, input.DispatchKeyEvent, *down)
			send(p, input.DispatchKeyEvent, *k)
		}
	}
}

// Eval evaluates JavaScript.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	out, err := eval[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", expression, err, p.where())
	}
	return out
}

// Text returns what an element holds.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	return Eval[string](p, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ''`, selector))
}

// Path is where the page is, with its query.
func (p *Page) Path() string {
	p.t.Helper()
	return Eval[string](p, "location.pathname + location.search")
}

// At waits until the page is at an address.
func (p *Page) At(path string) {
	p.t.Helper()
	p.Until("the page is at "+path, fmt.Sprintf("location.pathname + location.search === %q", path))
	p.Ready()
}

// Allow names errors that the test brings about: an answer of 409, a server that
// is gone.
func (p *Page) Allow(parts ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(p.allowed, parts...)
}

// Clean fails the test for anything that must never happen on a page.
func (p *Page) Clean() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for what, list := range map[string][]string{"ran": p.executed, "asked another host": p.strange, "broke the policy": p.breaches} {
		for _, x := range list {
			p.t.Errorf("a page %s: %s", what, x)
		}
	}
	if p.dialogs > 0 {
		p.t.Errorf("a page opened %d dialogs", p.dialogs)
	}
	for _, e := range p.errors {
		if !p.permits(e) {
			p.t.Errorf("a page's script failed: %s", e)
		}
	}
}

func (p *Page) permits(e string) bool {
	for _, part := range p.allowed {
		if strings.Contains(e, part) {
			return true
		}
	}
	return false
}

// Resize gives the page another window.
func (p *Page) Resize(width, height int) {
	p.t.Helper()
	send(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(width), Height: int64(height), DeviceScaleFactor: 1})
}
