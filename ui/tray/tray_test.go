package tray_test

import (
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/traytest"
)

// rig is a session with a tray in it, and a stand-in for the window program that
// writes down how it was started.
type rig struct {
	desk  *traytest.Desktop
	host  *traytest.Host
	agent *localtest.Agent
	bin   string // the tray
	calls string // what was started, a line each
}

var program string // the tray, built once for all tests

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tray")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "deskbell-tray")
	cmd := exec.Command("go", "build", "-o", program, "github.com/deskbell/deskbell/cmd/deskbell-tray")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the tray: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// newRig makes the session. window is the shell script that stands in for the
// window program.
func newRig(t *testing.T, window string) *rig {
	t.Helper()
	return newRigOn(t, traytest.Options{NoScreen: true}, window)
}

func newRigOn(t *testing.T, o traytest.Options, window string) *rig {
	t.Helper()
	traytest.DependsOn(t, "..", "../../cmd/deskbell-tray", "../../agent/local")
	r := &rig{desk: traytest.NewDesktop(t, o)}
	r.agent = localtest.Make(filepath.Join(r.desk.Home, "agent"))
	if err := os.Mkdir(r.agent.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.agent.Stop)
	dir := filepath.Join(r.desk.Home, "bin")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.bin, r.calls = filepath.Join(dir, "deskbell-tray"), filepath.Join(r.desk.Home, "calls")
	if err := os.Link(program, r.bin); err != nil {
		b, err := os.ReadFile(program)
		if err == nil {
			err = os.WriteFile(r.bin, b, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	script(t, filepath.Join(dir, "deskbell-window"), `echo "window $*" >> `+r.calls+"\n"+window)
	script(t, filepath.Join(dir, "xdg-open"), `echo "browser $*" >> `+r.calls)
	r.desk.Env = append(r.desk.Env, "PATH="+dir+":"+os.Getenv("PATH"))
	return r
}

func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// start starts the tray and waits for its icon.
func (r *rig) start(t *testing.T) (*traytest.Tray, *exec.Cmd) {
	t.Helper()
	if r.host == nil {
		r.host = r.desk.Host(t)
	}
	cmd := r.desk.Command(r.bin, "--state", r.agent.Dir)
	cmd.Stderr = os.Stderr
	r.desk.Start(t, cmd)
	return r.host.Tray(t), cmd
}

// called waits for a line among what was started.
func (r *rig) called(t *testing.T, want string) {
	t.Helper()
	traytest.Until(t, want, func() error {
		b, err := os.ReadFile(r.calls)
		if err == nil && !strings.Contains(string(b), want+"\n") {
			err = fmt.Errorf("there is only %q", b)
		}
		return err
	})
}

// looks waits until the icon is a bell.
func looks(t *testing.T, tray *traytest.Tray, bell string) {
	t.Helper()
	want := picture(t, bell)
	traytest.Until(t, "the icon "+bell, func() error {
		got, err := tray.Icon(22)
		if err != nil {
			return err
		}
		for i := range want.Pix {
			if d := int(got.Pix[i]) - int(want.Pix[i]); want.Pix[i|3] > 40 && (d < -6 || d > 6) {
				return fmt.Errorf("another picture, by %d at %d", d, i)
			}
		}
		return nil
	})
}

func picture(t *testing.T, bell string) *image.NRGBA {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "assets", "bell", bell+"-22.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(m.Bounds())
	for y := range 22 {
		for x := range 22 {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

// shows waits until the menu has a line.
func shows(t *testing.T, tray *traytest.Tray, label string, enabled bool) {
	t.Helper()
	traytest.Until(t, "the line “"+label+"”", func() error {
		items, err := tray.Menu()
		if err == nil && !slices.ContainsFunc(items, func(m traytest.MenuItem) bool { return m.Label == label && m.Enabled == enabled }) {
			err = fmt.Errorf("the menu is %+v", items)
		}
		return err
	})
}

func TestTheIconShowsTheState(t *testing.T) {
	r := newRig(t, "echo drawn")
	tray, _ := r.start(t)
	looks(t, tray, "bell")
	shows(t, tray, "Connected to Acme", false)
	before, err := tray.Menu()
	if err != nil {
		t.Fatal(err)
	}

	r.agent.Set(func(s *local.Status) {
		s.Unread, s.News = 2, []local.News{{ID: "m2", Ticket: "T1"}, {ID: "m1", Ticket: "T1"}}
	})
	looks(t, tray, "bell-dot")
	shows(t, tray, "My tickets (2 new)", true)
	traytest.Until(t, "the tooltip", func() error {
		tip, err := tray.Tooltip()
		if err == nil && tip != "Deskbell: 2 new answers" {
			err = fmt.Errorf("it is %q", tip)
		}
		return err
	})

	r.agent.Set(func(s *local.Status) { s.Connection, s.Unread, s.News = local.Offline, 0, nil })
	looks(t, tray, "bell-slash")
	shows(t, tray, "Offline", false)
	shows(t, tray, "Open in the browser", false)

	r.agent.Set(func(s *local.Status) { s.Connection, s.Looking = local.Connected, []local.Look{{Who: "Alex Kim"}} })
	looks(t, tray, "bell-filled")
	shows(t, tray, "Alex Kim is looking at this computer", false)

	after, err := tray.Menu()
	if err != nil {
		t.Fatal(err)
	}
	for i := range after {
		if after[i].ID != before[i].ID {
			t.Fatalf("the menu was built anew: %+v became %+v", before, after)
		}
	}

	r.agent.Stop()
	looks(t, tray, "bell-slash")
	shows(t, tray, "The Deskbell service does not answer", false)
	r.agent.Set(func(s *local.Status) { s.Looking = nil })
	if err := r.agent.Start(); err != nil {
		t.Fatal(err)
	}
	looks(t, tray, "bell")

	all, err := tray.Icons()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Errorf("the icon has %d sizes only", len(all))
	}
}

func TestClicksOpenWindows(t *testing.T) {
	r := newRig(t, "echo drawn")
	tray, _ := r.start(t)
	for label, page := range map[string]string{"Get help…": "ring", "My tickets": "tickets", "Check this computer": "checkup", "What is collected and who looked": "looks"} {
		if err := tray.Click(label); err != nil {
			t.Fatal(err)
		}
		r.called(t, "window --report --show "+page+" --state "+r.agent.Dir)
	}
	os.Remove(r.calls)
	if err := tray.Activate(); err != nil {
		t.Fatal(err)
	}
	r.called(t, "window --report --show ring --state "+r.agent.Dir)
	shows(t, tray, "Open in the browser", true)
	if err := tray.Click("Open in the browser"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "browser https://desk.example/portal/1")
}

// “It froze just now” marks the moment of the click, says so, and leads to help.
func TestFroze(t *testing.T) {
	r := newRig(t, "echo drawn")
	tray, _ := r.start(t)
	shows(t, tray, "It froze just now", true)
	before := time.Now()
	if err := tray.Click("It froze just now"); err != nil {
		t.Fatal(err)
	}
	n := traytest.Receive(t, "a notification", r.host.Notes)
	if n.Title != "Noted" || !strings.Contains(n.Body, "within an hour you can send it along") {
		t.Errorf("the notification is %+v", n)
	}
	var marks []diagnostics.Mark
	r.agent.Asked(func(a *localtest.Agent) { marks = a.Marks })
	if len(marks) != 1 || marks[0].Kind != local.MarkFroze || marks[0].At.Before(before.Truncate(time.Second)) || marks[0].At.After(time.Now()) {
		t.Errorf("the agent was asked to mark %+v", marks)
	}
	if err := r.host.Invoke(n.ID, "default"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "window --report --show ring --state "+r.agent.Dir)
	r.agent.Fail("POST /v1/recorder/marks", fault.New(fault.TooMany, "That was too much."))
	if err := tray.Click("It froze just now"); err != nil {
		t.Fatal(err)
	}
	if n := traytest.Receive(t, "a notification", r.host.Notes); n.Title != "That could not be noted" || n.Body != "That was too much." {
		t.Errorf("the notification is %+v", n)
	}
}

func TestNewsBecomeNotifications(t *testing.T) {
	r := newRig(t, "echo drawn")
	tray, _ := r.start(t)
	looks(t, tray, "bell")
	news := local.News{ID: "m1", Ticket: "T7", Number: 1042, Title: "Printer <b>dead</b>", Author: "Alex Kim", Text: "Try <img src=x> & tell"}
	r.agent.Set(func(s *local.Status) { s.Unread, s.News = 1, []local.News{news} })
	n := traytest.Receive(t, "a notification", r.host.Notes)
	if n.Title != "Alex Kim answered “Printer <b>dead</b>”" || n.Body != "Try &lt;img src=x&gt; &amp; tell" {
		t.Errorf("the notification is %+v", n)
	}
	news.ID, news.Text = "m2", "And again"
	r.agent.Set(func(s *local.Status) { s.Unread, s.News = 2, append([]local.News{news}, s.News...) })
	second := traytest.Receive(t, "a notification", r.host.Notes)
	if second.Replaces != n.ID || second.Body != "And again" {
		t.Errorf("the second is %+v, and replaces not %d", second, n.ID)
	}
	if err := r.host.Invoke(second.ID, "default"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "window --report --show tickets --state "+r.agent.Dir+" --ticket T7")
	r.agent.Set(func(s *local.Status) { s.Unread, s.News = 0, nil })
	if id := traytest.Receive(t, "the end of a notification", r.host.Closed); id != second.ID {
		t.Errorf("%d was taken away, not %d", id, second.ID)
	}
}

func TestAtStartOneSummary(t *testing.T) {
	r := newRig(t, "echo drawn")
	r.agent.Set(func(s *local.Status) {
		for i := range 5 {
			s.News = append(s.News, local.News{ID: fmt.Sprint("m", i), Ticket: fmt.Sprint("T", i), Author: "Alex"})
		}
		s.Unread = 5
	})
	r.start(t)
	n := traytest.Receive(t, "a notification", r.host.Notes)
	if n.Title != "5 new answers from your help desk" {
		t.Errorf("the first notification is %+v", n)
	}
	r.agent.Set(func(s *local.Status) {
		s.Unread, s.News = 6, append([]local.News{{ID: "new", Ticket: "T9", Author: "Alex"}}, s.News...)
	})
	if n := traytest.Receive(t, "a notification", r.host.Notes); !strings.HasPrefix(n.Title, "Alex answered") {
		t.Errorf("the next notification is %+v", n)
	}
}

func TestWithoutAWindowTheBrowser(t *testing.T) {
	r := newRig(t, "exit 1")
	tray, _ := r.start(t)
	shows(t, tray, "Connected to Acme", false)
	if err := tray.Click("Get help…"); err != nil {
		t.Fatal(err)
	}
	r.called(t, "browser https://desk.example/portal/1")
	if n := traytest.Receive(t, "a notification", r.host.Notes); n.Title != "Deskbell opened in your browser" {
		t.Errorf("the notification is %+v", n)
	}

	r.agent.Fail("POST /v1/portal", fault.New(fault.Unavailable, "This computer is offline, so the web page cannot be opened."))
	if err := tray.Click("Get help…"); err != nil {
		t.Fatal(err)
	}
	if n := traytest.Receive(t, "a notification", r.host.Notes); n.Title != "Deskbell cannot open" || n.Body != "This computer is offline, so the web page cannot be opened." {
		t.Errorf("the notification is %+v", n)
	}
}

func TestASecondStartForwardsAndEnds(t *testing.T) {
	r := newRig(t, "echo drawn")
	r.start(t)
	if out, err := r.desk.Command(r.bin, "--state", r.agent.Dir, "--show", "looks").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r.called(t, "window --report --show looks --state "+r.agent.Dir)
	if out, err := r.desk.Command(r.bin, "--state", r.agent.Dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	err := r.desk.Command(r.bin, "--state", r.agent.Dir, "--show", "nothing").Run()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 2 {
		t.Errorf("a page that is none gets %v", err)
	}
}

// The panel comes after the tray, and is not ready when it says so.
func TestALatePanelGetsTheIcon(t *testing.T) {
	r := newRig(t, "echo drawn")
	cmd := r.desk.Command(r.bin, "--state", r.agent.Dir, "--show", "ring")
	cmd.Stderr = os.Stderr
	r.desk.Start(t, cmd)
	r.called(t, "window --report --show ring --state "+r.agent.Dir) // works without a panel
	late, err := traytest.NewHost(r.desk.Bus)
	if err != nil {
		t.Fatal(err)
	}
	late.Tray(t)
	late.Close()
	again, err := traytest.NewHostRefusing(r.desk.Bus, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	looks(t, again.Tray(t), "bell")
}

func TestQuit(t *testing.T) {
	r := newRig(t, "echo drawn")
	tray, cmd := r.start(t)
	if err := tray.Click("Quit"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the tray is still there")
	}
}
