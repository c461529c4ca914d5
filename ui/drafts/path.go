package drafts

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
)

// Path returns where this person's drafts are kept. Those of a private agent,
// named by its state folder, are kept apart.
func Path(state string) (string, error) { return Beside(state, "drafts") }

// Beside returns where something else of this person's is kept, by its name.
func Beside(state, what string) (string, error) {
	dir, err := home()
	if err != nil {
		return "", err
	}
	name := what + ".json"
	if state != "" {
		if abs, err := filepath.Abs(state); err == nil {
			state = abs
		}
		sum := sha256.Sum256([]byte(state))
		name = what + "-" + hex.EncodeToString(sum[:6]) + ".json"
	}
	return filepath.Join(dir, name), nil
}

// home is the folder for a program's own state (XDG Base Directory Specification
// on Linux).
func home() (string, error) {
	switch runtime.GOOS {
	case "windows":
		dir, err := os.UserCacheDir()
		return filepath.Join(dir, "Deskbell"), err
	case "darwin":
		dir, err := os.UserConfigDir()
		return filepath.Join(dir, "Deskbell"), err
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "deskbell"), nil
	}
	dir, err := os.UserHomeDir()
	return filepath.Join(dir, ".local", "state", "deskbell"), err
}
