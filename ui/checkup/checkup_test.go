package checkup_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/checkup"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/uitest"
	"github.com/deskbell/deskbell/ui/widgets"
)

type window struct {
	*uitest.Rig
	*checkup.Checkup
	agent *localtest.Agent
}

func open(t *testing.T, l uitest.Look, prepare func(*localtest.Agent)) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 560, 620, l), agent: localtest.New(t)}
	w.agent.SetCheckup(localtest.Step{Value: sample.Checkup()})
	if prepare != nil {
		prepare(w.agent)
	}
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Checkup = checkup.New(w.Host, client)
	w.Status(local.Status{Connection: local.Connected})
	w.Open(w.Checkup)
	w.Shown("")
	return w
}

func (w *window) said(text string) {
	defer func() { w.Laid(w.Content()) }()
	w.Until("“"+text+"”", func() bool { return strings.Contains(widgets.Said(w.Content()), text) })
}

func TestTheAnswerComesFirst(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	w.said("5 things found, and at least one needs help")
	if !strings.HasPrefix(widgets.Said(w.Content()), "◆\n5 things found") {
		t.Errorf("it begins with %.60q", widgets.Said(w.Content()))
	}
	w.said("The printing service has stopped.")
	w.Key(fyne.KeyReturn) // the keyboard is on “Get help with this”
	if len(w.Asked) != 1 || w.Asked[0].Show != session.Ring {
		t.Errorf("it showed %v", w.Asked)
	}
}

func TestHealthyFailedAndAgain(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.Fail("POST /v1/checkup", fault.New(fault.Unavailable, "Another check-up runs. Check again in a moment."))
	})
	w.said("The check-up could not be done")
	w.said("Another check-up runs.")
	w.Picture("checkup-failed")
	c := sample.Checkup()
	c.Findings = nil
	c.Snapshot.Network = diagnostics.Section[diagnostics.Network]{State: diagnostics.StateTimeout, Note: "No answer in 2 s."}
	w.agent.SetCheckup(localtest.Step{Value: c})
	w.agent.Fail("POST /v1/checkup", nil)
	test.Tap(w.Again())
	w.said("This computer looks well")
	w.said("One part could not be read; it is marked below.")
	w.said("No answer in time")
	w.Picture("checkup-healthy")
}

// An agent that dies in the middle is an error, not health.
func TestCutOff(t *testing.T) {
	part := sample.Checkup()
	part.Done, part.Findings = false, nil
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.SetCheckup(localtest.Step{Value: part}, localtest.Step{After: time.Hour})
	})
	w.said("Looking at this computer: 8 of 8 parts read")
	w.agent.Stop()
	w.said("The check-up could not be done")
}

func TestPictures(t *testing.T) {
	for name, look := range uitest.Looks() {
		w := open(t, look, nil)
		w.said("at least one needs help")
		w.Picture("checkup-" + name)
	}
}

// TestEveryLanguageFits draws what is widest in each language.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look, nil)
			w.said("Your disk is full") // the made check-up has English alone
			w.Fits(name + " the check-up")
			w.Picture("checkup-" + string(l) + name)
		}
	})
}
