package uplink

import (
	"bytes"
	"os"
)

// defaultRoutes returns the kernel's lines about default routes over IPv4. Only
// those: the table lists each container's network as well.
func defaultRoutes() string {
	b, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return ""
	}
	var out []byte
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) > 2 && string(f[1]) == "00000000" {
			out = append(append(out, f[0]...), f[2]...)
		}
	}
	return string(out)
}
