package packaging_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/packaging"
)

// exposure is how far systemd thinks that the service could harm the machine, from
// 0 to 10; the library's own unit has 9.6.
const exposure = 2.5

func TestUnit(t *testing.T) {
	const tool = "systemd-analyze"
	if _, err := exec.LookPath(tool); err != nil {
		t.Fatalf("this test needs %s, of Debian's package systemd", tool)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "a program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"", "/var/tmp/private state"} {
		unit := filepath.Join(dir, "deskbell-agent.service")
		text := packaging.AgentUnit(program, state)
		if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, `"`+program+`" run`) || strings.Contains(text, "/usr/bin/deskbell-agent") || (state != "") != strings.Contains(text, `--state "/var/tmp/private state"`) {
			t.Errorf("the unit starts another program:\n%s", text)
		}
		if out, err := exec.Command(tool, "verify", unit).CombinedOutput(); err != nil || strings.Contains(string(out), "deskbell") {
			t.Errorf("systemd finds fault with it: %v\n%s", err, out)
		}
		out, err := exec.Command(tool, "security", "--offline=true", "--no-pager", unit).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
		if m == nil {
			t.Fatalf("no exposure level in\n%s", out)
		}
		if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level > exposure {
			t.Errorf("exposure %v, want at most %v\n%s", level, exposure, out)
		}
		t.Logf("exposure %s", m[1])
	}
}

func TestPlist(t *testing.T) {
	text := packaging.AgentPlist("com.deskbell.agent.a&b", "/opt/a & b/deskbell-agent", "/tmp/<state>")
	d := xml.NewDecoder(strings.NewReader(text))
	var words []string
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if c, ok := tok.(xml.CharData); ok && strings.TrimSpace(string(c)) != "" {
			words = append(words, string(c))
		}
	}
	all := strings.Join(words, "|")
	if !strings.Contains(all, "Label|com.deskbell.agent.a&b|ProgramArguments|/opt/a & b/deskbell-agent|run|--state|/tmp/<state>|") {
		t.Errorf("it says %s", all)
	}
}
