//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/internal/wire"
)

// TestMain makes this test program the one under test when it is called by its
// name, by whomever: a service manager passes no environment on.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "deskbell-agent" {
		main()
		return
	}
	os.Exit(m.Run())
}

// place is a folder that everybody may enter, with the program in it.
type place struct {
	dir     string
	program string
	uid     int // who runs it; 0: as the test
}

func newPlace(t *testing.T) place {
	t.Helper()
	dir, err := os.MkdirTemp("", "deskbell-agent-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := place{dir: dir, program: filepath.Join(dir, "deskbell-agent")}
	if err := errors.Join(os.Chmod(dir, 0o755), copyFile(os.Args[0], p.program)); err != nil {
		t.Fatal(err)
	}
	return p
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func (p place) state() string { return filepath.Join(p.dir, "state") }

// command is a run of the program with --state.
func (p place) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.program, args...)
	if len(args) > 0 && args[0] != "--help" && args[0] != "version" {
		c.Args = append(c.Args, "--state", p.state())
	}
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "DESKBELL_CONFIG=", "HOME="+p.dir)
	c.Dir = p.dir
	if p.uid != 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(p.uid), Gid: uint32(p.uid)}}
	}
	return c
}

// do runs a command to its end.
func (p place) do(t *testing.T, args ...string) (status int, out, errOut string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // cleanups run commands too
	defer cancel()
	var stdout, stderr bytes.Buffer
	c := p.command(ctx, args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("%q: %v", args, err)
	}
	return c.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// ok runs a command that has to work.
func (p place) ok(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errOut := p.do(t, args...)
	if status != 0 {
		t.Fatalf("%q: status %d\n%s%s", args, status, out, errOut)
	}
	return out
}

// running is a service that runs.
type running struct {
	cmd *exec.Cmd
	log *safeBuffer
}

// safeBuffer is what a program prints, read while it prints.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// run starts the service; change may wrap the command.
func (p place) run(t *testing.T, change func(*exec.Cmd)) *running {
	t.Helper()
	s := &running{cmd: p.command(context.Background(), "run"), log: &safeBuffer{}}
	s.cmd.Stderr = s.log
	if change != nil {
		change(s.cmd)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end(syscall.SIGKILL) })
	return s
}

// end ends the service and returns how it ended.
func (s *running) end(sig syscall.Signal) error {
	s.cmd.Process.Signal(sig)
	return s.cmd.Wait()
}

// await waits until the status fits.
func (p place) await(t *testing.T, what string, fits func(local.Status) bool) local.Status {
	t.Helper()
	c := local.NewClient(p.state())
	defer c.Close()
	var last local.Status
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if s, err := c.Status(t.Context()); err == nil {
			if last = s; fits(s) {
				return s
			}
		}
	}
	t.Fatalf("%s: it stands at %+v", what, last)
	return last
}

func connected(s local.Status) bool { return s.Connection == local.Connected }

// open starts a server and an agent that is enrolled with it.
func begin(t *testing.T) (*uplinktest.Server, place, *running) {
	t.Helper()
	s, p := uplinktest.New(t), newPlace(t)
	p.ok(t, "enrol", s.Enrolment(1, time.Hour))
	r := p.run(t, nil)
	p.await(t, "connected", connected)
	return s, p, r
}

func TestUsage(t *testing.T) {
	p := newPlace(t)
	tests := []struct {
		args   []string
		status int
		out    string
		errOut string
	}{
		{[]string{"--help"}, 0, "ring the help desk", ""},
		{[]string{"version"}, 0, "deskbell-agent ", ""},
		{nil, 2, "", "--help"},
		{[]string{"dance"}, 2, "", "--help"},
		{[]string{"ring"}, 2, "", "--title"},
		{[]string{"run", "--forbid", "everything"}, 2, "", "“everything”"},
		{[]string{"run", "--forbid-fix", "all"}, 2, "", "“all”"},
		{[]string{"config", "print"}, 0, "forbid", ""},
		{[]string{"config", "print", "--forbid", "log", "--json"}, 0, `"source":"flag"`, ""},
		{[]string{"enrol", "nonsense"}, 1, "", "not an enrolment string"},
		{[]string{"status"}, 1, "", "does not run"},
		{[]string{"status", "--json"}, 1, `"connection":"no_agent"`, "does not run"},
		{[]string{"ring", "--title", "x"}, 1, "", "Nothing was sent"},
		{[]string{"tickets"}, 1, "", "does not answer"},
		{[]string{"reply", "1", "x"}, 1, "", "does not answer"},
		{[]string{"portal"}, 1, "", "does not answer"},
		{[]string{"looks"}, 1, "", "does not answer"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			status, out, errOut := p.do(t, tt.args...)
			if status != tt.status || !strings.Contains(out, tt.out) || !strings.Contains(errOut, tt.errOut) {
				t.Errorf("status %d, said %q and %q", status, out, errOut)
			}
		})
	}
	if left, _ := os.ReadDir(p.state()); len(left) != 0 {
		t.Errorf("something was written: %v", left)
	}
	for _, command := range []string{"ring", "checkup", "tickets", "reply", "portal", "looks", "status", "enrol", "run", "install", "uninstall", "start", "stop", "config print", "version"} {
		if _, out, _ := p.do(t, append([]string{"--help"}, strings.Fields(command)...)...); !strings.Contains(out, "Example: ") {
			t.Errorf("the help of %s has no example:\n%s", command, out)
		}
	}
}

// A check-up needs neither a server nor the service.
func TestCheckupAlone(t *testing.T) {
	p := newPlace(t)
	out := p.ok(t, "checkup")
	if !strings.Contains(out, "Checked in ") || !strings.Contains(out, "memory") {
		t.Errorf("it says %s", out)
	}
	var x local.Checkup
	if err := json.Unmarshal([]byte(p.ok(t, "checkup", "--json")), &x); err != nil || !x.Done || x.Snapshot.System.Data == nil || x.Snapshot.System.Data.Hostname == "" {
		t.Errorf("%+v, %v", x, err)
	}
}

func TestPeople(t *testing.T) {
	s, p, _ := begin(t)
	if out := p.ok(t, "status"); !strings.Contains(out, "connected, since ") || !strings.Contains(out, "Test site") {
		t.Errorf("status: %s", out)
	}
	file := filepath.Join(p.dir, "a, b.txt") // a comma is a letter like any other
	if err := os.WriteFile(file, []byte("attached"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := p.ok(t, "ring", "--title", "No sound", "--body", "Since this morning.", "--attach", file); out != "Sent. Number 1000.\n" {
		t.Errorf("ring: %q", out)
	}
	var open wire.TicketOpen
	if m := s.Messages(wire.TypeTicketOpen); len(m) != 1 || m[0].Into(&open) != nil || open.Title != "No sound" || open.Account.Name != "root" ||
		open.Snapshot == nil || len(open.Attachments) != 1 || open.Attachments[0].Name != "a, b.txt" {
		t.Errorf("the server has %+v", open)
	}
	var r local.Receipt
	if err := json.Unmarshal([]byte(p.ok(t, "ring", "--title", "Second", "--no-checkup", "--json")), &r); err != nil || r.Delivery != local.Sent || r.Number != 1001 {
		t.Errorf("receipt %+v, %v", r, err)
	}
	s.Answer(r.Ticket, "Kim\x1b[31m", "Two\nlines \x1b]0;title\x07\u202e")
	p.await(t, "the answer", func(s local.Status) bool { return s.Unread == 1 })
	out := p.ok(t, "tickets")
	if !strings.Contains(out, "1001") || !strings.Contains(out, "(1 new message)") || !strings.Contains(out, "No sound") {
		t.Errorf("tickets: %s", out)
	}
	out = p.ok(t, "tickets", "1001")
	if !strings.Contains(out, "Kim") || !strings.Contains(out, "  Two\n  lines") || strings.ContainsAny(out, "\x1b\x07\u202e") {
		t.Errorf("ticket: %q", out)
	}
	p.await(t, "it is read", func(s local.Status) bool { return s.Unread == 0 })
	if out := p.ok(t, "reply", "1001", "Thank you."); !strings.HasPrefix(out, "Sent.") {
		t.Errorf("reply: %q", out)
	}
	var one local.Ticket
	if err := json.Unmarshal([]byte(p.ok(t, "tickets", "1001", "--json")), &one); err != nil || one.Number != 1001 {
		t.Errorf("ticket %+v, %v", one, err)
	}
	var list local.Tickets
	if err := json.Unmarshal([]byte(p.ok(t, "tickets", "--json")), &list); err != nil || len(list.Items) != 2 {
		t.Errorf("list %+v, %v", list, err)
	}
	if out := p.ok(t, "portal"); !strings.HasPrefix(out, s.URL()) || strings.Count(out, "\n") != 1 {
		t.Errorf("portal: %q", out)
	}
	id := s.Open().Ask(wire.Ask{Kind: wire.AskServices, Who: wire.Asker{Name: "Kim", Role: "technician"}, Ticket: 1001, ExpiresAt: time.Now().Add(time.Minute)})
	s.Wait("the answer", func() bool { a := s.Answers(id); return len(a) > 0 && a[len(a)-1].Done })
	if out := p.ok(t, "looks"); !strings.Contains(out, "Kim (technician)") || !strings.Contains(out, "1001") {
		t.Errorf("looks: %s", out)
	}
	for _, wrong := range [][]string{{"tickets", "7"}, {"reply", "7", "x"}, {"ring", "--title", " "}, {"ring", "--title", "x", "--attach", "/does/not/exist"}} {
		if status, _, errOut := p.do(t, wrong...); status != 1 || !strings.HasSuffix(errOut, ".\n") {
			t.Errorf("%q: status %d, %q", wrong, status, errOut)
		}
	}
}

// With the server away a ring is saved, and sent when it is back, also by another
// run of the service.
func TestSaved(t *testing.T) {
	s, p, r := begin(t)
	s.Stop()
	p.await(t, "away", func(s local.Status) bool { return !connected(s) })
	if out := p.ok(t, "ring", "--title", "first"); out != "Saved. It will be sent when this machine is connected.\n" {
		t.Errorf("ring: %q", out)
	}
	if out := p.ok(t, "tickets"); !strings.Contains(out, "saved, not sent yet") {
		t.Errorf("tickets: %s", out)
	}
	if status, _, errOut := p.do(t, "portal"); status != 1 || !strings.Contains(errOut, "no connection") {
		t.Errorf("portal: %d, %q", status, errOut)
	}
	if err := r.end(syscall.SIGTERM); err != nil {
		t.Errorf("it ended with %v\n%s", err, r.log)
	}
	if g := s.Sessions()[0].Goodbye(); g != "" {
		t.Errorf("a lost session said goodbye: %s", g)
	}
	s.Start()
	r = p.run(t, nil)
	p.await(t, "sent", func(s local.Status) bool { return connected(s) && s.Waiting == 0 })
	if n := len(s.Tickets()); n != 1 {
		t.Errorf("%d tickets", n)
	}
	if err := r.end(syscall.SIGTERM); err != nil {
		t.Errorf("it ended with %v\n%s", err, r.log)
	}
	s.Wait("goodbye", func() bool { return s.Sessions()[1].Goodbye() == wire.ByeStop })
	var st local.Status
	if status, out, _ := p.do(t, "status", "--json"); status != 1 || json.Unmarshal([]byte(out), &st) != nil || !st.Enrolled {
		t.Errorf("without a service: %d, %s", status, out)
	}
}
