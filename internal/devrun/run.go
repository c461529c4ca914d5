package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// admin is who signs in to a server that “make run” has made.
const admin = "admin@example.com"

// run is everything that goes on at once.
type run struct {
	demo   bool
	dir    string // ./var
	bin    string // ./bin
	listen string
	parts  []*part // in the order of their start
	failed chan *part
}

func newRun(demo bool) (*run, error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	r := &run{demo: demo, dir: filepath.Join(wd, "var"), bin: filepath.Join(wd, "bin"), failed: make(chan *part, 8)}
	if r.listen = os.Getenv("DESKBELL_LISTEN"); r.listen == "" {
		r.listen = "127.0.0.1:8443"
	}
	return r, os.MkdirAll(filepath.Join(r.dir, "log"), 0o755)
}

func (r *run) server() string { return filepath.Join(r.dir, "server") }
func (r *run) agent() string  { return filepath.Join(r.dir, "agent") }
func (r *run) url() string    { return "http://" + r.listen }

// run is the whole of it, from top to bottom.
func (r *run) run(ctx context.Context) error {
	defer r.stop()
	if c, err := net.DialTimeout("tcp", r.listen, time.Second); err == nil {
		c.Close()
		return fmt.Errorf("something listens on %s already: another “make run”? Stop it, or choose another address: DESKBELL_LISTEN=127.0.0.1:9443 make run", r.listen)
	}
	if err := r.start("server", "deskbell-server", "serve", "--data", r.server(), "--listen", r.listen, "--organisation", "Example Ltd"); err != nil {
		return err
	}
	if err := r.ready(ctx); err != nil {
		return err
	}
	link, err := r.signInLink(ctx)
	if err != nil {
		return err
	}
	if err := r.enrol(ctx); err != nil {
		return err
	}
	if err := r.start("agent", "deskbell-agent", "run", "--state", r.agent()); err != nil {
		return err
	}
	bell, err := r.tray()
	if err != nil {
		return err
	}
	if r.demo {
		if err := r.fleet(ctx); err != nil {
			return err
		}
	}
	r.tell(link, bell)
	select {
	case <-ctx.Done():
		fmt.Println("\nStopping.")
		return nil
	case p := <-r.failed:
		return fmt.Errorf("the %s has ended by itself (%w); the end of its log, %s:\n%s", p.name, p.err, p.log, p.tail())
	}
}

// ready waits until the server answers.
func (r *run) ready(ctx context.Context) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url()+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-r.failed:
			return fmt.Errorf("the %s did not start; its log, %s, ends with:\n%s", p.name, p.log, p.tail())
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer on %s", r.url())
		}
	}
}

// signInLink returns a fresh link for the administrator, who is made at the first run.
func (r *run) signInLink(ctx context.Context) (string, error) {
	link, err := r.output(ctx, "deskbell-server", "user", "link", admin, "--data", r.server())
	if err == nil {
		return link, nil
	}
	return r.output(ctx, "deskbell-server", "user", "add", admin, "--role", "admin", "--name", "Administrator", "--data", r.server())
}

// enrol makes this machine an endpoint, once.
func (r *run) enrol(ctx context.Context) error {
	out, err := r.output(ctx, "deskbell-agent", "status", "--json", "--state", r.agent())
	var status struct {
		Enrolled bool `json:"enrolled"`
	}
	if jsonErr := json.Unmarshal([]byte(out), &status); jsonErr == nil && status.Enrolled {
		return nil
	} else if err == nil && jsonErr != nil {
		return fmt.Errorf("the agent's status is not understood: %w", jsonErr)
	}
	enrolment, err := r.output(ctx, "deskbell-server", "enrolment", "create", "--site", "This machine", "--ttl", "10m", "--data", r.server())
	if err != nil {
		return err
	}
	_, err = r.output(ctx, "deskbell-agent", "enrol", enrolment, "--state", r.agent())
	return err
}

// tray starts the bell where there is a desktop session, and says what it found.
func (r *run) tray() (string, error) {
	switch {
	case runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return "not started: there is no desktop session here (neither DISPLAY nor WAYLAND_DISPLAY is set)", nil
	case runtime.GOOS == "linux" && os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "":
		return "not started: there is no session bus here (DBUS_SESSION_BUS_ADDRESS is not set)", nil
	}
	return "in your panel", r.start("tray", "deskbell-tray", "--state", r.agent())
}

func (r *run) fleet(ctx context.Context) error {
	token, err := r.output(ctx, "deskbell-server", "token", "create", "--user", admin, "--name", "make demo", "--ttl", "24h", "--data", r.server())
	if err != nil {
		return err
	}
	args := []string{"demo", "--server", r.url(), "--token", token, "--state", filepath.Join(r.dir, "fleet")}
	for _, site := range []string{"Berlin", "Hamburg", "Lisbon", "Kraków"} {
		enrolment, err := r.output(ctx, "deskbell-server", "enrolment", "create", "--site", site, "--uses", "100", "--ttl", "1h", "--data", r.server())
		if err != nil {
			return err
		}
		args = append(args, "--enrolment", enrolment)
	}
	return r.start("fleet", "deskbell-fleet", args...)
}

func (r *run) tell(link, bell string) {
	fmt.Printf(`
Deskbell runs on this machine.

  Console   %s
  Sign in   %s
            (as %s; the link works once, within 24 hours)
  Bell      %s
  No bell   bin/deskbell-agent ring --state var/agent --title "Something is wrong"
            bin/deskbell-agent portal --state var/agent
  Logs      var/log

Ctrl-C stops all of it; what was made stays in ./var.
`, r.url(), link, admin, bell)
}

// output runs one of our commands to its end and returns the last line it prints.
func (r *run) output(ctx context.Context, name string, args ...string) (string, error) {
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(r.bin, name), args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		err = errors.New(strings.TrimSpace(errOut.String()))
	}
	return lines[len(lines)-1], err
}
