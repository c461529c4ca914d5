package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readThermals asks WMI for the zones that ACPI knows: °C. Many machines have one that
// never changes, and fans are in none. Only the administrator gets an answer. Cost:
// one question to WMI, which can wait for ever: so in the child. Deadline: 3 s.
func readThermals(context.Context, root) (*inventory.Thermals, string, error) {
	var all []struct { // MSAcpi_ThermalZoneTemperature; tenths of a kelvin
		InstanceName       string
		CurrentTemperature uint32
		CriticalTripPoint  uint32
	}
	if err := wmiQuery(`root\WMI`, "SELECT InstanceName, CurrentTemperature, CriticalTripPoint FROM MSAcpi_ThermalZoneTemperature", &all); err != nil {
		return nil, "", unsupported("This machine tells Windows of no temperature, or it is not the administrator who asks.")
	}
	t := &inventory.Thermals{Sensors: []inventory.Sensor{}}
	for _, z := range all[:min(len(all), 32)] {
		if c, ok := celsius(z.CurrentTemperature); ok {
			s := inventory.Sensor{Name: plainLine(z.InstanceName, 80), TempC: c}
			s.CritC, _ = celsius(z.CriticalTripPoint)
			t.Sensors = append(t.Sensors, s)
		}
	}
	return t, "", nil
}
