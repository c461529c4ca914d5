package wire

import (
	"bytes"
	"image/jpeg"

	"github.com/deskbell/deskbell/internal/fault"
)

// ActScreen takes a still picture of the requester's screens. It is tier T2: what
// is on a screen is private, so the machine's own settings name it, and the person
// whose screen it is says yes.
const ActScreen AskKind = "screen" // no parameters → ScreenPart, the chunks in order, then what was taken

// Bounds of a picture. As base64 it stays below what an answer may have.
const (
	MaxScreen       = 5 << 19 // bytes
	MaxScreenWidth  = 3840
	MaxScreenHeight = 2160
)

// ScreenPart is a chunk of the picture, a JPEG, or at the end what was taken.
type ScreenPart struct {
	Asked  bool   `json:"asked,omitempty"`
	Offset int64  `json:"offset,omitempty"`
	Data   []byte `json:"data,omitempty"`
	Taken  *Taken `json:"taken,omitempty"`
}

// Taken is what was sent of a screen.
type Taken struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Kept   string `json:"kept,omitempty"` // set by the server: the attachment's SHA-256
}

// ScreenSize looks at a picture's beginning, and says why it is none that may be
// passed on. Nothing of what the header claims is made room for.
func ScreenSize(b []byte) (width, height int, err error) {
	if len(b) > MaxScreen {
		return 0, 0, fault.New(fault.TooLarge, "The picture of the screen is larger than 2.5 MiB.")
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return 0, 0, fault.Wrap(err, fault.Invalid, "What was handed over as a picture of the screen is none.")
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > MaxScreenWidth || c.Height > MaxScreenHeight {
		return 0, 0, fault.Newf(fault.Invalid, "The picture of the screen is larger than %d × %d pixels.", MaxScreenWidth, MaxScreenHeight)
	}
	return c.Width, c.Height, nil
}
