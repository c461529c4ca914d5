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

// readEncryption says of every file system on a drive of this machine, and of swap,
// whether it is encrypted on its way to the drive (dm-crypt, LUKS). Cost: the table
// of mounts and a few small files each. Deadline: 2 s. A drive that encrypts itself
// cannot be told from one that does not.
func readEncryption(_ context.Context, at root) (*inventory.Encryption, string, error) {
	text, err := at.text("/proc/self/mountinfo", 4<<20)
	if err != nil {
		return nil, "", err
	}
	e := &inventory.Encryption{Volumes: []inventory.Volume{}}
	seen := map[string]bool{}
	add := func(mount, number string) {
		if seen[number] || strings.HasPrefix(number, "0:") || len(e.Volumes) == 100 {
			return
		}
		seen[number] = true
		name := at.link("/sys/dev/block/" + number)
		if name == "" || strings.HasPrefix(name, "loop") || strings.HasPrefix(name, "sr") || strings.HasPrefix(name, "zram") {
			return // pictures of file systems, discs, memory
		}
		kind := cryptOf(at, "/sys/dev/block/"+number, 0)
		v := inventory.Volume{Mount: plainLine(mount, 200), Device: name, Encrypted: kind != "", Kind: kind}
		if v.Kind == "" {
			v.Kind = "plain"
		}
		e.Volumes = append(e.Volumes, v)
	}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 6 {
			add(unescapeMount(f[4]), f[2])
		}
	}
	swaps, _ := at.text("/proc/swaps", 64<<10) // none when it cannot be read
	for line := range strings.Lines(swaps) {
		f := strings.Fields(line)
		if len(f) < 2 || f[1] != "partition" {
			continue
		}
		name := f[0][strings.LastIndexByte(f[0], '/')+1:]
		add("swap", at.line("/sys/class/block/"+name+"/dev"))
	}
	return e, "", nil
}

// cryptOf names the encryption of a device, or of whatever lies under it.
func cryptOf(at root, dir string, depth int) string {
	if id := at.line(dir + "/dm/uuid"); strings.HasPrefix(id, "CRYPT-") {
		kind, _, _ := strings.Cut(strings.TrimPrefix(id, "CRYPT-"), "-")
		return kind
	}
	if depth == 6 {
		return ""
	}
	kind := ""
	for i, under := range at.names(dir + "/slaves") {
		k := cryptOf(at, dir+"/slaves/"+under, depth+1)
		if k == "" || i > 0 && kind == "" {
			return "" // a part of it is plain
		}
		kind = k
	}
	return kind
}
