package assets

import "embed"

//go:embed bell/*.ico
var icos embed.FS

// BellICO returns the Windows icon of a bell, with all its sizes.
func BellICO(name string) []byte {
	b, err := icos.ReadFile("bell/" + name + ".ico")
	if err != nil {
		panic(err) // the test asks for every one
	}
	return b
}
