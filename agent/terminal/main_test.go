package terminal

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test program its own hand, as the agent is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "terminal-hand" {
		os.Exit(RunHand(os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}
