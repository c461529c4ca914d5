package probe

import (
	"context"
	"os"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readDisks reads the drives and their partitions: sizes in bytes. Cost: a dozen
// small files a drive; no drive is touched. Deadline: 2 s.
func readDisks(_ context.Context, at root) (*inventory.Disks, string, error) {
	found := &inventory.Disks{Disks: []inventory.Disk{}}
	mounts := mountsByDevice(at)
	for _, name := range at.names("/sys/block") {
		dir := "/sys/block/" + name
		if !wholeDisk(name) && !strings.HasPrefix(name, "sr") || at.line(dir+"/hidden") == "1" || len(found.Disks) == 100 {
			continue
		}
		d := inventory.Disk{
			Name: plainLine(name, 40), Bytes: uint64(max(0, at.number(dir+"/size"))) * sector, Bus: busOf(at, name),
			Model:     modelOf(at, dir+"/device"),
			Removable: at.line(dir+"/removable") == "1", ReadOnly: at.line(dir+"/ro") == "1", Kind: "disk",
		}
		switch {
		case strings.HasPrefix(name, "sr"):
			d.Kind = "optical"
		case at.line(dir+"/queue/rotational") == "0":
			d.Kind = "ssd"
		}
		if mount := mounts[at.line(dir+"/dev")]; mount != "" {
			d.Parts = append(d.Parts, inventory.Partition{Name: d.Name, Bytes: d.Bytes, Mount: mount})
		}
		for _, part := range at.names(dir) {
			if !at.exists(dir+"/"+part+"/partition") || len(d.Parts) == 64 {
				continue
			}
			d.Parts = append(d.Parts, inventory.Partition{
				Name: plainLine(part, 40), Bytes: uint64(max(0, at.number(dir+"/"+part+"/size"))) * sector, Mount: mounts[at.line(dir+"/"+part+"/dev")],
			})
		}
		found.Disks = append(found.Disks, d)
	}
	return found, "", nil
}

// modelOf leaves out what virtual drives have for a maker: a number.
func modelOf(at root, dir string) string {
	maker := at.line(dir + "/vendor")
	if strings.HasPrefix(maker, "0x") || maker == "ATA" {
		maker = ""
	}
	return strings.TrimSpace(maker + " " + at.line(dir+"/model"))
}

// busOf tells from the name, and for the rest from where the drive hangs.
func busOf(at root, name string) string {
	for prefix, bus := range map[string]string{"nvme": "nvme", "vd": "virtio", "xvd": "xen", "mmcblk": "mmc"} {
		if strings.HasPrefix(name, prefix) {
			return bus
		}
	}
	to, _ := os.Readlink(at.path("/sys/block/" + name)) // unknown is no bus
	for _, way := range []struct{ part, bus string }{{"/usb", "usb"}, {"/ata", "sata"}, {"/virtio", "virtio"}} {
		if strings.Contains(to, way.part) {
			return way.bus
		}
	}
	return ""
}

// mountsByDevice maps a device's major:minor to where it is mounted first.
func mountsByDevice(at root) map[string]string {
	out := map[string]string{}
	text, _ := at.text("/proc/self/mountinfo", 4<<20) // none when it cannot be read
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 6 {
			continue
		}
		if _, known := out[f[2]]; !known {
			out[f[2]] = plainLine(unescapeMount(f[4]), 200)
		}
	}
	return out
}
