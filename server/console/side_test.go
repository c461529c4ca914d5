package console_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/find"
	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/servertest"
)

func keptView(t *testing.T, s *servertest.Server, name, filter string) find.View {
	t.Helper()
	v := find.View{ID: ulid.Make().String(), Name: name, Filter: filter, Sort: query.Newest, Version: 1, UpdatedAt: time.Now()}
	if err := s.DB.Find().SaveView(t.Context(), v, 0, nil); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSideOnSmallScreens has more views than fit beside the queue, for somebody who sees
// all places: everything can be reached, the list of views scrolls by itself, and nothing
// else leaves its place.
func TestSideOnSmallScreens(t *testing.T) {
	s := servertest.Start(t)
	var last find.View
	for i := range 20 {
		last = keptView(t, s, fmt.Sprintf("Site %02d", i), fmt.Sprintf("state:open age<%dh", i+1))
	}
	cookie := servertest.Cookie(auth.Staff, s.Session(auth.Admin))
	for _, size := range [][2]int{{1280, 720}, {1366, 768}, {1280, 600}, {1920, 1080}} {
		for _, scheme := range []string{"light", "dark"} {
			p := chromium.Open(t, s.HTTP, browsertest.Options{Width: size[0], Height: size[1], Scheme: scheme, Cookie: cookie})
			name := fmt.Sprintf("%d × %d, %s", size[0], size[1], scheme)
			// reached reports whether an element lies where the pointer can get at it.
			reached := func(selector string) bool {
				return browsertest.Eval[bool](p, `(() => { const e = document.querySelector(`+strconv.Quote(selector)+`); const b = e.getBoundingClientRect();
					return b.top >= 0 && b.bottom <= innerHeight && e.contains(document.elementFromPoint(b.left + b.width / 2, b.top + b.height / 2)) })()`)
			}
			ends := []string{".brand-link", ".places .place:first-child", ".places .place:last-child", "[data-palette]", "[data-dialog=keys]", ".take-next button", ".me"}
			p.Go("/?view=v-" + last.ID)
			p.Live()
			if !reached(".views [aria-current]") {
				t.Errorf("%s: the chosen view is out of sight", name)
			}
			p.Picture(fmt.Sprintf("side-%d-%s", size[1], scheme))
			if size[1] >= 720 {
				if browsertest.Eval[bool](p, "(e => e.scrollHeight > e.clientHeight)(document.querySelector('.side'))") {
					t.Errorf("%s: the whole side scrolls", name)
				}
				if rows := browsertest.Eval[int](p, "Math.floor(document.querySelector('.side-more').clientHeight / document.querySelector('.views .place').offsetHeight)"); rows < 5 {
					t.Errorf("%s: %d views are in sight", name, rows)
				}
				for _, e := range ends {
					if !reached(e) {
						t.Errorf("%s: %s cannot be reached", name, e)
					}
				}
			}
			for _, e := range append(ends, ".views .place:first-child", ".views .place:last-child") {
				browsertest.Eval[bool](p, "(document.querySelector("+strconv.Quote(e)+").scrollIntoView({block: 'nearest'}), true)")
				if !reached(e) {
					t.Errorf("%s: %s cannot be scrolled to", name, e)
				}
			}
			p.Fits(name)
			p.Clean()
		}
	}
}

// TestCountsInABurst rings many times within a few seconds: the page asks about once a
// second, and what it shows beside the list is right a second after the last.
func TestCountsInABurst(t *testing.T) {
	s := servertest.Start(t)
	v := keptView(t, s, "Urgent", "state:open age<1h")
	token, mia := s.Token(auth.Technician), s.AddPerson("mia@example.com", auth.Technician)
	ring := func() {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.HTTP+"/api/v1/tickets", strings.NewReader(`{"title": "No sound", "requester": "`+mia.ID+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		a, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode >= 300 {
			t.Fatal(a.Status)
		}
	}
	ring()
	p := open(t, s, auth.Technician)
	p.Go("/")
	p.Live()
	p.Shows("#view-v-"+v.ID+" .count", "1")
	asked := `performance.getEntriesByType("resource").filter(e => e.name.includes("/queue/changes")).map(e => Math.round(e.startTime))`
	begun := time.Now()
	n := 1
	pace := time.NewTicker(25 * time.Millisecond) // as fast as one token may
	defer pace.Stop()
	for ; time.Since(begun) < 3*time.Second; n++ {
		<-pace.C
		ring()
	}
	rung := time.Now()
	p.Until("the count is right", fmt.Sprintf("document.querySelector('#view-v-%s .count').textContent === '%d'", v.ID, n))
	// A second is promised; the rest is for a machine that does much else beside the race detector.
	if took := time.Since(rung); took > 10*time.Second {
		t.Errorf("the count was right %s after the last change", took)
	}
	p.Shows("#view-unassigned .count", strconv.Itoa(n))
	times := browsertest.Eval[[]float64](p, asked)
	if len(times) == 0 || len(times) > 7 || n < 10 {
		t.Errorf("%d tickets within %s made the page ask %d times", n, rung.Sub(begun), len(times))
	}
	for i := 1; i < len(times); i++ {
		if gap := times[i] - times[i-1]; gap < 800 {
			t.Errorf("it asked again after %v ms: %v", gap, times)
		}
	}
	p.Clean()
}
