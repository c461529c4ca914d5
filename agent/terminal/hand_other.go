//go:build !linux

package terminal

import (
	"fmt"
	"io"
)

// RunHand is for Linux alone.
func RunHand(_ io.Reader, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "Terminals from afar are there on Linux only.")
	return 2
}
