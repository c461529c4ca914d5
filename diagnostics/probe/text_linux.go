package probe

import (
	"os"
	"strings"
)

// readLine returns a small file's text without white space around it, or "" when
// it cannot be read: most files of the kernel's are not there on most machines.
func readLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
