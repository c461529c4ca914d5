package fix

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// root is put before every path of the system; tests have a small one of their own.
var root string

// at is a path of the system.
func at(path string) string { return filepath.Join(root, path) }

func exists(path string) bool {
	_, err := os.Stat(at(path))
	return err == nil
}

// find returns a program of the system. It is looked for in the system's own
// folders only: what a PATH names may be anybody's.
func find(name string) string {
	for _, dir := range []string{"/usr/bin", "/usr/sbin", "/bin", "/sbin"} {
		path := at(dir + "/" + name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// The bounds of a program of the system.
const (
	maxOutput = 64 << 10
	lateEnd   = 2 * time.Second // for output to end after the program did
)

// program runs a program of the system without a shell, and returns what it
// prints. It ends with ctx, with everything that it has started.
func program(ctx context.Context, name string, args ...string) (string, error) {
	path := find(name)
	if path == "" {
		return "", fault.Say(fault.Unsupported, "error.fix_program_missing", tongue.Name("program", name))
	}
	out := &bounded{}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/usr/sbin:/bin:/sbin", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay, cmd.Dir = out, out, lateEnd, "/"
	alone(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		return "", &refused{name, line(out.b.String(), 200)}
	}
	return out.b.String(), err
}

// refused is a program that ended with an error.
type refused struct{ name, said string }

func (r *refused) Error() string {
	if r.said == "" {
		return r.name + " failed"
	}
	return r.name + ": " + r.said
}

// bounded keeps the beginning of what is written to it. Its buffer is not embedded:
// io.Copy would find a way into it around Write.
type bounded struct{ b bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxOutput - b.b.Len(); room > 0 {
		b.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// line makes words of the system fit for one line of text.
func line(s string, n int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), " ")
	if r := []rune(s); len(r) > n {
		s = string(r[:n-1]) + "…"
	}
	return s
}

// cannot is a step that the machine will not take; err is why in its own words, for
// the log.
func cannot(err error, id string, args ...tongue.Arg) error {
	return fault.Say(fault.Unavailable, id, args...).Because(err)
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
