package grab

import (
	"image"
	"image/png"
	"io"
	"os"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/shot/edit"
)

// maxFile is what a picture may weigh that another program has written.
const maxFile = 256 << 20

// readPNG reads a picture that another program has written, and looks at its size
// before it makes room for it.
func readPNG(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fault.Say(fault.TooLarge, "error.shot_too_large")
	}
	c, err := png.DecodeConfig(f)
	if err != nil {
		return nil, err
	}
	if err := edit.CheckSize(c.Width, c.Height); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return png.Decode(io.LimitReader(f, maxFile))
}
