package probe

import (
	"os"
	"time"
)

// modified is when a file was changed last; zero when nobody knows.
func modified(at root, path string) time.Time {
	info, err := os.Stat(string(at) + path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime().UTC().Truncate(time.Second)
}
