//go:build !linux && !windows

package terminal

import (
	"fmt"
	"io"

	"github.com/deskbell/deskbell/internal/fault"
)

// supported says why there are no terminals here.
func supported() error {
	return fault.New(fault.Unsupported, "There are no terminals from afar on this system. Ask the person at the computer to type for you.")
}

// RunHand is for Linux and Windows.
func RunHand(_ io.Reader, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "Terminals from afar are there on Linux and Windows only.")
	return 2
}
