package probe

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readUpdates reads which updates wait, from the package manager's own lists. Nothing
// is fetched and nothing is locked, so the lists are as old as they say. Versions are
// text. Cost: up to a second of processor time and some 80 MB for a moment, in a
// program: so in the child, and not again while no list has changed (see stampOf).
// Deadline: 90 s, for Windows takes so long.
func readUpdates(ctx context.Context, at root) (*inventory.Updates, string, error) {
	u := &inventory.Updates{Pending: []inventory.Update{}}
	for _, mark := range []string{"/run/reboot-required", "/var/run/reboot-required", "/run/reboot-needed"} {
		u.RebootPending = u.RebootPending || at.exists(mark)
	}
	if text, err := at.text("/run/reboot-required.pkgs", 64<<10); err == nil {
		for name := range strings.FieldsSeq(text) {
			if len(u.RebootFor) < 50 {
				u.RebootFor = append(u.RebootFor, plainLine(name, 80))
			}
		}
	}
	for _, m := range packageManagers {
		if !at.exists(m.database) {
			continue
		}
		for _, name := range m.programs {
			program, err := exec.LookPath(name)
			if err != nil {
				continue
			}
			u.Source = m.name
			u.LastInstalled = modified(at, m.database)
			for _, pattern := range m.lists {
				for _, file := range at.glob(pattern) {
					if t := asked(at, file); t.After(u.ListsAt) {
						u.ListsAt = t
					}
				}
			}
			note, err := m.ask(ctx, at, program, u)
			switch {
			case ctx.Err() != nil:
				return nil, "", ctx.Err()
			case err != nil:
				return u, m.name + " could not work out which updates wait: " + err.Error() + ".", nil
			case u.ListsAt.IsZero() && note == "":
				note = "The lists of updates were never fetched, so nobody knows which wait."
			}
			return u, note, nil
		}
	}
	return nil, "", unsupported("Updates that wait are read from apt, dnf, zypper and pacman, and this system has none of them.")
}

// packageManager is a program that knows which updates wait.
type packageManager struct {
	name     string
	database string   // what changes with each package
	programs []string // the first that is there is asked
	lists    []string // what was fetched
	ask      func(context.Context, root, string, *inventory.Updates) (note string, err error)
}

var packageManagers = []packageManager{
	{"apt", "/var/lib/dpkg/status", []string{"apt"}, []string{"/var/lib/apt/lists/*Release", "/var/lib/apt/periodic/update-success-stamp"}, askApt},
	{"zypper", "/etc/zypp/zypp.conf", []string{"zypper"}, []string{"/var/cache/zypp/raw/*/repodata/repomd.xml"}, askZypper},
	{"dnf", "/usr/lib/sysimage/rpm", []string{"dnf5", "dnf", "yum"}, dnfLists, askDNF},
	{"dnf", "/var/lib/rpm", []string{"dnf5", "dnf", "yum"}, dnfLists, askDNF},
	{"pacman", "/var/lib/pacman/local", []string{"pacman"}, []string{"/var/lib/pacman/sync/*.db"}, askPacman},
}

var dnfLists = []string{"/var/cache/dnf/*/repodata/repomd.xml", "/var/cache/libdnf5/*/repodata/repomd.xml", "/var/cache/yum/*/*/*/repomd.xml"}

// askApt has apt compare versions, which is a fifth of the work of a simulated
// upgrade; that is asked when apt's list has a form that we do not know.
func askApt(ctx context.Context, at root, apt string, u *inventory.Updates) (string, error) {
	b, err := output(ctx, 8<<20, apt, "-q", "list", "--upgradable")
	if err != nil {
		return "", err
	}
	all, ok := parseUpgradable(string(b))
	if !ok {
		get, err := exec.LookPath("apt-get")
		if err != nil {
			return "", err
		}
		if b, err = output(ctx, 8<<20, get, "-s", "-q", "-o", "Debug::NoLocking=1", "-o", "APT::Get::Show-User-Simulation-Note=false", "upgrade"); err != nil {
			return "", err
		}
		all = parseUpgrade(string(b))
	}
	status, _ := at.text("/var/lib/dpkg/status", 64<<20) // without it nothing is known to be held
	held := parseHeld(status)
	for _, one := range all {
		if !held[one.Name] {
			u.Pending = append(u.Pending, one)
		}
	}
	return "", nil
}

// askDNF reads what its cache knows (-C). 100 is its way to say that there are some.
func askDNF(ctx context.Context, _ root, dnf string, u *inventory.Updates) (string, error) {
	b, err := output(ctx, 4<<20, dnf, "-q", "-C", "check-update")
	if err != nil && exitStatus(err) != 100 {
		return "", err
	}
	u.Pending = append(u.Pending, parseCheckUpdate(string(b))...)
	if len(u.Pending) == 0 {
		return "", nil
	}
	args := []string{"-q", "-C", "updateinfo", "list", "--security"}
	if strings.HasSuffix(dnf, "dnf5") {
		args = []string{"-q", "-C", "advisory", "list", "--security", "--updates"}
	}
	if b, err = output(ctx, 4<<20, dnf, args...); err != nil {
		return "Which of the updates are for security could not be read.", nil
	}
	markSecurity(u.Pending, string(b))
	return "", nil
}

func askZypper(ctx context.Context, _ root, zypper string, u *inventory.Updates) (string, error) {
	b, err := output(ctx, 8<<20, zypper, "--non-interactive", "--no-refresh", "--xmlout", "list-updates")
	if err != nil {
		return "", err
	}
	all, err := parseZypper(b)
	u.Pending = append(u.Pending, all...)
	return "", err
}

// askPacman reads what it would upgrade. 1 is its way to say that there is nothing.
// A kernel that runs while its modules are gone was replaced.
func askPacman(ctx context.Context, at root, pacman string, u *inventory.Updates) (string, error) {
	b, err := output(ctx, 4<<20, pacman, "-Qu")
	if err != nil && (exitStatus(err) != 1 || len(b) > 0) {
		return "", err
	}
	u.Pending = append(u.Pending, parsePacman(string(b))...)
	kernel := at.line("/proc/sys/kernel/osrelease")
	u.RebootPending = u.RebootPending || kernel != "" && at.exists("/usr/lib/modules") && !at.exists("/usr/lib/modules/"+kernel)
	return "", nil
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
