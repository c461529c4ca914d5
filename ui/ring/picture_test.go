package ring_test

import (
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/uitest"
)

// picturing lets the test say what becomes of the picture.
func picturing(w *window) chan func([]byte, error) {
	asked := make(chan func([]byte, error), 4)
	w.HostOf().Picture = func(done func([]byte, error)) { asked <- done }
	return asked
}

// The picture goes along as it was handed over, lives through a new start, and
// nothing is sent while it is being made ready.
func TestPictureGoesAlong(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	asked := picturing(w)
	test.Type(w.Window.Canvas().Focused(), "See what it says")
	test.Tap(w.PictureButton())
	if !w.PictureButton().Disabled() || !w.SendButton().Disabled() {
		t.Error("a second picture can be begun, or it can be sent without the picture")
	}
	w.said("Your picture is open in another window.")
	(<-asked)([]byte("picture one"), nil)
	w.said("screen-1.png, 11 B")
	w.drafts.Flush()
	kept := w.drafts.Ring().Files[0].Path
	w.reopen(t)
	w.said("screen-1.png, 11 B")
	w.Picture("ring-picture")
	test.Tap(w.SendButton())
	w.said("Sent. Number 1042.")
	got := w.rings()
	if len(got) != 1 || len(got[0].Attachments) != 1 || got[0].Attachments[0].Name != "screen-1.png" {
		t.Fatalf("the agent got %+v", got)
	}
	if b := w.agent.File(got[0].Attachments[0].SHA256); string(b) != "picture one" {
		t.Errorf("the agent got %q", b)
	}
	if _, err := os.Stat(kept); !os.IsNotExist(err) {
		t.Errorf("the picture is still on disk: %v", err)
	}
}

// It can be taken out again, and is gone then.
func TestPictureTakenOut(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	asked := picturing(w)
	test.Tap(w.PictureButton())
	(<-asked)([]byte("picture"), nil)
	w.said("screen-1.png")
	kept := w.drafts.Ring().Files[0].Path
	test.Tap(w.FileOff(0))
	w.drafts.Flush()
	if _, err := os.Stat(kept); !os.IsNotExist(err) || len(w.drafts.Ring().Files) != 0 {
		t.Errorf("it is still there: %v", err)
	}
}

// Discarded, or none could be taken: the words stay and can be sent.
func TestNoPicture(t *testing.T) {
	w := open(t, uitest.Look{}, nil)
	asked := picturing(w)
	test.Type(w.Window.Canvas().Focused(), "Help")
	test.Tap(w.PictureButton())
	(<-asked)(nil, nil)
	if w.PictureButton().Disabled() || strings.Contains(w.Said(), "another window") {
		t.Error("after discarding it still waits")
	}
	test.Tap(w.PictureButton())
	(<-asked)(nil, fault.Say(fault.Unavailable, "error.shot_empty"))
	w.said("No picture of the screen could be taken.")
	test.Tap(w.SendButton())
	w.said("Sent.")
}

// The buttons fit in every language.
func TestPictureButtonFits(t *testing.T) {
	uitest.EachLanguage(t, func(t *testing.T, l tongue.Language) {
		w := open(t, uitest.Look{}, nil)
		w.Fits("“Get help” in " + string(l))
	})
}
