package probe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/shirou/gopsutil/v3/mem"

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
func (p *Prober) Inventory(ctx context.Context) Inventory {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	h := p.hardware()
	i := Inventory{CPUModel: h.cpuModel, Cores: h.cores, Disk: builtInDisks(ctx, p)}
	if s, _, err := p.system(ctx); err == nil {
		i.System = *s
	}
	if v, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		i.Memory = v.Total
	}
	i.Hash = i.hash()
	return i
}

// hash leaves out who is signed in and when the machine was started, and rounds
// memory to 1/4 GiB: another kernel keeps a little more for itself.
func (i Inventory) hash() string {
	s := i.System
	b, err := json.Marshal([]any{
		1, // the hash's own version
		s.Hostname, s.OS, s.Platform, s.Kernel, s.Arch, s.Virtualization, s.Vendor, s.Model, s.TimeZone,
		i.CPUModel, i.Cores, (i.Memory + 1<<27) >> 28, i.Disk >> 20,
	})
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
