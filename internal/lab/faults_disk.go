//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/deskbell/deskbell/diagnostics"
)

// disk mounts a real ext4 in a file, at the path, with mkfs's and mount's options.
// Its device has a disk's name: of loop devices by their own name the rules know
// that they hold images.
func (m *machine) disk(at, device, size, mkfs, mount string) error {
	image := "/run/image-" + filepath.Base(device)
	if err := m.sh(fmt.Sprintf("truncate -s %s %s; mkfs.ext4 -q -m 0 %s %s; mkdir -p %s", size, image, mkfs, image, at)); err != nil {
		return err
	}
	out, err := exec.Command("losetup", "-f", "--show", image).Output()
	if err != nil {
		return fmt.Errorf("there is no loop device: %w", err)
	}
	loop := strings.TrimSpace(string(out))
	// Detached as soon as nobody has it mounted, however this process ends.
	defer m.sh("losetup -d " + loop)
	number := strings.TrimPrefix(loop, "/dev/loop")
	return m.sh(fmt.Sprintf("mkdir -p /run/dev; mknod %s b 7 %s; mount -o %s %s %s", device, number, mount, device, at))
}

// use fills a file system to a share of its size, or until it takes no more.
func use(at string, percent int) string {
	return fmt.Sprintf(`free=$(df -B1 --output=avail %[1]s | tail -1); size=$(df -B1 --output=size %[1]s | tail -1); head -c $((size*%[2]d/100 - (size-free))) /dev/zero > %[1]s/data || true; sync %[1]s`, at, percent)
}

func (m *machine) usedDisk(percent int) error {
	if err := m.disk("/srv/data", "/run/dev/sdb1", "96M", "", "rw"); err != nil {
		return err
	}
	return m.sh(use("/srv/data", percent))
}

func diskFaults() []scenario {
	onLoop := "ext4 in a loop device that has a disk's name"
	return []scenario{
		{name: "disk full", want: diagnostics.DiskFull, how: "a disk is filled until it takes no more", played: onLoop, spoil: func(m *machine) error { return m.usedDisk(110) }},
		{name: "disk nearly full", want: diagnostics.DiskNearlyFull, how: "a disk is filled to 96 %", played: onLoop, spoil: func(m *machine) error { return m.usedDisk(96) }},
		{name: "no inodes", want: diagnostics.DiskInodes, how: "files are made until the disk has no inode left; it has space", played: onLoop,
			spoil: func(m *machine) error {
				if err := m.disk("/srv/data", "/run/dev/sdb1", "32M", "-N 256", "rw"); err != nil {
					return err
				}
				for i := range 1000 {
					f, err := os.Create(fmt.Sprintf("/srv/data/%d", i))
					if errors.Is(err, syscall.ENOSPC) {
						return nil // that was the last
					}
					if err != nil {
						return err
					}
					f.Close()
				}
				return fmt.Errorf("the inodes do not end")
			}},
		{name: "disk read-only after errors", want: diagnostics.DiskReadOnly, how: "the kernel is told of an error on a disk (trigger_fs_error) and shuts it for writing, as mounted with errors=remount-ro", played: onLoop,
			spoil: func(m *machine) error {
				before, err := filepath.Glob("/sys/fs/ext4/*/trigger_fs_error")
				if err != nil {
					return err
				}
				if err := m.disk("/srv/data", "/run/dev/sdb1", "32M", "", "errors=remount-ro"); err != nil {
					return err
				}
				after, err := filepath.Glob("/sys/fs/ext4/*/trigger_fs_error")
				if err != nil {
					return err
				}
				old := strings.Join(before, " ") + " "
				for _, path := range after {
					// Only the one that has come: the others are the host's.
					if !strings.Contains(old, path+" ") && strings.Contains(path, "/loop") {
						return os.WriteFile(path, []byte("lab"), 0o200)
					}
				}
				return fmt.Errorf("this kernel cannot be told of an error")
			}},
		{name: "hung mount", want: diagnostics.DiskNoAnswer, how: "a FUSE file system never says how full it is", spoil: func(m *machine) error { return m.hung() }},
		{name: "programs stuck on a hung mount", want: diagnostics.DiskNoAnswer, with: []diagnostics.Code{diagnostics.ProcessesBlocked}, how: "four programs wait for that file system and cannot be interrupted",
			spoil: func(m *machine) error {
				if err := m.hung(); err != nil {
					return err
				}
				for range 4 {
					p, err := m.act("wait", "/srv/hung")
					if err != nil {
						return err
					}
					if err := p.cue(); err != nil {
						return err
					}
				}
				return nil
			}},
	}
}

func (m *machine) hung() error {
	if err := m.sh("mkdir -p /srv/hung"); err != nil {
		return err
	}
	p, err := m.act("hang", "/srv/hung", "hung", "nas:/share")
	if err != nil {
		return err
	}
	return p.cue()
}
