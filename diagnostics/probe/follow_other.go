//go:build !linux

package probe

import "context"

// FollowLog follows nothing here: what this system logs is no file, and has no
// program that tells of what is new.
func (p *Prober) FollowLog(context.Context, LogQuery, LogReader) error {
	return unsupported("The log of this system cannot be followed. Read it again instead.")
}
