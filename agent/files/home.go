package files

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// homeOf is the home that a path lies in, and whose it is; "" where it lies in none.
// uid is empty where nobody is known to own the home.
func homeOf(path string) (home, uid string) {
	if runtime.GOOS != "linux" {
		return homeAbove(path, homesFolder()), ""
	}
	if b, err := os.ReadFile("/etc/passwd"); err == nil {
		if home, uid = homeListed(string(b), path); home != "" {
			return home, uid
		}
	}
	if within(path, "/root") {
		return "/root", ""
	}
	home = homeAbove(path, "/home")
	if home == "" {
		return "", ""
	}
	if info, err := os.Lstat(home); err == nil && info.IsDir() { // an account of a directory service
		_, uid, _ = facts(info)
	}
	return home, uid
}

func homesFolder() string {
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("SystemDrive")+string(filepath.Separator), "Users")
	}
	return "/Users"
}

// homeListed finds the home in a list of accounts: those of people, not of services.
func homeListed(passwd, path string) (home, uid string) {
	for l := range strings.Lines(passwd) {
		f := strings.Split(strings.TrimSpace(l), ":")
		if len(f) != 7 || f[5] == "" || f[5] == "/" || !within(path, f[5]) || len(f[5]) <= len(home) {
			continue
		}
		if n, err := strconv.Atoi(f[2]); err == nil && n >= firstPerson && n < 65534 {
			home, uid = f[5], f[2]
		}
	}
	return home, uid
}

// firstPerson is the lowest number of a person's account; below are services.
const firstPerson = 1000

func within(path, folder string) bool {
	folder = strings.TrimSuffix(folder, string(filepath.Separator))
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}

// homeAbove is the folder of homes' child that a path lies in.
func homeAbove(path, homes string) string {
	if runtime.GOOS == "windows" {
		path, homes = strings.ToLower(path), strings.ToLower(homes)
	}
	rest, ok := strings.CutPrefix(path, homes+string(filepath.Separator))
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, string(filepath.Separator))
	return filepath.Join(homes, name)
}
