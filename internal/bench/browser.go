//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"

	"github.com/chromedp/chromedp"
)

// browser is a Chromium without a window, which draws in software.
type browser struct {
	ctx   context.Context
	close func()
}

// newBrowser starts one that takes the server's own certificate.
func newBrowser(ctx context.Context) (*browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "deskbell-browser-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("lang", "en-GB"), chromedp.WindowSize(1280, 800))
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, options...)
	in, stop := chromedp.NewContext(alloc)
	b := &browser{ctx: in, close: func() {
		stop()
		stopAlloc()
		os.RemoveAll(dir) // what the browser left there is nobody's loss
	}}
	if err := chromedp.Do(in); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// countFrames runs in a page before its own scripts: when each frame was begun, in
// milliseconds since the page was asked for.
const countFrames = `window.benchFrames = []; (function frame(at) { if (at) benchFrames.push(at); requestAnimationFrame(frame); })();`

// smooth is how a page was drawn over a while.
type smooth struct {
	Frames  int       `json:"frames"`
	Seconds float64   `json:"seconds"`
	Gaps    []float64 `json:"gaps_ms"` // between one frame and the next, longest first
}

// smoothness counts the frames that were begun from one moment to another.
func smoothness(frames []float64, from, to float64) (s smooth, err error) {
	for i, at := range frames {
		if i > 0 && at > from && at <= to {
			s.Frames++
			s.Gaps = append(s.Gaps, at-frames[i-1])
		}
	}
	if s.Frames == 0 {
		return s, errors.New("the page drew no frame")
	}
	slices.Sort(s.Gaps)
	slices.Reverse(s.Gaps)
	s.Seconds = (to - from) / 1000
	return s, nil
}

// perSecond is how many frames were begun a second.
func (s smooth) perSecond() float64 { return float64(s.Frames) / s.Seconds }
