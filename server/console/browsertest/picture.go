package browsertest

import (
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// Picture writes what the page shows into the folder that DESKBELL_PICTURES
// names; without one it does nothing.
func (p *Page) Picture(name string) {
	p.t.Helper()
	dir := os.Getenv("DESKBELL_PICTURES")
	if dir == "" {
		return
	}
	Eval[bool](p, "document.fonts.ready.then(() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true)))))")
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
