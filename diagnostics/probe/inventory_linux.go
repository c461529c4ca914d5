package probe

import (
	"context"
	"os"
	"strconv"
)

// builtInDisks adds up the disks that cannot be pulled out. In a container none
// is to be seen; then it is the size of its root.
func builtInDisks(ctx context.Context, p *Prober) uint64 {
	var sum uint64
	entries, _ := os.ReadDir("/sys/block") // none when it cannot be read
	for _, e := range entries {
		name := e.Name()
		if !wholeDisk(name) || readLine("/sys/block/"+name+"/removable") == "1" || readLine("/sys/block/"+name+"/hidden") == "1" {
			continue
		}
		if n, err := strconv.ParseUint(readLine("/sys/block/"+name+"/size"), 10, 64); err == nil {
			sum += n * sector
		}
	}
	if sum > 0 {
		return sum
	}
	found, _, _ := p.fileSystems(ctx) // what is known of them, however it ended
	for _, fs := range found {
		if fs.Mount == "/" {
			return fs.Total
		}
	}
	return 0
}
