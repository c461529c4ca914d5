package guide_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/guide"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/uitest"
	"github.com/deskbell/deskbell/ui/widgets"
)

// window is the window with an agent behind it.
type window struct {
	*uitest.Rig
	*guide.Guide
	agent  *localtest.Agent
	drafts *drafts.Store
	t      *testing.T
}

func open(t *testing.T, l uitest.Look, prepare func(*localtest.Agent)) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 480, 620, l), agent: localtest.New(t), t: t}
	w.agent.SetCheckup(localtest.Step{Value: sample.Checkup()})
	if prepare != nil {
		prepare(w.agent)
	}
	w.drafts = drafts.Open(filepath.Join(t.TempDir(), "d.json"), slog.New(slog.DiscardHandler))
	t.Cleanup(w.drafts.Flush)
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Guide = guide.New(w.Host, client, w.drafts)
	s, err := client.Status(context.Background())
	if err != nil {
		s = local.Status{Connection: local.NoAgent}
	}
	w.Status(s)
	w.Open(w.Guide)
	w.Shown("")
	return w
}

// said waits until the window says something.
func (w *window) said(text string) {
	w.t.Helper()
	w.Until("“"+text+"”", func() bool { return strings.Contains(w.Said(), text) })
	w.Laid(w.Content())
}

func (w *window) silent(text string) {
	w.t.Helper()
	if strings.Contains(w.Said(), text) {
		w.t.Errorf("it says “%s”:\n%s", text, w.Said())
	}
}

// to moves the keyboard on until it is on what the words stand on.
func (w *window) to(text string) {
	w.t.Helper()
	for range 60 {
		if b, ok := w.Window.Canvas().Focused().(interface{ Text() string }); ok && b.Text() == text {
			return
		}
		w.Tab()
	}
	w.t.Fatalf("the keyboard does not reach “%s”:\n%s", text, w.Said())
}

func (w *window) press(text string) {
	w.t.Helper()
	w.to(text)
	w.Key(fyne.KeyReturn)
}

// stuck is a machine that cannot print because of the queue, and cannot reach the
// network either.
func stuck() local.Checkup {
	c := local.Checkup{ID: "C1", Done: true}
	for _, f := range []struct {
		code     diagnostics.Code
		sentence string
		cause    diagnostics.Code
		recipe   diagnostics.Recipe
	}{
		{diagnostics.PrintingStuck, "The printer “Floor 2” is stopped, and 3 documents wait.", "", diagnostics.ClearPrinting},
		{diagnostics.GatewaySilent, "The way out of your network does not answer.", "", ""},
		{diagnostics.NamesDown, "The name service of your network does not answer.", diagnostics.GatewaySilent, ""},
		{diagnostics.CPUHot, "The processor is very hot.", "", ""},
	} {
		one := diagnostics.Finding{Code: f.code, Severity: diagnostics.Critical, Sentence: f.sentence, Advice: "Ask your help desk.", CausedBy: f.cause,
			Detail: "exact", Evidence: []diagnostics.Evidence{{Section: diagnostics.SectionServices, What: "queue", Value: "stopped"}}}
		if f.recipe != "" {
			one.Fix = &diagnostics.Fix{Recipe: f.recipe, Target: "floor2"}
		}
		c.Findings = append(c.Findings, one)
	}
	c.Snapshot.System = diagnostics.Section[diagnostics.System]{State: diagnostics.StateOK, Data: &diagnostics.System{}}
	c.Snapshot.Disks = diagnostics.Section[diagnostics.Disks]{State: diagnostics.StateOK, Data: &diagnostics.Disks{}}
	c.Snapshot.Network = diagnostics.Section[diagnostics.Network]{State: diagnostics.StateOK, Data: &diagnostics.Network{}}
	c.Snapshot.Services = diagnostics.Section[diagnostics.Services]{State: diagnostics.StateOK, Data: &diagnostics.Services{}}
	c.Snapshot.Log = diagnostics.Section[diagnostics.Log]{State: diagnostics.StateTimeout, Note: "No answer in 2 s."}
	return c
}

func restarting(outcome local.FixOutcome) func(*localtest.Mending) {
	return func(m *localtest.Mending) {
		m.Plan = local.FixPlan{ID: "P1", Recipe: diagnostics.ClearPrinting, Title: "Restart printing and clear its queue", What: "It deletes the documents that wait.",
			Steps: []local.FixStep{{Says: "3 documents would be deleted.", Count: 3}}}
		done := local.Fix{ID: "P1", Recipe: diagnostics.ClearPrinting, Title: m.Plan.Title, StartedAt: time.Now(), EndedAt: time.Now(), Outcome: outcome,
			Sentence: "What was found is gone.", Did: []string{"3 documents deleted."},
			Before: []diagnostics.Evidence{{What: "documents that wait", Value: "3"}}, After: []diagnostics.Evidence{{What: "documents that wait", Value: "0"}}}
		m.Steps = []localtest.FixStep{{Value: done}}
	}
}

// By keyboard alone: the complaint, what was found about it with the root first,
// the fix, and the employee's own word that it works. Nothing is sent.
func TestMendedWithoutATicket(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.SetCheckup(localtest.Step{Value: stuck()})
		a.Mend(restarting(local.FixHelped))
	})
	w.said("What is the trouble?")
	w.press("Cannot print")
	w.said("2 things were found that can be the reason")
	w.said("The printer “Floor 2” is stopped")
	w.silent("The processor is very hot.")
	w.silent("The name service of your network does not answer.")
	w.Picture("guide-found")
	w.agent.Asked(func(a *localtest.Agent) {
		if len(a.Checkups) != 1 || !slices.Equal(a.Checkups[0].Sections, diagnostics.ComplaintPrinting.Sections()) {
			t.Errorf("it looked at %v", a.Checkups)
		}
	})
	w.press("1 more that follows from it")
	w.said("The name service of your network does not answer.")
	w.press("1 thing was found that is not the reason")
	w.said("The processor is very hot.")
	w.press("What was looked at")
	w.said("No answer")
	w.press("Mend it…")
	w.said("3 documents would be deleted.")
	w.press("Do it")
	w.said("Mended: what was found is gone")
	w.press("It works now")
	w.said("Good to hear.")
	w.press("Back to what was found")
	w.said("Nothing was sent.")
	w.Picture("guide-works")
	w.agent.Asked(func(a *localtest.Agent) {
		if len(a.Rings) != 0 {
			t.Errorf("it rang: %v", a.Rings)
		}
	})
	if !w.drafts.Ring().Empty() {
		t.Errorf("it left %+v", w.drafts.Ring())
	}
	w.press("Something else is wrong")
	w.said("What is the trouble?")
}

// A fix that did not help goes with the ticket, and so does all that was found.
func TestStillNeedHelp(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.SetCheckup(localtest.Step{Value: stuck()})
		a.Mend(restarting(local.FixNoHelp))
	})
	w.press("Cannot print")
	w.said("Mend it…")
	w.press("Mend it…")
	w.said("Do it")
	w.press("Do it")
	w.said("It was done, and did not help")
	w.press("Not yet")
	w.said("Thank you for saying so.")
	w.press("Back to what was found")
	w.said("Restart printing and clear its queue: It was done, and did not help")
	w.Picture("guide-tried")
	w.press("Still need help")
	d := w.drafts.Ring()
	if d.Guided == nil || d.Question != "Cannot print" || d.Guided.Complaint != diagnostics.ComplaintPrinting {
		t.Fatalf("the ring is %+v", d)
	}
	text := strings.Join(d.Guided.Lines, "\n")
	for _, want := range []string{
		"Complaint: Cannot print", "Looked at: This computer, Disks, Network, Services", "Could not be read: System log",
		"(printing.stuck)", "(network.gateway_silent)", "(dns.down)", "Restart printing and clear its queue: It was done, and did not help",
		"documents that wait: 3 → 0", "It does not work yet, says the person.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("“%s” does not go along:\n%s", want, text)
		}
	}
	if strings.Contains(text, "cpu.hot") {
		t.Errorf("what has nothing to do with it goes along:\n%s", text)
	}
	if len(w.Asked) != 1 || w.Asked[0] != (session.Request{Show: session.Ring}) || w.Closed != 1 {
		t.Errorf("it showed %v and closed %d times", w.Asked, w.Closed)
	}
}

// What the employee had begun to write stays; only the title of an earlier trouble
// gives way to that of the next.
func TestWordsStay(t *testing.T) {
	for before, want := range map[string]string{"My own words": "My own words", "": "No internet", "Cannot print": "No internet"} {
		w := open(t, uitest.Look{}, func(a *localtest.Agent) { a.SetCheckup(localtest.Step{Value: local.Checkup{ID: "C1", Done: true}}) })
		w.drafts.SetRing(model.Draft{Question: before, Details: "since Monday", Guided: &model.Guided{Complaint: diagnostics.ComplaintPrinting}})
		w.press("No internet")
		w.said("Nothing wrong was found")
		w.press("Still need help")
		if d := w.drafts.Ring(); d.Question != want || d.Details != "since Monday" || d.Guided.Complaint != diagnostics.ComplaintInternet {
			t.Errorf("of %q comes %+v", before, d)
		}
	}
}

func TestSite(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.SetCheckup(localtest.Step{Value: local.Checkup{ID: "C1", Done: true}})
		a.SetSite(
			local.Site{Address: "https://intranet.example", Steps: []local.SiteStep{{Phase: local.SiteName}}},
			local.Site{Address: "https://intranet.example", Done: true, Verdict: local.SiteExpired, Steps: []local.SiteStep{
				{Phase: local.SiteName, State: local.SiteOK, Detail: "10.0.0.7"}, {Phase: local.SiteConnection, State: local.SiteOK},
				{Phase: local.SiteCertificate, State: local.SiteFailed, Detail: "certificate has expired"}, {Phase: local.SiteAnswer, State: local.SiteSkipped},
			}})
	})
	w.press("A site or program does not work")
	w.said("Which site or program?")
	w.Picture("guide-site-asked")
	w.Key(fyne.KeyReturn)
	w.said("Write the address of the site")
	for _, r := range "intranet.example?token=hunter2" {
		w.Window.Canvas().Focused().TypedRune(r)
	}
	w.Key(fyne.KeyReturn)
	w.said("The site’s certificate has run out")
	w.said("here is the trouble")
	w.silent("hunter2")
	w.Picture("guide-site")
	w.press("Still need help")
	d := w.drafts.Ring()
	if text := strings.Join(d.Guided.Lines, "\n"); d.Question != "https://intranet.example does not work" || !strings.Contains(text, "Its certificate: here is the trouble (certificate has expired)") || strings.Contains(text, "hunter2") {
		t.Errorf("%q goes with\n%s", d.Question, text)
	}
}

func TestSiteThatIsNone(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.Fail("POST /v1/site", fault.Field("address", "This is not the address of a site."))
	})
	w.press("A site or program does not work")
	w.said("I do not know its address")
	for _, r := range "my program" {
		w.Window.Canvas().Focused().TypedRune(r)
	}
	w.Key(fyne.KeyReturn)
	w.said("This is not the address of a site.")
	w.press("I do not know its address")
	w.said("Still need help")
	w.Until("an answer", func() bool { return !strings.Contains(w.Said(), "Looking at what") })
}

// Nothing found says what was looked at, and leads on; so do an agent that is away
// and one that is busy with another window.
func TestNothingAway(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.SetCheckup(localtest.Step{Value: local.Checkup{ID: "C1", Done: true, Findings: []diagnostics.Finding{}}})
		a.Asked(func(a *localtest.Agent) {
			a.Offers = []local.Article{{ID: "A1", Title: "When the sound is gone", Text: "Turn it up."}}
		})
	})
	w.press("Sound or camera does not work")
	w.said("Nothing wrong was found")
	w.said("When the sound is gone")
	w.Picture("guide-nothing")
	w.press("When the sound is gone")
	w.said("Turn it up.")
	w.press("This helped")
	w.said("Nothing was sent.")
	w.UntilAsked("the word that it helped", func() (told bool) {
		w.agent.Asked(func(a *localtest.Agent) { told = len(a.Helps) == 1 && a.Helps[0] == "A1" })
		return told
	})

	w = open(t, uitest.Look{}, func(a *localtest.Agent) { a.Stop() })
	w.press("No internet")
	w.said("This computer could not be looked at")
	w.said("You can ask for help all the same.")
	w.Picture("guide-away")
	if err := w.agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.agent.Stop)
	w.Status(local.Status{Connection: local.Offline})
	w.Until("an answer once it is back", func() bool { return strings.Contains(w.Said(), "reason") })
	w.said("You are offline.")
	w.press("Still need help")
	if d := w.drafts.Ring(); d.Guided == nil {
		t.Error("nothing goes along")
	}
}

// Pictures of what is worst to lay out.
func TestPictures(t *testing.T) {
	for name, l := range uitest.Looks() {
		w := open(t, l, func(a *localtest.Agent) {
			c := stuck()
			c.Findings[0].Sentence = "The printer “" + strings.Repeat("A-very-long-name-", 12) + "” is stopped, and 3 documents wait."
			a.SetCheckup(localtest.Step{Value: c})
			a.Mend(restarting(local.FixHelped))
		})
		w.Picture("guide-choose-" + name)
		w.press("Cannot print")
		w.said("Mend it…")
		w.Picture("guide-long-" + name)
		w.press("Mend it…")
		w.said("Do it")
		w.Picture("guide-mend-" + name)
	}
}

var _ = widgets.Said

// TestEveryLanguageFits draws what is widest in each language.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look, func(a *localtest.Agent) {
				a.SetCheckup(localtest.Step{Value: stuck()})
				a.Mend(restarting(local.FixHelped))
			})
			w.Fits(name + " the choice")
			w.Picture("guide-choose-" + string(l) + name)
			w.press(l.Say("complaint.printing"))
			w.said(l.Say("guide.help"))
			w.said(l.Say("common.mend"))
			w.Fits(name + " what was found")
			w.Picture("guide-found-" + string(l) + name)
			w.press(l.Say("common.mend"))
			w.said(l.Say("mend.do"))
			w.Fits(name + " the plan")
			w.Picture("guide-mend-" + string(l) + name)
		}
	})
}
