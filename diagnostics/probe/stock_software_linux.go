package probe

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readSoftware reads what is installed from the packages' own records: dpkg's status
// file, rpm's database through rpm, and the folders of snap and flatpak. Sizes in
// bytes. Cost: a file of some megabytes, some 50 ms, and as much memory for a moment:
// so in the child. Deadline: 20 s. What somebody unpacked by hand is not seen.
func readSoftware(ctx context.Context, at root) (*inventory.Software, string, error) {
	s := &inventory.Software{Sources: []string{}}
	note := ""
	if text, err := at.text("/var/lib/dpkg/status", 64<<20); err == nil {
		s.Sources = append(s.Sources, "dpkg")
		s.Packages = append(s.Packages, parseDpkg(text)...)
		for i := range s.Packages {
			s.Packages[i].Installed = installedAt(at, s.Packages[i])
		}
	}
	if rpm, err := exec.LookPath("rpm"); err == nil && at == "" && (at.exists("/var/lib/rpm") || at.exists("/usr/lib/sysimage/rpm")) {
		b, err := output(ctx, 16<<20, rpm, "-qa", "--queryformat", rpmFormat)
		switch {
		case ctx.Err() != nil:
			return nil, "", ctx.Err()
		case err != nil:
			note = "The database of rpm could not be read: " + err.Error() + "."
		default:
			if all := parseRPM(string(b)); len(all) > 0 || len(s.Packages) == 0 {
				s.Sources = append(s.Sources, "rpm")
				s.Packages = append(s.Packages, all...)
			}
		}
	}
	for _, file := range at.glob("/var/lib/snapd/snaps/*_*.snap") {
		name, revision, _ := strings.Cut(strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".snap"), "_")
		s.Packages = append(s.Packages, inventory.Package{Name: plainLine(name, 120), Version: "revision " + plainLine(revision, 20), Source: "snap"})
	}
	for _, dir := range at.glob("/var/lib/flatpak/app/*/current") {
		name := strings.TrimSuffix(strings.TrimPrefix(dir, "/var/lib/flatpak/app/"), "/current")
		s.Packages = append(s.Packages, inventory.Package{Name: plainLine(name, 120), Version: at.link(dir), Source: "flatpak"})
	}
	for _, p := range s.Packages {
		if !slices.Contains(s.Sources, p.Source) {
			s.Sources = append(s.Sources, p.Source)
		}
	}
	if len(s.Sources) == 0 && note == "" {
		return nil, "", unsupported("This system keeps its packages neither with dpkg nor with rpm, snap or flatpak.")
	}
	trimSoftware(s)
	if s.Cut > 0 && note == "" {
		note = strconv.Itoa(s.Cut) + " more are installed than are listed here."
	}
	return s, note, nil
}

// parseDpkg reads dpkg's status file, deb-control(5): what is installed, whole.
func parseDpkg(text string) []inventory.Package {
	var all []inventory.Package
	var p inventory.Package
	installed := false
	end := func() {
		if installed && p.Name != "" {
			p.Source = "dpkg"
			all = append(all, p)
		}
		p, installed = inventory.Package{}, false
	}
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			end()
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		value = strings.TrimSpace(value)
		switch key {
		case "Package":
			p.Name = plainLine(value, 120)
		case "Version":
			p.Version = plainLine(value, 80)
		case "Architecture":
			p.Arch = plainLine(value, 20)
		case "Status":
			installed = strings.HasSuffix(value, " ok installed")
		case "Installed-Size":
			n, _ := strconv.ParseUint(value, 10, 40) // what is no number is not known
			p.Bytes = n << 10
		}
	}
	end()
	return all
}

// installedAt is when dpkg wrote down the package's files.
func installedAt(at root, p inventory.Package) time.Time {
	if strings.ContainsRune(p.Name, '/') {
		return time.Time{}
	}
	for _, name := range []string{p.Name, p.Name + ":" + p.Arch} {
		if info, err := os.Stat(at.path("/var/lib/dpkg/info/" + name + ".list")); err == nil {
			return info.ModTime().UTC().Truncate(time.Second)
		}
	}
	return time.Time{}
}

const rpmFormat = `%{NAME}\t%{EPOCH}:%{VERSION}-%{RELEASE}\t%{ARCH}\t%{INSTALLTIME}\t%{SIZE}\t%{VENDOR}\n`

// parseRPM reads what rpm -qa prints in rpmFormat. Keys for signatures are no software.
func parseRPM(text string) []inventory.Package {
	var all []inventory.Package
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) != 6 || f[0] == "gpg-pubkey" {
			continue
		}
		for i := range f {
			if f[i] == "(none)" {
				f[i] = ""
			}
		}
		p := inventory.Package{Name: plainLine(f[0], 120), Version: plainLine(strings.TrimPrefix(f[1], "(none):"), 80), Arch: plainLine(f[2], 20), Publisher: plainLine(f[5], 80), Source: "rpm"}
		if n, err := strconv.ParseInt(f[3], 10, 64); err == nil && n > 0 {
			p.Installed = time.Unix(n, 0).UTC()
		}
		p.Bytes, _ = strconv.ParseUint(f[4], 10, 64) // what is no number is not known
		all = append(all, p)
	}
	return all
}
