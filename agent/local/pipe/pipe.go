// Package pipe is the local line between a person's programs and the agent: a
// Unix socket, or a named pipe on Windows. Who is on the other end is the
// operating system's word.
package pipe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"path/filepath"
)

// Caller is the process on the other end, as the operating system knows it.
type Caller struct {
	UID  string // a Unix uid in decimal, or a Windows SID
	PID  int
	Root bool // root, SYSTEM, or the user that the agent itself runs as
}

// Address returns where the agent with the state folder listens; an empty folder
// means the installed agent.
func Address(state string) string {
	if state == "" {
		return systemAddress
	}
	abs, err := filepath.Abs(state)
	if err != nil {
		abs = state
	}
	sum := sha256.Sum256([]byte(abs))
	return privateAddress(abs, hex.EncodeToString(sum[:8]))
}

// Listen opens the line. It refuses when another agent serves it.
func Listen(address string) (net.Listener, error) { return listen(address) }

// Dial calls the agent, and hangs up unless the other end is one that this
// person may trust: root or SYSTEM, or a process of their own.
func Dial(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, address) }

// PeerOf returns who is at the other end of an accepted connection.
func PeerOf(c net.Conn) (Caller, error) { return peerOf(c) }
