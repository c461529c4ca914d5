package console_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestAskTheFleet asks thirty simulated endpoints and one whose name and answer are
// hostile, from the form to the machines behind an answer, and sees late answers come
// without a reload.
func TestAskTheFleet(t *testing.T) {
	s := servertest.Start(t)
	p := open(t, s, auth.Operator)
	p.Go("/noc/questions")
	p.Shows(".empty", "Nobody has asked the fleet yet")
	p.Allow("422")
	p.Click(".survey-form [type=submit]")
	p.Shows("[role=alert]", "No endpoint fits the filter.")

	f, err := fleet.New(fleet.Options{Enrolments: []string{s.Enrolment("Hamburg", 30).String()}, Endpoints: 30, Frame: -1, Again: func(uplink.Ending) time.Duration { return 50 * time.Millisecond }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	<-f.Ready()
	servertest.Wait(t, "the fleet to be there", func() bool { return f.Report().Connected == 30 })
	m := s.Machine("PC-17")

	p.Go("/noc")
	p.Click("a[href='/noc/questions']")
	p.Click("a[href='/noc/questions?kind=has.process']")
	p.Fill("[name=name]", "deskbell-agent")
	p.Choose("[name=for]", "60")
	p.Accessible("the form")
	p.Fits("the form")
	p.Picture("fleet-form")
	p.Click(".survey-form [type=submit]")
	p.Shows("h1", "Which run deskbell-agent?")
	p.Live()
	p.Shows("#survey-counts", "30 of 31 answered")
	p.Shows(".survey-groups-healthy", "runs it")
	p.Shows("#survey-counts", "1 waited for")

	// It comes back, and refuses in its own words.
	late, err := m.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close(1000, "")
	for {
		e, err := late.Next(nil, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == wire.TypeAsk {
			late.Send(wire.TypeAnswer, "", e.ID, wire.Answer{Done: true, Code: fault.Forbidden, Sentence: "<img src=x onerror=alert(1)> No.\x1b[31m"})
			break
		}
	}
	p.Shows(".survey-groups-critical", "<img src=x onerror=alert(1)> No.[31m")
	p.Shows("#survey-counts", "Done")
	p.Gone("#survey-counts form")
	p.Click("[data-survey-more]")
	p.Until("the list has it too", "document.querySelector('#survey-list').innerText.includes('No.[31m')")
	p.Accessible("the answers")
	p.Fits("the answers")
	p.Picture("fleet-answers")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('#survey-list tbody [data-row]').length"); n != 31 {
		t.Errorf("the list has %d machines", n)
	}

	// From an answer to its machines, and all of them as a table.
	p.Click(".survey-groups-critical a")
	p.Shows("#survey-machines", "that said")
	if n := browsertest.Eval[int](p, "document.querySelectorAll('#survey-list tbody [data-row]').length"); n != 1 {
		t.Errorf("%d machines are behind the answer of one", n)
	}
	href := browsertest.Eval[string](p, "document.querySelector('a[download]').getAttribute('href')")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.HTTP+href, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(servertest.Cookie(auth.Staff, s.Session(auth.Operator)))
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	table, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || strings.Count(string(table), "\n") != 32 || strings.Count(string(table), "runs it") != 30 {
		t.Errorf("%d, %v: %s", resp.StatusCode, err, table)
	}
	p.Go("/noc/questions")
	p.Shows("tbody", "30 of 31")
	p.Clean()

	technician := open(t, s, auth.Technician)
	technician.Go("/noc")
	if browsertest.Eval[bool](technician, "document.querySelector('a[href=\"/noc/questions\"]') !== null") {
		t.Error("a technician is offered what they may not")
	}
	technician.Clean()
}
