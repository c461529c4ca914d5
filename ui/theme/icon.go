package theme

import (
	"bytes"
	"embed"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
)

//go:embed icons/*.svg
var svgs embed.FS

// Icon names one of Lucide's icons.
type Icon string

// The icons.
const (
	IconBell     Icon = "bell"
	IconCheck    Icon = "check"
	IconRight    Icon = "chevron-right"
	IconDown     Icon = "chevron-down"
	IconClip     Icon = "paperclip"
	IconX        Icon = "x"
	IconRefresh  Icon = "refresh-cw"
	IconCopy     Icon = "copy"
	IconDownload Icon = "download"
	IconEye      Icon = "eye"
	IconInbox    Icon = "inbox"
	IconExternal Icon = "external-link"
	IconCamera   Icon = "camera"
	IconUndo     Icon = "undo-2"
	IconRedo     Icon = "redo-2"
)

// Resource returns the icon in a colour. Fyne colours what is filled only, and
// Lucide's icons are lines.
func (i Icon) Resource(c color.Color) fyne.Resource {
	r, g, b, _ := c.RGBA()
	hex := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
	data, err := svgs.ReadFile("icons/" + string(i) + ".svg")
	if err != nil {
		panic(err) // a test asks for every one
	}
	data = bytes.ReplaceAll(data, []byte("#000000"), []byte(hex))
	// Fyne keeps what it has drawn by the name.
	return fyne.NewStaticResource("deskbell-"+string(i)+hex+".svg", data)
}
