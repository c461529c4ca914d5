//go:build !linux

package script

import (
	"fmt"
	"io"
)

// RunHand is for Linux alone.
func RunHand(_ io.Reader, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "Scripts are run on Linux only.")
	return 1
}
