package probe

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// tail keeps the beginning of what is written to it, up to 4 KiB: enough to tell
// why a program failed.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 4<<10 - len(t.b); room > 0 {
		t.b = append(t.b, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return plainLine(string(t.b), 300)
}

// output runs a program of the system and returns at most limit bytes of what it
// prints; what is beyond is cut. It is killed when the context is done, and nobody
// waits for one that does not die. The environment is ours with the C locale, so
// that words can be compared.
func output(ctx context.Context, limit int64, path string, args ...string) ([]byte, error) {
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer outR.Close()
	var said tail
	cmd := exec.Command(path, args...) //nolint:noctx // it is killed with its group, below
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=")
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = outW, &said, grace
	detach(cmd)
	err = cmd.Start()
	outW.Close()
	if err != nil {
		return nil, err
	}
	type read struct {
		b   []byte
		err error
	}
	got, ended := make(chan read, 1), make(chan error, 1)
	go func() {
		b, err := io.ReadAll(io.LimitReader(outR, limit))
		got <- read{b, err}
	}()
	go func() { ended <- cmd.Wait() }()
	defer cmd.Process.Kill()
	var r read
	select {
	case r = <-got:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.err != nil || int64(len(r.b)) == limit {
		return r.b, r.err
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err = <-ended:
	case <-late.C:
		return r.b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return r.b, &programError{path: path, said: said.String(), err: err}
	}
	return r.b, nil
}

// programError is why a program ended with another status than 0.
type programError struct {
	path, said string
	err        error
}

func (e *programError) Error() string {
	if e.said != "" {
		return e.path + ": " + e.said
	}
	return e.path + ": " + e.err.Error()
}

func (e *programError) Unwrap() error { return e.err }

// exitStatus is the status that a program ended with, 0 when it did not say.
func exitStatus(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(0, e.ExitCode())
	}
	return 0
}
