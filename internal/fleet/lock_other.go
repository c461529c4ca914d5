//go:build !unix

package fleet

import "os"

// lockFile does nothing where the standard library has no lock.
func lockFile(*os.File) error { return nil }

// maxFiles is not bounded in a way that could be asked for.
func maxFiles() uint64 { return 1 << 30 }
