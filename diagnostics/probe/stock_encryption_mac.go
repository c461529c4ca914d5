//go:build !linux && !windows

package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readEncryption asks fdesetup whether FileVault encrypts the volume of the system.
// Cost: a program, some 50 ms: so in the child. Deadline: 10 s.
func readEncryption(ctx context.Context, _ root) (*inventory.Encryption, string, error) {
	b, err := output(ctx, 64<<10, "/usr/bin/fdesetup", "status")
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	v, ok := parseFileVault(string(b))
	if !ok {
		return nil, "", notRead("Whether FileVault is on could not be read.", err)
	}
	return &inventory.Encryption{Volumes: []inventory.Volume{v}}, "Other volumes than that of the system are not looked at.", nil
}
