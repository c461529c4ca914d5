package console_test

import (
	"fmt"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestBusyDay goes through the pages as the documentation shows them, and takes
// its pictures when they are asked for.
func TestBusyDay(t *testing.T) {
	s := servertest.Start(t)
	day := browsertest.NewDay(t, s)
	staff, employee := servertest.Cookie(auth.Staff, day.Mara), servertest.Cookie(auth.Requester, day.Session)
	at := func(cookie int, scheme string) *browsertest.Page {
		c := staff
		if cookie == 1 {
			c = employee
		}
		return chromium.Open(t, s.HTTP, browsertest.Options{Cookie: c, Width: 1280, Height: 800, Scheme: scheme})
	}
	p := at(0, "light")
	row := fmt.Sprintf("#t-%d-link", day.Number)
	servertest.Wait(t, "the queue holds what another process has written", func() bool {
		p.Go("/")
		return browsertest.Eval[bool](p, "document.querySelector('"+row+"') !== null")
	})
	p.Live()
	p.Shows(".row-age", "2 h")
	browsertest.Eval[bool](p, "(document.querySelector('"+row+"').focus(), true)")
	p.Shows("#preview", "It began after lunch")
	p.Keep("queue")

	p.Go(ticketPath(day.Number))
	p.Live()
	p.Shows(".message-note", "91 GB of logs")
	p.Keep("ticket")
	p.Click("[data-tool=disk]")
	p.Fill("#tool-disk [name=path]", "/var")
	p.Click("#tool-disk [type=submit]")
	p.Shows(".ask:first-child .ask-state", "Answered")
	p.Click("[data-tool=processes]")
	p.Shows(".ask:first-child .ask-kind", "Processes")
	p.Shows(".ask:first-child .ask-state", "Answered")
	p.Shows(".ask:first-child tbody", "ffmpeg")
	p.Shows(".ask:nth-child(2) .ask-body", "91.0 GB")
	browsertest.Eval[bool](p, "(document.querySelector('#tools').scrollIntoView(), true)")
	p.Keep("diagnostics")
	p.Accessible("diagnostics")

	p.Go("/endpoints/" + day.PC.ID)
	p.Live()
	p.Until("the charts are drawn", "document.querySelector('[data-charts]').dataset.drawn")
	p.Keep("endpoint")
	p.Go("/endpoints")
	p.Live()
	p.Shows("tbody", "Leipzig plant")
	p.Keep("endpoints")
	p.Clean()

	for _, scheme := range []string{"light", "dark"} {
		p := at(0, scheme)
		p.Go("/noc")
		p.Live()
		p.Until("the wall is drawn", "document.querySelector('[data-wall]').dataset.drawn === '49'")
		p.Shows("#noc-lists", "PC-17")
		p.Keep(map[string]string{"light": "noc", "dark": "noc-dark"}[scheme])
		p.Clean()
	}
	p = at(0, "dark")
	p.Go(ticketPath(day.Number))
	p.Live()
	p.Keep("ticket-dark")
	p.Clean()

	p = at(1, "light")
	p.Go("/portal/help")
	p.Shows("#checkup-title", "needs help")
	p.Fill("[name=title]", "I cannot save my work, it says no space")
	p.Keep("portal-help")
	p.Go(fmt.Sprintf("/portal/tickets/%d", day.Solved))
	p.Shows("#works-title", "Does it work again?")
	p.Keep("portal-ticket")
	p.Clean()
}
