package probe

import (
	"context"
	"strings"
)

// smartDevices are the drives that are hardware and may know of their health.
func smartDevices(_ context.Context, at root) []string {
	var all []string
	for _, name := range at.names("/sys/block") {
		if (strings.HasPrefix(name, "sd") || strings.HasPrefix(name, "nvme")) && at.line("/sys/block/"+name+"/hidden") != "1" && len(all) < 32 {
			all = append(all, "/dev/"+name)
		}
	}
	return all
}
