package e2e

import (
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/theme"
	"github.com/deskbell/deskbell/ui/traytest"
)

// From the tray's menu to the ticket by keyboard: the complaint, the verdict, “Still
// need help”, and what was found goes along below the employee's own words.
func TestGuidedHelpFromTheMenu(t *testing.T) {
	r := start(t, traytest.Options{})
	r.agent.SetCheckup(localtest.Step{Value: printingStuck()})
	must(t, r.tray.Click("Find and fix a problem"))
	guide := r.desk.WaitWindow(t, "Find and fix a problem")
	drawn(t, guide)
	if n := signs(t, guide, theme.Critical); n > 0 {
		t.Fatalf("nobody has complained yet, and %d points are in the colour of a verdict", n)
	}
	must(t, guide.Key("Tab", "Tab", "Tab", "Return")) // the fourth complaint
	traytest.Until(t, "the verdict", func() error {
		if n := signs(t, guide, theme.Critical); n < 20 {
			return fmt.Errorf("%d points are in the colour of what is critical", n)
		}
		return nil
	})
	r.agent.Asked(func(a *localtest.Agent) {
		if len(a.Checkups) != 1 || !slices.Equal(a.Checkups[0].Sections, diagnostics.ComplaintPrinting.Sections()) {
			t.Errorf("it looked at %v", a.Checkups)
		}
		if len(a.Rings) != 0 {
			t.Errorf("it rang by itself: %+v", a.Rings)
		}
	})
	picture(t, guide, "e2e-guide-verdict")

	must(t, guide.Key("Return")) // “Still need help”, where the keyboard is
	ring := r.desk.WaitWindow(t, "Get help")
	traytest.Until(t, "the check-up of the ring, and the end of guided help", func() (err error) {
		r.agent.Asked(func(a *localtest.Agent) {
			if len(a.Checkups) != 2 || len(a.Checkups[1].Sections) != 0 {
				err = fmt.Errorf("it looked at %v", a.Checkups)
			}
		})
		if _, missing := r.desk.Window("Find and fix a problem"); missing == nil {
			err = fmt.Errorf("guided help is still visible")
		}
		return err
	})
	drawn(t, ring)
	must(t, ring.Key("Tab"))
	must(t, ring.Type("since 9"))
	picture(t, ring, "e2e-guide-ring")
	must(t, ring.Key("ctrl+Return"))
	var sent local.Draft
	traytest.Until(t, "the ring", func() (err error) {
		r.agent.Asked(func(a *localtest.Agent) {
			if len(a.Rings) != 1 {
				err = fmt.Errorf("the agent was asked %+v", a.Rings)
				return
			}
			sent = a.Rings[0]
		})
		return err
	})
	if sent.Title != "Cannot print" || sent.Checkup != "C1" || len(sent.Without) != 0 {
		t.Errorf("the agent received %+v", sent)
	}
	if !strings.HasPrefix(sent.Body, "since 9\n\nWhat guided help found\n") {
		t.Errorf("the words are\n%s", sent.Body)
	}
	for _, want := range []string{
		"Complaint: Cannot print", "Looked at: This computer, Disks, Network, Services", "Could not be read: System log",
		"The printer “Floor 2” is stopped, and 3 documents wait. (printing.stuck)", "(network.gateway_silent)",
	} {
		if !strings.Contains(sent.Body, want) {
			t.Errorf("“%s” was not received:\n%s", want, sent.Body)
		}
	}
	if strings.Contains(sent.Body, "cpu.hot") {
		t.Errorf("what has nothing to do with it was received:\n%s", sent.Body)
	}
}

// printingStuck is a machine that cannot print, has trouble with the network, and
// is hot, which has nothing to do with it.
func printingStuck() local.Checkup {
	c := sample.Checkup()
	c.Snapshot.Log = diagnostics.Section[diagnostics.Log]{State: diagnostics.StateTimeout, Note: "No answer in 2 s."}
	c.Findings = []diagnostics.Finding{
		{Code: diagnostics.PrintingStuck, Severity: diagnostics.Critical, Sentence: "The printer “Floor 2” is stopped, and 3 documents wait.", Advice: "Ask your help desk."},
		{Code: diagnostics.GatewaySilent, Severity: diagnostics.Critical, Sentence: "The way out of your network does not answer."},
		{Code: diagnostics.CPUHot, Severity: diagnostics.Critical, Sentence: "The processor is very hot."},
	}
	return c
}

// signs counts the points of a window that are in a colour, light or dark.
func signs(t *testing.T, w *traytest.Window, of theme.Token) int {
	t.Helper()
	m, err := capture(w, filepath.Join(t.TempDir(), "w.png"))
	if err != nil {
		return 0 // it is being drawn
	}
	want := map[color.NRGBA]bool{}
	for _, v := range []fyne.ThemeVariant{fynetheme.VariantLight, fynetheme.VariantDark} {
		want[theme.Color(of, v)] = true
	}
	n := 0
	for x := range m.Bounds().Dx() {
		for y := range m.Bounds().Dy() {
			if want[color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)] {
				n++
			}
		}
	}
	return n
}
