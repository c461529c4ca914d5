package e2e

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/deskbell/deskbell/agent/local/localtest"
	"github.com/deskbell/deskbell/ui/traytest"
)

// A picture of a real screen: “Get help” is not on it, what lies under it is, and
// it goes along as it was cut by the keyboard.
func TestPictureOfTheScreen(t *testing.T) {
	r := start(t, traytest.Options{})
	must(t, r.tray.Click("Get help…"))
	ring := r.desk.WaitWindow(t, "Get help")
	must(t, ring.Type("See the screen"))
	drawn(t, ring)
	if dir := os.Getenv("DESKBELL_PICTURES"); dir != "" {
		must(t, r.desk.Picture(filepath.Join(dir, "e2e-picture-before.png")))
	}
	// The button stands after the parts of the check-up: Shift+Tab comes to it from
	// the end of the window.
	must(t, ring.Key("shift+Tab", "shift+Tab", "shift+Tab", "space"))
	editor := r.desk.WaitWindow(t, "Picture of the screen")
	picture(t, editor, "e2e-picture")
	must(t, editor.Key("Right", "Return", "ctrl+Return"))
	traytest.Until(t, "the end of the editor", func() error {
		if _, err := r.desk.Window("Picture of the screen"); err == nil {
			return fmt.Errorf("it is still visible")
		}
		return nil
	})
	ring = r.desk.WaitWindow(t, "Get help")
	picture(t, ring, "e2e-picture-attached")
	must(t, ring.Key("ctrl+Return"))
	var sum string
	traytest.Until(t, "the picture with the agent", func() (err error) {
		r.agent.Asked(func(a *localtest.Agent) {
			if len(a.Rings) != 1 || len(a.Rings[0].Attachments) != 1 {
				err = fmt.Errorf("the agent was asked %+v", a.Rings)
				return
			}
			sum = a.Rings[0].Attachments[0].SHA256
		})
		return err
	})
	sent := r.agent.File(sum)
	m, err := png.Decode(bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	// The middle third of 1280 × 800, on which “Get help” stood.
	if s := m.Bounds().Size(); s.X != 2*(1280/6) || s.Y != 2*(800/6) {
		t.Errorf("the picture is %v", s)
	}
	first := color.NRGBAModel.Convert(m.At(0, 0))
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if c := color.NRGBAModel.Convert(m.At(x, y)); c != first {
				t.Fatalf("at %d, %d of the empty desktop is %v beside %v: the window is on its own picture", x, y, c, first)
			}
		}
	}
}
