package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// notOnDisk are file systems that the system makes up as they are read, and those
// that another machine has.
var notOnDisk = map[int64]bool{
	unix.PROC_SUPER_MAGIC: true, unix.SYSFS_MAGIC: true, unix.DEBUGFS_MAGIC: true, unix.TRACEFS_MAGIC: true, unix.SECURITYFS_MAGIC: true,
	unix.CGROUP_SUPER_MAGIC: true, unix.CGROUP2_SUPER_MAGIC: true, unix.DEVPTS_SUPER_MAGIC: true, unix.BPF_FS_MAGIC: true, unix.PSTOREFS_MAGIC: true,
	unix.EFIVARFS_MAGIC: true, unix.SELINUX_MAGIC: true, unix.AUTOFS_SUPER_MAGIC: true,
	unix.NFS_SUPER_MAGIC: true, unix.SMB_SUPER_MAGIC: true, unix.SMB2_SUPER_MAGIC: true, unix.CIFS_SUPER_MAGIC: true, unix.FUSE_SUPER_MAGIC: true,
	unix.CEPH_SUPER_MAGIC: true, unix.AFS_SUPER_MAGIC: true, unix.CODA_SUPER_MAGIC: true, unix.V9FS_MAGIC: true,
}

// openBeneath opens a file or a folder by its true path. The kernel walks it as one
// act and follows no link, and what is found is looked at before it is opened: a
// pipe or a device is never opened at all.
func openBeneath(path string, dir bool) (*os.File, error) {
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(root)
	rel := path[1:]
	if rel == "" {
		rel = "."
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS}
	fd := -1
	for range 8 { // EAGAIN: something was renamed on the way
		fd, err = unix.Openat2(root, rel, &how)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	switch {
	case errors.Is(err, unix.ELOOP):
		return nil, errLink
	case err != nil:
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	switch kind := st.Mode & unix.S_IFMT; {
	case dir && kind != unix.S_IFDIR:
		return nil, errNotDir
	case !dir && kind != unix.S_IFREG:
		return nil, errNoFile
	}
	var on unix.Statfs_t
	if err := unix.Fstatfs(fd, &on); err != nil {
		return nil, err
	}
	if notOnDisk[int64(on.Type)&0xffffffff] { //nolint:unconvert // narrower on other processors
		return nil, errPseudo
	}
	// The very same thing, now to be read: not its name, which may be another's by now.
	flags := unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC
	again, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), flags, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(again), path), nil
}

// facts are what tells one file from another, and whose it is.
func facts(info fs.FileInfo) (id any, owner string, names uint64) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, "", 1
	}
	return fmt.Sprint(st.Dev, " ", st.Ino), strconv.FormatUint(uint64(st.Uid), 10), uint64(st.Nlink) //nolint:unconvert // narrower on other processors
}

// entry looks at an entry of an open folder, whatever its name leads to by now.
func entry(d *os.File, e os.DirEntry) (size int64, modified time.Time) {
	var st unix.Stat_t
	if unix.Fstatat(int(d.Fd()), e.Name(), &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return 0, time.Time{}
	}
	return st.Size, time.Unix(st.Mtim.Unix()).UTC()
}
