package tickets_test

import (
	"context"
	"fmt"
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
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/drafts"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/tickets"
	"github.com/deskbell/deskbell/ui/uitest"
)

type window struct {
	*uitest.Rig
	*tickets.Tickets
	agent  *localtest.Agent
	drafts *drafts.Store
	path   string
}

func open(t *testing.T, l uitest.Look, prepare func(*window)) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 760, 560, l), agent: localtest.New(t), path: filepath.Join(t.TempDir(), "drafts.json")}
	w.drafts = drafts.Open(w.path, slog.New(slog.DiscardHandler))
	t.Cleanup(w.drafts.Flush)
	if prepare != nil {
		prepare(w)
	}
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Tickets = tickets.New(w.Host, client, w.drafts)
	w.sync()
	w.Open(w.Tickets)
	return w
}

// sync does what the program does when the agent tells of a change.
func (w *window) sync() {
	client := local.NewClient(w.agent.Dir)
	defer client.Close()
	s, err := client.Status(context.Background())
	if err != nil {
		s = local.Status{Connection: local.NoAgent}
	}
	w.Status(s)
}

func (w *window) said(text string) {
	defer func() { w.Laid(w.Content()) }()
	w.Until("“"+text+"”", func() bool { return strings.Contains(w.Said(), text) })
}

func (w *window) three() {
	now := w.Clock
	printer := sample.Ticket(1042, "The printer on floor 2 does not print", "in_progress", now)
	printer.Unread = 1
	mail := sample.Ticket(1040, "Mail is slow since the update", "resolved", now.Add(-26*time.Hour))
	mail.Solution, mail.Messages = "The mail server had too little memory. It has more now.", mail.Messages[:1]
	w.agent.SetTickets(printer, mail, sample.Ticket(1001, "New keyboard", "closed", now.Add(-40*24*time.Hour)))
}

func TestReadAndAnswer(t *testing.T) {
	w := open(t, uitest.Look{}, (*window).three)
	w.Shown("")
	w.said("Alex Kim is working on it.")
	if got := strings.Join(w.Titles(), "|"); got != "The printer on floor 2 does not print|Mail is slow since the update|New keyboard" {
		t.Errorf("the list is %s", got)
	}
	w.UntilAsked("that it was read", func() (read bool) {
		w.agent.Asked(func(a *localtest.Agent) { read = a.Reads["T1042"] == "m3" })
		return read
	})
	w.Window.Canvas().Focus(w.Reply())
	test.Type(w.Reply(), "It prints again")
	test.Tap(w.Button("Send"))
	w.Until("an empty box", func() bool { return w.Reply().Text == "" })
	w.said("It prints again")
	w.agent.Asked(func(a *localtest.Agent) {
		if r := a.Replies["T1042"]; len(r) != 1 || r[0].Body != "It prints again" || r[0].Ref == "" {
			t.Errorf("the agent got %+v", r)
		}
	})
	if !w.AtEnd() {
		t.Error("the answer is not seen")
	}
}

// TestComeToAnswer opens the window from a notification: whoever reads it types
// the answer at once.
func TestComeToAnswer(t *testing.T) {
	w := open(t, uitest.Look{}, (*window).three)
	w.Shown("T1042")
	w.said("Alex Kim is working on it.")
	w.Until("the box has the keyboard", func() bool { return w.Window.Canvas().Focused() == fyne.Focusable(w.Reply()) })
}

func TestAnotherTicketByKeyboard(t *testing.T) {
	w := open(t, uitest.Look{}, (*window).three)
	w.Shown("")
	w.said("Alex Kim is working on it.")
	w.Window.Canvas().Focus(w.Rows())
	w.Key(fyne.KeyDown)
	w.Key(fyne.KeyReturn)
	w.said("Does it work again?")
	w.Key(fyne.KeyEscape)
	if w.Closed != 1 {
		t.Error("Esc does not close")
	}
}

func TestConfirmReopenRateCancel(t *testing.T) {
	for name, step := range map[string]struct {
		state, button, words string
		want                 local.Act
		after                string
	}{
		"confirm":      {"resolved", "Yes, it works", "", local.Act{Act: wire.ActConfirm}, "Closed."},
		"reopen":       {"resolved", "No, not yet", "Page two is empty", local.Act{Act: wire.ActReopen, Comment: "Page two is empty"}, "Alex Kim is working on it."},
		"rate":         {"closed", "Good", "", local.Act{Act: wire.ActRate, Rating: 4}, "You said: Good."},
		"rate at once": {"resolved", "Very good", "", local.Act{Act: wire.ActRate, Rating: 5}, "You said: Very good."},
		"cancel":       {"new", "Cancel ticket 7", "", local.Act{Act: wire.ActCancel}, "Cancelled."},
		"back":         {"closed", "It came back", "", local.Act{Act: wire.ActReopen}, "Alex Kim is working on it."},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, uitest.Look{}, func(w *window) { w.agent.SetTickets(sample.Ticket(7, "Mail", step.state, w.Clock)) })
			w.Shown("T7")
			w.Until("the button "+step.button, func() bool { return w.Button(step.button) != nil })
			if step.words != "" {
				test.Type(w.Reply(), step.words)
			}
			test.Tap(w.Button(step.button))
			w.UntilAsked(step.after, func() bool { w.sync(); return strings.Contains(w.Said(), step.after) })
			w.agent.Asked(func(a *localtest.Agent) {
				got := a.Acts["T7"]
				if len(got) != 1 {
					t.Fatalf("the agent got %+v", got)
				}
				if got[0].Ref == "" {
					t.Error("it has no name")
				}
				got[0].Ref = ""
				if got[0] != step.want {
					t.Errorf("the agent got %+v", got[0])
				}
			})
			// The ticket's new state may be here sooner than the answer to the act.
			w.Until("the box is empty", func() bool { return w.Reply().Text == "" })
		})
	}
}

// TestACommentIsOptional rates with one click, and says a word about it afterwards.
func TestACommentIsOptional(t *testing.T) {
	w := open(t, uitest.Look{}, func(w *window) { w.agent.SetTickets(sample.Ticket(7, "Mail", "closed", w.Clock)) })
	w.Shown("T7")
	w.Until("the rating", func() bool { return w.Button("Good") != nil })
	if w.Button("Add") != nil {
		t.Error("a word is asked for before there is a rating")
	}
	test.Tap(w.Button("Good"))
	w.UntilAsked("the rating is told", func() bool { w.sync(); return strings.Contains(w.Said(), "You said: Good.") })
	w.Picture("tickets-rated")
	test.Tap(w.Button("Add")) // with nothing in the box
	test.Type(w.Comment(), "Quick, and friendly")
	w.agent.Stop()
	test.Tap(w.Button("Add"))
	w.said("Not sent. The Deskbell service")
	if got := w.Comment().Text; got != "Quick, and friendly" {
		t.Errorf("in the box is %q", got)
	}
	if err := w.agent.Start(); err != nil {
		t.Fatal(err)
	}
	test.Tap(w.Button("Add"))
	w.UntilAsked("the word is told", func() bool { w.sync(); return strings.Contains(w.Said(), "You said: Good. “Quick, and friendly”") })
	w.agent.Asked(func(a *localtest.Agent) {
		if got := a.Acts["T7"]; len(got) != 2 || got[1].Rating != 4 || got[1].Comment != "Quick, and friendly" {
			t.Errorf("the agent got %+v", got)
		}
	})
	if w.Button("Add") != nil || w.Comment().Text != "" {
		t.Error("a word is asked for twice")
	}
}

// TestDecide has somebody whose yes or no others wait for, though they have no
// tickets themselves.
func TestDecide(t *testing.T) {
	w := open(t, uitest.Look{}, func(w *window) {
		w.agent.Set(func(s *local.Status) {
			s.Approvals = []local.Approval{{Number: 1043, Title: "A second screen", Requester: "Mia Muster"}}
		})
	})
	w.Shown("")
	w.said("Mia Muster waits for your decision: “A second screen”")
	w.Picture("tickets-decide")
	test.Tap(w.Button("Decide"))
	w.Until("the portal", func() bool { return len(w.Opened) == 1 })
	if w.Opened[0] != "https://desk.example/portal/1approvals" {
		t.Errorf("it opened %q", w.Opened)
	}
	w.agent.Fail("POST /v1/portal", fault.New(fault.Unavailable, "This computer is offline."))
	test.Tap(w.Button("Decide"))
	w.said("This computer is offline.")
	w.agent.Set(func(s *local.Status) { s.Approvals = nil })
	w.sync()
	if w.Button("Decide") != nil {
		t.Error("nothing waits, and it is offered still")
	}
}

// The agent is away: the words stay, here and on disk, and the same answer is sent.
func TestAnAnswerIsNotLost(t *testing.T) {
	w := open(t, uitest.Look{}, (*window).three)
	w.Shown("T1042")
	w.said("Alex Kim is working on it.")
	test.Type(w.Reply(), "Still dead")
	w.agent.Stop()
	test.Tap(w.Button("Send"))
	w.said("Not sent. The Deskbell service")
	w.Hidden()
	if got := drafts.Open(w.path, slog.New(slog.DiscardHandler)).Reply("T1042"); got != "Still dead" {
		t.Errorf("on disk is %q", got)
	}
	if err := w.agent.Start(); err != nil {
		t.Fatal(err)
	}
	test.Tap(w.Button("Send"))
	w.Until("an empty box", func() bool { return w.Reply().Text == "" })
}

func TestOnItsWay(t *testing.T) {
	w := open(t, uitest.Look{}, func(w *window) {
		w.three()
		w.agent.Deliver(local.Saved)
		w.agent.Set(func(s *local.Status) { s.Connection = local.Offline })
	})
	w.Shown("T1042")
	w.said("You are offline.")
	w.said("As your help desk had it")
	test.Type(w.Reply(), "From the train")
	test.Tap(w.Button("Send"))
	w.said("Saved, on its way")
}

func TestNewsWhileReading(t *testing.T) {
	w := open(t, uitest.Look{}, (*window).three)
	w.Shown("T1042")
	w.said("Done. Please try to print again.")
	test.Type(w.Reply(), "half a sen")
	next := sample.Ticket(1042, "The printer on floor 2 does not print", "resolved", w.Clock)
	next.Messages = append(next.Messages, wire.MessageView{ID: "m4", At: w.Clock, Author: "Alex Kim", Body: "I see it prints."})
	w.agent.SetTickets(next)
	w.sync()
	w.said("I see it prints.")
	if w.Reply().Text != "half a sen" {
		t.Errorf("in the box is %q", w.Reply().Text)
	}
}

func TestStates(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*window)
		says    string
	}{
		"empty":   {nil, "You have no tickets."},
		"problem": {func(w *window) { w.agent.Stop() }, "as soon as the Deskbell service"},
		"refused": {func(w *window) {
			x := sample.Ticket(0, "Hello", "", w.Clock)
			x.ID, x.Delivery, x.Problem, x.Messages = "", local.Refused, "The title is too long.", nil
			w.agent.SetTickets(x)
		}, "Not taken: The title is too long."},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, uitest.Look{}, c.prepare)
			w.Shown("")
			w.said(c.says)
			if name == "problem" {
				w.said("Try again")
			}
			w.Picture("tickets-" + name)
			switch name {
			case "empty":
				test.Tap(w.Button("Get help"))
				if len(w.Asked) != 1 || w.Asked[0].Show != session.Ring {
					t.Errorf("it showed %v", w.Asked)
				}
			case "problem":
				w.three()
				if err := w.agent.Start(); err != nil {
					t.Fatal(err)
				}
				test.Tap(w.Button("Try again"))
				w.said("Alex Kim is working on it.")
			}
		})
	}
}

func TestSaveAFile(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_DOWNLOAD_DIR", "")
	w := open(t, uitest.Look{}, func(w *window) {
		client := local.NewClient(w.agent.Dir)
		defer client.Close()
		a, err := client.Attach(context.Background(), "x", strings.NewReader("how to print"))
		if err != nil {
			t.Fatal(err)
		}
		a.Name = "../../.bashrc"
		x := sample.Ticket(5, "Mail", "new", w.Clock)
		x.Messages[2].Attachments = []wire.Attachment{a}
		w.agent.SetTickets(x)
	})
	w.Shown("")
	w.Until("the file", func() bool { return w.MessageButton("Save") != nil })
	for _, want := range []string{"“bashrc” is in your downloads.", "“bashrc (2)” is in your downloads."} {
		test.Tap(w.MessageButton("Save"))
		w.Until(want, func() bool { return strings.Contains(w.Talk(), want) })
	}
	if b, err := os.ReadFile(filepath.Join(home, "Downloads", "bashrc")); err != nil || string(b) != "how to print" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestManyTickets: of a list of ten thousand no more is made and drawn than of one of
// thirty.
func TestManyTickets(t *testing.T) {
	made := func(tickets int) int {
		w := open(t, uitest.Look{}, func(w *window) {
			var all []local.Ticket
			for i := range tickets {
				x := sample.Ticket(int64(20_000-i), fmt.Sprintf("Ticket %d", i), "closed", w.Clock)
				x.Messages = nil
				all = append(all, x)
			}
			w.agent.SetTickets(all...)
		})
		w.Shown("")
		w.Until("the list", func() bool { return len(w.Titles()) == tickets })
		w.Window.Canvas().Capture()
		return parts(w.Content())
	}
	if few, many := made(30), made(10_000); many != few || few < 30 {
		t.Errorf("thirty tickets have %d parts on the screen, ten thousand %d", few, many)
	}
}

// parts counts an object and all that it is made of.
func parts(o fyne.CanvasObject) int {
	n := 1
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			n += parts(c)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			n += parts(c)
		}
	}
	return n
}

func TestPictures(t *testing.T) {
	for name, look := range uitest.Looks() {
		t.Run(name, func(t *testing.T) {
			w := open(t, look, (*window).three)
			w.Shown("")
			w.said("Done. Please try to print again.")
			w.Picture("tickets-" + name)
			w.Rows().Select(1)
			w.said("Does it work again?")
			w.Until("the end", w.AtEnd)
			w.Picture("tickets-resolved-" + name)
		})
	}
	w := open(t, uitest.Look{}, func(w *window) {
		x := sample.Ticket(1042, strings.Repeat("Donaudampfschifffahrtsgesellschaft", 6)[:200], "in_progress", w.Clock)
		x.Assignee = strings.Repeat("Maximiliane ", 10)
		x.Messages[2].Body = strings.Repeat("a", 300) + "\n<script>alert(1)</script> **not bold** \u202egnihton"
		w.agent.SetTickets(x)
	})
	w.Shown("")
	w.said("not bold")
	w.Picture("tickets-long")
}

// TestEveryLanguageFits draws what is widest in each language.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look, (*window).three)
			w.Shown("")
			w.said("Done. Please try to print again.")
			w.Fits(name + " the list")
			w.Picture("tickets-" + string(l) + name)
			w.Rows().Select(1)
			w.Until("the end", w.AtEnd)
			w.Fits(name + " a solution")
			w.Picture("tickets-resolved-" + string(l) + name)
		}
	})
}
