package tray_test

import (
	"errors"
	"testing"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/traytest"
)

// The tray hands a picture of its session's screen over when the agent wants one; and
// says so when it has no screen.
func TestAScreenIsHandedOver(t *testing.T) {
	for name, o := range map[string]traytest.Options{"a screen": {Screen: "800x600x24"}, "none": {NoScreen: true}} {
		r := newRigOn(t, o, "exit 1")
		r.start(t)
		r.agent.Set(func(s *local.Status) { s.Screens = []string{"S1"} })
		var picture []byte
		traytest.Until(t, name, func() error {
			b, came := r.agent.Screen("S1")
			if !came {
				return errors.New("nothing was handed over")
			}
			picture = b
			return nil
		})
		if name == "none" {
			if len(picture) != 0 {
				t.Errorf("without a screen %d bytes came", len(picture))
			}
			continue
		}
		if w, h, err := wire.ScreenSize(picture); err != nil || w != 800 || h != 600 {
			t.Errorf("%d × %d, %v", w, h, err)
		}
	}
}
