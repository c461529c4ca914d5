// Package assets holds the pictures of the bell. They are drawn by the package
// draw beneath it; "go generate ./ui/assets" makes them anew, and a test compares.
package assets

import (
	"embed"
	"strconv"
)

//go:generate go run ./generate

//go:embed bell/*.png
var pngs embed.FS

// Sizes are the widths in pixels in which a bell is there: those of panels at
// single and double scale.
func Sizes() []int { return []int{16, 22, 24, 32, 44, 48, 64} }

// Bell returns the PNG of a bell; name is that of model.Bell.
func Bell(name string, size int) []byte {
	b, err := pngs.ReadFile("bell/" + name + "-" + strconv.Itoa(size) + ".png")
	if err != nil {
		panic(err) // the test asks for every one
	}
	return b
}

//go:embed program.png
var program []byte

// Program returns the PNG of the program's icon, for a window's title bar.
func Program() []byte { return program }
