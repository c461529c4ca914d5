package portal_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestPages opens every page of the portal, with tickets, with none and with names
// that are far too long, wide and narrow, light and dark.
func TestPages(t *testing.T) {
	for _, world := range []string{"data", "none", "long"} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t)
			var m *browsertest.Machine
			tickets, ids := []int64{}, map[string]string{}
			if world == "none" {
				m = browsertest.NewMachine(t, s, "Berlin", "PC-17")
				m.Join()
			} else {
				w := browsertest.NewWorld(t, s, world == "long")
				ids = w.IDs
				m, tickets = w.Machines[0], []int64{w.Tickets[0], w.Tickets[5]}
			}
			cookie := servertest.Cookie(auth.Requester, s.Portal(m.ID, "1000", "jonas"))
			second := servertest.Cookie(auth.Requester, s.Portal(m.ID, "1001", "aylin"))
			sizes := []struct {
				name          string
				width, height int
			}{{"1280", 1280, 900}, {"390", 390, 844}}
			if os.Getenv("DESKBELL_PICTURES") != "" {
				sizes = append(sizes, struct {
					name          string
					width, height int
				}{"3840", 3840, 2160})
			}
			for _, scheme := range []string{"light", "dark"} {
				for _, z := range sizes {
					// Colours do not depend on what is in the pages.
					if world != "data" && scheme == "dark" && os.Getenv("DESKBELL_PICTURES") == "" {
						continue
					}
					p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: cookie, Width: z.width, Height: z.height, Scheme: scheme, Touch: z.width < 500})
					p.Allow("401")
					look := func(name, path string, before func()) {
						t.Helper()
						name = strings.Join([]string{"portal", name, world, z.name, scheme}, "-")
						p.Go(path)
						if before != nil {
							before()
						}
						p.Fits(name)
						if scheme == "dark" {
							p.Colours(name)
						} else {
							p.Accessible(name)
						}
						p.Picture(name)
					}
					look("home", "/portal/", nil)
					look("help", "/portal/help", func() {
						p.Shows("#checkup-title", "needs help")
					})
					look("checkup", "/portal/checkup", func() {
						p.Shows("#checkup-title", "needs help")
					})
					look("guide", "/portal/guide", nil)
					look("trouble", "/portal/guide/slow", func() {
						p.Shows("#checkup-title", "can be the reason")
					})
					look("tickets", "/portal/tickets", nil)
					look("status", "/portal/status", nil)
					look("approvals", "/portal/approvals", nil)
					look("articles", "/portal/articles", nil)
					if id, ok := ids["article"]; ok {
						look("article", "/portal/articles/"+id, nil)
					}
					for i, n := range tickets {
						if i == 1 {
							p.SetCookie(second)
						}
						look([]string{"ticket", "resolved"}[i], fmt.Sprintf("/portal/tickets/%d", n), nil)
					}
					p.SetCookie(servertest.Cookie(auth.Requester, "nobody"))
					look("outside", "/portal/", nil)
					look("enter", "/portal/enter", nil)
					p.Clean()
				}
			}
		})
	}
}

// TestEveryPageIsLookedAt fails for a page of the portal that TestPages does not
// open: what it opens, and what is no page of its own, is written down here.
func TestEveryPageIsLookedAt(t *testing.T) {
	known := []string{
		"/portal/enter", "/portal/{$}", "/portal/help", "/portal/checkup", "/portal/status", "/portal/approvals", "/portal/tickets", "/portal/tickets/{number}", "/portal/articles", "/portal/articles/{id}",
		"/portal/articles/{id}/attachments/{sha}", "/portal/asks/{id}", "/portal/tickets/{number}/attachments/{sha}", "/portal/events",
		"/portal/guide", "/portal/guide/{trouble}", "/portal/guide/{trouble}/asks/{id}",
	}
	routes, _ := servertest.Start(t).Routes()
	for _, r := range routes {
		if r.Method == http.MethodGet && strings.HasPrefix(r.Path, "/portal/") && !slices.Contains(known, r.Path) {
			t.Errorf("%s is not looked at: add it to TestPages, and to this list", r.Path)
		}
	}
}
