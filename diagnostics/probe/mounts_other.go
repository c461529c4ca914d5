//go:build !linux

package probe

import (
	"context"
	"strings"

	"github.com/shirou/gopsutil/v3/disk"

	"github.com/deskbell/deskbell/diagnostics"
)

// listMounts lists what the system calls local drives, and on macOS all mounts.
// It can take long when a drive is dead, which is why it runs in a child.
func listMounts(ctx context.Context) ([]mount, error) {
	parts, err := disk.PartitionsWithContext(ctx, false)
	if err != nil && len(parts) == 0 {
		return nil, err
	}
	var mounts []mount
	for _, p := range parts {
		fs := diagnostics.FileSystem{Mount: p.Mountpoint, Device: p.Device, Type: strings.ToLower(p.Fstype)}
		for _, o := range p.Opts {
			fs.ReadOnly = fs.ReadOnly || o == "ro" || o == "read-only"
		}
		switch fs.Type {
		case "devfs", "autofs", "cdfs", "udf":
			continue
		case "nfs", "smbfs", "afpfs", "webdav", "cifs", "ftp":
			fs.Network = true
		}
		mounts = append(mounts, mount{Key: fs.Mount, FS: fs})
	}
	return mounts, nil
}

// askMount asks a file system how full it is. On a dead one it takes very long.
func askMount(fs diagnostics.FileSystem) (diagnostics.FileSystem, bool) {
	u, err := disk.Usage(fs.Mount)
	if err != nil || u.Total == 0 {
		return fs, false
	}
	fs.Total, fs.Free = u.Total, u.Free
	fs.UsedPct, fs.InodesPct = round1(u.UsedPercent), round1(u.InodesUsedPercent)
	return fs, true
}

func mountsUnder(string) map[string]bool { return nil }
