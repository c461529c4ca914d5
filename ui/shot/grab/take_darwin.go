package grab

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
)

// mostScreens is how many screens are asked for. The system's program writes one
// file for each there is.
const mostScreens = 6

// take runs the system's program. The system asks the person once whether Deskbell
// may see the screen.
func take(ctx context.Context) (Shot, error) {
	dir, err := os.MkdirTemp("", "deskbell-screen-")
	if err != nil {
		return Shot{}, err
	}
	defer os.RemoveAll(dir)
	args := []string{"-x", "-t", "png"}
	var files []string
	for i := range mostScreens {
		files = append(files, filepath.Join(dir, fmt.Sprintf("%d.png", i)))
	}
	if out, err := exec.CommandContext(ctx, "/usr/sbin/screencapture", append(args, files...)...).CombinedOutput(); err != nil {
		return Shot{}, fmt.Errorf("screencapture: %w: %.200s", err, out)
	}
	var pictures []image.Image
	for _, f := range files {
		m, err := readPNG(f)
		if os.IsNotExist(err) {
			break
		}
		if err != nil {
			return Shot{}, err
		}
		pictures = append(pictures, m)
	}
	return sideBySide(pictures)
}
