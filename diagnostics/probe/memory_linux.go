package probe

import (
	"os"
	"strconv"
	"strings"
)

// oomKills counts the processes that the kernel killed for memory since boot.
func oomKills() uint64 {
	b, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "oom_kill "); ok {
			n, _ := strconv.ParseUint(strings.TrimSpace(v), 10, 64) // 0 when it is no number
			return n
		}
	}
	return 0
}
