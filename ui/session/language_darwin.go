package session

import (
	"context"
	"os/exec"
	"time"
)

// preferred asks for the languages that the person has put into order in the
// system's settings. A program from the Dock has no locale in its environment.
func preferred() []string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/bin/defaults", "read", "-g", "AppleLanguages").Output()
	if err != nil {
		return nil // English then
	}
	return fromDefaults(string(out))
}
