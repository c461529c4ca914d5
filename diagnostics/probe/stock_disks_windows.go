package probe

import (
	"context"
	"encoding/binary"
	"strconv"

	"golang.org/x/sys/windows"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readDisks asks each drive what it is, and each volume where it lies: sizes in bytes.
// Cost: some calls a drive. A drive that dies may not answer: so in the child.
// Deadline: 2 s.
func readDisks(ctx context.Context, _ root) (*inventory.Disks, string, error) {
	found := &inventory.Disks{Disks: []inventory.Disk{}}
	parts := partsByDisk(ctx)
	for number := range maxDrives {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		d, err := openDrive(number)
		if err != nil {
			continue
		}
		found.Disks = append(found.Disks, d.describe(parts[uint32(number)]))
		windows.CloseHandle(d.handle)
	}
	return found, "", nil
}

func (d drive) describe(parts []inventory.Partition) inventory.Disk {
	out := inventory.Disk{Name: "disk " + strconv.Itoa(d.number), Parts: parts}
	if b, err := d.property(propertyDevice, nil, 1024); err == nil {
		parseStorageDescriptor(b, &out)
	}
	if b, err := control(d.handle, ioctlGeometry, nil, 512); err == nil && len(b) >= 32 {
		out.Bytes = binary.LittleEndian.Uint64(b[24:]) // DISK_GEOMETRY_EX.DiskSize
	}
	out.Kind = "disk"
	if b, err := d.property(propertySeekPenalty, nil, 16); out.Bus == "nvme" || err == nil && len(b) >= 9 && b[8] == 0 {
		out.Kind = "ssd"
	}
	return out
}

// partsByDisk says on which drives the volumes with a letter lie. Letters of the
// network are left out, and so are those that nothing is in.
func partsByDisk(ctx context.Context) map[uint32][]inventory.Partition {
	out := map[uint32][]inventory.Partition{}
	letters, err := windows.GetLogicalDrives()
	if err != nil {
		return out
	}
	for n := range 26 {
		if letters&(1<<n) == 0 || ctx.Err() != nil {
			continue
		}
		letter := string(rune('A'+n)) + ":"
		name, err := windows.UTF16PtrFromString(letter + `\`)
		if err != nil {
			continue
		}
		if kind := windows.GetDriveType(name); kind != windows.DRIVE_FIXED && kind != windows.DRIVE_REMOVABLE {
			continue
		}
		h, err := openDevice(`\\.\` + letter)
		if err != nil {
			continue
		}
		b, err := control(h, ioctlExtents, nil, 1024)
		windows.CloseHandle(h)
		if err != nil {
			continue
		}
		for _, e := range parseDiskExtents(b) {
			out[e.disk] = append(out[e.disk], inventory.Partition{Name: letter, Bytes: e.bytes, Mount: letter + `\`})
		}
	}
	return out
}
