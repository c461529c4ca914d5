package diagnostics

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about disks.
const (
	DiskFull       Code = "disk.full"
	DiskNearlyFull Code = "disk.nearly_full"
	DiskInodes     Code = "disk.inodes"
	DiskReadOnly   Code = "disk.read_only"
	DiskNoAnswer   Code = "disk.no_answer"
	DiskSaturated  Code = "disk.saturated"
)

const gib = 1 << 30

func diskRules() []rule {
	return []rule{
		{Rule{DiskFull, SectionDisks, Critical, "Disk full",
			"A local file system has less than 1 GiB free and is 95 % used; below 8 GiB in size, 98 % used. A network file system has less than 1 GiB free and is 99 % used (warning)."}, diskFull},
		{Rule{DiskNearlyFull, SectionDisks, Warning, "Disk nearly full",
			"A local file system is 90 % used with less than 20 GiB free, or 97 % used with less than 100 GiB free; below 8 GiB in size, 95 % used."}, diskNearlyFull},
		{Rule{DiskInodes, SectionDisks, Critical, "No more files",
			"A local file system has used 95 % of its inodes (warning) or 99 % (critical)."}, diskInodes},
		{Rule{DiskReadOnly, SectionDisks, Critical, "Disk read-only",
			"A file system is read-only although it should not be, as a rule because of errors."}, diskReadOnly},
		{Rule{DiskNoAnswer, SectionDisks, Critical, "Disk silent",
			"A mounted file system does not answer in 2 s; critical when it is local, a warning when it is on the network."}, diskNoAnswer},
		{Rule{DiskSaturated, SectionDisks, Warning, "Disk overloaded",
			"A device is busy 95 % of the time and makes each request wait 50 ms, or is busy 80 % of the time while programs are stalled by reading and writing 40 % of the time."}, diskSaturated},
	}
}

// Fillable reports whether a file system is one that people and programs fill. An
// image is always at 100 %, a memory file system is no disk, an overlay shows the
// disk under it once more, and a stick is its owner's business.
func (fs *FileSystem) Fillable() bool {
	if fs.ReadOnly || fs.Removable || fs.NoAnswer {
		return false
	}
	switch fs.Type {
	case "squashfs", "erofs", "cramfs", "romfs", "iso9660", "udf", "cd9660", "overlay", "overlayfs", "aufs",
		"tmpfs", "ramfs", "devtmpfs", "devfs", "autofs", "efivarfs", "proc", "sysfs", "nullfs":
		return false
	}
	if strings.HasPrefix(fs.Type, "fuse") && !fs.Network && fs.Type != "fuseblk" {
		return false // a portal, an archive, a desktop's virtual folders
	}
	if strings.HasPrefix(fs.Device, "/dev/loop") || strings.HasPrefix(fs.Device, "/dev/sr") {
		return false
	}
	for _, own := range []string{"/boot/efi", "/efi", "/boot/firmware", "/System/Volumes/Preboot", "/System/Volumes/VM", "/System/Volumes/Update"} {
		if fs.Mount == own {
			return false
		}
	}
	for _, under := range []string{"/snap/", "/var/snap/", "/var/lib/docker/", "/var/lib/containers/", "/var/lib/kubelet/", "/run/", "/media/"} {
		if strings.HasPrefix(fs.Mount, under) {
			return false
		}
	}
	return true
}

func (fs *FileSystem) full() bool {
	switch {
	case fs.Network:
		return fs.UsedPct >= 99 && fs.Free < gib
	case fs.Total < 8*gib:
		return fs.UsedPct >= 98
	}
	return fs.UsedPct >= 95 && fs.Free < gib
}

func (fs *FileSystem) nearlyFull() bool {
	switch {
	case fs.Network || fs.full():
		return false
	case fs.Total < 8*gib:
		return fs.UsedPct >= 95
	}
	return fs.UsedPct >= 90 && fs.Free < 20*gib || fs.UsedPct >= 97 && fs.Free < 100*gib
}

// fileSystems returns those that the test holds for, each device once (a
// subvolume or a second mount shows the same space), the least free first.
func (f *facts) fileSystems(test func(*FileSystem) bool) []FileSystem {
	var found []FileSystem
	seen := map[string]bool{}
	for _, fs := range f.disks.FileSystems {
		if !test(&fs) || seen[fs.Device] {
			continue
		}
		seen[fs.Device] = fs.Device != ""
		found = append(found, fs)
	}
	slices.SortStableFunc(found, func(a, b FileSystem) int {
		return cmp.Or(cmp.Compare(a.Free, b.Free), cmp.Compare(a.Mount, b.Mount))
	})
	return found
}

// diskName is how a person would call the file system, to start a sentence.
func (f *facts) diskName(fs FileSystem) tongue.Arg {
	switch {
	case fs.Network:
		return tongue.Sub("disk", tongue.Of("disk.network", tongue.Name("mount", clean(fs.Mount, 60))))
	case fs.Mount == "/" || strings.EqualFold(strings.TrimSuffix(fs.Mount, `\`), "C:") || fs.Mount == "/System/Volumes/Data":
		return tongue.Sub("disk", tongue.Of("disk.own"))
	}
	return tongue.Sub("disk", tongue.Of("disk.at", tongue.Name("mount", clean(fs.Mount, 60))))
}

func spaceEvidence(found []FileSystem) []Evidence {
	var e []Evidence
	for _, fs := range found {
		e = append(e, reading(SectionDisks, tongue.Of("evidence.free_on", tongue.Name("mount", clean(fs.Mount, 80))), spaceText(fs.Free, fs.Total)))
	}
	return e
}

func spaceDetail(found []FileSystem) string {
	var each []string
	for _, fs := range found {
		each = append(each, fmt.Sprintf("%s (%s, %s): %s used, %s free", clean(fs.Mount, 80), clean(fs.Device, 80), clean(fs.Type, 20), percentExact(fs.UsedPct), bytesOf(fs.Free, fs.Total)))
	}
	return list(each, 8) + "."
}

func diskFull(f *facts) *Finding {
	found := f.fileSystems(func(fs *FileSystem) bool { return fs.Total > 0 && fs.Fillable() && fs.full() })
	if len(found) == 0 {
		return nil
	}
	severity := Critical
	local := slices.IndexFunc(found, func(fs FileSystem) bool { return !fs.Network })
	if local < 0 {
		severity, local = Warning, 0
	}
	worst := found[local]
	return &Finding{
		Severity: severity,
		Said:     says(tongue.Of("finding.disk_full", f.diskName(worst), tongue.BytesOf("free", worst.Free, worst.Total)), "advice.disk_full"),
		Detail:   spaceDetail(found),
		Evidence: spaceEvidence(found),
		Fix:      &Fix{FreeSpace, clean(worst.Mount, 80)},
	}
}

func diskNearlyFull(f *facts) *Finding {
	found := f.fileSystems(func(fs *FileSystem) bool { return fs.Total > 0 && fs.Fillable() && fs.nearlyFull() })
	if len(found) == 0 {
		return nil
	}
	worst := found[0]
	return &Finding{
		Said:     says(tongue.Of("finding.disk_nearly_full", f.diskName(worst), tongue.BytesOf("free", worst.Free, worst.Total)), "advice.disk_nearly_full"),
		Detail:   spaceDetail(found),
		Evidence: spaceEvidence(found),
		Fix:      &Fix{FreeSpace, clean(worst.Mount, 80)},
	}
}

func diskInodes(f *facts) *Finding {
	found := f.fileSystems(func(fs *FileSystem) bool { return fs.Total > 0 && fs.Fillable() && !fs.Network && fs.InodesPct >= 95 })
	if len(found) == 0 {
		return nil
	}
	slices.SortStableFunc(found, func(a, b FileSystem) int { return cmp.Compare(b.InodesPct, a.InodesPct) })
	finding := &Finding{
		Severity: Warning,
		Said:     says(tongue.Of("finding.disk_inodes_low", f.diskName(found[0])), "advice.disk_inodes"),
	}
	if found[0].InodesPct >= 99 {
		finding.Severity = Critical
		finding.Said = says(tongue.Of("finding.disk_inodes_out", f.diskName(found[0])), "advice.disk_inodes")
	}
	var each []string
	for _, fs := range found {
		each = append(each, fmt.Sprintf("%s: %s of inodes used", clean(fs.Mount, 80), percentExact(fs.InodesPct)))
		finding.Evidence = append(finding.Evidence, reading(SectionDisks, tongue.Of("evidence.inodes_on", tongue.Name("mount", clean(fs.Mount, 80))), exactText(fs.InodesPct)))
	}
	finding.Detail = list(each, 8) + "."
	return finding
}

func diskReadOnly(f *facts) *Finding {
	found := f.fileSystems(func(fs *FileSystem) bool { return fs.ErrorState != "" && !fs.Removable })
	if len(found) == 0 {
		return nil
	}
	finding := &Finding{
		Said: says(tongue.Of("finding.disk_read_only", f.diskName(found[0])), "advice.disk_read_only"),
	}
	var each []string
	for _, fs := range found {
		each = append(each, clean(fs.Mount, 80)+" ("+clean(fs.Device, 80)+", "+clean(fs.Type, 20)+"): "+clean(fs.ErrorState, 160))
		finding.Evidence = append(finding.Evidence, reading(SectionDisks, tongue.Of("evidence.state_of", tongue.Name("mount", clean(fs.Mount, 80))), verbatim(clean(fs.ErrorState, 160))))
	}
	finding.Detail = list(each, 8) + "."
	return finding
}

func diskNoAnswer(f *facts) *Finding {
	found := f.fileSystems(func(fs *FileSystem) bool { return fs.NoAnswer })
	if len(found) == 0 {
		return nil
	}
	finding := &Finding{
		Severity: Warning,
		Said:     says(tongue.Of("finding.disk_no_answer", f.diskName(found[0])), "advice.disk_no_answer"),
	}
	if local := slices.IndexFunc(found, func(fs FileSystem) bool { return !fs.Network && !strings.HasPrefix(fs.Type, "fuse") }); local >= 0 {
		finding.Severity = Critical
		finding.Said = says(tongue.Of("finding.disk_no_answer", f.diskName(found[local])), "advice.disk_no_answer_local")
	}
	var each []string
	for _, fs := range found {
		each = append(each, clean(fs.Mount, 80)+" ("+clean(fs.Device, 80)+", "+clean(fs.Type, 20)+")")
		finding.Evidence = append(finding.Evidence, reading(SectionDisks, tongue.Of("evidence.answer_of", tongue.Name("what", clean(fs.Mount, 80))), tongue.Of("evidence.none_in_time")))
	}
	finding.Detail = "No answer in 2 s: " + list(each, 8) + "."
	return finding
}

func diskSaturated(f *facts) *Finding {
	var worst *Device
	for i := range f.disks.Devices {
		d := &f.disks.Devices[i]
		slow := d.BusyPct >= 95 && max(d.ReadAwait, d.WriteAwait) >= 50
		stalls := f.disks.Pressure != nil && f.disks.Pressure.Full10 >= 40 && d.BusyPct >= 80
		if !(slow || stalls) || !physicalDevice(d.Name) {
			continue
		}
		if worst == nil || d.BusyPct > worst.BusyPct {
			worst = d
		}
	}
	if worst == nil {
		return nil
	}
	name := clean(worst.Name, 40)
	finding := &Finding{
		Said: says(tongue.Of("finding.disk_saturated"), "advice.disk_saturated"),
		Detail: fmt.Sprintf("%s: %s busy, %s/s read (%.0f ms each), %s/s written (%.0f ms each).", name, percent(worst.BusyPct),
			bytesText(rate(worst.ReadBps)), worst.ReadAwait, bytesText(rate(worst.WriteBps)), worst.WriteAwait),
		Evidence: []Evidence{
			reading(SectionDisks, tongue.Of("evidence.busy", tongue.Name("device", name)), percentText(worst.BusyPct)),
			reading(SectionDisks, tongue.Of("evidence.wait_per_request", tongue.Name("device", name)), verbatim(fmt.Sprintf("%.0f ms", max(worst.ReadAwait, worst.WriteAwait)))),
		},
	}
	if p := f.disks.Pressure; p != nil {
		finding.Evidence = append(finding.Evidence, reading(SectionDisks, tongue.Of("evidence.all_stalled"), percentText(p.Full10)))
	}
	return finding
}

func physicalDevice(name string) bool {
	for _, p := range []string{"loop", "ram", "zram", "sr", "fd"} {
		if strings.HasPrefix(name, p) {
			return false
		}
	}
	return true
}

// rate makes a measured rate a size, whatever was measured.
func rate(v float64) uint64 {
	if !(v > 0) {
		return 0
	}
	return uint64(min(v, 1e18))
}
