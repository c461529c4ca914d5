package probe

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readUpdates reads which updates wait, from apt's own lists: apt-get works out what
// an upgrade would do and does nothing (-s). Nothing is fetched, so the lists are as
// old as they say. Cost: a second or two of processor time: so in the child.
// Deadline: 30 s. Other package managers are not asked.
func readUpdates(ctx context.Context, at root) (*inventory.Updates, string, error) {
	u := &inventory.Updates{Source: "apt", Pending: []inventory.Update{}}
	for _, mark := range []string{"/run/reboot-required", "/var/run/reboot-required"} {
		u.RebootPending = u.RebootPending || at.exists(mark)
	}
	if text, err := at.text("/run/reboot-required.pkgs", 64<<10); err == nil {
		for name := range strings.FieldsSeq(text) {
			if len(u.RebootFor) < 50 {
				u.RebootFor = append(u.RebootFor, plainLine(name, 80))
			}
		}
	}
	u.LastInstalled = modified(at, "/var/lib/dpkg/status")
	for _, file := range at.glob("/var/lib/apt/lists/*Release") {
		if t := asked(at, file); t.After(u.ListsAt) {
			u.ListsAt = t
		}
	}
	if t := modified(at, "/var/lib/apt/periodic/update-success-stamp"); t.After(u.ListsAt) {
		u.ListsAt = t
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil || at != "" {
		if u.LastInstalled.IsZero() && err != nil {
			return nil, "", unsupported("Updates that wait are read from apt only, and this system has none.")
		}
		return u, "Which updates wait could not be read.", nil
	}
	b, err := output(ctx, 8<<20, apt, "-s", "-q", "-o", "Debug::NoLocking=1", "-o", "APT::Get::Show-User-Simulation-Note=false", "upgrade")
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	u.Pending = append(u.Pending, parseUpgrade(string(b))...)
	switch {
	case err != nil:
		return u, "apt could not work out which updates wait: " + err.Error() + ".", nil
	case u.ListsAt.IsZero():
		return u, "The lists of updates were never fetched, so nobody knows which wait.", nil
	}
	return u, "", nil
}

func modified(at root, path string) time.Time {
	info, err := os.Stat(at.path(path))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime().UTC().Truncate(time.Second)
}

// asked is when a list was fetched: its own time is the archive's, that of its
// inode is ours.
func asked(at root, path string) time.Time {
	t, err := changedAt(at.path(path))
	if err != nil {
		return modified(at, path)
	}
	return t
}

// parseUpgrade reads the simulation of apt-get: “Inst NAME [OLD] (NEW ORIGIN [ARCH])”.
func parseUpgrade(text string) []inventory.Update {
	var all []inventory.Update
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != "Inst" || len(all) == 1000 {
			continue
		}
		one := inventory.Update{Name: plainLine(f[1], 120)}
		rest := f[2:]
		if strings.HasPrefix(rest[0], "[") {
			one.From = plainLine(strings.Trim(rest[0], "[]"), 80)
			rest = rest[1:]
		}
		if len(rest) > 0 && strings.HasPrefix(rest[0], "(") {
			one.To = plainLine(strings.Trim(rest[0], "()"), 80)
			one.Security = strings.Contains(strings.ToLower(strings.Join(rest, " ")), "-security")
		}
		all = append(all, one)
	}
	return all
}
