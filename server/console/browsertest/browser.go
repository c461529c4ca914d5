// Package browsertest drives a real Chromium through the pages, for the tests of
// the console and of the portal. Every page watches for what must never happen:
// a script that somebody's text has brought in, a request to another host, a
// breach of the content security policy, an error in our own scripts.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// Browser is a running Chromium.
type Browser struct {
	ctx   context.Context
	close func()
}

// binaries are the names that Chromium goes by.
func binaries() []string {
	return []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
}

// Run starts a browser for all tests of a package and runs them. It is for
// TestMain.
func Run(m *testing.M, b *Browser) int {
	if err := b.start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer b.close()
	return m.Run()
}

func (b *Browser) start() error {
	path := ""
	for _, name := range binaries() {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return fmt.Errorf("these tests need a browser: install chromium")
	}
	dir, err := os.MkdirTemp("", "deskbell-browser-")
	if err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], // headless, first run, background networking, sync, …
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-GB"),
	)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	b.ctx = ctx
	b.close = func() {
		stop()
		stopAlloc()
		os.RemoveAll(dir) // what the browser left there is nobody's loss
	}
	if err := chromedp.Do(ctx); err != nil { // starts it
		b.close()
		return fmt.Errorf("starting %s: %w", path, err)
	}
	return nil
}
