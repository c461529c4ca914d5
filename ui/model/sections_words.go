package model

import (
	"math"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
)

func wordsYes() string                { return tongue.Say("common.yes") }
func wordsNo() string                 { return tongue.Say("common.no") }
func wordsNothing() string            { return tongue.Say("common.nothing") }
func wordsSectionPending() string     { return tongue.Say("section.pending") }
func wordsSectionTimeout() string     { return tongue.Say("section.timeout") }
func wordsSectionFailed() string      { return tongue.Say("section.failed") }
func wordsSectionUnsupported() string { return tongue.Say("section.unsupported") }
func wordsSectionMissing() string     { return tongue.Say("section.missing") }

func wordsSectionPartial(short string) string {
	return tongue.Say("section.partial", tongue.Name("short", short))
}

func wordsEvidence(what, value string) string {
	return tongue.Say("finding.evidence", tongue.Name("what", what), tongue.Name("value", value))
}

func wordsSize(readable, exact string) string {
	return tongue.Say("section.size", tongue.Name("readable", readable), tongue.Name("exact", exact))
}

// wordsInShort says in a few words what a section holds.
func wordsInShort(data any) string {
	switch d := data.(type) {
	case *diagnostics.System:
		return clip(d.Platform, 40)
	case *diagnostics.CPU:
		return tongue.Say("section.busy", tongue.Percent("busy", math.Round(d.BusyPercent)))
	case *diagnostics.Memory:
		return tongue.Say("section.memory_free", tongue.Size("free", d.Available), tongue.Size("total", d.Total))
	case *diagnostics.Disks:
		return wordsDisks(d)
	case *diagnostics.Network:
		return wordsNetwork(d)
	case *diagnostics.Processes:
		return tongue.Say("section.busiest", tongue.Count("top", len(d.Top)), tongue.Count("all", d.Total))
	case *diagnostics.Services:
		if len(d.Failed) == 0 {
			return tongue.Say("section.none_failed", tongue.Count("all", d.Total))
		}
		return tongue.Say("section.failed_services", tongue.Count("n", len(d.Failed)), tongue.Count("all", d.Total))
	case *diagnostics.Log:
		return tongue.Say("section.log_lines", tongue.Count("n", len(d.Entries)))
	}
	return ""
}

func wordsDisks(d *diagnostics.Disks) string {
	var tightest *diagnostics.FileSystem
	for i := range d.FileSystems {
		f := &d.FileSystems[i]
		if f.Network || f.Total == 0 {
			continue
		}
		if tightest == nil || f.UsedPct > tightest.UsedPct {
			tightest = f
		}
	}
	if tightest == nil {
		return strconv.Itoa(len(d.FileSystems))
	}
	return tongue.Say("section.disk_free", tongue.Size("free", tightest.Free), tongue.Size("total", tightest.Total), tongue.Name("mount", clip(tightest.Mount, 24)))
}

func wordsNetwork(d *diagnostics.Network) string {
	var up []string
	for _, i := range d.Interfaces {
		if i.Up && i.Carrier {
			up = append(up, clip(i.Name, 16))
		}
	}
	if len(up) == 0 {
		return tongue.Say("section.no_connection")
	}
	return strings.Join(up[:min(len(up), 4)], ", ")
}
