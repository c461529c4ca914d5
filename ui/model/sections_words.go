package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

const (
	wordsYes                = "yes"
	wordsNo                 = "no"
	wordsNothing            = "none"
	wordsSectionPending     = "Being read"
	wordsSectionTimeout     = "No answer in time"
	wordsSectionFailed      = "Could not be read"
	wordsSectionUnsupported = "Not available on this system"
	wordsSectionMissing     = "Not read"
)

func wordsSectionPartial(short string) string { return fmt.Sprintf("%s (incomplete)", short) }

func wordsEvidence(what, value string) string { return fmt.Sprintf("%s: %s", what, value) }

func wordsSize(readable, exact string) string { return fmt.Sprintf("%s (%s)", readable, exact) }

// wordsInShort says in a few words what a section holds.
func wordsInShort(data any) string {
	switch d := data.(type) {
	case *diagnostics.System:
		return clip(d.Platform, 40)
	case *diagnostics.CPU:
		return fmt.Sprintf("%.0f %% busy", d.BusyPercent)
	case *diagnostics.Memory:
		return fmt.Sprintf("%s free of %s", Bytes(d.Available), Bytes(d.Total))
	case *diagnostics.Disks:
		return wordsDisks(d)
	case *diagnostics.Network:
		return wordsNetwork(d)
	case *diagnostics.Processes:
		return fmt.Sprintf("the %d busiest of %d", len(d.Top), d.Total)
	case *diagnostics.Services:
		if len(d.Failed) == 0 {
			return fmt.Sprintf("%d, none failed", d.Total)
		}
		return fmt.Sprintf("%d of %d failed", len(d.Failed), d.Total)
	case *diagnostics.Log:
		return plural(len(d.Entries), "the last line", "the last %d lines")
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
	return fmt.Sprintf("%s free of %s on %s", Bytes(tightest.Free), Bytes(tightest.Total), clip(tightest.Mount, 24))
}

func wordsNetwork(d *diagnostics.Network) string {
	var up []string
	for _, i := range d.Interfaces {
		if i.Up && i.Carrier {
			up = append(up, clip(i.Name, 16))
		}
	}
	if len(up) == 0 {
		return "no connection"
	}
	return strings.Join(up[:min(len(up), 4)], ", ")
}
