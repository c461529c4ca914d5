package probe

import (
	"encoding/binary"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseStorageDescriptor reads STORAGE_DEVICE_DESCRIPTOR of winioctl.h: maker, model
// and how the drive is connected. Serial numbers are not read.
func parseStorageDescriptor(b []byte, d *inventory.Disk) bool {
	if len(b) < 36 {
		return false
	}
	text := func(at int) string {
		offset := binary.LittleEndian.Uint32(b[at:])
		if offset == 0 || uint64(offset) >= uint64(len(b)) {
			return ""
		}
		s, _, _ := strings.Cut(string(b[offset:]), "\x00")
		return plainLine(strings.TrimSpace(s), 80)
	}
	d.Removable = b[10] != 0
	maker := text(12)
	if maker == "ATA" || maker == "NVMe" { // how it is spoken to
		maker = ""
	}
	d.Model = strings.TrimSpace(maker + " " + text(16))
	d.Bus = map[uint32]string{1: "scsi", 3: "sata", 7: "usb", 8: "raid", 9: "iscsi", 10: "sas", 11: "sata", 12: "sd", 13: "mmc", 14: "virtual", 15: "virtual", 16: "spaces", 17: "nvme", 19: "ufs"}[binary.LittleEndian.Uint32(b[28:])]
	return true
}

// diskExtent is a part of a drive that a volume lies on.
type diskExtent struct {
	disk   uint32
	offset int64
	bytes  uint64
}

// parseDiskExtents reads VOLUME_DISK_EXTENTS.
func parseDiskExtents(b []byte) []diskExtent {
	if len(b) < 8 {
		return nil
	}
	var all []diskExtent
	for n := range min(binary.LittleEndian.Uint32(b), 64) {
		at := 8 + int(n)*24
		if at+24 > len(b) {
			break
		}
		if size := int64(binary.LittleEndian.Uint64(b[at+16:])); size > 0 {
			all = append(all, diskExtent{binary.LittleEndian.Uint32(b[at:]), int64(binary.LittleEndian.Uint64(b[at+8:])), uint64(size)})
		}
	}
	return all
}
