package probe

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/mem"

	"github.com/deskbell/deskbell/diagnostics"
)

func (p *Prober) memory(ctx context.Context, at pace) (*diagnostics.Memory, string, error) {
	v, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return nil, "", notRead("Memory cannot be read on this system.", err)
	}
	m := &diagnostics.Memory{Total: v.Total, Available: v.Available, Pressure: pressure("memory")}
	before, err := mem.SwapMemoryWithContext(ctx)
	if err != nil {
		return m, "The swap could not be read: " + err.Error() + ".", nil
	}
	m.SwapTotal, m.SwapUsed, m.OOMKills = before.Total, before.Used, oomKills()
	m.Limits = memoryLimits(ctx, m.Total)
	if before.Total == 0 {
		return m, "", nil
	}
	start := time.Now()
	if wait(ctx, at.interval) != nil {
		return m, "The traffic to swap was not measured.", nil
	}
	after, err := mem.SwapMemoryWithContext(ctx)
	if err != nil {
		return m, "The traffic to swap was not measured.", nil
	}
	seconds := time.Since(start).Seconds()
	if after.Sin >= before.Sin && after.Sout >= before.Sout {
		m.SwapInBps, m.SwapOutBps = round1(float64(after.Sin-before.Sin)/seconds), round1(float64(after.Sout-before.Sout)/seconds)
	}
	return m, "", nil
}
