package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics"
)

// Inventory is what the machine is made of.
type Inventory struct {
	Hash     string // hex; the same until something changes that a person would call a change
	System   diagnostics.System
	CPUModel string
	Cores    int    // logical
	Memory   uint64 // bytes
	Disk     uint64 // bytes, of the disks that are built in
}

// Inventory reads what the machine is made of. It never fails: what cannot be
// read is left zero.
func (p *Prober) Inventory(ctx context.Context) Inventory { return Inventory{} }
