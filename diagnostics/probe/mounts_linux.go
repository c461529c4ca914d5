package probe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/deskbell/deskbell/diagnostics"
)

// listMounts reads the kernel's table of mounts. That never touches a file system.
func listMounts(context.Context) ([]mount, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	mounts := parseMountinfo(b)
	for i := range mounts {
		mounts[i].FS.Removable = removable(mounts[i].FS.Device)
	}
	return mounts, nil
}

// parseMountinfo reads /proc/self/mountinfo as proc_pid_mountinfo(5) describes it.
// Of mounts over one another the uppermost counts, of several mounts of one
// device the one with the shortest path: they are equally full.
func parseMountinfo(b []byte) []mount {
	type entry struct {
		mount
		device string // major:minor
	}
	var all []entry
	for line := range bytes.Lines(b) {
		fields := strings.Fields(string(line))
		dash := slices.Index(fields, "-")
		if dash < 6 || len(fields) < dash+4 {
			continue
		}
		fs := diagnostics.FileSystem{
			Mount:  unescapeMount(fields[4]),
			Type:   fields[dash+1],
			Device: unescapeMount(fields[dash+2]),
		}
		local, super := strings.Split(fields[5], ","), strings.Split(fields[dash+3], ",")
		fs.Network = networkFS(fs.Type)
		fs.ReadOnly = slices.Contains(local, "ro") || slices.Contains(super, "ro")
		switch {
		case slices.Contains(super, "emergency_ro"), slices.Contains(super, "shutdown"):
			fs.ReadOnly, fs.ErrorState = true, "the file system was shut for writing after errors"
		case slices.Contains(super, "ro") && slices.Contains(local, "rw") && !imageFS(fs.Type) && !fs.Network:
			// Whoever asks for a read-only mount gets both; errors only change the file system's own.
			fs.ErrorState = "mounted for writing, and read-only since: errors"
		}
		// Whatever else was mounted here is covered, even by something we do not list.
		all = slices.DeleteFunc(all, func(e entry) bool { return e.FS.Mount == fs.Mount })
		all = append(all, entry{mount{Key: fields[0] + " " + fs.Mount, FS: fs}, fields[2]})
	}
	shortest := map[string]int{}
	var mounts []mount
	for _, e := range all {
		if !listedFS(e.FS) {
			continue
		}
		i, seen := shortest[e.device]
		switch {
		case !seen:
			shortest[e.device] = len(mounts)
			mounts = append(mounts, e.mount)
		case len(e.FS.Mount) < len(mounts[i].FS.Mount):
			mounts[i] = e.mount
		}
	}
	return mounts
}

// unescapeMount undoes the kernel's octal escapes of blanks and backslashes.
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// listedFS reports whether a person would call the mount a disk, a drive or a
// share. A root that is an overlay is a container's; others are layers of it.
func listedFS(fs diagnostics.FileSystem) bool {
	switch fs.Type {
	case "proc", "sysfs", "devpts", "devtmpfs", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "configfs", "pstore", "bpf",
		"mqueue", "hugetlbfs", "fusectl", "binfmt_misc", "autofs", "rpc_pipefs", "nsfs", "nfsd", "efivarfs", "selinuxfs", "ramfs", "rootfs",
		"squashfs", "erofs", "fuse.gvfsd-fuse", "fuse.portal", "fuse.lxcfs", "fuse.snapfuse", "fuse.squashfuse":
		return false
	case "overlay":
		return fs.Mount == "/"
	case "tmpfs":
		return fs.Mount == "/tmp" || fs.Mount == "/var/tmp" || fs.Mount == "/dev/shm"
	}
	switch fs.Mount {
	case "/etc/hosts", "/etc/hostname", "/etc/resolv.conf":
		return false // a container's files from its host, each a mount
	}
	return true
}

// networkFS reports whether another machine answers for the file system.
func networkFS(kind string) bool {
	switch kind {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gfs2", "ocfs2", "orangefs", "pvfs2", "ncpfs", "davfs", "acfs", "gpfs",
		"fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.davfs2", "fuse.ceph", "fuse.cephfs", "fuse.gcsfuse", "fuse.goofys", "fuse.curlftpfs", "fuse.moosefs", "fuse.mfs", "fuse.juicefs", "fuse.onedriver", "fuse.google-drive-ocamlfuse":
		return true
	}
	return false
}

// imageFS reports whether file systems of the kind can only be read.
func imageFS(kind string) bool {
	switch kind {
	case "iso9660", "udf", "squashfs", "erofs", "cramfs", "romfs", "overlay":
		return true
	}
	return false
}

// askMount asks a file system how full it is. On a dead one it never returns.
func askMount(fs diagnostics.FileSystem) (diagnostics.FileSystem, bool) {
	if at, err := os.Lstat(fs.Mount); err == nil && !at.IsDir() {
		return fs, false // a single file from elsewhere, as containers have them
	}
	var s unix.Statfs_t
	for {
		err := unix.Statfs(fs.Mount, &s)
		switch {
		case err == nil:
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EIO):
			fs.ErrorState = "input/output error"
			return fs, true
		default: // not ours to see, or gone
			return fs, false
		}
		break
	}
	unit := uint64(s.Frsize)
	if unit == 0 {
		unit = uint64(s.Bsize)
	}
	if s.Blocks == 0 {
		return fs, false
	}
	fs.Total, fs.Free = s.Blocks*unit, s.Bavail*unit
	used := s.Blocks - min(s.Bfree, s.Blocks)
	if all := used + s.Bavail; all > 0 { // as df counts: what is reserved for root is neither
		fs.UsedPct = round1(float64(used) / float64(all) * 100)
	}
	if s.Files > 0 {
		fs.InodesPct = round1(float64(s.Files-min(s.Ffree, s.Files)) / float64(s.Files) * 100)
	}
	if n := readLine("/sys/fs/ext4/" + filepath.Base(fs.Device) + "/errors_count"); fs.ReadOnly && fs.Type == "ext4" && n != "" && n != "0" {
		fs.ErrorState = "read-only, and the file system has counted " + plainLine(n, 12) + " errors"
	}
	return fs, true
}

// removable reports whether the device is a stick, a card or an optical drive.
func removable(device string) bool {
	name, ok := strings.CutPrefix(device, "/dev/")
	if !ok || strings.Contains(name, "/") {
		return false
	}
	if strings.HasPrefix(name, "sr") {
		return true
	}
	// A partition's folder lies in its disk's.
	dir, err := filepath.EvalSymlinks("/sys/class/block/" + name)
	if err != nil {
		return false
	}
	return readLine(dir+"/removable") == "1" || readLine(filepath.Dir(dir)+"/removable") == "1"
}

// mountsUnder returns the mount points below a directory, of any kind: who
// walks the directory must not even look at them.
func mountsUnder(dir string) map[string]bool {
	under := map[string]bool{}
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return under
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 4 {
			if at := unescapeMount(fields[4]); at != dir {
				under[at] = true
			}
		}
	}
	return under
}
