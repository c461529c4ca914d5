package probe

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseBootEvent reads event 100 of Microsoft-Windows-Diagnostics-Performance, which
// Windows writes some minutes after a start: MainPathBootTime is up to the desktop,
// BootKernelInitTime up to the kernel's first process, in milliseconds. It reports
// whether it is about the start at this time, and not about an earlier one.
func parseBootEvent(b []byte, boot *inventory.Boot) bool {
	var e struct {
		Data []struct {
			Name  string `xml:"Name,attr"`
			Value string `xml:",chardata"`
		} `xml:"EventData>Data"`
	}
	d := xml.NewDecoder(strings.NewReader(fromUTF16(b)))
	d.Strict = false
	if d.Decode(&e) != nil {
		return false
	}
	number := map[string]int64{}
	var started time.Time
	for _, v := range e.Data {
		if v.Name == "BootStartTime" {
			started, _ = time.Parse(time.RFC3339Nano, v.Value) // an older one has none
		}
		number[v.Name], _ = strconv.ParseInt(v.Value, 10, 64) // what is no number is not asked for
	}
	if started.Sub(boot.BootedAt).Abs() > 10*time.Minute || number["MainPathBootTime"] <= 0 {
		return false
	}
	boot.KernelMS = max(0, number["BootKernelInitTime"])
	boot.UserspaceMS = max(0, number["MainPathBootTime"]-boot.KernelMS)
	return true
}
