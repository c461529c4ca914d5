package fix

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test program its own hands, as the agent is. An argument more
// is the small system that they work on.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "fix-hand" {
		if len(os.Args) > 2 {
			root = os.Args[2]
		}
		os.Exit(RunHand(context.Background(), os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// smallSystem is a system of the test's own, with programs that write down how
// they were called, and then do as the script says.
func smallSystem(t *testing.T, programs map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir+"/usr/bin/.keep", "")
	for name, script := range programs {
		write(t, dir+"/usr/bin/"+name, "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> "+dir+"/calls\n"+script+"\n")
		if err := os.Chmod(dir+"/usr/bin/"+name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root = dir
	t.Cleanup(func() { root = "" })
	return dir
}

// calls are the command lines that the programs of a small system were given.
func calls(t *testing.T, dir string) []string {
	t.Helper()
	b, err := os.ReadFile(dir + "/calls")
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
