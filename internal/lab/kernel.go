//go:build linux

package main

import (
	"errors"
	"os"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

var kmsgRecord = regexp.MustCompile(`^(\d+),\d+,\d+,[^;]*;([^\n]*)`)

// followKernel copies what the kernel logs from now on into the machine's log, as
// rsyslog's imklog does: what it logged before concerns the host.
func (m *machine) followKernel() error {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EPERM) {
		return nil // machines that need it find nothing there, and fail for that
	}
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), "/dev/kmsg")
	if _, err := unix.Seek(fd, 0, unix.SEEK_END); err != nil {
		f.Close()
		return err
	}
	go func() {
		defer f.Close()
		b := make([]byte, 16<<10)
		for {
			n, err := unix.Read(fd, b)
			if err == unix.EINTR || err == unix.EPIPE {
				continue
			}
			if err != nil || n <= 0 {
				return
			}
			if r := kmsgRecord.FindStringSubmatch(string(b[:n])); r != nil && !strings.HasPrefix(r[2], "audit:") {
				m.log("kernel", r[2])
			}
		}
	}()
	return nil
}
