package looks_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/looks"
	"github.com/deskbell/deskbell/ui/session"
	"github.com/deskbell/deskbell/ui/uitest"
	"github.com/deskbell/deskbell/ui/widgets"
)

type window struct {
	*uitest.Rig
	*looks.Looks
	agent *localtest.Agent
}

func open(t *testing.T, l uitest.Look, all ...local.Look) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 520, 480, l), agent: localtest.New(t)}
	w.agent.SetLooks(all...)
	w.agent.SetAbout(everything())
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Looks = looks.New(w.Host, client)
	w.Status(local.Status{Connection: local.Connected})
	w.Open(w.Looks)
	w.Shown("")
	return w
}

func (w *window) said(text string) {
	defer func() { w.Laid(w.Content()) }()
	w.Until("“"+text+"”", func() bool { return strings.Contains(widgets.Said(w.Content()), text) })
}

func some(now time.Time) []local.Look {
	return []local.Look{
		{ID: "3", Who: "Alex Kim", Role: "technician", Kind: wire.AskProcesses, What: "The list of running programs", Ticket: 1042, At: now.Add(-20 * time.Second)},
		{ID: "2", Who: "Alex Kim", Role: "technician", Kind: wire.AskLog, What: "The last 200 lines of the system log", Ticket: 1042, At: now.Add(-7 * time.Minute), Ended: now.Add(-6 * time.Minute), Result: "answered"},
		{ID: "1", Who: strings.Repeat("Maximiliane ", 9), Role: "operator", Kind: wire.AskPing, What: "Whether " + strings.Repeat("host.", 40) + " answers", At: now.Add(-50 * time.Hour), Ended: now.Add(-50 * time.Hour), Result: "expired"},
	}
}

func TestWhoLooked(t *testing.T) {
	for name, look := range uitest.Looks() {
		w := open(t, look, some(time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC))...)
		w.said("Somebody is looking at this computer now.")
		if n := w.Rows(); len(n) != 3 || n[0].Result != "Looking now" || n[1].Who != "Alex Kim, technician" || n[1].Why != "For ticket 1042" {
			t.Errorf("the list is %+v", n)
		}
		w.Picture("looks-" + name)
		w.Key(fyne.KeyEscape)
		if w.Closed != 1 {
			t.Error("Esc does not close")
		}
	}
}

func TestNobody(t *testing.T) {
	w := open(t, uitest.Look{})
	w.said("Nobody has looked at this computer.")
	w.Picture("looks-empty")
	now := some(w.Clock)[:1]
	w.agent.SetLooks(now...)
	w.Status(local.Status{Connection: local.Connected, Looking: now})
	w.said("Somebody is looking at this computer now.")
}

func TestAway(t *testing.T) {
	w := open(t, uitest.Look{})
	w.said("Nobody has looked")
	w.agent.Stop()
	client := local.NewClient(w.agent.Dir)
	defer client.Close()
	other := looks.New(w.Host, client)
	w.Looks = other
	w.Open(other)
	other.Shown("")
	w.said("The list is shown as soon as")
	w.Picture("looks-away")
	w.agent.SetLooks(some(w.Clock)...)
	if err := w.agent.Start(); err != nil {
		t.Fatal(err)
	}
	w.Status(local.Status{Connection: local.Connected})
	w.said("Somebody is looking")
}

// The list was tampered with: that is said above it.
func TestNotWhole(t *testing.T) {
	w := open(t, uitest.Look{}, some(time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC))...)
	w.said("Somebody is looking")
	w.agent.SetLedger(local.Ledger{Removed: 3, Changed: 1, Since: w.Clock.Add(-90 * 24 * time.Hour)})
	w.Status(local.Status{Connection: local.Connected, Looking: some(w.Clock)[:1]})
	w.said("3 entries of this list were removed from outside Deskbell.")
	w.Picture("looks-broken")
}

// everything is what an agent tells that collects all there is.
func everything() local.About {
	return local.About{Recorder: true, Collected: []local.Collected{
		{ID: local.CollectHealth, Items: []string{"cpu_busy_percent", "memory_used_percent", "disk_used_percent", "battery_percent"}, Every: 15 * time.Second},
		{ID: local.CollectMachine, Items: []string{"system", "agent", "address", "cpu_model", "memory"}},
		{ID: local.CollectFindings, Items: []string{"system", "cpu", "disks", "network"}, Every: time.Hour},
		{ID: local.CollectCheckup, Items: []string{"system", "cpu", "processes", "services", "log"}, Kept: time.Hour},
		{ID: local.CollectRecorder, Items: []string{"cpu_busy_percent", "io_wait_percent", "top"}, Every: time.Second, Kept: 2 * time.Hour, Coarse: 24 * time.Hour},
		{ID: local.CollectInventory, Items: []string{"hardware", "software", "accounts"}, Every: time.Hour, Rarely: 22 * time.Hour},
		{ID: local.CollectHistory, Items: []string{"software", "driver"}, Every: time.Hour, Rarely: 22 * time.Hour, Kept: 180 * 24 * time.Hour},
		{ID: "tomorrow", Items: []string{"something_new"}},
	}}
}

// TestWhatIsCollected: the other half of the window, reached with the keyboard.
func TestWhatIsCollected(t *testing.T) {
	for name, look := range uitest.Looks() {
		w := open(t, look, some(time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC))...)
		w.said("Somebody is looking")
		_, collected := w.Tabs()
		w.Window.Canvas().Focus(collected)
		w.Key(fyne.KeySpace)
		for _, want := range []string{"This is all that Deskbell reads", "Read every 15 s.", "Goes to your help desk once a minute", "Kept here for 2 h, and averages for 1 d", "something new"} {
			w.said(want)
		}
		w.Picture("collected-" + name)
		w.Down()
		w.Picture("collected-end-" + name)
		w.Settings().Tapped(nil)
		if len(w.Asked) != 1 || w.Asked[0].Show != session.Settings {
			t.Errorf("asked for %+v", w.Asked)
		}
		w.Window.Canvas().Focus(w.first())
		w.Key(fyne.KeySpace)
		w.said("Somebody is looking")
		if strings.Contains(widgets.Said(w.Content()), "This is all") {
			t.Error("both halves are shown")
		}
	}
}

func (w *window) first() *widgets.Tick {
	looked, _ := w.Tabs()
	return looked
}

// TestEveryLanguageFits draws what is widest in each language.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look, some(time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC))...)
			w.said(l.Say("looks.live", tongue.Count("n", 1)))
			w.Fits(name + " the list")
			w.Picture("looks-" + string(l) + name)
			_, collected := w.Tabs()
			collected.Tapped(nil)
			w.said(l.Say("collected.about"))
			w.said(l.Say("collected.health"))
			w.Fits(name + " what is collected")
			w.Picture("collected-" + string(l) + name)
		}
	})
}
