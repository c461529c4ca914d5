package probe

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/windows/registry"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readStartup reads the Run keys of the machine and of who is signed in, the Startup
// folders, and services that start by themselves. Cost: some 20 ms. Deadline: 5 s.
func readStartup(ctx context.Context, _ root) (*inventory.Startup, string, error) {
	s := &inventory.Startup{Items: []inventory.StartupItem{}}
	keys := func(hive registry.Key, prefix, user string) {
		for _, path := range []string{`SOFTWARE\Microsoft\Windows\CurrentVersion\Run`, `SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce`, `SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Run`} {
			text, _ := valuesOf(hive, prefix+path, 0)
			for name, command := range text {
				s.Items = append(s.Items, inventory.StartupItem{Name: plainLine(name, 120), Kind: "registry", Command: plainLine(command, 200), User: user, Where: path})
			}
		}
	}
	keys(registry.LOCAL_MACHINE, "", "")
	for _, sid := range loadedHives() {
		keys(registry.USERS, sid+`\`, accountOf(sid))
	}
	const folder = `Microsoft\Windows\Start Menu\Programs\Startup\*`
	files, _ := filepath.Glob(filepath.Join(os.Getenv("ProgramData"), folder))                              // the pattern is well-formed
	own, _ := filepath.Glob(filepath.Join(os.Getenv("SystemDrive")+`\`, `Users\*\AppData\Roaming`, folder)) // likewise
	for _, file := range append(files, own...) {
		if name := filepath.Base(file); !strings.EqualFold(name, "desktop.ini") {
			s.Items = append(s.Items, inventory.StartupItem{Name: plainLine(name, 120), Kind: "folder", Where: plainLine(filepath.Dir(file), 200)})
		}
	}
	note := ""
	if services, _, err := readServices(ctx, true); err == nil {
		for _, one := range services.All {
			if one.Start == "automatic" {
				s.Items = append(s.Items, inventory.StartupItem{Name: one.Name, Kind: "service", Where: "services"})
			}
		}
	} else {
		note = "Services could not be listed: " + err.Error() + "."
	}
	slices.SortFunc(s.Items, func(a, b inventory.StartupItem) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.User, b.User))
	})
	s.Items = s.Items[:min(len(s.Items), 500)]
	return s, note, nil
}
