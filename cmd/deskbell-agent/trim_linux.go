package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// trimEvery is how often memory is given back that the program's own file takes.
// The first time is soon after the start, which needs code that nothing else does.
const (
	trimFirst = time.Minute
	trimEvery = 5 * time.Minute
)

// trim takes pages of this program's file out of this process's memory now and
// then. They stay in the system's cache, and those that are needed come back at
// the price of a fault; the rest of them, most, are of commands and libraries that
// an idle service never runs.
func trim(ctx context.Context) {
	wait := trimFirst
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = trimEvery
		trimOnce()
	}
}

func trimOnce() {
	self, err := os.Executable()
	if err != nil {
		return
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	var from, to uintptr
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		l := lines.Text()
		if head, rest, ok := strings.Cut(l, " "); ok && !strings.HasSuffix(head, ":") {
			from, to = 0, 0
			if strings.HasSuffix(l, " "+self) && (strings.HasPrefix(rest, "r-xp ") || strings.HasPrefix(rest, "r--p ")) {
				if _, err := fmt.Sscanf(head, "%x-%x", &from, &to); err != nil {
					return
				}
			}
			continue
		}
		// The last of the counts comes after those of pages that were written to: a
		// mapping with such pages is not only the file's, and stays.
		switch v := strings.Fields(l); {
		case len(v) < 2:
		case v[0] == "Private_Dirty:" || v[0] == "Anonymous:":
			if v[1] != "0" {
				from, to = 0, 0
			}
		case v[0] == "VmFlags:" && from < to:
			unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
			from, to = 0, 0
		}
	}
}
