// Command generate draws every picture of the bell: those embedded in the tray,
// and the icons of the packages. It is run in ui/assets by "go generate".
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/deskbell/deskbell/ui/assets/draw"
)

func main() {
	files, err := draw.Files()
	if err == nil {
		err = write(files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// write puts the files where they belong, seen from the root of the repository.
func write(files map[string][]byte) error {
	for name, data := range files {
		name = filepath.Join("..", "..", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
