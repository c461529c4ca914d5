package browsertest

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// maxKept bounds a picture of the documentation, in bytes.
const maxKept = 200_000

// Picture writes what the page shows into the folder that DESKBELL_PICTURES
// names; without one it does nothing.
func (p *Page) Picture(name string) {
	p.t.Helper()
	dir := os.Getenv("DESKBELL_PICTURES")
	if dir == "" {
		return
	}
	p.write(filepath.Join(dir, name+".png"), p.shot())
}

// Keep writes a picture for the documentation into the folder “docs” of the one
// that DESKBELL_PICTURES names, packed as small as PNG goes. Without the folder it
// only looks whether the page fits its window.
func (p *Page) Keep(name string) {
	p.t.Helper()
	p.Fits(name)
	dir := os.Getenv("DESKBELL_PICTURES")
	if dir == "" {
		return
	}
	img, err := png.Decode(bytes.NewReader(p.shot()))
	if err != nil {
		p.t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil {
		p.t.Fatal(err)
	}
	if out.Len() > maxKept {
		p.t.Errorf("the picture %s has %d bytes", name, out.Len())
	}
	p.write(filepath.Join(dir, "docs", name+".png"), out.Bytes())
}

// shot is what the window shows, once the fonts are there.
func (p *Page) shot() []byte {
	p.t.Helper()
	Eval[bool](p, "document.fonts.ready.then(() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true)))))")
	shot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	return shot
}

func (p *Page) write(path string, data []byte) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
