package probe

import (
	"context"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readEncryption says of every file system on a drive of this machine, and of swap,
// whether it is encrypted on its way to the drive (dm-crypt, LUKS). Cost: the table
// of mounts and a few small files each. Deadline: 10 s. A drive that encrypts itself
// cannot be told from one that does not.
func readEncryption(_ context.Context, at root) (*inventory.Encryption, string, error) {
	text, err := at.text("/proc/self/mountinfo", 4<<20)
	if err != nil {
		return nil, "", err
	}
	e := &inventory.Encryption{Volumes: []inventory.Volume{}}
	seen := map[string]bool{}
	add := func(mount, number string) {
		if seen[number] || strings.HasPrefix(number, "0:") || len(e.Volumes) == 100 {
			return
		}
		seen[number] = true
		name := at.link("/sys/dev/block/" + number)
		if name == "" || strings.HasPrefix(name, "loop") || strings.HasPrefix(name, "sr") || strings.HasPrefix(name, "zram") {
			return // pictures of file systems, discs, memory
		}
		kind := cryptOf(at, "/sys/dev/block/"+number, 0)
		v := inventory.Volume{Mount: plainLine(mount, 200), Device: name, Encrypted: kind != "", Kind: kind}
		if v.Kind == "" {
			v.Kind = "plain"
		}
		e.Volumes = append(e.Volumes, v)
	}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 6 {
			add(unescapeMount(f[4]), f[2])
		}
	}
	swaps, _ := at.text("/proc/swaps", 64<<10) // none when it cannot be read
	for line := range strings.Lines(swaps) {
		f := strings.Fields(line)
		if len(f) < 2 || f[1] != "partition" {
			continue
		}
		name := f[0][strings.LastIndexByte(f[0], '/')+1:]
		add("swap", at.line("/sys/class/block/"+name+"/dev"))
	}
	return e, "", nil
}

// cryptOf names the encryption of a device, or of whatever lies under it.
func cryptOf(at root, dir string, depth int) string {
	if id := at.line(dir + "/dm/uuid"); strings.HasPrefix(id, "CRYPT-") {
		kind, _, _ := strings.Cut(strings.TrimPrefix(id, "CRYPT-"), "-")
		return kind
	}
	if depth == 6 {
		return ""
	}
	kind := ""
	for i, under := range at.names(dir + "/slaves") {
		k := cryptOf(at, dir+"/slaves/"+under, depth+1)
		if k == "" || i > 0 && kind == "" {
			return "" // a part of it is plain
		}
		kind = k
	}
	return kind
}
