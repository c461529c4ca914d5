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
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/uitest"
	"github.com/deskbell/deskbell/ui/widgets"
)

// full is a machine whose disk is full and can be cleared.
func full() local.Checkup {
	c := sample.Checkup()
	c.Findings = c.Findings[:1]
	c.Findings[0].Fix = &diagnostics.Fix{Recipe: diagnostics.FreeSpace, Target: "/"}
	return c
}

func clearing(m *localtest.Mending) {
	m.Plan = local.FixPlan{
		ID: "P1", Recipe: diagnostics.FreeSpace, Finding: "disk.full", Title: "Clear caches and temporary files", What: "It deletes copies that programs can fetch again.",
		Steps: []local.FixStep{{Says: "31 files would be deleted, which frees 1.2 GB.", Bytes: 1_200_000_000, Count: 31}},
	}
	run := local.Fix{
		ID: "P1", Recipe: diagnostics.FreeSpace, Title: m.Plan.Title, StartedAt: time.Now(), Doing: m.Plan.Title,
		Before: []diagnostics.Evidence{{Section: "disks", What: "free on /", Value: "0.3 GB of 256 GB"}},
	}
	done := run
	done.Doing, done.EndedAt, done.Outcome, done.Sentence = "", time.Now(), local.FixHelped, "What was found is gone."
	done.Did = []string{"31 files deleted, 1.2 GB freed."}
	done.After = []diagnostics.Evidence{{Section: "disks", What: "free on /", Value: "1.5 GB of 256 GB"}}
	m.Steps = []localtest.FixStep{{Value: run}, {Value: done}}
}

func mending(t *testing.T, set func(*localtest.Mending)) *window {
	t.Helper()
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.SetCheckup(localtest.Step{Value: full()})
		a.Mend(clearing)
		if set != nil {
			a.Mend(set)
		}
	})
	w.said("Mend it…")
	return w
}

// to moves the keyboard on until it is on the button with the words.
func (w *window) to(t *testing.T, text string) {
	t.Helper()
	for range 40 {
		if b, ok := w.Window.Canvas().Focused().(*widgets.Button); ok && b.Text() == text {
			return
		}
		w.Tab()
	}
	t.Fatalf("the keyboard does not reach “%s”", text)
}

func (w *window) silent(t *testing.T, text string) {
	t.Helper()
	if said := widgets.Said(w.Content()); strings.Contains(said, text) {
		t.Errorf("it says “%s”:\n%s", text, said)
	}
}

// By keyboard alone: from the finding to the employee's own word, and nothing is
// done before the yes.
func TestMendByKeyboard(t *testing.T) {
	w := mending(t, nil)
	w.to(t, "Mend it…")
	w.Key(fyne.KeyReturn)
	w.said("31 files would be deleted, which frees 1.2 GB.")
	w.said("It deletes copies that programs can fetch again.")
	w.said("This cannot be taken back.")
	w.Picture("mend-offered")
	if b, ok := w.Window.Canvas().Focused().(*widgets.Button); !ok || b.Text() != "Leave it" {
		t.Errorf("the keyboard is on %v: one Enter too many would do it", w.Window.Canvas().Focused())
	}
	w.agent.Mend(func(m *localtest.Mending) {
		if len(m.Started) != 0 || len(m.Planned) != 1 || m.Planned[0] != (local.FixRequest{Checkup: "C1", Finding: "disk.full"}) {
			t.Errorf("before the yes: planned %v, started %v", m.Planned, m.Started)
		}
	})
	w.to(t, "Do it")
	w.Key(fyne.KeyReturn)
	w.said("Mended: what was found is gone")
	w.said("free on /: 0.3 GB of 256 GB → 1.5 GB of 256 GB")
	w.said("31 files deleted, 1.2 GB freed.")
	w.said("Does it work now?")
	w.Picture("mend-done")
	w.Key(fyne.KeyReturn) // the keyboard is on “It works now”
	w.said("Good to hear.")
	w.agent.Mend(func(m *localtest.Mending) {
		if len(m.Started) != 1 || m.Started[0] != "P1" || len(m.Helped) != 1 || !m.Helped[0] {
			t.Errorf("started %v, helped %v", m.Started, m.Helped)
		}
	})
	w.to(t, "Back to the check-up")
	w.agent.SetCheckup(localtest.Step{Value: local.Checkup{ID: "C2", Done: true}})
	w.Key(fyne.KeyReturn)
	w.said("This computer looks well")
	w.silent(t, "Does it work now?")
}

func TestLeaveIt(t *testing.T) {
	w := mending(t, nil)
	w.to(t, "Mend it…")
	w.Key(fyne.KeyReturn)
	w.said("Do it")
	w.Key(fyne.KeyReturn) // the keyboard is on “Leave it”
	w.said("Mend it…")
	w.silent(t, "Do it")
	w.agent.Mend(func(m *localtest.Mending) {
		if len(m.Started) != 0 {
			t.Errorf("it was done: %v", m.Started)
		}
	})
}

// A fix that did not help says so, with what is still wrong.
func TestDidNotHelp(t *testing.T) {
	w := mending(t, func(m *localtest.Mending) {
		f := &m.Steps[len(m.Steps)-1].Value
		f.Outcome, f.Sentence = local.FixNoHelp, "It was done, and it did not help: Your disk is full: 0.4 GB of 256 GB are free."
	})
	test.Tap(w.mendIt(t))
	w.said("Do it")
	test.Tap(w.Mending()["Do it"])
	w.said("It was done, and did not help")
	w.said("0.4 GB of 256 GB are free")
	test.Tap(w.Mending()["Not yet"])
	w.said("Your help desk will hear what was tried")
	w.silent(t, "Mended")
}

// What cannot be done says why, and has no button that would do it.
func TestCannotMend(t *testing.T) {
	w := mending(t, func(m *localtest.Mending) {
		m.Plan.Cannot = "There is nothing to clear."
		m.Plan.Steps = []local.FixStep{{Cannot: m.Plan.Cannot}}
	})
	test.Tap(w.mendIt(t))
	w.said("There is nothing to clear.")
	w.silent(t, "Do it")
	w.to(t, "Back to the check-up")
}

func TestUndo(t *testing.T) {
	w := mending(t, func(m *localtest.Mending) {
		m.Plan.Undo = "The clock is put back to where it was."
		m.Steps[len(m.Steps)-1].Value.Undo = m.Plan.Undo
	})
	test.Tap(w.mendIt(t))
	w.said("Do it")
	w.silent(t, "cannot be taken back")
	test.Tap(w.Mending()["Do it"])
	w.said("Take it back")
	test.Tap(w.Mending()["Take it back"])
	w.Until("it is taken back", func() bool { return !strings.Contains(widgets.Said(w.Content()), "Take it back") })
	w.agent.Mend(func(m *localtest.Mending) {
		if len(m.Undone) != 1 {
			t.Errorf("undone %v", m.Undone)
		}
	})
}

// While something is mended the window can be left, and says on return what is
// going on; an agent that dies in the middle is not taken for a success.
func TestMendCutOff(t *testing.T) {
	w := mending(t, func(m *localtest.Mending) {
		m.Steps[0].Value.Doing = "Clearing the package cache"
		m.Steps[1].After = time.Hour
	})
	test.Tap(w.mendIt(t))
	w.said("Do it")
	test.Tap(w.Mending()["Do it"])
	w.silent(t, "Leave it")
	w.said("Clearing the package cache") // the agent's own word: it has begun
	w.silent(t, "Mend it…")
	w.agent.Stop()
	w.said("Check this computer again")
	w.silent(t, "Mended")
}

func TestSomethingElseIsMended(t *testing.T) {
	w := mending(t, nil)
	w.agent.Fail("POST /v1/fixes", fault.New(fault.Conflict, "Something else is being mended on this computer: “Set the clock”. Try again when it is done."))
	test.Tap(w.mendIt(t))
	w.said("Do it")
	test.Tap(w.Mending()["Do it"])
	w.said("Something else is being mended")
}

// mendIt is the button at the finding.
func (w *window) mendIt(t *testing.T) *widgets.Button {
	t.Helper()
	w.to(t, "Mend it…")
	b, ok := w.Window.Canvas().Focused().(*widgets.Button)
	if !ok {
		t.Fatal("no button")
	}
	return b
}
