//go:build !linux

package tray

// forgetProgram has no use where the system counts a program's own pages only
// while it uses them.
func forgetProgram() {}
