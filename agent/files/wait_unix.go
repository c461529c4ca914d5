//go:build unix

package files

import "syscall"

// noWait opens a pipe that was put in a file's place without waiting for a writer.
const noWait = syscall.O_NONBLOCK
