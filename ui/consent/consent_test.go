package consent_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/consent"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/uitest"
	"github.com/deskbell/deskbell/ui/widgets"
)

type window struct {
	*uitest.Rig
	*consent.Consent
	agent *localtest.Agent
}

func open(t *testing.T, l uitest.Look, s local.Status) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 460, 420, l), agent: localtest.New(t)}
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Consent = consent.New(w.Host, client)
	s.Connection = local.Connected
	w.Status(s)
	w.Rig.Open(w.Consent)
	w.Shown("")
	return w
}

func (w *window) said(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if got := widgets.Said(w.Content()); !strings.Contains(got, text) {
			t.Errorf("it does not say %q but\n%s", text, got)
		}
	}
	w.Laid(w.Content())
}

// focused is what stands on the button that has the keyboard.
func (w *window) focused() string {
	if b, ok := w.Window.Canvas().Focused().(*widgets.Button); ok {
		return b.Text()
	}
	return ""
}

var clock = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

func asking() local.Status {
	return local.Status{Consents: []local.Consent{{
		ID: "c1", Who: "Anna Schmidt", Role: "technician", Kind: wire.ActTerminal, What: "x", Ticket: 1042, Title: "The printer on the third floor prints grey",
		For: 2 * time.Hour, AskedAt: clock.Add(-10 * time.Second), Until: clock.Add(50 * time.Second),
	}}}
}

func working() local.Status {
	return local.Status{Looking: []local.Look{{ID: "look1", Who: "Anna Schmidt", Role: "technician", Kind: wire.ActTerminal, Ticket: 1042, At: clock}}}
}

func TestWhoWhatWhyAndForHowLong(t *testing.T) {
	for name, look := range uitest.Looks() {
		w := open(t, look, asking())
		w.said(t, "AS", "Anna Schmidt, technician", "in a terminal, with your rights", "For your ticket 1042: “The printer on the third floor prints grey”", "For 2 h at most. It is recorded", "a no in 50 seconds", "Not now", "Allow")
		w.Picture("consent-" + name)
	}
}

// Whoever happens to type when the window comes agrees to nothing.
func TestNotNowHasTheKeyboard(t *testing.T) {
	for _, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeySpace} {
		w := open(t, uitest.Look{}, asking())
		if got := w.focused(); got != "Not now" {
			t.Fatalf("the keyboard is at %q", got)
		}
		w.Key(key)
		w.UntilAsked("the answer", func() bool { return len(w.agent.Agreed()) == 1 })
		if a := w.agent.Agreed()["c1"]; a.Yes || a.Remember {
			t.Errorf("%s: %+v", key, a)
		}
	}
}

func TestAllowByTheKeyboard(t *testing.T) {
	w := open(t, uitest.Look{}, asking())
	w.Tab()
	if got := w.focused(); got != "Allow" {
		t.Fatalf("after “Not now” comes %q", got)
	}
	w.Key(fyne.KeyReturn)
	w.UntilAsked("the answer", func() bool { return len(w.agent.Agreed()) == 1 })
	if a := w.agent.Agreed()["c1"]; !a.Yes || a.Remember {
		t.Errorf("%+v", a)
	}
}

// Closing the window is a no, and a question that is over closes it.
func TestClosed(t *testing.T) {
	w := open(t, uitest.Look{}, asking())
	w.Key(fyne.KeyEscape)
	if w.Closed != 1 {
		t.Fatal("Esc does not close")
	}
	w.Hidden()
	w.UntilAsked("the answer", func() bool { return len(w.agent.Agreed()) == 1 })
	if w.agent.Agreed()["c1"].Yes {
		t.Error("closing it is a yes")
	}
	other := open(t, uitest.Look{}, asking())
	other.Status(local.Status{Connection: local.Connected})
	if other.Closed != 1 {
		t.Error("it stays when nothing is asked any more")
	}
}

// While somebody works here one button ends it, and has the keyboard.
func TestBannerEndsIt(t *testing.T) {
	w := open(t, uitest.Look{}, asking())
	w.Status(working())
	w.said(t, "Anna Schmidt is working on this computer.", "For ticket 1042", "End it now")
	w.Picture("consent-banner")
	if got := w.focused(); got != "End it now" {
		t.Fatalf("the keyboard is at %q", got)
	}
	w.Key(fyne.KeyReturn)
	w.UntilAsked("the end", func() bool { return len(w.agent.Ended()) == 1 })
	if got := w.agent.Ended()[0]; got != "look1" {
		t.Errorf("%s was ended", got)
	}
	w.Hidden()
	if len(w.agent.Agreed()) != 0 {
		t.Error("closing the banner answers a question")
	}
}

// Names and titles from elsewhere stay one plain line.
func TestHostileWords(t *testing.T) {
	s := asking()
	s.Consents[0].Who = "Eve\n\u202eadmin" + strings.Repeat("x", 500)
	s.Consents[0].Title = "\x1b[2J" + strings.Repeat("y", 5000)
	w := open(t, uitest.Look{}, s)
	w.said(t, "Not now")
	w.Picture("consent-long")
	if got := widgets.Said(w.Content()); strings.ContainsAny(got, "\u202e\x1b") || len(got) > 3000 {
		t.Errorf("%d bytes: %.300q", len(got), got)
	}
}

// TestEveryLanguageFits draws the question and what goes on in each language.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look, asking())
			w.said(t, l.Say("consent.no"), l.Say("consent.yes"))
			w.Fits(name + " the question")
			w.Picture("consent-" + string(l) + name)
			w.Status(working())
			w.said(t, l.Say("consent.end"))
			w.Fits(name + " what goes on")
			w.Picture("consent-banner-" + string(l) + name)
		}
	})
}

// A screen is looked at for a while: the window says so, names who may, and ends it.
// There is no “do not ask again”. One picture alone is no reason for a window.
func TestLookingAtTheScreen(t *testing.T) {
	s := asking()
	s.Consents[0].Kind, s.Consents[0].For = wire.ActScreen, 10*time.Minute
	w := open(t, uitest.Look{}, s)
	w.said(t, "Anna Schmidt wants to see your screen", "Close what is nobody’s business first", "For 10 min at most", "a no in 50 seconds")
	if strings.Contains(widgets.Said(w.Content()), "Do not ask again") {
		t.Error("a yes to a screen can be remembered")
	}
	w.Picture("consent-screen")
	s = working()
	s.Looking[0].Kind = wire.ActScreen
	if v := model.ConsentOf(s, clock); v.Live != "" {
		t.Errorf("for one picture the window says %+v", v)
	}
	s.Looking[0].Until = clock.Add(10 * time.Minute)
	w = open(t, uitest.Look{}, s)
	w.said(t, "Anna Schmidt can look at your screen.", "For ticket 1042, for ten minutes at most", "End it now")
	w.Picture("consent-screen-live")
}
