package console_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// smallest is the least size of a text that is seen on the page, as a share of its
// height in percent.
const smallest = `(() => {
	const list = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (walk.currentNode.data.trim() !== '' && e.checkVisibility() && e.closest('.sr') === null) list.push(parseFloat(getComputedStyle(e).fontSize));
	}
	return Math.min(...list) / innerHeight * 100;
})()`

// cut are what of a screen does not fit into it.
const cut = `[...document.querySelectorAll('.tv, .tv-lists, .tv-lists .card, .tv .figures, .tv .figure')].filter(e => {
	const b = e.getBoundingClientRect();
	return e.checkVisibility() && (b.right > innerWidth + 1 || b.bottom > innerHeight + 1 || e.scrollHeight > e.clientHeight + 2);
}).map(e => e.className + ' ' + e.getBoundingClientRect().bottom).join('; ')`

const tvRules = `groups:
- name: own
  rules:
  - alert: Burning
    expr: deskbell_cpu_busy_percent > 80
    labels: {severity: critical}
    annotations: {summary: '{{ $labels.name }} burns.'}
`

// TestTelevision puts the wall on a television by a link: it reads from three metres on
// both kinds of screen, names no person, can be heard by whoever asks for it, says that
// it is not live while the server is away and comes back by itself, and ends when its
// link is revoked.
func TestTelevision(t *testing.T) {
	s := servertest.Start(t, func(o *server.Options) {
		o.AlertsEvery = 200 * time.Millisecond
		file := filepath.Join(o.Data, server.RulesFolder, "own.yaml")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(tvRules), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	long := strings.Repeat("a-very-long-name-", 12)
	var machines []*browsertest.Machine
	for i := range 9 {
		m := browsertest.NewMachine(t, s, []string{"Berlin", "<b>Hamburg</b> " + long[:60]}[i%2], fmt.Sprintf("PC-%d-<b>%s", i, long))
		m.Join()
		m.Health(5, 40, 50)
		machines = append(machines, m)
	}
	machines[0].Ring(browsertest.Account("1000", "jonas", "Jonas Weber"), "Nothing works", "", nil, nil)

	// An operator makes the link, and sees it once.
	p := open(t, s, auth.Operator)
	p.Go("/noc/screens")
	p.Shows("main", "No screen shows the wall")
	p.Fill("[name=name]", "Hallway <b>1</b>")
	p.Click("form .primary")
	p.Shows("main", "It is shown this once.")
	p.Accessible("a screen's link")
	p.Picture("screen-made")
	link := browsertest.Eval[string](p, "[...document.querySelectorAll('main code, main input, main output')].map(e => e.value || e.innerText).find(x => x.includes('/noc/tv/enter#'))")
	_, secret, ok := strings.Cut(link, "#")
	if !ok {
		t.Fatalf("the link is %q", link)
	}
	p.Go("/noc/screens")
	p.Shows("table", "Hallway <b>1</b>")
	if page := browsertest.Eval[string](p, "document.documentElement.outerHTML"); strings.Contains(page, secret) {
		t.Error("the link is shown again")
	}

	// A television that nobody is signed in at opens it.
	tv := chromium.Open(t, s.HTTP, browsertest.Options{Width: 1920, Height: 1080})
	tv.Allow("401", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "503")
	tv.Go("/noc/tv")
	tv.Shows("main", "Sign in")
	tv.Go("/noc/tv/enter#" + secret)
	tv.At("/noc/tv")
	tv.Shows("#tv-live", "Live, as of")
	tv.Until("the wall is drawn", "document.querySelector('[data-wall]').dataset.drawn === '9'")
	if text := browsertest.Eval[string](tv, "document.documentElement.outerHTML"); strings.Contains(text, "Jonas") || strings.Contains(text, "Nothing works") || strings.Contains(text, secret) {
		t.Error("a person, a ticket or the link stands on the wall")
	}
	tv.Shows("#tv-figures", "1 ticket in 24 hours")
	if n := browsertest.Eval[int](tv, "document.querySelectorAll('main a, main b').length"); n > 0 {
		t.Errorf("there are %d links or names as markup on the wall", n)
	}
	for _, path := range []string{"/noc", "/noc/cells", "/", "/noc/alerts", "/api/v1/endpoints"} {
		status, _, _ := sendWith(t, s, servertest.Cookie(auth.Screen, secret), http.MethodGet, path, nil, nil)
		if status != http.StatusUnauthorized && status != http.StatusSeeOther {
			t.Errorf("a screen gets %s: %d", path, status)
		}
	}

	// Heard by whoever asks: not before, and then what is new and critical, once.
	chimed := "(document.documentElement.dataset.chimed ?? '')"
	machines[1].Health(95, 40, 50)
	tv.Shows("#tv-lists", "burns.")
	if got := browsertest.Eval[string](tv, chimed); got != "" {
		t.Errorf("it is heard before anybody has asked: %q", got)
	}
	tv.Click("[data-chime]")
	tv.Until("it is heard", chimed+" === '1 on'")
	tv.Shows("[data-chime][aria-pressed=true]", "Sound is on")
	tv.Click("[data-chime-try]")
	tv.Until("it is heard when it is tried", chimed+" === '2 try'")
	for _, m := range machines[2:] {
		m.Health(95, 40, 50)
	}
	tv.Until("what is new is heard", chimed+".endsWith('alarm')")
	tv.Shows("#tv-lists .tv-alerts", "And 2 more.")
	tv.Shows("#tv-figures", "8 alerts fire 0 checks fail 1 ticket in 24 hours")

	// Read from three metres.
	for _, z := range [][2]int{{1920, 1080}, {3840, 2160}} {
		tv.Resize(z[0], z[1])
		tv.Until("it is drawn anew", fmt.Sprintf("innerHeight === %d", z[1]))
		name := fmt.Sprintf("tv-%d", z[1])
		if got := browsertest.Eval[float64](tv, smallest); got < 1.5 {
			t.Errorf("%s: a text has %.2f %% of the height", name, got)
		}
		if got := browsertest.Eval[float64](tv, "parseFloat(getComputedStyle(document.querySelector('.figure-value')).fontSize) / innerHeight * 100"); got < 5 {
			t.Errorf("%s: numbers have %.2f %% of the height", name, got)
		}
		if got := browsertest.Eval[string](tv, cut); got != "" {
			t.Errorf("%s: does not fit: %s", name, got)
		}
		tv.Fits(name)
		tv.Picture(name)
	}
	tv.Accessible("the wall on a television")

	// A wall that stands still says so, and comes back by itself.
	s.Stop()
	tv.Until("it says that it is not live", "document.querySelector('#tv-live').dataset.state === 'old' && document.querySelector('.tv-old') !== null")
	tv.Shows("#tv-live", "What stands here is old.")
	tv.Picture("tv-old")
	s.Restart()
	tv.Until("it is live again", "document.querySelector('#tv-live').dataset.state === 'live' && document.querySelector('.tv-old') === null")

	// Revoked: it shows nothing any more.
	p.Go("/noc/screens")
	p.Click("table form button")
	p.Shows("main", "No screen shows the wall")
	browsertest.Eval[bool](tv, "(location.reload(), true)")
	tv.Shows("main", "This screen may not show the wall any more.")
	tv.Gone("[data-wall]")
	tv.Clean()
	p.Clean()
}
