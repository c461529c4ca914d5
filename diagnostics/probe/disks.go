package probe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// diskCounters are a device's counters since boot.
type diskCounters struct {
	reads, writes         uint64 // requests
	readBytes, writeBytes uint64
	readMS, writeMS       uint64 // time that requests took, all together
	busyMS                uint64 // time in which there was at least one
}

func (p *Prober) disks(ctx context.Context, at pace) (*diagnostics.Disks, string, error) {
	type listed struct {
		found  []diagnostics.FileSystem
		silent []string
		err    error
	}
	list := make(chan listed, 1)
	go func() {
		var l listed
		l.found, l.silent, l.err = p.fileSystems(ctx)
		list <- l
	}()
	devices, deviceErr := p.devices(ctx, at)
	l := <-list
	if l.err != nil && l.found == nil {
		return nil, "", l.err
	}
	d := &diagnostics.Disks{FileSystems: l.found, Devices: devices, Pressure: pressure("io")}
	switch {
	case len(l.silent) > 0:
		return d, silentNote(l.silent, at.deadline), nil
	case l.err != nil:
		return d, "Some file systems could not be asked: " + l.err.Error() + ".", nil
	case deviceErr != nil:
		return d, "The load of the disks could not be read: " + deviceErr.Error() + ".", nil
	}
	return d, "", nil
}

// silentNote names the mounts that did not answer, after the words that every
// section without an answer has.
func silentNote(mounts []string, after time.Duration) string {
	var names []string
	for _, m := range mounts[:min(3, len(mounts))] {
		names = append(names, plainLine(m, 80))
	}
	s := strings.TrimSuffix(noAnswer(after), ".") + " from " + strings.Join(names, ", ")
	if more := len(mounts) - len(names); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s + "; everything else is here."
}

// devices measures the load of the disks that are hardware.
func (p *Prober) devices(ctx context.Context, at pace) ([]diagnostics.Device, error) {
	before, err := readDiskCounters(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := wait(ctx, at.interval); err != nil {
		return nil, err
	}
	after, err := readDiskCounters(ctx)
	if err != nil {
		return nil, err
	}
	took := time.Since(start)
	var all []diagnostics.Device
	for name, b := range after {
		a, known := before[name]
		if !known || b.busyMS < a.busyMS || b.readBytes < a.readBytes || b.writeBytes < a.writeBytes {
			a = b // it came or was reset meanwhile
		}
		all = append(all, deviceLoad(name, a, b, took))
	}
	slices.SortFunc(all, func(a, b diagnostics.Device) int {
		return cmp.Or(cmp.Compare(b.BusyPct, a.BusyPct), cmp.Compare(a.Name, b.Name))
	})
	for i := range all[:min(len(all), 16)] {
		all[i].Model = diskModel(all[i].Name)
	}
	return all[:min(len(all), 16)], nil
}

func deviceLoad(name string, a, b diskCounters, took time.Duration) diagnostics.Device {
	d := diagnostics.Device{
		Name:     name,
		BusyPct:  round1(min(100, float64(b.busyMS-a.busyMS)/float64(max(1, took.Milliseconds()))*100)),
		ReadBps:  round1(float64(b.readBytes-a.readBytes) / took.Seconds()),
		WriteBps: round1(float64(b.writeBytes-a.writeBytes) / took.Seconds()),
	}
	if n := b.reads - a.reads; n > 0 && b.reads >= a.reads && b.readMS >= a.readMS {
		d.ReadAwait = round1(float64(b.readMS-a.readMS) / float64(n))
	}
	if n := b.writes - a.writes; n > 0 && b.writes >= a.writes && b.writeMS >= a.writeMS {
		d.WriteAwait = round1(float64(b.writeMS-a.writeMS) / float64(n))
	}
	return d
}

func round1(v float64) float64 {
	return float64(int64(v*10+0.5)) / 10
}
