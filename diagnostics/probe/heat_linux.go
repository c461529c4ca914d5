package probe

import (
	"path/filepath"
	"strconv"
	"strings"
)

// temperature returns the processor's hottest sensor and the limit it names, in
// °C; 0 what is not known. Only sensors of the processor are read: one of a disk
// would wake it.
func temperature() (hottest, limit float64) {
	for _, s := range processorSensors() {
		t := milli(s.input)
		if t <= 0 || t > 150 || t < hottest {
			continue
		}
		hottest, limit = t, milli(s.limit)
	}
	return round1(hottest), round1(limit)
}

type sensor struct{ input, limit string } // paths; limit may be empty

// processorSensors finds them by the names of their drivers; boards without any
// have a thermal zone.
func processorSensors() []sensor {
	var all []sensor
	chips, _ := filepath.Glob("/sys/class/hwmon/hwmon*") // the pattern is well-formed
	for _, chip := range chips {
		switch readLine(chip + "/name") {
		case "coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal":
		default:
			continue
		}
		inputs, _ := filepath.Glob(chip + "/temp*_input")
		for _, in := range inputs {
			s := sensor{input: in}
			for _, limit := range []string{"_crit", "_max"} {
				if path := strings.TrimSuffix(in, "_input") + limit; exists(path) {
					s.limit = path
					break
				}
			}
			all = append(all, s)
		}
	}
	if len(all) > 0 {
		return all
	}
	zones, _ := filepath.Glob("/sys/class/thermal/thermal_zone*")
	for _, zone := range zones {
		switch kind := readLine(zone + "/type"); {
		case kind == "x86_pkg_temp", strings.HasPrefix(kind, "cpu"), strings.HasPrefix(kind, "soc"):
			all = append(all, sensor{input: zone + "/temp"})
		}
	}
	return all
}

// milli reads a number of thousandths.
func milli(path string) float64 {
	n, err := strconv.ParseFloat(readLine(path), 64)
	if path == "" || err != nil {
		return 0
	}
	return n / 1000
}

// throttleCount adds up how often the cores slowed down for heat since boot.
func throttleCount() uint64 {
	paths, _ := filepath.Glob("/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count")
	var sum uint64
	for _, p := range paths {
		if n, err := strconv.ParseUint(readLine(p), 10, 64); err == nil {
			sum += n
		}
	}
	return sum
}
