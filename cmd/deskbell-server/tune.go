package main

import (
	"os"
	"runtime/debug"
)

// tune trades processor for memory: a server with many connections is bound by
// memory, and most of its heap lives long. GOGC in the environment wins.
func tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}
