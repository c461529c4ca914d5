package ring_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
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
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/ring"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/uitest"
)

// window is the window with an agent behind it.
type window struct {
	*uitest.Rig
	*ring.Ring
	agent  *localtest.Agent
	drafts *drafts.Store
	path   string
}

func open(t *testing.T, l uitest.Look, prepare func(*localtest.Agent)) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 480, 620, l), agent: localtest.New(t), path: filepath.Join(t.TempDir(), "drafts.json")}
	w.agent.SetCheckup(localtest.Step{Value: sample.Checkup()})
	if prepare != nil {
		prepare(w.agent)
	}
	w.reopen(t)
	return w
}

// reopen is a new start of the program.
func (w *window) reopen(t *testing.T) {
	t.Helper()
	w.drafts = drafts.Open(w.path, slog.New(slog.DiscardHandler))
	t.Cleanup(w.drafts.Flush)
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Ring = ring.New(w.Host, client, w.drafts)
	s, err := client.Status(context.Background())
	if err != nil {
		s = local.Status{Connection: local.NoAgent}
	}
	w.Status(s)
	w.Open(w.Ring)
	w.Shown("")
}

// said waits until the window says something.
func (w *window) said(text string) {
	defer func() { w.Laid(w.Content()) }()
	w.Until("“"+text+"”", func() bool { return strings.Contains(w.Said(), text) })
}

func (w *window) rings() (out []local.Draft) {
	w.agent.Asked(func(a *localtest.Agent) { out = append(out, a.Rings...) })
	return out
}

func TestSend(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	if w.Window.Canvas().Focused() == nil {
		t.Fatal("the keyboard is not in the question")
	}
	if w.SendButton().Disabled() != true {
		t.Error("an empty ring can be sent")
	}
	test.Type(w.Window.Canvas().Focused(), "The printer is dead")
	w.said("Your disk is full")
	w.Tab()
	test.Type(w.Window.Canvas().Focused(), "Since this morning")
	test.Tap(w.SectionTick(diagnostics.SectionLog))
	w.said("Your words and 7 of 8 parts of the check-up.")
	test.Tap(w.SendButton())
	w.said("Sent. Number 1042. Answers come here and to the bell.")
	got := w.rings()
	if len(got) != 1 {
		t.Fatalf("the agent was rung %d times", len(got))
	}
	d := got[0]
	if d.Title != "The printer is dead" || d.Body != "Since this morning" || d.Checkup != "C1" || len(d.Without) != 1 || d.Without[0] != diagnostics.SectionLog || d.Ref == "" {
		t.Errorf("the agent got %+v", d)
	}
	if !w.drafts.Ring().Empty() {
		t.Error("the draft is still kept")
	}
	w.Key(fyne.KeyReturn) // the keyboard is on “Open this ticket”
	if len(w.Asked) != 1 || w.Asked[0].Ticket != "T1042" {
		t.Errorf("it showed %+v", w.Asked)
	}
	w.Shown("")
	if strings.Contains(w.Said(), "Sent.") {
		t.Error("the next ring begins with the last one's end")
	}
}

// TestINeedSomething chooses what the ring is about; who does not is not asked.
func TestINeedSomething(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	if !w.Broken().On() || w.Need().On() {
		t.Error("it is not taken that something is broken")
	}
	test.Type(w.Window.Canvas().Focused(), "A second screen")
	test.Tap(w.Need())
	test.Tap(w.Need()) // chosen it stays
	if w.Broken().On() || !w.Need().On() {
		t.Error("both are chosen, or none")
	}
	w.Laid(w.Content())
	w.Picture("ring-need")
	w.drafts.Flush()
	w.reopen(t) // the choice is a part of the draft
	if !w.Need().On() {
		t.Error("the choice is forgotten")
	}
	test.Tap(w.SendButton())
	w.said("Sent. Number 1042.")
	if got := w.rings(); len(got) != 1 || got[0].Kind != wire.KindRequest {
		t.Errorf("the agent got %+v", got)
	}
	w.Shown("")
	if w.Need().On() {
		t.Error("the next ring begins with the last one's choice")
	}
	test.Type(w.Window.Canvas().Focused(), "No sound")
	test.Tap(w.SendButton())
	w.Until("the second", func() bool { return len(w.rings()) == 2 })
	if k := w.rings()[1].Kind; k != "" {
		t.Errorf("who chose nothing sends %q", k)
	}
}

func TestEnterSends(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	test.Type(w.Window.Canvas().Focused(), "No network")
	w.Key(fyne.KeyReturn)
	w.said("Sent. Number 1042.")
}

func TestEscapeCloses(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	for range 6 { // wherever the keyboard is
		closed := w.Closed
		w.Key(fyne.KeyEscape)
		if w.Closed != closed+1 {
			t.Fatalf("Esc does nothing at %T", w.Window.Canvas().Focused())
		}
		w.Tab()
	}
}

// Everything can be reached with Tab, and is seen when it is.
func TestTabReachesEverything(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	w.said("Your disk is full")
	first := w.Window.Canvas().Focused()
	seen := map[fyne.Focusable]bool{}
	for range 60 {
		f := w.Window.Canvas().Focused()
		seen[f] = true
		if b, ok := f.(fyne.Tabbable); ok && b.AcceptsTab() {
			t.Errorf("%T keeps the keyboard", f)
		}
		w.Tab()
		if w.Window.Canvas().Focused() == first {
			break
		}
	}
	test.Type(first, "x")
	for _, n := range diagnostics.SectionNames() {
		if !seen[w.SectionTick(n)] {
			t.Errorf("Tab does not reach the tick of %s", n)
		}
	}
	if len(seen) < 20 {
		t.Errorf("Tab reaches %d parts only", len(seen))
	}
	w.Window.Canvas().Focus(w.SectionTick(diagnostics.SectionLog))
	if w.Offset() == 0 {
		t.Error("the window does not scroll to where the keyboard is")
	}
}

func TestSavedThenSent(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.Deliver(local.Saved)
		a.Set(func(s *local.Status) { s.Connection = local.Offline })
	})
	w.said("You are offline. What you send is saved")
	test.Type(w.Window.Canvas().Focused(), "No network")
	w.Key(fyne.KeyReturn)
	w.said("Saved. It will be sent when you are connected.")
	w.agent.Settle("R1042", local.Receipt{Delivery: local.Sent, Ticket: "T1042", Number: 1042})
	w.Status(local.Status{Connection: local.Connected, Tickets: 7})
	w.said("Sent. Number 1042.")
}

func TestRefusedCanBeChanged(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) { a.Deliver(local.Refused) })
	test.Type(w.Window.Canvas().Focused(), "Hello")
	w.Key(fyne.KeyReturn)
	w.said("Your help desk’s server did not take it.")
	w.said("The title is longer than 200 characters.")
	w.agent.Deliver(local.Sent)
	w.Key(fyne.KeyReturn) // “Change it”
	if w.Question() != "Hello" {
		t.Errorf("the words are %q", w.Question())
	}
	w.Key(fyne.KeyReturn)
	w.said("Sent.")
	if r := w.rings(); r[0].Ref == r[1].Ref {
		t.Error("the changed ring has the refused one's name")
	}
}

// Closing the window, and ending the program, keep what was typed.
func TestTypedAndClosed(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	test.Type(w.Window.Canvas().Focused(), "half a sen")
	w.Hidden()
	w.reopen(t)
	if w.Question() != "half a sen" {
		t.Errorf("the words are %q", w.Question())
	}
}

// Nobody has it: the words stay, in the window and on disk, and trying again is
// the same ring.
func TestNothingIsLost(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.Fail("POST /v1/tickets", fault.New(fault.Full, "The disk of this computer is full, so nothing could be saved. Free some space, then send again."))
	})
	test.Type(w.Window.Canvas().Focused(), "Help")
	w.Key(fyne.KeyReturn)
	w.said("Not sent. The disk of this computer is full")
	w.agent.Stop()
	test.Tap(w.SendButton())
	w.said("Not sent. The Deskbell service on this machine does not answer.")
	first := w.drafts.Ring().Ref
	w.reopen(t)
	if w.Question() != "Help" {
		t.Fatalf("after a new start the words are %q", w.Question())
	}
	w.agent.Fail("POST /v1/tickets", nil)
	if err := w.agent.Start(); err != nil {
		t.Fatal(err)
	}
	w.Key(fyne.KeyReturn)
	w.said("Sent. Number 1042.")
	if got := w.rings(); got[0].Ref != first || first == "" {
		t.Errorf("it is another ring now: %q and %q", got[0].Ref, first)
	}
}

// Who sends while the check-up runs does not lose it, and does not wait for ever.
func TestSendWaitsForTheCheckup(t *testing.T) {
	c := sample.Checkup()
	part := c
	part.Done, part.Findings = false, nil
	part.Snapshot.Log, part.Snapshot.Services = diagnostics.Section[diagnostics.Log]{}, diagnostics.Section[diagnostics.Services]{}
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.SetCheckup(localtest.Step{Value: part}, localtest.Step{After: 300 * time.Millisecond, Value: c})
	})
	w.said("Looking at this computer: 6 of 8 parts read")
	test.Type(w.Window.Canvas().Focused(), "Slow")
	w.Key(fyne.KeyReturn)
	w.said("Sending as soon as the check-up is done")
	w.said("Sent.")
	if d := w.rings()[0]; d.Checkup != "C1" {
		t.Errorf("the check-up was left out: %+v", d)
	}
}

func TestWithoutACheckup(t *testing.T) {
	w := open(t, uitest.Look{}, func(a *localtest.Agent) {
		a.Fail("POST /v1/checkup", fault.New(fault.Unavailable, "Not now."))
	})
	w.said("This computer could not be checked now. Your words are sent without it.")
	test.Type(w.Window.Canvas().Focused(), "Help")
	w.Key(fyne.KeyReturn)
	w.said("Sent.")
	if d := w.rings()[0]; d.Checkup != "" {
		t.Errorf("it names a check-up: %+v", d)
	}
}

// What stands in the open section is what is sent, as text.
func TestExactlyWhatIsSent(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	w.said("Your disk is full")
	test.Tap(w.SectionOpen(diagnostics.SectionLog))
	if text := w.SectionLines(diagnostics.SectionLog); !strings.Contains(text, "<b>will not retry</b>") || !strings.Contains(text, "attempt 119") {
		t.Errorf("the log is shown as %.200s", text)
	}
}

func TestFiles(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	path := filepath.Join(t.TempDir(), "screen.png")
	if err := os.WriteFile(path, []byte("\x89PNG\r\n\x1a\nbytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	test.Type(w.Window.Canvas().Focused(), "See the picture")
	w.AddFile(path)
	w.AddFile(path)
	w.said("screen.png, 13 B")
	w.AddFile(t.TempDir())
	w.said("is not a file")
	test.Tap(w.SendButton())
	w.said("Sent.")
	d := w.rings()[0]
	if len(d.Attachments) != 1 || string(w.agent.File(d.Attachments[0].SHA256)) != "\x89PNG\r\n\x1a\nbytes" {
		t.Errorf("the agent got %+v", d.Attachments)
	}
	w.Shown("")
	if strings.Contains(w.Said(), "screen.png") {
		t.Error("the file is still attached to the next ring")
	}
}

// The desktop's own dialog, and Fyne's where there is none.
func TestChoose(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	path := tempFile("notes.txt")
	answer := make(chan func([]string, error), 2)
	w.HostOf().Choose = func(done func([]string, error)) { answer <- done }
	test.Tap(w.AttachButton())
	if !w.AttachButton().Disabled() {
		t.Error("a second dialog can be opened")
	}
	go (<-answer)([]string{path}, nil)
	w.said("notes.txt, 1 B")
	test.Tap(w.AttachButton())
	go (<-answer)(nil, errors.ErrUnsupported)
	w.Until("Fyne’s dialog", func() bool { return len(w.Window.Canvas().Overlays().List()) == 1 })
}

func TestPictures(t *testing.T) {
	if os.Getenv("DESKBELL_PICTURES") == "" {
		t.Log("set DESKBELL_PICTURES to a folder to keep pictures")
	}
	for name, look := range uitest.Looks() {
		t.Run(name, func(t *testing.T) {
			w := open(t, look, nil)
			test.Type(w.Window.Canvas().Focused(), "The printer on floor 2 does not print")
			w.said("Your disk is full")
			w.Picture("ring-writing-" + name)
			w.Window.Canvas().Focus(w.SectionTick(diagnostics.SectionDisks))
			w.Picture("ring-sections-" + name)
			test.Tap(w.SectionOpen(diagnostics.SectionLog))
			w.Window.Canvas().Focus(w.SectionOpen(diagnostics.SectionLog))
			w.Picture("ring-exact-" + name)
			w.Key(fyne.KeyEscape)
			w.agent.Deliver(local.Saved)
			test.Tap(w.SendButton())
			w.said("Saved.")
			w.Picture("ring-saved-" + name)
		})
	}
	states := map[string]func(*window){
		"checking": func(w *window) { w.said("Looking at this computer") },
		"offline":  func(w *window) { w.Status(local.Status{Connection: local.Offline}); w.said("Your disk is full") },
		"noagent": func(w *window) {
			w.said("Your disk is full")
			w.agent.Stop()
			w.Status(local.Status{Connection: local.NoAgent})
			test.Type(w.Window.Canvas().Focused(), "Help")
			w.Key(fyne.KeyReturn)
			w.said("Not sent.")
		},
		"long": func(w *window) {
			w.said("Your disk is full")
			test.Type(w.Window.Canvas().Focused(), strings.Repeat("Donaudampfschifffahrtsgesellschaft", 9))
			w.AddFile(tempFile(strings.Repeat("a-very-long-name-", 12) + ".txt"))
		},
		"sent": func(w *window) {
			test.Type(w.Window.Canvas().Focused(), "Help")
			w.Key(fyne.KeyReturn)
			w.said("Sent.")
		},
		"calm":      func(w *window) { w.said("Nothing wrong found") },
		"unchecked": func(w *window) { w.said("This computer could not be checked now.") },
		"choosing":  func(w *window) { w.said("Your disk is full"); test.Tap(w.AttachButton()) },
	}
	for name, do := range states {
		t.Run(name, func(t *testing.T) {
			w := open(t, uitest.Look{}, func(a *localtest.Agent) {
				switch name {
				case "checking":
					c := sample.Checkup()
					c.Done, c.Findings, c.Snapshot.Log = false, c.Findings[:1], diagnostics.Section[diagnostics.Log]{}
					a.SetCheckup(localtest.Step{Value: c}, localtest.Step{After: time.Hour})
				case "unchecked":
					a.Fail("POST /v1/checkup", fault.New(fault.Unavailable, "Not now."))
				case "calm":
					c := sample.Checkup()
					c.Findings = nil
					a.SetCheckup(localtest.Step{Value: c})
				}
			})
			do(w)
			w.Picture("ring-" + name)
		})
	}
}

func tempFile(name string) string {
	path := filepath.Join(os.TempDir(), name)
	os.WriteFile(path, []byte("x"), 0o600)
	return path
}

// TestEveryLanguageFits draws what is widest in each language.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look, nil)
			test.Type(w.Window.Canvas().Focused(), "Der Drucker auf Etage 2 druckt nicht")
			w.said("Your disk is full") // the made check-up has English alone
			w.Fits(name + " what is written")
			w.Picture("ring-writing-" + string(l) + name)
			w.agent.Deliver(local.Saved)
			test.Tap(w.SendButton())
			w.said(l.Say("ring.saved"))
			w.Fits(name + " what was saved")
			w.Picture("ring-saved-" + string(l) + name)
		}
	})
}
