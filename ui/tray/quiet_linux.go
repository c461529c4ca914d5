package tray

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetProgram tells the kernel that the pages of the program itself are not
// needed now. They are unchanged parts of a file, so they cost the machine
// nothing to drop and come back one by one when they are used; without this the
// kernel counts nearly the whole file as ours, since it maps neighbours of each
// page that is touched.
func forgetProgram() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to uintptr
		var rights string
		if n, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); n != 3 || err != nil {
			continue
		}
		// Only what cannot be written: dropping a changed page would lose the change.
		if strings.HasSuffix(lines.Text(), " "+self) && (rights == "r-xp" || rights == "r--p") {
			unix.RawSyscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
		}
	}
}
