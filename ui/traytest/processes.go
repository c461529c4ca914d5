package traytest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// Processes returns the ids of the session's processes whose program has this
// name; "" is any. A process is known by its environment, which it has from the
// session however it was started.
func (d *Desktop) Processes(program string) []int {
	var ids []int
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		env, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00XDG_RUNTIME_DIR="+d.Runtime+"\x00")) {
			continue
		}
		exe, err := os.Readlink(filepath.Join(dir, "exe"))
		if err != nil || program != "" && filepath.Base(exe) != program {
			continue
		}
		if id, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// End ends every process of the session that is still there. NewDesktop does it
// with the test.
func (d *Desktop) End() {
	for _, id := range d.Processes("") {
		if p, err := os.FindProcess(id); err == nil {
			p.Kill()
		}
	}
}
