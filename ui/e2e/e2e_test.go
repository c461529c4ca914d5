// Package e2e drives the real tray and the real windows in a real session: icon
// clicked, window filled by keyboard, notification answered.
package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/ui/sample"
	"github.com/deskbell/deskbell/ui/traytest"
)

var bin string // folder of the two programs, built once

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		panic(err)
	}
	bin = dir
	build("deskbell-tray", "CGO_ENABLED=0")
	// Without the tag migrated_fynedo Fyne says when it is used off its goroutine.
	build("deskbell-window", "CGO_ENABLED=1", "-tags", "x11,gles")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(name, env string, args ...string) {
	cmd := exec.Command("go", append(append([]string{"build", "-o", filepath.Join(bin, name)}, args...), "github.com/deskbell/deskbell/cmd/"+name)...)
	cmd.Env = append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building %s: %v\n%s\nThe windows need the packages gcc libc6-dev pkg-config libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev.\n", name, err, out)
		os.Exit(1)
	}
}

// run is a session with an agent and a tray.
type run struct {
	desk  *traytest.Desktop
	host  *traytest.Host
	agent *localtest.Agent
	tray  *traytest.Tray
	log   *log
}

// log keeps what programs write to standard error.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, o traytest.Options) *run {
	t.Helper()
	traytest.DependsOn(t, "..", "../../cmd/deskbell-tray", "../../cmd/deskbell-window", "../../agent/local")
	r := &run{desk: traytest.NewDesktop(t, o), log: &log{}}
	r.agent = localtest.Make(filepath.Join(r.desk.Home, "agent"))
	if err := os.Mkdir(r.agent.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.agent.Stop)
	r.agent.SetCheckup(localtest.Step{Value: sample.Checkup()})
	r.host = r.desk.Host(t)
	cmd := r.desk.Command(filepath.Join(bin, "deskbell-tray"), "--state", r.agent.Dir)
	cmd.Stderr = r.log
	r.desk.Start(t, cmd)
	r.tray = r.host.Tray(t)
	t.Cleanup(func() {
		r.desk.End() // the windows are a program of their own and outlive the tray
		if strings.Contains(r.log.String(), "Error in Fyne call thread") {
			t.Errorf("Fyne was used off its goroutine:\n%s", r.log)
		}
		if t.Failed() {
			t.Logf("the programs said:\n%s", r.log)
		}
	})
	return r
}

// picture keeps what a window shows once it has come to rest, in the folder that
// DESKBELL_PICTURES names.
func picture(t *testing.T, w *traytest.Window, name string) {
	t.Helper()
	dir := os.Getenv("DESKBELL_PICTURES")
	if dir == "" {
		return
	}
	file := filepath.Join(dir, name+".png")
	last := image.Image(image.NewGray(image.Rect(0, 0, 1, 1)))
	traytest.Until(t, "a picture at rest", func() error {
		time.Sleep(120 * time.Millisecond) // between the pictures that are compared
		now, err := capture(w, file)
		if err != nil {
			return err
		}
		n := differ(last, now)
		last = now
		if n > 200 { // more than a cursor that blinks
			return fmt.Errorf("%d pixels change", n)
		}
		return nil
	})
}

func capture(w *traytest.Window, file string) (image.Image, error) {
	if err := w.Picture(file); err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

// differ counts the pixels that two pictures do not share.
func differ(a, b image.Image) int {
	if a.Bounds() != b.Bounds() {
		return math.MaxInt
	}
	n := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The main job: click, type, send, be answered, answer.
func TestFromTheBellToTheAnswer(t *testing.T) {
	r := start(t, traytest.Options{})
	must(t, r.tray.Click("Get help…"))
	ring := r.desk.WaitWindow(t, "Get help")
	must(t, ring.Type("The printer is dead"))
	drawn(t, ring)
	must(t, ring.Key("Tab"))
	must(t, ring.Type("since 9"))
	picture(t, ring, "e2e-ring")
	must(t, ring.Key("ctrl+Return"))
	traytest.Until(t, "the ring", func() (err error) {
		r.agent.Asked(func(a *localtest.Agent) {
			if len(a.Rings) != 1 || a.Rings[0].Title != "The printer is dead" || a.Rings[0].Body != "since 9" || a.Rings[0].Checkup != "C1" {
				err = fmt.Errorf("the agent was asked %+v", a.Rings)
			}
		})
		return err
	})
	picture(t, ring, "e2e-sent")
	must(t, ring.Key("Escape"))
	traytest.Until(t, "an end of the window", func() error {
		if _, err := r.desk.Window("Get help"); err == nil {
			return fmt.Errorf("it is still visible")
		}
		return nil
	})

	answered := sample.Ticket(1042, "The printer is dead", "in_progress", sample.Now())
	answered.Unread = 1
	r.agent.SetTickets(answered)
	r.agent.Set(func(s *local.Status) {
		s.Unread, s.News = 1, []local.News{{ID: "m3", Ticket: "T1042", Number: 1042, Title: answered.Title, Author: "Alex Kim", Text: "Done. Please try to print again."}}
	})
	n := traytest.Receive(t, "a notification", r.host.Notes)
	if n.Title != "Alex Kim answered “The printer is dead”" {
		t.Errorf("the notification is %+v", n)
	}
	must(t, r.host.Invoke(n.ID, "default"))
	list := r.desk.WaitWindow(t, "My tickets")
	traytest.Until(t, "that it was read", func() (err error) {
		r.agent.Asked(func(a *localtest.Agent) {
			if a.Reads["T1042"] != "m3" {
				err = fmt.Errorf("%v was read", a.Reads)
			}
		})
		return err
	})
	if id := traytest.Receive(t, "the end of a notification", r.host.Closed); id != n.ID {
		t.Errorf("%d was taken away, not %d", id, n.ID)
	}
	picture(t, list, "e2e-tickets")
	must(t, list.Click(500, 470)) // the box for the answer
	must(t, list.Type("It prints"))
	must(t, list.Key("ctrl+Return"))
	traytest.Until(t, "the answer", func() (err error) {
		r.agent.Asked(func(a *localtest.Agent) {
			if x := a.Replies["T1042"]; len(x) != 1 || x[0].Body != "It prints" {
				err = fmt.Errorf("the agent got %+v", x)
			}
		})
		return err
	})
	picture(t, list, "e2e-answered")
}

// Every page opens in the one program, a window that was closed comes back, and both
// programs follow the person's settings.
func TestOneProgramForAllWindows(t *testing.T) {
	r := start(t, traytest.Options{})
	for _, page := range [][2]string{{"Check this computer", "Check this computer"}, {"What is collected and who looked", "What is collected and who looked"}, {"My tickets", "My tickets"}, {"Get help…", "Get help"}} {
		must(t, r.tray.Click(page[0]))
		w := r.desk.WaitWindow(t, page[1])
		drawn(t, w)
		picture(t, w, "e2e-"+strings.ReplaceAll(strings.ToLower(page[1]), " ", "-"))
	}
	if n := len(r.desk.Processes("deskbell-window")); n != 1 {
		t.Errorf("there are %d window programs", n)
	}
	ring := r.desk.WaitWindow(t, "Get help")
	must(t, ring.Type("half a sen"))
	must(t, ring.Key("alt+F4"))
	traytest.Until(t, "an end of the window", func() error {
		if _, err := r.desk.Window("Get help"); err == nil {
			return fmt.Errorf("it is still visible")
		}
		return nil
	})
	must(t, r.tray.Activate())
	ring = r.desk.WaitWindow(t, "Get help")
	must(t, ring.Type("tence"))
	must(t, ring.Key("ctrl+Return"))
	traytest.Until(t, "the ring", func() (err error) {
		r.agent.Asked(func(a *localtest.Agent) {
			if len(a.Rings) != 1 || a.Rings[0].Title != "half a sentence" {
				err = fmt.Errorf("the agent was asked %+v", a.Rings)
			}
		})
		return err
	})
	followSettings(t, r)
}

// Without OpenGL, and without any display, the same is in the browser.
func TestNothingToDrawWith(t *testing.T) {
	for name, o := range map[string]traytest.Options{"no OpenGL": {NoGL: true}, "no display": {NoScreen: true}} {
		t.Run(name, func(t *testing.T) {
			r := start(t, o)
			opened := filepath.Join(r.desk.Home, "opened")
			fake := filepath.Join(r.desk.Home, "bin")
			must(t, os.Mkdir(fake, 0o755))
			must(t, os.WriteFile(filepath.Join(fake, "xdg-open"), []byte("#!/bin/sh\necho \"$1\" >> "+opened+"\n"), 0o755))
			r.desk.Env = append(r.desk.Env, "PATH="+fake+":"+os.Getenv("PATH"))
			r.restart(t, "Quit")
			must(t, r.tray.Click("Get help…"))
			traytest.Until(t, "the browser", func() error {
				b, err := os.ReadFile(opened)
				if err == nil && !strings.HasPrefix(string(b), "https://desk.example/portal/") {
					err = fmt.Errorf("it was given %q", b)
				}
				return err
			})
			if n := traytest.Receive(t, "a notification", r.host.Notes); n.Title != "Deskbell opened in your browser" {
				t.Errorf("the notification is %+v", n)
			}
		})
	}
}

// restart ends the tray by the menu's line quit and starts it with the session's present environment.
func (r *run) restart(t *testing.T, quit string) {
	t.Helper()
	must(t, r.tray.Click(quit))
	traytest.Until(t, "an end of the tray", func() error {
		if _, err := r.tray.Prop("Id"); err == nil {
			return fmt.Errorf("it is still there")
		}
		return nil
	})
	cmd := r.desk.Command(filepath.Join(bin, "deskbell-tray"), "--state", r.agent.Dir)
	cmd.Stderr = r.log
	r.desk.Start(t, cmd)
	r.tray = r.host.Tray(t)
}

// drawn waits until a window shows more than one colour.
func drawn(t *testing.T, w *traytest.Window) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "w.png")
	traytest.Until(t, "a picture", func() error {
		m, err := capture(w, file)
		if err != nil {
			return err
		}
		seen := map[color.Color]bool{}
		for x := 0; x < m.Bounds().Dx(); x += 3 {
			for y := 0; y < m.Bounds().Dy(); y += 3 {
				seen[m.At(x, y)] = true
			}
		}
		if len(seen) < 20 {
			return fmt.Errorf("it has %d colours", len(seen))
		}
		return nil
	})
}
