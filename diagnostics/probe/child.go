package probe

import (
	"context"
	"io"
)

// RunChild is the other end of Options.Child: a program that was started as a
// collector's child calls it with the arguments after Options.Child and its
// standard streams, and exits with the status it returns.
func RunChild(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return 2
}
