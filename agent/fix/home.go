package fix

import (
	"context"
	"os/user"
	"strings"
	"time"
)

// homeOf returns a person's home folder; "" when the system does not know it.
// Without cgo, Go reads /etc/passwd alone, so people of a directory are asked for.
func homeOf(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.HomeDir
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	text, err := program(ctx, "getent", "passwd", uid)
	if f := strings.Split(strings.TrimSpace(text), ":"); err == nil && len(f) >= 6 {
		return f[5]
	}
	return ""
}
