package script

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// The test's own program is the hand.
func TestMain(m *testing.M) {
	if os.Getenv("DESKBELL_TEST_HAND") != "" {
		os.Exit(RunHand(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func runner(t *testing.T, listed ...string) *Runner {
	t.Helper()
	o := Options{Listed: map[string]bool{}, Kill: func(c *exec.Cmd) { c.Process.Kill() }, Start: func(string, bool, time.Duration) (*exec.Cmd, error) {
		c := exec.Command(os.Args[0])
		c.Env = []string{"DESKBELL_TEST_HAND=1", "PATH=" + os.Getenv("PATH")}
		return c, nil
	}}
	for _, l := range listed {
		o.Listed[l] = true
	}
	return New(o)
}

func ordered(body string, seconds int, values ...wire.ScriptValue) wire.RunScriptParams {
	s := wire.Script{Interpreter: "sh", Seconds: seconds, Body: body}
	for _, v := range values {
		s.Params = append(s.Params, wire.ScriptParam{Name: v.Name, Type: "text", Pattern: "(?s).*"})
	}
	return wire.RunScriptParams{ID: "s", Name: "Test", Version: 1, Script: s, SHA256: s.Hash(), Values: values}
}

func run(t *testing.T, p wire.RunScriptParams) (string, int, error) {
	t.Helper()
	var out bytes.Buffer
	exit, err := runner(t, p.SHA256).Run(t.Context(), "0", p, func(b []byte) { out.Write(b) })
	return out.String(), exit, err
}

// Values are data: nothing in them is ever read as a part of the script.
func TestHostileValues(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "pwned")
	for _, v := range []string{
		"$(touch " + marker + ")", "`touch " + marker + "`", "'; touch " + marker + "; '", "\"; touch " + marker + "; \"", "| touch " + marker, "&& touch " + marker,
		"${IFS}touch${IFS}" + marker, "-rf /", "--help", "\\", "$HOME", "%s%n", "é\u202e", "\x1b[2J", strings.Repeat("x", wire.MaxScriptValue),
	} {
		out, exit, err := run(t, ordered(`printf %s "$DESKBELL_WHAT"`, 10, wire.ScriptValue{Name: "what", Value: v}))
		if err != nil || exit != 0 || out != v {
			t.Errorf("%.40q came as %.40q, %d, %v", v, out, exit, err)
		}
	}
	if _, err := os.Stat(marker); !os.IsNotExist(err) {
		t.Error("a value was run")
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	s := wire.Script{Interpreter: "sh", Seconds: 10, Body: "true", Params: []wire.ScriptParam{
		{Name: "host", Type: "text", Pattern: `[a-z]+|[0-9]+`}, {Name: "days", Type: "number", Min: 1, Max: 30}, {Name: "mode", Type: "choice", Choices: []string{"fast", "safe"}}, {Name: "force", Type: "yesno"},
	}}
	good := map[string]string{"host": "web", "days": "30", "mode": "safe", "force": "no"}
	check := func(with ...string) error {
		var list []wire.ScriptValue
		for _, p := range s.Params {
			v := good[p.Name]
			if len(with) == 2 && with[0] == p.Name {
				v = with[1]
			}
			list = append(list, wire.ScriptValue{Name: p.Name, Value: v})
		}
		return s.CheckValues(list)
	}
	if err := check(); err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]string{
		{"host", ""}, {"host", "web\n"}, {"host", "web;id"}, {"host", "web1"}, {"host", "a\x00"}, {"host", "\xff"}, {"host", strings.Repeat("a", 1001)},
		{"days", "0"}, {"days", "31"}, {"days", "1e1"}, {"days", " 1"}, {"days", "+1"}, {"days", "007"}, {"days", "9223372036854775808"}, {"days", "1;id"},
		{"mode", "Fast"}, {"mode", ""}, {"mode", "fast|safe"}, {"force", "true"}, {"force", ""},
	} {
		if check(bad...) == nil {
			t.Errorf("%q takes %q", bad[0], bad[1])
		}
	}
	for _, p := range []string{"a)|(?:.*", "", "(", `\Qa`} { // what gets out of the brackets is no pattern
		bad := wire.Script{Interpreter: "sh", Seconds: 10, Body: "true", Params: []wire.ScriptParam{{Name: "a", Type: "text", Pattern: p}}}
		if bad.Check() == nil || bad.CheckValues([]wire.ScriptValue{{Name: "a", Value: "$(id)"}}) == nil {
			t.Errorf("the pattern %q is taken", p)
		}
	}
	if s.CheckValues(nil) == nil || s.CheckValues([]wire.ScriptValue{{Name: "path", Value: "/tmp"}, {Name: "host", Value: "a"}, {Name: "days", Value: "1"}, {Name: "mode", Value: "fast"}}) == nil {
		t.Error("values that are missing, or nobody has named, are taken")
	}
}

// What is not listed here word for word does not run, whatever the server says of it.
func TestOnlyListedScriptsRun(t *testing.T) {
	p := ordered("echo ran", 10)
	if err := runner(t).Allows(p); !errors.Is(err, errListed) {
		t.Errorf("not listed: %v", err)
	}
	for name, change := range map[string]func(*wire.RunScriptParams){
		"another body": func(p *wire.RunScriptParams) { p.Script.Body += "\nid" }, "more rights": func(p *wire.RunScriptParams) { p.Script.Root = true },
		"more time": func(p *wire.RunScriptParams) { p.Script.Seconds = 600 }, "another pattern": func(p *wire.RunScriptParams) {
			p.Script.Params = []wire.ScriptParam{{Name: "a", Type: "text", Pattern: ".*"}}
			p.Values = []wire.ScriptValue{{Name: "a", Value: "b"}}
		},
	} {
		q := p
		change(&q)
		if err := runner(t, p.SHA256).Allows(q); !errors.Is(err, errOther) {
			t.Errorf("%s: %v", name, err)
		}
		q.SHA256 = q.Script.Hash()
		if err := runner(t, p.SHA256).Allows(q); !errors.Is(err, errListed) {
			t.Errorf("%s, with its own hash: %v", name, err)
		}
	}
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte("# scripts\n"+p.SHA256+" Clear the cache\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadList(list); err != nil || len(got) != 1 || !got[p.SHA256] {
		t.Errorf("%v, %v", got, err)
	}
	if err := os.WriteFile(list, []byte("*\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadList(list); err == nil {
		t.Error("a line that is no SHA-256 is taken")
	}
	if err := os.WriteFile(list, []byte(p.SHA256+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(list, 0o602); err != nil { //nolint:gosec // it is what is refused
		t.Fatal(err)
	}
	if _, err := ReadList(list); err == nil {
		t.Error("a list that everybody can write is taken")
	}
}

// The largest script, of what becomes longest on its way, still arrives.
func TestTheLargestScript(t *testing.T) {
	var values []wire.ScriptValue
	for i := range wire.MaxScriptParams {
		values = append(values, wire.ScriptValue{Name: "v" + strconv.Itoa(i), Value: strings.Repeat("\x01", wire.MaxScriptValue)})
	}
	body := "echo whole; exit 0\n#"
	out, exit, err := run(t, ordered(body+strings.Repeat("\x01", wire.MaxScript-len(body)), 20, values...))
	if err != nil || exit != 0 || out != "whole\n" {
		t.Errorf("%q, %d, %v", out, exit, err)
	}
}

func TestStatusAndOutput(t *testing.T) {
	out, exit, err := run(t, ordered("echo out; echo err >&2; exit 7", 10))
	if err != nil || exit != 7 || !strings.Contains(out, "out\n") || !strings.Contains(out, "err\n") {
		t.Errorf("%q, %d, %v", out, exit, err)
	}
	if _, exit, err := run(t, ordered("kill -9 $$", 10)); err != nil || exit != 128+9 {
		t.Errorf("%d, %v", exit, err)
	}
}

// alive reports whether the process whose number stands in a file still runs.
func alive(t *testing.T, file string) bool {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return syscall.Kill(pid, 0) == nil
}

// hides starts a process that does all to outlive the script.
func hides(file string) string {
	return "trap '' TERM HUP\nsetsid sh -c 'trap \"\" TERM HUP; echo $$ > " + file + "; while :; do sleep 1; done' &\nwhile [ ! -s " + file + " ]; do sleep 0.02; done\n"
}

func TestTheEndEndsAllThatWasStarted(t *testing.T) {
	for name, how := range map[string]struct {
		more    string
		seconds int
		cancel  bool
	}{"by itself": {"exit 0", 20, false}, "time is over": {"sleep 60", 1, false}, "withdrawn": {"echo up; sleep 60", 20, true}} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			p := ordered(hides(file)+how.more, how.seconds)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			began := time.Now()
			_, err := runner(t, p.SHA256).Run(ctx, "0", p, func([]byte) {
				if how.cancel {
					cancel()
				}
			})
			switch {
			case how.cancel && !errors.Is(err, context.Canceled), !how.cancel && how.seconds == 1 && !fault.Is(err, fault.Unknown), how.seconds == 20 && !how.cancel && err != nil:
				t.Errorf("%v", err)
			}
			if time.Since(began) > 15*time.Second {
				t.Errorf("it took %v", time.Since(began))
			}
			if alive(t, file) {
				t.Error("what it had started lives on")
			}
		})
	}
}
