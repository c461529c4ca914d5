package probe

import (
	"context"
	"slices"

	"golang.org/x/sys/windows/registry"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// readSoftware reads the uninstall keys of the machine, in both views, and those of
// every account whose part of the registry is loaded: sizes in bytes. Never
// Win32_Product, which makes the installer check and repair every package. Cost: some
// 20 ms. Deadline: 20 s.
func readSoftware(ctx context.Context, _ root) (*inventory.Software, string, error) {
	s := &inventory.Software{Sources: []string{"registry"}}
	const path = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`
	for _, view := range []uint32{registry.WOW64_64KEY, registry.WOW64_32KEY} {
		for _, p := range uninstallKeys(ctx, registry.LOCAL_MACHINE, path, view, "") {
			if !slices.Contains(s.Packages, p) {
				s.Packages = append(s.Packages, p)
			}
		}
	}
	for _, sid := range loadedHives() {
		s.Packages = append(s.Packages, uninstallKeys(ctx, registry.USERS, sid+`\`+path, 0, accountOf(sid))...)
	}
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	trimSoftware(s)
	return s, "Apps from the Store, and those of accounts that are not signed in, are not read.", nil
}

func uninstallKeys(ctx context.Context, hive registry.Key, path string, view uint32, user string) []inventory.Package {
	var all []inventory.Package
	for _, name := range subKeys(hive, path, view) {
		if ctx.Err() != nil {
			break
		}
		text, numbers := valuesOf(hive, path+`\`+name, view)
		if p, ok := parseUninstall(text, numbers, user); ok {
			all = append(all, p)
		}
	}
	return all
}
