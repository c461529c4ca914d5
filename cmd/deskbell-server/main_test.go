//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain makes this test program the one under test when it is called by its name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "deskbell-server" {
		main()
		return
	}
	os.Exit(m.Run())
}

// place is a folder for a server, with the program's name in it.
type place struct {
	t       *testing.T
	data    string
	program string
}

func newPlace(t *testing.T) place {
	t.Helper()
	dir := t.TempDir()
	p := place{t: t, data: filepath.Join(dir, "data"), program: filepath.Join(dir, "deskbell-server")}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, p.program)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p place) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.program, args...)
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "DESKBELL_DATA="+p.data)
	return c
}

// do runs a command to its end.
func (p place) do(stdin string, args ...string) (status int, out, errOut string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	c := p.command(ctx, args...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := c.Run(); err != nil {
		if _, exited := errors.AsType[*exec.ExitError](err); !exited {
			p.t.Fatalf("%q: %v", args, err)
		}
	}
	return c.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// made runs a command that makes something, and returns what stands alone on its
// last line.
func (p place) made(stdin string, args ...string) string {
	p.t.Helper()
	status, out, errOut := p.do(stdin, args...)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	last := lines[len(lines)-1]
	if status != 0 || last == "" || strings.Contains(last, " ") {
		p.t.Fatalf("%q: status %d, the last line is %q\n%s", args, status, last, errOut)
	}
	return last
}

// serve runs the server until the test ends, and returns its address.
func (p place) serve() string {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	var log bytes.Buffer
	c := p.command(context.WithoutCancel(p.t.Context()), "serve", "--listen", address)
	c.Stderr = &log
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	p.t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			p.t.Errorf("the server ended with %v\n%s", err, &log)
		}
	})
	deadline := time.After(30 * time.Second)
	for {
		if resp, err := http.Get("http://" + address + "/readyz"); err == nil {
			resp.Body.Close()
			return "http://" + address
		}
		select {
		case err := <-ended:
			ended <- err
			p.t.Fatalf("the server ended: %v\n%s", err, &log)
		case <-deadline:
			p.t.Fatalf("the server is not ready\n%s", &log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestCommandsBesideTheServer makes people, tokens and enrolments while the server
// runs, and uses each of them.
func TestCommandsBesideTheServer(t *testing.T) {
	p := newPlace(t)
	origin := p.serve()
	link := p.made("", "user", "add", "anna@example.com", "--role", "technician", "--name", "Anna Schmidt")
	if !strings.HasPrefix(link, origin+"/sign-in/link#") {
		t.Errorf("the link is %q", link)
	}
	if again := p.made("", "user", "link", "anna@example.com"); again == link || !strings.HasPrefix(again, origin) {
		t.Errorf("the second link is %q", again)
	}

	p.made("the bell rings at nine\n", "user", "add", "olga@example.com", "--role", "operator", "--password-stdin")
	form := url.Values{"email": {"olga@example.com"}, "password": {"the bell rings at nine"}}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(origin+"/sign-in", form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) == 0 {
		t.Errorf("signing in with the password gets %s", resp.Status)
	}

	token := p.made("", "token", "create", "--user", "anna@example.com", "--ttl", "1h")
	r, err := http.NewRequest(http.MethodGet, origin+"/api/v1/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err = client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	me, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || !strings.Contains(string(me), "anna@example.com") {
		t.Errorf("the token's person is %s: %v", me, err)
	}

	var made struct {
		ID     string `json:"id"`
		String string `json:"string"`
	}
	_, out, errOut := p.do("", "enrolment", "create", "--site", "Berlin", "--uses", "3", "--json")
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.ID == "" {
		t.Fatalf("an enrolment is %q %q: %v", out, errOut, err)
	}
	if status, _, errOut := p.do("", "enrolment", "revoke", made.ID); status != 0 {
		t.Errorf("revoking it: %s", errOut)
	}
	if _, out, _ := p.do("", "enrolment", "list"); !strings.Contains(out, "Berlin") || !strings.Contains(out, "0 of 3 used") {
		t.Errorf("the enrolments are %q", out)
	}
	if _, out, _ := p.do("", "user", "list"); !strings.Contains(out, "olga@example.com") || !strings.Contains(out, "operator") {
		t.Errorf("the staff is %q", out)
	}
	if _, out, _ := p.do("", "audit", "verify"); !strings.Contains(out, "entries, whole.") {
		t.Errorf("the audit log is %q", out)
	}
}

// TestFailuresAreOneSentence has each mistake get its status and one sentence that
// says what to do, on standard error alone.
func TestFailuresAreOneSentence(t *testing.T) {
	p := newPlace(t)
	if status, out, errOut := p.do("", "user", "add", "anna@example.com", "--role", "technician"); status != 1 || out != "" || !strings.Contains(errOut, "Start it once with") {
		t.Errorf("without a server: %d %q %q", status, out, errOut)
	}
	p.serve()
	p.made("", "user", "add", "anna@example.com", "--role", "technician")
	for name, x := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no role":            {[]string{"user", "add", "ben@example.com"}, 2, "role"},
		"unknown role":       {[]string{"user", "add", "ben@example.com", "--role", "king"}, 2, "technician"},
		"no address":         {[]string{"user", "add", "ben", "--role", "operator"}, 1, "address"},
		"there already":      {[]string{"user", "add", "anna@example.com", "--role", "operator"}, 1, "anna@example.com"},
		"nobody's token":     {[]string{"token", "create", "--user", "nobody@example.com"}, 1, "nobody"},
		"a token for ever":   {[]string{"token", "create", "--user", "anna@example.com", "--ttl", "100000h"}, 1, "366 days"},
		"no site":            {[]string{"enrolment", "create"}, 2, "site"},
		"no machines":        {[]string{"enrolment", "create", "--site", "Berlin", "--uses", "0"}, 1, "machines"},
		"unknown enrolment":  {[]string{"enrolment", "revoke", "01ZZZZZZZZZZZZZZZZZZZZZZZZ"}, 1, "enrolment"},
		"unknown command":    {[]string{"frobnicate"}, 2, "frobnicate"},
		"unknown flag":       {[]string{"serve", "--frobnicate"}, 2, "frobnicate"},
		"half a certificate": {[]string{"serve", "--tls-cert", "x.pem"}, 2, "belong together"},
		"a second server":    {[]string{"serve", "--listen", "127.0.0.1:0"}, 1, "Another deskbell-server runs"},
	} {
		status, out, errOut := p.do("", x.args...)
		if status != x.status || out != "" || !strings.Contains(errOut, x.says) || strings.Contains(errOut, "goroutine ") {
			t.Errorf("%s: %d %q %q", name, status, out, errOut)
		}
	}
}

// TestConfigPrint shows the settings, and where each comes from.
func TestConfigPrint(t *testing.T) {
	p := newPlace(t)
	file := filepath.Join(t.TempDir(), "server.yaml")
	if err := os.WriteFile(file, []byte("organisation: Example Ltd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errOut := p.do("", "config", "print", "--config", file, "--listen", "127.0.0.1:1234", "--db", "postgres://deskbell:secret@db/deskbell")
	for _, want := range []string{"Example Ltd", file, "127.0.0.1:1234", "DESKBELL_DATA"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s%s", want, out, errOut)
		}
	}
	if strings.Contains(out, "secret@") {
		t.Errorf("it shows a password:\n%s", out)
	}
}
