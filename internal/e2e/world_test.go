package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/ui/traytest"
)

var (
	bin      string // folder of the programs, built once
	chromium browsertest.Browser
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "deskbell-e2e-")
	if err != nil {
		panic(err)
	}
	bin = dir
	for _, name := range []string{"deskbell-server", "deskbell-agent", "deskbell-tray"} {
		build("0", name)
	}
	build("1", "deskbell-window", "-tags", "x11,migrated_fynedo,gles")
	code := browsertest.Run(m, &chromium)
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(cgo, name string, args ...string) {
	cmd := exec.Command("go", append(append([]string{"build", "-o", filepath.Join(bin, name)}, args...), "github.com/deskbell/deskbell/cmd/"+name)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building %s: %v\n%s\n“make test” installs what the build lacks.\n", name, err, out)
		os.Exit(1)
	}
}

// world is a server, an employee's machine with a desktop, and where they are.
type world struct {
	t       *testing.T
	desk    *traytest.Desktop
	host    *traytest.Host
	tray    *traytest.Tray
	origin  string // of the server, for browsers
	data    string // the server's folder
	state   string // the agent's folder
	server  *process
	agent   *process
	bell    *process
	machine string // the endpoint's id
	allow   string // what may be done on the machine from afar
	pictures
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldThatAllows(t, "")
}

func newWorldThatAllows(t *testing.T, act string) *world {
	t.Helper()
	w := &world{t: t, allow: act, desk: traytest.NewDesktop(t, traytest.Options{})}
	w.data, w.state = filepath.Join(w.desk.Home, "server"), filepath.Join(w.desk.Home, "agent")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w.origin = "http://" + l.Addr().String()
	must(t, l.Close())
	w.host = w.desk.Host(t)
	t.Cleanup(func() {
		w.desk.End() // windows outlive the tray
		for _, p := range []*process{w.bell, w.agent, w.server} {
			p.stop(t)
		}
		if t.Failed() {
			for _, p := range []*process{w.server, w.agent, w.bell} {
				if p != nil {
					t.Logf("the %s said:\n%s", p.name, p.out.tail())
				}
			}
		}
	})
	w.startServer()
	enrolment := w.run("deskbell-server", "enrolment", "create", "--site", "Berlin", "--data", w.data)
	w.run("deskbell-agent", "enrol", enrolment, "--state", w.state)
	w.startAgent()
	w.bell = w.start("tray", w.desk.Command(filepath.Join(bin, "deskbell-tray"), "--state", w.state))
	w.tray = w.host.Tray(t)
	traytest.Until(t, "the bell to hear from the agent", func() error {
		items, err := w.tray.Menu()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(items, func(i traytest.MenuItem) bool { return strings.Contains(i.Label, "Example Ltd") }) {
			return fmt.Errorf("its menu is %v", items)
		}
		return nil
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) startServer() {
	w.t.Helper()
	w.server = w.start("server", exec.Command(filepath.Join(bin, "deskbell-server"), "serve", "--data", w.data, "--listen", strings.TrimPrefix(w.origin, "http://"), "--organisation", "Example Ltd"))
	traytest.Until(w.t, "the server", func() error {
		resp, err := http.Get(w.origin + "/readyz")
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
}

func (w *world) startAgent() {
	w.t.Helper()
	args := []string{"run", "--state", w.state}
	if w.allow != "" {
		args = append(args, "--allow", w.allow)
	}
	w.agent = w.start("agent", exec.Command(filepath.Join(bin, "deskbell-agent"), args...))
	w.connection("connected")
}

// connection waits until the agent stands like that to the server.
func (w *world) connection(want string) {
	w.t.Helper()
	traytest.Until(w.t, "the agent to be "+want, func() error {
		out, err := w.try("deskbell-agent", "status", "--json", "--state", w.state)
		if err != nil {
			return err
		}
		var status struct {
			Connection string `json:"connection"`
			Endpoint   string `json:"endpoint"`
		}
		if err := json.Unmarshal([]byte(out), &status); err != nil {
			return err
		}
		w.machine = status.Endpoint
		if status.Connection != want {
			return fmt.Errorf("it is %s", status.Connection)
		}
		return nil
	})
}

// run runs a command to its end and returns the last line that it prints.
func (w *world) run(program string, args ...string) string {
	w.t.Helper()
	out, err := w.try(program, args...)
	must(w.t, err)
	return out
}

// whole runs a command to its end and returns all that it prints.
func (w *world) whole(program string, args ...string) string {
	w.t.Helper()
	out, err := exec.Command(filepath.Join(bin, program), args...).Output()
	must(w.t, err)
	return string(out)
}

func (w *world) try(program string, args ...string) (string, error) {
	var out, errOut bytes.Buffer
	cmd := exec.Command(filepath.Join(bin, program), args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", program, args[0], err, errOut.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1], nil
}

// signIn opens the console as somebody new on the staff, by the link that an
// administrator hands them.
func (w *world) signIn(email, role, name string) *browsertest.Page {
	w.t.Helper()
	link := w.run("deskbell-server", "user", "add", email, "--role", role, "--name", name, "--data", w.data)
	p := chromium.Open(w.t, w.origin, browsertest.Options{Width: 1440, Height: 900})
	p.Go(strings.TrimPrefix(link, w.origin))
	p.Shows("a", "Later") // a password of one's own, or not now
	p.Click(`a[href="/"].button`)
	p.Live()
	return p
}

// process is a program that runs until it is stopped.
type process struct {
	name string
	cmd  *exec.Cmd
	out  *output
	done chan error
}

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.b.String()
	return s[max(0, len(s)-4000):]
}

func (w *world) start(name string, cmd *exec.Cmd) *process {
	w.t.Helper()
	p := &process{name: name, cmd: cmd, out: &output{}, done: make(chan error, 1)}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	must(w.t, cmd.Start())
	go func() { p.done <- cmd.Wait() }()
	return p
}

// stop ends a program as the service manager does, and waits.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if p == nil || p.cmd == nil {
		return
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		t.Errorf("the %s does not stop", p.name)
		p.cmd.Process.Kill()
		<-p.done
	}
	p.cmd = nil
}

// pictures keeps what can be seen, numbered in the order of the steps.
type pictures struct{ n int }

func (w *world) page(p *browsertest.Page, name string) {
	w.t.Helper()
	if os.Getenv("DESKBELL_PICTURES") != "" {
		w.n++
		p.Picture(fmt.Sprintf("%02d-%s", w.n, name))
	}
}

// Main buttons alone have the accent colour, so its amount tells what a window
// offers: at least so many pixels of it, and less of a button that waits for words.
const sendButton = 1000

// chosenKind is what the window that asks what is going on has of it before there are
// words: it is drawn, with the cursor in its first field.
const chosenKind = 100

// offers waits until a window shows that much of the accent colour: keys that are
// pressed before what they are for is there go elsewhere.
func (w *world) offers(v *traytest.Window, pixels int) {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "window.png")
	traytest.Until(w.t, "the buttons", func() error {
		if err := v.Picture(file); err != nil {
			return err
		}
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		picture, err := png.Decode(f)
		if err != nil {
			return err
		}
		n := 0
		for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
			for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
				if r, g, b, _ := picture.At(x, y).RGBA(); r>>8 < 100 && g>>8 < 100 && b>>8 > 180 {
					n++
				}
			}
		}
		if n < pixels {
			return fmt.Errorf("%d pixels have the accent colour, not %d", n, pixels)
		}
		return nil
	})
}

func (w *world) window(v *traytest.Window, name string) {
	w.t.Helper()
	if dir := os.Getenv("DESKBELL_PICTURES"); dir != "" {
		w.n++
		time.Sleep(500 * time.Millisecond) // for the eye only: nothing is decided by it
		must(w.t, v.Picture(filepath.Join(dir, fmt.Sprintf("%02d-%s.png", w.n, name))))
	}
}
