package probe

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/diagnostics/probe/probetest"
)

// programs makes a folder of shell scripts and has nothing else be found.
func programs(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// heredoc prints a text.
func heredoc(text string) string { return "/bin/cat <<'END'\n" + text + "\nEND\n" }

// What each package manager says waits, as it prints it.
func TestUpdatesOfEachPackageManager(t *testing.T) {
	dnfLists := "var/cache/dnf/updates-0123456789abcdef/repodata/repomd.xml"
	for name, c := range map[string]struct {
		files    map[string]string
		programs map[string]string
		want     inventory.Updates
		note     string
	}{
		"apt": {
			files: map[string]string{"var/lib/dpkg/status": "Package: vim\nStatus: install ok installed\n\nPackage: kept\nStatus: hold ok installed\n", "var/lib/apt/lists/x_InRelease": "", "run/reboot-required": "", "run/reboot-required.pkgs": "linux-image-amd64\n"},
			programs: map[string]string{"apt": heredoc("Listing...\nvim/bookworm-security,stable-security 2:9.0.1378-2+deb12u2 amd64 [upgradable from: 2:9.0.1378-2]\nkept/stable 2 all [upgradable from: 1]\ntzdata/oldstable-updates 2026a all [upgradable from: 2025b]") +
				"echo 'WARNING: apt does not have a stable CLI interface.' >&2"},
			want: inventory.Updates{Source: "apt", RebootPending: true, RebootFor: []string{"linux-image-amd64"}, Pending: []inventory.Update{
				{Name: "vim", From: "2:9.0.1378-2", To: "2:9.0.1378-2+deb12u2", Security: true}, {Name: "tzdata", From: "2025b", To: "2026a"},
			}},
		},
		"apt of another form": {
			files:    map[string]string{"var/lib/dpkg/status": "", "var/lib/apt/lists/x_InRelease": ""},
			programs: map[string]string{"apt": "echo 'Upgradable: vim'", "apt-get": heredoc("NOTE: This is only a simulation!\nInst vim [9.0] (9.1 Debian-Security:12/stable-security [amd64])\nConf vim (9.1)")},
			want:     inventory.Updates{Source: "apt", Pending: []inventory.Update{{Name: "vim", From: "9.0", To: "9.1", Security: true}}},
		},
		"dnf": {
			files: map[string]string{"usr/lib/sysimage/rpm/rpmdb.sqlite": "", dnfLists: ""},
			programs: map[string]string{"dnf": `[ "$2" = -C ] || exit 9
case $3 in check-update) ` + heredoc("\nkernel-core.x86_64                6.11.4-301.fc41          updates\nopenssl-libs.x86_64               1:3.2.2-7.fc41           updates\na-package-with-a-name-that-is-longer-than-its-column.noarch\n                                  1.2-3.fc41               updates\nObsoleting Packages\ngone.noarch  1-1  updates\n    old.noarch 0-1 @System") + "exit 100;;\nupdateinfo) " + heredoc("FEDORA-2026-0aa0 Important/Sec. openssl-libs-3.2.2-7.fc41.x86_64\nFEDORA-2026-0bb0 bugfix         kernel-core-6.11.4-301.fc41.x86_64") + ";;\nesac"},
			want: inventory.Updates{Source: "dnf", Pending: []inventory.Update{
				{Name: "kernel-core", To: "6.11.4-301.fc41"}, {Name: "openssl-libs", To: "1:3.2.2-7.fc41", Security: true}, {Name: "a-package-with-a-name-that-is-longer-than-its-column", To: "1.2-3.fc41"},
			}},
		},
		"dnf 5, that names no advisories": {
			files:    map[string]string{"usr/lib/sysimage/rpm/rpmdb.sqlite": "", dnfLists: ""},
			programs: map[string]string{"dnf5": "case $3 in check-update) echo 'vim-minimal.x86_64  2:9.1.1-1.fc42  updates'; exit 100;; esac\nexit 1"},
			want:     inventory.Updates{Source: "dnf", Pending: []inventory.Update{{Name: "vim-minimal", To: "2:9.1.1-1.fc42"}}},
			note:     "Which of the updates are for security could not be read.",
		},
		"dnf without lists": {
			files:    map[string]string{"usr/lib/sysimage/rpm/rpmdb.sqlite": ""},
			programs: map[string]string{"dnf": "echo 'Error: Cache-only enabled but no cache for “fedora”' >&2; exit 1"},
			want:     inventory.Updates{Source: "dnf", Pending: []inventory.Update{}},
			note:     "dnf could not work out which updates wait: ",
		},
		"zypper": {
			files: map[string]string{"etc/zypp/zypp.conf": "", "var/lib/rpm/Packages": "", "var/cache/zypp/raw/oss/repodata/repomd.xml": "", "run/reboot-needed": ""},
			programs: map[string]string{"zypper": heredoc(`<?xml version='1.0'?><stream><message type="info">Loading repository data...</message><update-status version="0.6"><update-list><update kind="package" name="vim" edition="9.1-1" edition-old="9.0-1" arch="x86_64"><summary>Vi</summary></update><update kind="patch" name="openSUSE-2026-1"/></update-list></update-status></stream>`),
				"dnf": "exit 1"},
			want: inventory.Updates{Source: "zypper", RebootPending: true, Pending: []inventory.Update{{Name: "vim", From: "9.0-1", To: "9.1-1"}}},
		},
		"pacman, whose kernel was replaced": {
			files:    map[string]string{"var/lib/pacman/local/ALPM_DB_VERSION": "9", "var/lib/pacman/sync/core.db": "", "proc/sys/kernel/osrelease": "6.9.1-arch1-1\n", "usr/lib/modules/6.9.3-arch1-1/x": ""},
			programs: map[string]string{"pacman": heredoc("linux 6.9.1.arch1-1 -> 6.9.3.arch1-1\nfirefox 125.0-1 -> 126.0-1 [ignored]")},
			want:     inventory.Updates{Source: "pacman", RebootPending: true, Pending: []inventory.Update{{Name: "linux", From: "6.9.1.arch1-1", To: "6.9.3.arch1-1"}}},
		},
		"pacman with nothing to do": {
			files:    map[string]string{"var/lib/pacman/local/ALPM_DB_VERSION": "9", "var/lib/pacman/sync/core.db": ""},
			programs: map[string]string{"pacman": "exit 1"},
			want:     inventory.Updates{Source: "pacman", Pending: []inventory.Update{}},
		},
	} {
		at := made(t, c.files)
		programs(t, c.programs)
		got, note, err := readUpdates(t.Context(), at)
		if err != nil || !strings.HasPrefix(note, c.note) || c.note == "" && note != "" {
			t.Errorf("%s: %q, %v", name, note, err)
			continue
		}
		if got.LastInstalled.IsZero() || got.ListsAt.IsZero() == (name != "dnf without lists") {
			t.Errorf("%s: installed %v, lists of %v", name, got.LastInstalled, got.ListsAt)
		}
		got.LastInstalled, got.ListsAt = time.Time{}, time.Time{}
		if d := cmp.Diff(c.want, *got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	programs(t, nil)
	if _, _, err := readUpdates(t.Context(), made(t, nil)); err == nil {
		t.Error("updates were read of a system without packages")
	}
}

// A package manager that hangs is given up at the deadline, and killed.
func TestPackageManagerThatHangs(t *testing.T) {
	at := made(t, map[string]string{"var/lib/pacman/local/x": ""})
	programs(t, map[string]string{"pacman": "exec /bin/sleep 60"})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, _, err := readUpdates(ctx, at); err == nil || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// Against apt-get's simulation on this very machine: what it would install waits.
func TestUpdatesAsAptGetSays(t *testing.T) {
	u := taken(t, inventory.NameUpdates).Updates
	var got, want []string
	for _, one := range u.Data.Pending {
		got = append(got, one.Name+" "+one.From+" "+one.To)
	}
	for _, one := range parseUpgrade(probetest.Run(t, "apt-get", "-s", "-q", "-o", "Debug::NoLocking=1", "upgrade")) {
		want = append(want, one.Name+" "+one.From+" "+one.To)
	}
	for _, one := range want {
		if !slices.Contains(got, one) {
			t.Errorf("apt-get would install %s, and we do not have it", one)
		}
	}
	if len(got) < len(want) {
		t.Errorf("%d wait, apt-get says %d", len(got), len(want))
	}
}

// The stamp changes with whatever a section is read from, and with nothing else.
func TestStamp(t *testing.T) {
	at := made(t, map[string]string{"var/lib/dpkg/status": "a", "var/lib/apt/lists/x_InRelease": "1", "etc/apt/sources.list.d/x.list": "deb", "etc/hosts": "h"})
	software, updates := stampOf(at, inventory.NameSoftware), stampOf(at, inventory.NameUpdates)
	if software == "" || updates == "" || software == updates || software != stampOf(at, inventory.NameSoftware) || stampOf(at, inventory.NameNetwork) != "" || stampOf(made(t, nil), inventory.NameSoftware) != "" {
		t.Fatalf("%q %q", software, updates)
	}
	change := func(path string) (bool, bool) {
		t.Helper()
		s, u := stampOf(at, inventory.NameSoftware), stampOf(at, inventory.NameUpdates)
		if err := os.MkdirAll(filepath.Dir(at.path(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at.path(path)+".new", []byte("other"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(at.path(path)+".new", at.path(path)); err != nil { // as package managers do it
			t.Fatal(err)
		}
		return s != stampOf(at, inventory.NameSoftware), u != stampOf(at, inventory.NameUpdates)
	}
	for path, want := range map[string][2]bool{
		"/etc/hosts": {false, false}, "/var/lib/dpkg/status": {true, true}, "/var/lib/apt/lists/x_InRelease": {false, true},
		"/etc/apt/sources.list.d/x.list": {false, true}, "/run/reboot-required": {false, true}, "/var/lib/flatpak/app/org.x.Y/current": {true, true},
	} {
		if s, u := change(path); s != want[0] || u != want[1] {
			t.Errorf("%s: software %v, updates %v", path, s, u)
		}
	}
}

// A reading that nobody waits for gives way to everything else, and so do the
// programs that it starts.
func TestUnhurriedChildren(t *testing.T) {
	at := made(t, map[string]string{"var/lib/pacman/local/x": "", "var/lib/pacman/sync/core.db": ""})
	programs(t, map[string]string{"pacman": `read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ nice _ < /proc/self/stat; echo "a 1 -> $nice"`})
	ours, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		want string
	}{"asked for": {t.Context(), strconv.Itoa(20 - ours)}, "by itself": {Unhurried(t.Context()), "19"}} {
		u := New(asChild(t)).takeStock(c.ctx, at, []inventory.Name{inventory.NameUpdates}, nil).Updates
		if u.State != diagnostics.StateOK || len(u.Data.Pending) != 1 || u.Data.Pending[0].To != c.want {
			t.Errorf("%s: %+v %+v", name, u, u.Data)
		}
	}
}
