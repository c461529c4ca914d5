package probe

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

const maxStartup = 500

// readStartup reads what starts by itself: units that systemd was told to start,
// desktop entries of all and of each person, and cron's @reboot. Cost: some hundred
// small files. Homes may lie on a dead network drive: so in the child. Deadline: 5 s.
func readStartup(ctx context.Context, at root) (*inventory.Startup, string, error) {
	s := &inventory.Startup{Items: []inventory.StartupItem{}}
	s.Items = append(s.Items, enabledUnits(at)...)
	s.Items = append(s.Items, autostart(at, "/etc/xdg/autostart", "")...)
	s.Items = append(s.Items, cronAtReboot(at)...)
	for _, a := range peopleOf(at) {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		s.Items = append(s.Items, autostart(at, a.home+"/.config/autostart", a.name)...)
	}
	slices.SortFunc(s.Items, func(a, b inventory.StartupItem) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.User, b.User))
	})
	if len(s.Items) > maxStartup {
		s.Items = s.Items[:maxStartup]
		return s, "There are more than are listed here.", nil
	}
	return s, "", nil
}

// enabledUnits are those that something wants, by the links that “systemctl enable”
// makes. A unit that the maker of the system switched on by itself has none.
func enabledUnits(at root) []inventory.StartupItem {
	seen := map[string]bool{}
	var all []inventory.StartupItem
	for _, pattern := range []string{"/etc/systemd/system/*.wants/*", "/etc/systemd/system/*.requires/*"} {
		for _, link := range at.glob(pattern) {
			name := plainLine(path.Base(link), 120)
			kind := strings.TrimPrefix(path.Ext(name), ".")
			switch kind {
			case "service", "timer", "socket", "path", "mount":
			default:
				continue
			}
			if seen[name] {
				continue
			}
			seen[name] = true
			item := inventory.StartupItem{Name: strings.TrimSuffix(name, ".service"), Kind: kind, Where: "systemd"}
			if text, err := at.text(link, 64<<10); err == nil {
				item.Command = valueOf(text, "ExecStart=")
			}
			all = append(all, item)
		}
	}
	return all
}

// valueOf returns the first value of a key in a file of the desktop's or systemd's form.
func valueOf(text, key string) string {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), key); ok {
			return plainLine(v, 200)
		}
	}
	return ""
}

// autostart reads the desktop entries of a folder, as the autostart specification
// of freedesktop.org says.
func autostart(at root, dir, user string) []inventory.StartupItem {
	var all []inventory.StartupItem
	for _, name := range at.names(dir) {
		if !strings.HasSuffix(name, ".desktop") || len(all) == 100 {
			continue
		}
		text, err := at.text(dir+"/"+name, 64<<10)
		if err != nil {
			continue
		}
		all = append(all, inventory.StartupItem{
			Name: cmp.Or(valueOf(text, "Name="), plainLine(strings.TrimSuffix(name, ".desktop"), 120)), Kind: "desktop", Command: valueOf(text, "Exec="), User: user,
			Where: plainLine(dir+"/"+name, 200), Off: valueOf(text, "Hidden=") == "true" || valueOf(text, "X-GNOME-Autostart-enabled=") == "false",
		})
	}
	return all
}

// cronAtReboot reads the lines of cron that run at the start.
func cronAtReboot(at root) []inventory.StartupItem {
	var all []inventory.StartupItem
	add := func(file, user string, hasUser bool) {
		text, err := at.text(file, 256<<10)
		if err != nil {
			return
		}
		for line := range strings.Lines(text) {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), "@reboot")
			if !ok || len(all) == 100 {
				continue
			}
			owner, command := user, strings.TrimSpace(rest)
			if hasUser {
				owner, command, _ = strings.Cut(command, " ")
			}
			words := strings.Fields(command)
			if len(words) == 0 {
				continue
			}
			all = append(all, inventory.StartupItem{Name: plainLine(path.Base(words[0]), 120), Kind: "cron", Command: plainLine(strings.TrimSpace(command), 200), User: plainLine(owner, 64), Where: plainLine(file, 200)})
		}
	}
	add("/etc/crontab", "", true)
	for _, name := range at.names("/etc/cron.d") {
		add("/etc/cron.d/"+name, "", true)
	}
	for _, name := range at.names("/var/spool/cron/crontabs") {
		add("/var/spool/cron/crontabs/"+name, name, false)
	}
	return all
}
