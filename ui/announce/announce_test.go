package announce_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/announce"
	"github.com/deskbell/deskbell/ui/uitest"
	"github.com/deskbell/deskbell/ui/widgets"
)

type window struct {
	*uitest.Rig
	*announce.Announce
	agent *localtest.Agent
}

func open(t *testing.T, l uitest.Look, all ...local.Announcement) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 520, 560, l), agent: localtest.New(t)}
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Announce = announce.New(w.Host, client)
	w.Status(local.Status{Version: 1, Connection: local.Connected, Announcements: all})
	w.Open(w.Announce)
	w.Shown("")
	return w
}

func (w *window) said(text string) {
	defer func() { w.Laid(w.Content()) }()
	w.Until("“"+text+"”", func() bool { return strings.Contains(widgets.Said(w.Content()), text) })
}

// press moves the keyboard to a button, and presses it.
func (w *window) press(t *testing.T, text string) {
	t.Helper()
	for range 20 {
		if b, ok := w.Window.Canvas().Focused().(*widgets.Button); ok && b.Text() == text {
			w.Key(fyne.KeyReturn)
			return
		}
		w.Tab()
	}
	t.Fatalf("the keyboard does not reach “%s”", text)
}

func some(now time.Time) []local.Announcement {
	return []local.Announcement{
		{Announcement: wire.Announcement{
			ID: "A", Revision: 3, Told: 2, Title: "E-mail is slow", Text: "Mails come up to an hour late.", Advice: "Call where it is urgent.", Since: now.Add(-40 * time.Minute), Next: now.Add(time.Hour),
			Updates: []wire.AnnouncementUpdate{{At: now.Add(-20 * time.Minute), Text: "The provider looks for the reason."}, {At: now.Add(-5 * time.Minute), Text: "The provider has found the reason."}},
		}},
		{Announcement: wire.Announcement{ID: "B", Revision: 1, Told: 1, Title: strings.Repeat("Verylongwordwithoutspaces", 6), Text: strings.Repeat("Donaudampfschifffahrtsgesellschaft", 9), Since: now.Add(-50 * time.Hour)}, Hit: true},
		{Announcement: wire.Announcement{ID: "C", Revision: 2, Told: 2, Title: "No telephones", Since: now.Add(-9 * time.Hour), EndedAt: now.Add(-8 * time.Hour), Closing: "All lines work again."}},
	}
}

// TestWhatIsKnown shows known outages with what to do, what is over since yesterday, and
// counts an employee who says that it hits them too.
func TestWhatIsKnown(t *testing.T) {
	for name, look := range uitest.Looks() {
		w := open(t, look, some(time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC))...)
		w.said("2 known outages concern this computer.")
		w.said("What you can do: Call where it is urgent.")
		w.said("14:25: The provider has found the reason.")
		w.said("Next news by 15:30")
		w.said("All lines work again.")
		w.Picture("announcements-" + name)
		w.press(t, "It hits me too")
		w.Until("the word", func() bool { return strings.Count(widgets.Said(w.Content()), "You are counted.") == 2 })
		w.agent.Asked(func(a *localtest.Agent) {
			if len(a.Hits) != 1 || a.Hits[0] != "A" {
				t.Errorf("the agent heard %q", a.Hits)
			}
		})
		w.Key(fyne.KeyEscape)
		if w.Closed != 1 {
			t.Error("Esc does not close")
		}
	}
}

// TestItIsAskedWhetherItIsFixed shows what is asked of an outage that is said to be over,
// takes the answer, and says so; one that could not be kept is not said to be.
func TestItIsAskedWhetherItIsFixed(t *testing.T) {
	for name, look := range uitest.Looks() {
		w := open(t, look)
		q := local.OutageAsked{OutageQuestion: wire.OutageQuestion{ID: "Q", UID: "1000", Title: "E-mail is slow", Closing: "The provider has put it right."}}
		w.Status(local.Status{Version: 1, Connection: local.Connected, Questions: []local.OutageAsked{q}})
		w.said("Is it fixed for you?")
		w.said("The provider has put it right.")
		w.Picture("announcements-fixed-" + name)
		w.agent.Fail("POST /v1/questions/{id}/answer", fault.New(fault.Full, "The disk of this computer is full."))
		w.press(t, "Yes, it works")
		w.said("The disk of this computer is full.")
		w.agent.Fail("POST /v1/questions/{id}/answer", nil)
		w.press(t, "Still not")
		w.said("The help desk knows that it still does not work for you.")
		w.agent.Asked(func(a *localtest.Agent) {
			if f, ok := a.Fixed["Q"]; !ok || f.Works {
				t.Errorf("the agent heard %+v", a.Fixed)
			}
		})
		q.Answered, q.Works = true, true
		w.Status(local.Status{Version: 1, Connection: local.Connected, Questions: []local.OutageAsked{q}})
		w.said("Thank you. Nothing more is to be done.")
	}
}

// TestNothingIsKnown has no announcement, then one that comes by itself, then none
// because the agent is away; and a word that could not be kept is not said to be.
func TestNothingIsKnown(t *testing.T) {
	w := open(t, uitest.Look{})
	w.said("No outage is known that concerns this computer.")
	w.Picture("announcements-empty")
	w.Status(local.Status{Version: 1, Connection: local.Offline, Announcements: some(w.Clock)[:1]})
	w.said("E-mail is slow")
	w.said("offline")
	w.Picture("announcements-offline")
	w.agent.Fail("POST /v1/announcements/{id}/hit", fault.New(fault.Full, "The disk of this computer is full."))
	w.press(t, "It hits me too")
	w.said("The disk of this computer is full.")
	if strings.Contains(widgets.Said(w.Content()), "You are counted") {
		t.Error("nobody is counted")
	}
	w.Status(local.Status{Connection: local.NoAgent})
	w.said("as soon as the Deskbell service on this computer answers")
	w.Status(local.Status{Version: 1, Connection: local.Connected, Announcements: some(w.Clock)[2:]})
	w.said("No outage is known now.")
}

// TestFitsInEveryLanguage draws it in each language, as large as text gets.
func TestFitsInEveryLanguage(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look, some(time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC))...)
			w.Status(local.Status{Version: 1, Connection: local.Connected, Announcements: some(time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)), Questions: []local.OutageAsked{
				{OutageQuestion: wire.OutageQuestion{ID: "Q", UID: "1000", Title: strings.Repeat("Verylongwordwithoutspaces", 6), Closing: "It is up."}},
			}})
			w.Fits("announcements")
			w.Picture("announcements-" + string(l) + name)
		}
	})
}
