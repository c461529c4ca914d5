package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/ui/traytest"
)

// TestLookAtTheScreen goes from a technician's click to the picture of a real session:
// the window that asks, whose “Not now” has the keyboard, a yes, the picture, and the
// window that says who may look, which ends it.
func TestLookAtTheScreen(t *testing.T) {
	w := newWorldThatAllows(t, "screen")
	anna := w.signIn("anna@example.com", "technician", "Anna Schmidt")
	var rung struct {
		Number int64 `json:"number"`
	}
	must(t, json.Unmarshal([]byte(w.whole("deskbell-agent", "ring", "--title", "A window is empty", "--json", "--state", w.state)), &rung))
	const form = ".act:has([name=kind][value=screen])"
	traytest.Until(t, "the machine's policy", func() error {
		anna.Go(fmt.Sprintf("/tickets/%d", rung.Number))
		if !browsertest.Eval[bool](anna, `document.querySelector('`+form+`') !== null`) {
			return fmt.Errorf("the screen is not offered")
		}
		return nil
	})
	anna.Live()
	look := func() *traytest.Window {
		anna.Click(form + " > summary")
		anna.Click(form + " [type=submit]")
		anna.Shows(".ask:first-child", "The person at the computer is asked first.")
		asks := w.desk.WaitWindow(t, "Work from afar")
		w.offers(asks, sendButton)
		return asks
	}

	// Return is “Not now”: whoever types just then has agreed to nothing.
	asks := look()
	w.window(asks, "screen-asked")
	must(t, asks.Key("Return"))
	anna.Shows(".ask:first-child", "The person at the computer said: not now.")
	w.gone("Work from afar")

	anna.Go(fmt.Sprintf("/tickets/%d", rung.Number))
	anna.Live()
	must(t, look().Key("Tab", "Return"))
	anna.Until("the picture of the whole screen", `document.querySelector('.ask:first-child .shot img')?.naturalWidth === 1280`)
	// It is of that session: the window with the accent colour is on it.
	n := browsertest.Eval[int](anna, `(() => {
		const img = document.querySelector('.ask:first-child .shot img'), c = document.createElement('canvas')
		c.width = img.naturalWidth; c.height = img.naturalHeight
		const g = c.getContext('2d'); g.drawImage(img, 0, 0)
		const d = g.getImageData(0, 0, c.width, c.height).data
		let n = 0
		for (let i = 0; i < d.length; i += 4) if (d[i] < 100 && d[i+1] < 100 && d[i+2] > 180) n++
		return n })()`)
	if n < sendButton {
		t.Errorf("%d pixels of the picture have the colour of the window that is open there", n)
	}
	w.page(anna, "screen-seen")

	// The window says who may look, and Return ends it; then it asks again.
	live := w.desk.WaitWindow(t, "Work from afar")
	w.offers(live, sendButton)
	w.window(live, "screen-live")
	must(t, live.Key("Return"))
	w.gone("Work from afar")
	anna.Go(fmt.Sprintf("/tickets/%d", rung.Number))
	anna.Live()
	must(t, look().Key("Escape"))
	anna.Shows(".ask:first-child", "The person at the computer said: not now.")
	anna.Clean()
}

// gone waits until a window is not there any more.
func (w *world) gone(title string) {
	w.t.Helper()
	traytest.Until(w.t, "an end of the window", func() error {
		if _, err := w.desk.Window(title); err == nil {
			return fmt.Errorf("it is still visible")
		}
		return nil
	})
}
