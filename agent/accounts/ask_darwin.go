package accounts

import "os/exec"

// askSystem asks the directory services: without cgo, Go reads /etc/passwd alone,
// where macOS has no people. The line has three fields more than passwd(5).
func askSystem(uid string) (name, full string, ok bool) {
	ctx, cancel := withTimeout()
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/bin/id", "-P", uid).Output()
	if err != nil {
		return "", "", false
	}
	return fromPasswd(string(out), 7)
}
