package probe

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func systemProxies(ctx context.Context) []ProxySettings { return proxiesAt(ctx, "") }

// proxiesAt reads /etc/environment, and GNOME's and KDE's settings of those who are
// signed in: those who have a folder under /run/user. Accounts of a directory are not
// in /etc/passwd, and their homes not known.
func proxiesAt(ctx context.Context, at root) []ProxySettings {
	text, _ := at.text("/etc/environment", 256<<10) // without it nothing is set there
	all := []ProxySettings{parseEnvironmentFile(text)}
	people := slices.DeleteFunc(peopleOf(at), func(p person) bool {
		_, err := os.Stat(at.path("/run/user/" + strconv.Itoa(p.uid)))
		return err != nil || !filepath.IsAbs(p.home)
	})
	for _, p := range people[:min(len(people), maxProxyPeople)] {
		if ctx.Err() != nil {
			break
		}
		own, found := all[0], false
		config := filepath.Join(p.home, ".config")
		mine, _ := at.text(config+"/dconf/user", 16<<20) // without it the system's hold
		gnome := parseGNOMEProxy(append([][]byte{[]byte(mine)}, sharedDconf(at)...)...)
		kioslaverc, _ := at.text(config+"/kioslaverc", 256<<10) // without it KDE says nothing
		kde := parseKDEProxy(kioslaverc)
		gnome.From, kde.From = config+"/dconf/user", config+"/kioslaverc"
		for _, s := range []ProxySettings{gnome, kde} {
			if s.set() {
				s.Whose, found = p.name, true
				all = append(all, s)
			}
		}
		if !found {
			own.Whose = p.name
			own.Value = nil // they stand there once
			all = append(all, own)
		}
	}
	return all
}

// sharedDconf are the databases that the machine's profile names, in their order:
// an organisation's own settings.
func sharedDconf(at root) [][]byte {
	text, _ := at.text("/etc/dconf/profile/user", 16<<10) // without it there are none
	var all [][]byte
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "system-db:")
		if !ok || name != filepath.Base(name) || len(all) == 8 {
			continue
		}
		if b, err := at.text("/etc/dconf/db/"+name, 16<<20); err == nil {
			all = append(all, []byte(b))
		}
	}
	return all
}
