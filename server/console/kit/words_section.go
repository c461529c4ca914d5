package kit

import (
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// SectionLabel names a section of a snapshot.
func SectionLabel(n diagnostics.SectionName) string {
	switch n {
	case diagnostics.SectionSystem:
		return "System"
	case diagnostics.SectionCPU:
		return "Processor"
	case diagnostics.SectionMemory:
		return "Memory"
	case diagnostics.SectionDisks:
		return "Disks"
	case diagnostics.SectionNetwork:
		return "Network"
	case diagnostics.SectionProcesses:
		return "Processes"
	case diagnostics.SectionServices:
		return "Services"
	case diagnostics.SectionLog:
		return "System log"
	}
	return Humanise(string(n))
}

// SectionPlain names a section for an employee.
func SectionPlain(n diagnostics.SectionName) string {
	switch n {
	case diagnostics.SectionSystem:
		return "This computer"
	case diagnostics.SectionProcesses:
		return "Running programs"
	}
	return SectionLabel(n)
}

func sectionIcon(n diagnostics.SectionName) string {
	switch n {
	case diagnostics.SectionSystem:
		return "monitor"
	case diagnostics.SectionCPU:
		return "cpu"
	case diagnostics.SectionMemory:
		return "memory-stick"
	case diagnostics.SectionDisks:
		return "hard-drive"
	case diagnostics.SectionNetwork:
		return "network"
	case diagnostics.SectionProcesses:
		return "list"
	case diagnostics.SectionServices:
		return "server"
	case diagnostics.SectionLog:
		return "scroll-text"
	}
	return "file-text"
}

// SectionState says what became of a section; "" when all of it is there.
func SectionState(s diagnostics.SectionState) string {
	switch s {
	case diagnostics.StateOK:
		return ""
	case diagnostics.StatePartial:
		return "Incomplete"
	case diagnostics.StateTimeout:
		return "No answer in time"
	case diagnostics.StateFailed:
		return "Could not be read"
	case diagnostics.StateUnsupported:
		return "Not available on this system"
	case diagnostics.StateRemoved:
		return "Taken out by the employee"
	}
	return "Not read"
}

// SectionShort says in a few words what a section holds.
func SectionShort(data any) string {
	switch d := data.(type) {
	case *diagnostics.System:
		return Clip(d.Platform, 48)
	case *diagnostics.CPU:
		return fmt.Sprintf("%.0f %% busy", d.BusyPercent)
	case *diagnostics.Memory:
		return fmt.Sprintf("%s free of %s", Bytes(d.Available), Bytes(d.Total))
	case *diagnostics.Disks:
		return disksShort(d)
	case *diagnostics.Network:
		return networkShort(d)
	case *diagnostics.Processes:
		return fmt.Sprintf("the %d busiest of %d", len(d.Top), d.Total)
	case *diagnostics.Services:
		if len(d.Failed) == 0 {
			return fmt.Sprintf("%d, none failed", d.Total)
		}
		return fmt.Sprintf("%d of %d failed", len(d.Failed), d.Total)
	case *diagnostics.Log:
		return Plural(len(d.Entries), "the last line", "the last %d lines")
	}
	return ""
}

func disksShort(d *diagnostics.Disks) string {
	var tightest *diagnostics.FileSystem
	for i := range d.FileSystems {
		f := &d.FileSystems[i]
		if !f.Network && f.Total != 0 && (tightest == nil || f.UsedPct > tightest.UsedPct) {
			tightest = f
		}
	}
	if tightest == nil {
		return Plural(len(d.FileSystems), "1 file system", "%d file systems")
	}
	return fmt.Sprintf("%s free of %s on %s", Bytes(tightest.Free), Bytes(tightest.Total), Clip(tightest.Mount, 24))
}

func networkShort(d *diagnostics.Network) string {
	var up []string
	for _, i := range d.Interfaces {
		if i.Up && i.Carrier {
			up = append(up, Clip(i.Name, 16))
		}
	}
	if len(up) == 0 {
		return "no connection"
	}
	return strings.Join(up[:min(len(up), 4)], ", ")
}
