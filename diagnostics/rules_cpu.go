package diagnostics

import (
	"cmp"
	"fmt"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about the processor.
const (
	CPUSaturated Code = "cpu.saturated"
	CPUThrottled Code = "cpu.throttled"
	CPUHot       Code = "cpu.hot"
	CPUSteal     Code = "cpu.steal"
)

func cpuRules() []rule {
	return []rule{
		{Rule{CPUSaturated, SectionCPU, Warning, "Processor overloaded",
			"All cores together are 90 % busy and programs wait for them half of the last 10 s; where that is not measured, the load is twice the number of cores, or all cores are 98 % busy."}, cpuSaturated},
		{Rule{CPUThrottled, SectionCPU, Warning, "Slowed by heat",
			"The processor slowed itself down for heat 5 times or more within the interval while it was within 10 °C of its limit, or 20 times where its temperature is not known."}, cpuThrottled},
		{Rule{CPUHot, SectionCPU, Warning, "Too hot",
			"The processor is within 3 °C of the limit it names, or above 97 °C."}, cpuHot},
		{Rule{CPUSteal, SectionCPU, Warning, "Host overloaded",
			"The host of this virtual machine withholds 15 % of the processor time or more."}, cpuSteal},
	}
}

// saturated tells a processor that makes people wait from one that merely works:
// load counts tasks that wait for a disk too, and busy alone is good use.
func (f *facts) saturated() bool {
	c := f.cpu
	switch {
	case c.Pressure != nil:
		return c.BusyPercent >= 90 && c.Pressure.Some10 >= 50 && c.Pressure.Some60 >= 25
	case c.Load1 > 0 && c.Cores > 0:
		return c.BusyPercent >= 90 && c.Load1 >= 2*float64(c.Cores)
	}
	return c.BusyPercent >= 98
}

func cpuSaturated(f *facts) *Finding {
	if !f.saturated() {
		return nil
	}
	c := f.cpu
	finding := &Finding{
		Said:     says(tongue.Of("finding.cpu_saturated"), "advice.cpu_saturated"),
		Detail:   fmt.Sprintf("%s busy on %s, load %.2f %.2f %.2f.", percent(c.BusyPercent), count(c.Cores, "core", "cores"), c.Load1, c.Load5, c.Load15),
		Evidence: []Evidence{reading(SectionCPU, tongue.Of("evidence.all_cores_busy"), percentText(c.BusyPercent))},
	}
	if c.Pressure != nil {
		finding.Evidence = append(finding.Evidence, reading(SectionCPU, tongue.Of("evidence.some_wait_cpu"), percentText(c.Pressure.Some10)))
	} else {
		finding.Evidence = append(finding.Evidence, reading(SectionCPU, tongue.Of("evidence.load"), verbatim(fmt.Sprintf("%.2f", c.Load1))))
	}
	for i, p := range f.processes.Top {
		if i == 3 || p.CPUPct < 10 {
			break
		}
		finding.Evidence = append(finding.Evidence, reading(SectionProcesses, p.text(), ofACore(p.CPUPct)))
	}
	return finding
}

// tempLimit is the temperature at which the processor protects itself, or 0. Some
// sensors name limits that no processor has.
func (c *CPU) tempLimit() float64 {
	if c.TempLimitC >= 60 && c.TempLimitC <= 125 {
		return c.TempLimitC
	}
	return 0
}

// temp is the temperature, or 0 when the sensor says something impossible.
func (c *CPU) temp() float64 {
	if c.MaxTempC > 0 && c.MaxTempC <= 125 {
		return c.MaxTempC
	}
	return 0
}

func (f *facts) throttled() bool {
	c := &f.cpu
	if c.temp() == 0 {
		return c.Throttles >= 20
	}
	limit := c.tempLimit()
	if limit == 0 {
		limit = 100
	}
	return c.Throttles >= 5 && c.temp() >= limit-10
}

func cpuThrottled(f *facts) *Finding {
	if !f.throttled() {
		return nil
	}
	c := &f.cpu
	return &Finding{
		Said:   says(tongue.Of("finding.cpu_throttled"), "advice.cpu_throttled"),
		Detail: fmt.Sprintf("%d thermal throttle events in %d ms, %.0f °C (limit %.0f °C).", c.Throttles, c.IntervalMS, c.temp(), c.tempLimit()),
		Evidence: []Evidence{
			reading(SectionCPU, tongue.Of("evidence.throttles"), tongue.Of("evidence.throttled", tongue.Count("n", c.Throttles), tongue.Count("ms", c.IntervalMS))),
			reading(SectionCPU, tongue.Of("evidence.temperature"), verbatim(fmt.Sprintf("%.0f °C", c.temp()))),
		},
	}
}

func (f *facts) hot() bool {
	t, limit := f.cpu.temp(), f.cpu.tempLimit()
	if limit > 0 {
		return t >= limit-3
	}
	return t >= 97
}

func cpuHot(f *facts) *Finding {
	if !f.hot() {
		return nil
	}
	c := &f.cpu
	finding := &Finding{
		Said:     says(tongue.Of("finding.cpu_hot", tongue.Name("degrees", fmt.Sprintf("%.0f °C", c.temp()))), "advice.cpu_hot"),
		Detail:   fmt.Sprintf("Hottest sensor of the processor %.1f °C.", c.temp()),
		Evidence: []Evidence{reading(SectionCPU, tongue.Of("evidence.temperature"), verbatim(fmt.Sprintf("%.0f °C", c.temp())))},
	}
	if limit := c.tempLimit(); limit > 0 {
		finding.Detail = fmt.Sprintf("Hottest sensor of the processor %.1f °C, limit %.0f °C.", c.temp(), limit)
	}
	return finding
}

func cpuSteal(f *facts) *Finding {
	if !(f.cpu.Steal >= 15) {
		return nil
	}
	return &Finding{
		Said:     says(tongue.Of("finding.cpu_steal"), "advice.cpu_steal"),
		Detail:   fmt.Sprintf("%s steal on %s under %s.", percentExact(f.cpu.Steal), count(f.cpu.Cores, "core", "cores"), cmp.Or(clean(f.system.Virtualization, 40), "an unnamed hypervisor")),
		Evidence: []Evidence{reading(SectionCPU, tongue.Of("evidence.withheld"), exactText(f.cpu.Steal))},
	}
}
