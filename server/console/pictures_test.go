package console_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// size is a window that the pages are looked at in.
type size struct {
	name          string
	width, height int
}

func sizes() []size {
	all := []size{{"1280", 1280, 800}, {"390", 390, 844}}
	if os.Getenv("DESKBELL_PICTURES") != "" {
		all = append(all, size{"3840", 3840, 2160}, size{"320", 320, 640})
	}
	return all
}

type shot struct {
	name, path string
	live       bool
	before     func(p *browsertest.Page)
}

// staffPages are all pages of the staff's, as the world has them.
func staffPages(w *browsertest.World) []shot {
	first := fmt.Sprintf("/tickets/%d", w.Tickets[0])
	pc := "/endpoints/" + w.Machines[0].ID
	return []shot{
		{"queue", "/", true, func(p *browsertest.Page) {
			p.Press("j")
			if browsertest.Eval[bool](p, "document.querySelector('[data-row]') !== null && document.querySelector('#preview').checkVisibility()") {
				p.Until("the preview is there", "document.querySelector('#preview article')")
			}
		}},
		{"queue-all", "/?view=all", true, nil},
		{"ticket", first, true, nil},
		{"ticket-tools", first, true, func(p *browsertest.Page) {
			p.Click("[data-tool=probe-dns]")
		}},
		{"history", first + "/history", false, nil},
		{"endpoints", "/endpoints", true, nil},
		{"endpoint", pc, true, func(p *browsertest.Page) {
			p.Until("the charts are drawn", "document.querySelector('[data-charts]').dataset.drawn")
		}},
		{"noc", "/noc", true, func(p *browsertest.Page) {
			p.Until("the wall is drawn", "document.querySelector('[data-wall]').dataset.drawn")
		}},
		{"people", "/admin/people", false, nil},
		{"enrolments", "/admin/enrolments", false, nil},
		{"sites", "/admin/sites", false, nil},
		{"tokens", "/admin/tokens", false, nil},
		{"audit", "/admin/audit", false, nil},
		{"rules", "/admin/rules", false, nil},
		{"rule-new", "/admin/rules/new", false, nil},
		{"account", "/account", false, nil},
		{"password", "/account/password", false, nil},
		{"sign-in", "/sign-in", false, nil},
		{"not-found", "/nothing/here", false, nil},
	}
}

// TestPages opens every page, with a day's data, with none and with names that are
// far too long, wide and narrow, light and dark. None may be wider than its window,
// shut anybody out, or break the policy.
func TestPages(t *testing.T) {
	t.Parallel()
	only := os.Getenv("DESKBELL_ONLY")
	for _, world := range []string{"data", "none", "long"} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			if only != "" && !strings.Contains(only, world) {
				return
			}
			s := servertest.Start(t)
			w := &browsertest.World{Tickets: []int64{0}, Machines: []*browsertest.Machine{{}}}
			if world != "none" {
				w = browsertest.NewWorld(t, s, world == "long")
			}
			cookie := servertest.Cookie(auth.Staff, s.Session(auth.Admin))
			for _, scheme := range []string{"light", "dark"} {
				for _, z := range sizes() {
					// Colours do not depend on what is in the pages.
					if world != "data" && scheme == "dark" && (z.name == "3840" || os.Getenv("DESKBELL_PICTURES") == "") {
						continue
					}
					p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: cookie, Width: z.width, Height: z.height, Scheme: scheme, Touch: z.width < 500})
					p.Allow("404", "401")
					for _, shot := range staffPages(w) {
						if strings.Contains(shot.path, "/endpoints/") && w.Machines[0].ID == "" || strings.HasPrefix(shot.path, "/tickets/0") {
							continue
						}
						name := strings.Join([]string{shot.name, world, z.name, scheme}, "-")
						if parts := strings.Split(only, ","); only != "" && !anyIn(name, parts[1:]) {
							continue
						}
						p.Go(shot.path)
						if shot.live {
							p.Live()
						}
						if shot.before != nil {
							shot.before(p)
						}
						p.Fits(name)
						if z.name == "1280" || z.name == "390" && scheme == "light" && world == "data" {
							p.Accessible(name)
						}
						p.Picture(name)
					}
					p.Clean()
				}
			}
		})
	}
}

func anyIn(s string, parts []string) bool {
	for _, p := range parts {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return len(parts) == 0
}
