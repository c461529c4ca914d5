package traytest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// DependsOn reads the Go files of folders. The go command remembers a test's
// result until a file that it has read changes, and does not see what a program
// was built of that the test starts.
func DependsOn(t testing.TB, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
				return err
			}
			_, err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
