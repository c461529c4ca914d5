//go:build !linux

package terminal

import (
	"fmt"
	"io"
)

// RunHand says that this is not implemented here.
func RunHand(_ io.Reader, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "Terminals are implemented on Linux only.")
	return 2
}
