package console_test

import (
	"os"
	"testing"

	"github.com/deskbell/deskbell/server/console/browsertest"
)

// chromium is the browser of all tests here.
var chromium browsertest.Browser

func TestMain(m *testing.M) { os.Exit(browsertest.Run(m, &chromium)) }
