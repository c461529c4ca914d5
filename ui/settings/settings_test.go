package settings_test

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/prefs"
	"github.com/deskbell/deskbell/ui/settings"
	"github.com/deskbell/deskbell/ui/uitest"
	"github.com/deskbell/deskbell/ui/widgets"
)

// window is the window, and what it has changed.
type window struct {
	*uitest.Rig
	*settings.Settings
	agent *localtest.Agent
	prefs prefs.Prefs
	fails error
	start bool
}

func (w *window) On() bool { return w.start }

func (w *window) Set(on bool) error {
	if w.fails == nil {
		w.start = on
	}
	return w.fails
}

func open(t *testing.T, l uitest.Look) *window {
	t.Helper()
	w := &window{Rig: uitest.New(t, 520, 640, l), agent: localtest.New(t), start: true}
	w.agent.SetAbout(local.About{
		Recorder: true, Acts: []wire.AskKind{wire.ActEndProcess, wire.ActTerminal, "tomorrow"}, AskFirst: []wire.AskKind{wire.ActTerminal},
		Forbidden: []wire.AskKind{wire.AskLog, wire.AskPing, wire.AskDNS},
	})
	client := local.NewClient(w.agent.Dir)
	t.Cleanup(client.Close)
	w.Settings = settings.New(w.Host, client, settings.Options{
		Now: func() prefs.Prefs { return w.prefs }, Set: func(p prefs.Prefs) error { w.prefs = p; return w.fails }, Startup: w,
	})
	w.Status(local.Status{Connection: local.Connected, Agent: "1.2.3", Organisation: "Example"})
	w.Open(w.Settings)
	w.Shown("")
	return w
}

func (w *window) said(text string) {
	defer func() { w.Laid(w.Content()) }()
	w.Until("“"+text+"”", func() bool { return strings.Contains(widgets.Said(w.Content()), text) })
}

// choose puts the keyboard at something and presses space.
func (w *window) choose(t *widgets.Tick) {
	w.Window.Canvas().Focus(t)
	w.Key(fyne.KeySpace)
}

func TestChoosing(t *testing.T) {
	for name, look := range uitest.Looks() {
		w := open(t, look)
		w.said("The flight recorder is on.")
		w.choose(w.Language(tongue.German))
		w.choose(w.Shade(prefs.Dark))
		w.choose(w.Size(150))
		w.choose(w.Decisions())
		w.choose(w.Quiet(22))
		w.choose(w.Start())
		want := prefs.Prefs{Language: tongue.German, Shade: prefs.Dark, Text: 150, AnswersOnly: true, QuietFrom: 22 * 60, QuietTo: 7 * 60}
		if w.prefs != want || w.start {
			t.Errorf("kept %+v, the bell starts: %v", w.prefs, w.start)
		}
		if !w.Language(tongue.German).On() || w.Language("").On() || !w.Size(150).On() || w.Size(100).On() || !w.Quiet(22).On() || w.Quiet(0).On() || w.Decisions().On() || w.Start().On() {
			t.Error("it does not show what was chosen")
		}
		w.Picture("settings-" + name)
		w.choose(w.Language(""))
		w.choose(w.Quiet(0))
		w.choose(w.Size(100))
		if w.prefs.Language != "" || w.prefs.TextSize() != 100 || w.prefs.QuietFrom != w.prefs.QuietTo {
			t.Errorf("taken back: %+v", w.prefs)
		}
		w.Key(fyne.KeyEscape)
		if w.Closed != 1 {
			t.Error("Esc does not close")
		}
	}
}

// By Tab alone every choice is reached.
func TestByKeyboard(t *testing.T) {
	w := open(t, uitest.Look{})
	w.said("flight recorder")
	reached := map[fyne.Focusable]bool{}
	for range 40 {
		reached[w.Window.Canvas().Focused()] = true
		w.Tab()
	}
	for name, one := range map[string]*widgets.Tick{
		"English": w.Language(tongue.English), "Spanish": w.Language(tongue.Spanish), "dark": w.Shade(prefs.Dark), "200 %": w.Size(200), "decisions": w.Decisions(), "quiet": w.Quiet(18), "start": w.Start(),
	} {
		if !reached[one] {
			t.Errorf("%s is not reached", name)
		}
	}
}

// How the machine is set up is shown, and nobody changes it here.
func TestTheMachine(t *testing.T) {
	w := open(t, uitest.Look{})
	for _, want := range []string{
		"This is Deskbell 1.2.3. Connected to Example.", "Set by whoever administers this computer",
		"end a program, open a terminal with your rights (you are asked first), tomorrow.",
		"may not look at: the system log, whether others on the network answer.",
	} {
		w.said(want)
	}
	w.agent.SetAbout(local.About{})
	w.Shown("")
	w.said("The flight recorder is off.")
	w.said("Nothing may be done on this computer from afar.")
}

func TestWhatCannotBeKeptIsSaid(t *testing.T) {
	w := open(t, uitest.Look{})
	w.fails = errors.New("the disk is full")
	w.choose(w.Shade(prefs.Light))
	w.said("could not be saved")
	w.choose(w.Start())
	w.said("The entry for your session could not be written.")
	if !w.Start().On() {
		t.Error("it shows what is not so")
	}
	w.fails = nil
	w.choose(w.Shade(prefs.Dark))
	if said := widgets.Said(w.Content()); strings.Contains(said, "could not") {
		t.Errorf("it still says: %s", said)
	}
}

func TestWithoutAnAgent(t *testing.T) {
	w := open(t, uitest.Look{})
	w.said("flight recorder")
	w.agent.Stop()
	client := local.NewClient(w.agent.Dir)
	defer client.Close()
	w.Settings = settings.New(w.Host, client, settings.Options{Now: func() prefs.Prefs { return w.prefs }, Set: func(p prefs.Prefs) error { w.prefs = p; return nil }})
	w.Open(w.Settings)
	w.Status(model.Away())
	w.Shown("")
	w.said("as soon as the Deskbell service answers")
	w.choose(w.Shade(prefs.Dark))
	if w.prefs.Shade != prefs.Dark || w.Start() != nil {
		t.Errorf("%+v, start %v", w.prefs, w.Start())
	}
	if err := w.agent.Start(); err != nil {
		t.Fatal(err)
	}
	w.Status(local.Status{Connection: local.Connected})
	w.said("flight recorder")
}

// TestEveryLanguageFits draws what is widest in each language.
func TestEveryLanguageFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		for name, look := range uitest.Widest() {
			w := open(t, look)
			w.said(l.Say("settings.recorder_on"))
			w.Fits(name + " the settings")
			w.Picture("settings-" + string(l) + name)
		}
	})
}

// TestEveryKindHasItsName: what may be done from afar is named in plain words.
func TestEveryKindHasItsName(t *testing.T) {
	for _, k := range append(wire.AskKinds(), wire.ActKinds()...) {
		if model.KindText(k) == "" {
			t.Errorf("%s has no words for the employee: give it some in ui/model", k)
		}
	}
}
