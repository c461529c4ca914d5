package console_test

import (
	"context"
	"os"
	"testing"

	"github.com/deskbell/deskbell/agent/fix"
	"github.com/deskbell/deskbell/agent/terminal"
	"github.com/deskbell/deskbell/server/console/browsertest"
)

// chromium is the browser of all tests here.
var chromium browsertest.Browser

// TestMain makes the test program the hand of a terminal and of what is done, as the
// agent is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "terminal-hand" {
		os.Exit(terminal.RunHand(os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) == 2 && os.Args[1] == "fix-hand" {
		os.Exit(fix.RunHand(context.Background(), os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(browsertest.Run(m, &chromium))
}
