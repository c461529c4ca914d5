package probe

import (
	"os"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// pressure reads the kernel's pressure stall information of "cpu", "memory" or
// "io"; nil when the kernel does not measure it.
func pressure(of string) *diagnostics.Pressure {
	b, err := os.ReadFile("/proc/pressure/" + of)
	if err != nil {
		return nil
	}
	return parsePressure(string(b))
}

func parsePressure(text string) *diagnostics.Pressure {
	var p diagnostics.Pressure
	seen := false
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		avg10, err10 := strconv.ParseFloat(strings.TrimPrefix(fields[1], "avg10="), 64)
		avg60, err60 := strconv.ParseFloat(strings.TrimPrefix(fields[2], "avg60="), 64)
		if err10 != nil || err60 != nil {
			continue
		}
		switch fields[0] {
		case "some":
			p.Some10, p.Some60, seen = avg10, avg60, true
		case "full":
			p.Full10, p.Full60 = avg10, avg60
		}
	}
	if !seen {
		return nil
	}
	return &p
}
