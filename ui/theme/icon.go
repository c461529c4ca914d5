package theme

import (
	"embed"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
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
)

// Resource returns the icon in a token's colour.
func (i Icon) Resource(t Token) fyne.Resource {
	r := fynetheme.NewColoredResource(i.plain(), t)
	return r
}

func (i Icon) themed() fyne.Resource { return fynetheme.NewThemedResource(i.plain()) }

func (i Icon) plain() fyne.Resource {
	b, err := svgs.ReadFile("icons/" + string(i) + ".svg")
	if err != nil {
		panic(err) // a test asks for every one
	}
	return fyne.NewStaticResource("deskbell-"+string(i)+".svg", b)
}
