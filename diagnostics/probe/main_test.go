package probe

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test program its own collector's child, as the agent is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "collect" {
		os.Exit(RunChild(context.Background(), os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// asChild are the options of a Prober whose risky readings run in children.
func asChild(t *testing.T) Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Child: []string{self, "collect"}}
}
