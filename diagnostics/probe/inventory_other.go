//go:build !linux

package probe

import "context"

// builtInDisks adds up the local file systems: the size of whole disks needs
// rights or cgo here.
func builtInDisks(ctx context.Context, p *Prober) uint64 {
	var sum uint64
	found, _, _ := p.fileSystems(ctx) // what is known of them, however it ended
	seen := map[uint64]bool{}
	for _, fs := range found {
		if !fs.Network && !fs.Removable && !seen[fs.Total] { // volumes of one APFS container are equally large
			seen[fs.Total] = true
			sum += fs.Total
		}
	}
	return sum
}
