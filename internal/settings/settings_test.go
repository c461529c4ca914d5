package settings

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
)

type options struct {
	Data   string `help:"Folder." default:"/var/lib/x"`
	Listen string `help:"Address." default:":1"`
	Key    string `help:"Secret." secret:""`
}

type printCmd struct {
	options
	ConfigPrint
}

func (c *printCmd) Run(e *Effective, s Streams) error { return c.Print(e, s) }

func (c *failCmd) Run() error {
	switch c.How {
	case "stop":
		return context.Canceled
	case "fault":
		return fault.New(fault.NotFound, "There is no such thing. Look elsewhere.")
	}
	return errors.New("boom")
}

func run(t *testing.T, args ...string) (status int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = Program{Name: "deskbell-x", About: "A test.", File: filepath.Join(t.TempDir(), "none.yaml"), Stdout: &stdout, Stderr: &stderr}.Run(&runnable{}, args)
	return status, stdout.String(), stderr.String()
}

// runnable is a small grammar with a command that fails as it is told.
type runnable struct {
	Globals
	Fail struct {
		failCmd
	} `cmd:"" help:"Fail in a way."`
	ConfigCmd struct {
		Print printCmd `cmd:"" help:"Print the settings and where they come from."`
	} `cmd:"" name:"config" help:"Settings."`
}

type failCmd struct {
	How string `arg:"" help:"How."`
}

func TestPrecedenceAndSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("data: /from/file\nlisten: :3\nkey: hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DESKBELL_LISTEN", ":2")
	status, out, errOut := run(t, "config", "print", "--config", file, "--log=warn")
	if status != OK {
		t.Fatalf("status %d: %s", status, errOut)
	}
	for _, want := range []string{"/from/file  file " + file, ":2          environment DESKBELL_LISTEN", "warn        flag", "(set)       file"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "hush") {
		t.Error("a secret was printed")
	}
}

func TestStatuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	os.WriteFile(bad, []byte("lisen: :3\n"), 0o600)
	tests := map[string]struct {
		args   []string
		status int
		says   string
	}{
		"unknown flag":      {[]string{"config", "print", "--dta", "x"}, Misuse, "--dta"},
		"no command":        {nil, Misuse, "--help"},
		"unknown key":       {[]string{"config", "print", "--config", bad}, Misuse, "“lisen”"},
		"file is not there": {[]string{"config", "print", "--config", bad + "x"}, Failed, "cannot be read"},
		"a fault":           {[]string{"fail", "fault"}, Failed, "There is no such thing. Look elsewhere."},
		"an accident":       {[]string{"fail", "boom"}, Failed, "boom"},
		"stopped":           {[]string{"fail", "stop"}, OK, ""},
		"help":              {[]string{"--help"}, OK, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, _, errOut := run(t, tt.args...)
			if status != tt.status || !strings.Contains(errOut, tt.says) {
				t.Errorf("status %d, said %q; want %d, %q", status, errOut, tt.status, tt.says)
			}
		})
	}
}
