package probe

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readThermals reads temperatures in °C and fans in revolutions a minute. Cost: a
// small file a sensor, each of which asks a chip on a slow bus that can hang: so in
// the child. Deadline: 3 s.
func readThermals(_ context.Context, at root) (*inventory.Thermals, string, error) {
	t := &inventory.Thermals{}
	for _, chip := range at.names("/sys/class/hwmon") {
		dir := "/sys/class/hwmon/" + chip + "/"
		maker := at.line(dir + "name")
		for _, file := range at.names("/sys/class/hwmon/" + chip) {
			n, is := strings.CutSuffix(file, "_input")
			if !is || len(t.Sensors)+len(t.Fans) > 200 {
				continue
			}
			name := strings.TrimSpace(maker + " " + cmp.Or(at.line(dir+n+"_label"), n))
			value, err := strconv.ParseInt(at.line(dir+file), 10, 64)
			switch {
			case err != nil:
			case strings.HasPrefix(n, "temp") && believable(value):
				crit := at.number(dir + n + "_crit")
				if !believable(crit) {
					crit = 0
				}
				t.Sensors = append(t.Sensors, inventory.Sensor{Name: name, TempC: round1(float64(value) / 1000), CritC: round1(float64(crit) / 1000)})
			case strings.HasPrefix(n, "fan") && value >= 0:
				t.Fans = append(t.Fans, inventory.Fan{Name: name, RPM: int(value)})
			}
		}
	}
	for _, zone := range at.glob("/sys/class/thermal/thermal_zone*") {
		if value, err := strconv.ParseInt(at.line(zone+"/temp"), 10, 64); err == nil && believable(value) && len(t.Sensors) < 200 {
			t.Sensors = append(t.Sensors, inventory.Sensor{Name: cmp.Or(at.line(zone+"/type"), "zone"), TempC: round1(float64(value) / 1000)})
		}
	}
	if len(t.Sensors)+len(t.Fans) == 0 {
		return nil, "", unsupported("This machine has no sensors that the system can read.")
	}
	return t, "", nil
}

// believable leaves out what sensors say that are not wired: in thousandths of a °C.
func believable(v int64) bool { return v > -50_000 && v < 200_000 && v != 0 }
