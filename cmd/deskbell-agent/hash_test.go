package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/wire"
)

// What is listed on a machine is what was read there: nothing of a script is hidden
// from whoever has its hash taken.
func TestHashShowsAllThatItIsOf(t *testing.T) {
	s := wire.Script{Interpreter: "sh", Root: true, Seconds: 90, Body: "df\x1b[8m; id \u202e# x\r\n", Params: []wire.ScriptParam{
		{Name: "host", Type: "text", Pattern: `[a-z]+\.example`}, {Name: "days", Type: "number", Min: 1, Max: 30}, {Name: "mode", Type: "choice", Choices: []string{"fast", "safe"}}, {Name: "force", Type: "yesno"},
	}}
	hashed := func(text string) (string, error) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "script.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := (&hashCmd{File: path}).Run(settings.Streams{Out: &out})
		return out.String(), err
	}
	text, err := hashed(string(s.Canonical()) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"an administrator's rights", "90 seconds", `host, a text: "[a-z]+\\.example"`, "days, a number: 1 to 30", `["fast" "safe"]`, "force, a yesno: yes or no", "df<U+001B>[8m; id <U+202E># x<U+000D>", "SHA-256 " + s.Hash(),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.ContainsAny(text, "\x1b\r") {
		t.Errorf("%q steers a terminal", text)
	}
	good := string(s.Canonical())
	for name, bad := range map[string]string{
		"two": good + good, "more than a script": strings.Replace(good, "{", `{"extra":1,`, 1), "no script": "{}", "nothing": "", "cut off": good[:len(good)/2],
	} {
		if out, err := hashed(bad); !fault.Is(err, fault.Invalid) || out != "" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}
