package console_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/gate"
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

// shot is a page to look at. {name} in its path stands for something of the world;
// where the world has none, the page is left out.
type shot struct {
	name, path string
	live       bool
	before     func(p *browsertest.Page)
}

// staffPages are all pages of the staff's.
func staffPages() []shot {
	return []shot{
		{"queue", "/", true, func(p *browsertest.Page) {
			p.Press("j")
			if browsertest.Eval[bool](p, "document.querySelector('[data-row]') !== null && document.querySelector('#preview').checkVisibility()") {
				p.Until("the preview is there", "document.querySelector('#preview article')")
			}
		}},
		{"queue-all", "/?view=all", true, nil},
		{"queue-chosen", "/?view=all", true, func(p *browsertest.Page) {
			p.Press("jxjxjx")
			if browsertest.Eval[bool](p, "document.querySelector('[data-row]') !== null") {
				p.Shows("#bulk", "3 chosen")
			}
		}},
		{"queue-kept", "/?view={view}", true, nil},
		{"queue-none", "/?view=all&q=nothing+is+like+this", true, nil},
		{"keys", "/", false, func(p *browsertest.Page) {
			p.Press("?")
			p.Shows("#keys", "Next")
		}},
		{"ticket", "/tickets/{ticket}", true, nil},
		{"ticket-filed", "/tickets/{filed}", true, nil},
		{"ticket-tools", "/tickets/{ticket}", true, func(p *browsertest.Page) {
			p.Click("[data-tool=probe-dns]")
		}},
		{"history", "/tickets/{ticket}/history", false, nil},
		{"do-file", "/tickets/{filed}/do/file", false, nil},
		{"do-override", "/tickets/{filed}/do/override", false, nil},
		{"do-schedule", "/tickets/{filed}/do/schedule", false, nil},
		{"do-merge", "/tickets/{filed}/do/merge", false, nil},
		{"approvals", "/approvals", false, nil},
		{"palette", "/", true, func(p *browsertest.Page) {
			p.Press("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
			p.Shows("#palette-list", "Queue")
		}},
		{"notices", "/notices", true, nil},
		{"articles", "/articles", false, nil},
		{"articles-found", "/articles?q=disk", false, nil},
		{"article", "/articles/{article}", false, nil},
		{"article-edit", "/articles/{article}/edit", false, nil},
		{"article-versions", "/articles/{article}/versions", false, nil},
		{"article-version", "/articles/{article}/versions/1", false, nil},
		{"asked", "/asks/{asked}", false, nil},
		{"compare", "/compare?this={pinged}", true, nil},
		{"endpoints", "/endpoints", true, nil},
		{"endpoint", "/endpoints/{endpoint}", true, func(p *browsertest.Page) {
			p.Until("the charts are drawn", "document.querySelector('[data-charts]').dataset.drawn")
		}},
		{"snapshot", "/endpoints/{endpoint}/snapshots/{snapshot}", false, nil},
		{"peers", "/endpoints/{endpoint}/peers", false, nil},
		{"contacts", "/people", false, nil},
		{"contact", "/people/{person}", false, nil},
		{"contact-removal", "/people/{person}/removal", false, nil},
		{"contacts-import", "/people/import", false, nil},
		{"reports", "/reports", false, func(p *browsertest.Page) {
			p.Until("the page is whole", "document.readyState === 'complete'")
		}},
		{"availability", "/reports/availability", false, nil},
		{"availability-one", "/reports/availability?id={site}", false, nil},
		{"noc", "/noc", true, func(p *browsertest.Page) {
			p.Until("the wall is drawn", "document.querySelector('[data-wall]').dataset.drawn")
		}},
		{"tv", "/noc/tv", true, func(p *browsertest.Page) {
			p.Until("the wall is drawn", "document.querySelector('[data-wall]').dataset.drawn")
			p.Shows("#tv-live", "Live, as of")
		}},
		{"tv-enter", "/noc/tv/enter", false, nil},
		{"screens", "/noc/screens", false, nil},
		{"alerts", "/noc/alerts", true, nil},
		{"checks", "/noc/checks", false, nil},
		{"check-new", "/noc/new-check/http", false, nil},
		{"check", "/noc/checks/{check}", false, nil},
		{"devices", "/noc/devices", false, nil},
		{"device-new", "/noc/new-device", false, nil},
		{"device", "/noc/devices/{device}", false, nil},
		{"groups", "/noc/groups", false, nil},
		{"group-new", "/noc/new-group", false, nil},
		{"group", "/noc/groups/{group}", false, nil},
		{"heartbeats", "/noc/heartbeats", false, nil},
		{"heartbeat-new", "/noc/new-heartbeat", false, nil},
		{"heartbeat", "/noc/heartbeats/{heartbeat}", false, nil},
		{"oncall", "/noc/oncall", false, nil},
		{"escalation-new", "/noc/new-escalation", false, nil},
		{"escalation", "/noc/escalations/{escalation}", false, nil},
		{"rota-new", "/noc/oncall/new", false, nil},
		{"rota", "/noc/oncall/{rota}", false, nil},
		{"channels", "/noc/channels", false, nil},
		{"channel-new", "/noc/new-channel/smtp", false, nil},
		{"alert-rules", "/noc/alerts/rules", false, nil},
		{"silences", "/noc/silences?match=site%3D%22Berlin%22", false, nil},
		{"maintenance", "/noc/maintenance", false, nil},
		{"incidents", "/noc/incidents", true, nil},
		{"incident", "/noc/incidents/{incident}", true, nil},
		{"incident-post-mortem", "/noc/incidents/{incident}/post-mortem", false, nil},
		{"incident-proposed", "/noc/incidents/{proposal}", true, nil},
		{"announcements", "/noc/announcements", true, nil},
		{"announcement", "/noc/announcements/{announcement}", true, nil},
		{"fleet-questions", "/noc/questions?kind=probe.tls", false, nil},
		{"fleet-question", "/noc/questions/{survey}", true, nil},
		{"people", "/admin/people", false, nil},
		{"enrolments", "/admin/enrolments", false, nil},
		{"sites", "/admin/sites", false, nil},
		{"desk", "/admin/desk", false, nil},
		{"scripts", "/admin/scripts", false, nil},
		{"admin-replies", "/admin/replies", false, func(p *browsertest.Page) {
			browsertest.Eval[int](p, "[...document.querySelectorAll('main details.fold')].map(d => { d.open = true }).length")
		}},
		{"teams", "/admin/teams", false, nil},
		{"team", "/admin/teams/{team}", false, nil},
		{"team-new", "/admin/teams/new", false, nil},
		{"service-levels", "/admin/service-levels", false, nil},
		{"calendar", "/admin/calendars/{calendar}", false, nil},
		{"calendar-new", "/admin/calendars/new", false, nil},
		{"policy", "/admin/policies/{policy}", false, nil},
		{"policy-new", "/admin/policies/new", false, nil},
		{"rules", "/admin/rules", false, nil},
		{"rule", "/admin/rules/{rule}", false, nil},
		{"rule-new", "/admin/rules/new", false, nil},
		{"series", "/admin/series", false, nil},
		{"tokens", "/admin/tokens", false, nil},
		{"audit", "/admin/audit", false, nil},
		{"account", "/account", false, nil},
		{"password", "/account/password", false, nil},
		{"sign-in", "/sign-in", false, nil},
		{"sign-in-link", "/sign-in/link", false, nil},
		{"not-found", "/nothing/here", false, nil},
	}
}

// noPages are what is asked for by GET and is no page of its own: parts of pages,
// files, and what programs read.
func noPages() []string {
	return []string{
		"/static/{version}/{name}", "/events", "/healthz", "/readyz", "/metrics", "/generate_204", "/beat/{key}", "/beat/{key}/{says}",
		"/queue/changes", "/queue/tickets.csv", "/tickets/{number}/preview", "/tickets/{number}/replies", "/tickets/{number}/attachments/{sha}",
		"/articles/{id}/attachments/{sha}", "/endpoints/rows", "/endpoints/{id}/card", "/endpoints/{id}/series", "/reports/series", "/reports/figures.csv", "/reports/availability.csv",
		"/noc/cells", "/noc/now", "/noc/tv/cells", "/noc/tv/now", "/noc/tv/events", "/noc/questions/{id}/answers.csv", "/noc/incidents/{id}/post-mortem.md", "/admin", "/presence", "/palette", "/staff", "/notices/unread",
		"/tickets/{number}/recordings/{sha}/series",
		"/tickets/{number}/recordings/{sha}", // TestRecording looks at it, in every size
		"/terminals/{id}/output", "/asks/{id}/recording", "/asks/{id}/picture", "/asks/{id}/processes", "/asks/{id}/log",
		"/admin/scripts/{id}", "/tickets/{number}/scripts", "/endpoints/{id}/scripts", // TestScripts looks at them
		"/noc/channels/{id}", // TestChannels looks at it
		"/terminals/{id}",    // TestTerminal looks at it
	}
}

// places are what stands for {name} in the pages of a world.
func places(w *browsertest.World) map[string]string {
	out := map[string]string{}
	if w == nil {
		return out
	}
	maps.Copy(out, w.IDs)
	out["ticket"], out["filed"], out["endpoint"], out["rule"] = fmt.Sprint(w.Tickets[0]), fmt.Sprint(w.Tickets[1]), w.Machines[0].ID, "printers"
	out["calendar"], out["policy"], out["team"] = "office", "usual", "first"
	return out
}

// in fills a page's path; ok is false when the world has nothing to show there.
func (s shot) in(places map[string]string) (path string, ok bool) {
	ok = true
	path = place.ReplaceAllStringFunc(s.path, func(name string) string {
		v, have := places[strings.Trim(name, "{}")]
		ok = ok && have
		return v
	})
	return path, ok
}

var place = regexp.MustCompile(`\{\w+\}`)

// TestEveryPageIsLookedAt fails for a page that no picture is taken of, and that
// axe-core therefore never sees.
func TestEveryPageIsLookedAt(t *testing.T) {
	s := servertest.Start(t)
	mux := http.NewServeMux()
	missing := map[string]bool{}
	routes, _ := s.Routes()
	for _, r := range routes {
		if r.Method != http.MethodGet || r.Plane != gate.Console && r.Plane != gate.Open && r.Plane != gate.Wall || strings.HasPrefix(r.Path, "/api/") || strings.HasPrefix(r.Path, "/portal/") {
			continue
		}
		mux.Handle(r.Path, http.NotFoundHandler())
		missing[r.Path] = true
	}
	for _, shot := range staffPages() {
		path, _, _ := strings.Cut(place.ReplaceAllString(shot.path, "7"), "?")
		_, pattern := mux.Handler(httptest.NewRequest(http.MethodGet, path, nil))
		delete(missing, pattern)
	}
	for _, path := range noPages() {
		if !missing[path] {
			t.Errorf("%s is looked at, or gone: take it out of noPages", path)
		}
		delete(missing, path)
	}
	for path := range missing {
		t.Errorf("%s is in no list: add it to staffPages, or to noPages if it is none", path)
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
			var w *browsertest.World
			if world != "none" {
				w = browsertest.NewWorld(t, s, world == "long")
			}
			cookie, filled := servertest.Cookie(auth.Staff, s.Session(auth.Admin)), places(w)
			for _, scheme := range []string{"light", "dark"} {
				for _, z := range sizes() {
					// Colours do not depend on what is in the pages, nor on their width.
					if scheme == "dark" && (world != "data" || z.name != "1280") && os.Getenv("DESKBELL_PICTURES") == "" {
						continue
					}
					p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: cookie, Width: z.width, Height: z.height, Scheme: scheme, Touch: z.width < 500})
					p.Allow("404", "401")
					for _, shot := range staffPages() {
						path, ok := shot.in(filled)
						name := strings.Join([]string{shot.name, world, z.name, scheme}, "-")
						if parts := strings.Split(only, ","); !ok || only != "" && !anyIn(name, parts[1:]) {
							continue
						}
						p.Go(path)
						if shot.live {
							p.Live()
						}
						if shot.before != nil {
							shot.before(p)
						}
						p.Fits(name)
						switch {
						case scheme == "dark" && z.name == "1280":
							p.Colours(name)
						case z.name == "1280" || z.name == "390" && scheme == "light" && world == "data":
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
		if strings.Contains(s, p) {
			return true
		}
	}
	return len(parts) == 0
}
