package remote

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"time"

	"github.com/deskbell/deskbell/agent/files"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	// fetchLimit is how long a file may be on its way.
	fetchLimit = 10 * time.Minute
	openLimit  = 10 * time.Second
	// filePause keeps a file below the rate of messages that the server takes, with
	// room for everything else.
	filePause = 80 * time.Millisecond
	maxStuck  = 3
)

var (
	errNoFiles = fault.New(fault.Forbidden, "This machine's own settings name no place of which files may be fetched (deskbell-agent run --fetch-from).")
	errStuck   = fault.New(fault.Unavailable, "The disk does not answer, so the file was not read.")
	errNobody  = fault.New(fault.Forbidden, "The file lies in the home of somebody whom nobody here knows, so nobody can agree to it.")
	errSwapped = fault.New(fault.Stale, "Another file was put in its place meanwhile. Nothing was fetched; look at it again.")
	errOneFile = fault.New(fault.TooMany, "Another file of this machine is on its way. Wait until it has arrived.")
)

// theirs notes whose consent a path needs. A file that a person owns is theirs,
// wherever it lies.
func (j *job) theirs(s *files.Shelf, path, owner string) error {
	j.about = path
	uid, home := s.Whose(path)
	if n, err := strconv.Atoi(owner); !home && err == nil && n >= 1000 && n < 65534 {
		uid, home = owner, true
	}
	if home && uid == "" {
		return errNobody
	}
	j.personal, j.whose = home, uid
	return nil
}

// patiently waits for a disk no longer than a disk should take. What hangs on one
// cannot be ended, so it is left behind, and only so many of it.
func patiently[T any](r *Runner, f func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	var none T
	select {
	case r.stuck <- struct{}{}:
	default:
		return none, errStuck
	}
	done := make(chan result, 1)
	go func() {
		var got result
		if err := caught(func() { got.v, got.err = f() }); err != nil {
			got.err = err
		}
		<-r.stuck
		done <- got
	}()
	timer := time.NewTimer(openLimit)
	defer timer.Stop()
	select {
	case got := <-done:
		return got.v, got.err
	case <-timer.C:
		return none, errStuck
	}
}

func (r *Runner) listFiles(p wire.ListFilesParams) (job, error) {
	s := r.options.Files
	if s == nil || len(s.Places()) == 0 {
		return job{}, errNoFiles
	}
	j := job{what: "which files may be fetched", wants: "see which files may be fetched", limit: 2 * openLimit}
	if p.Path != "" {
		j.what = "which files there are in “" + oneLine(p.Path, 120) + "”"
		j.wants = "see " + j.what
		if err := j.theirs(s, p.Path, ""); err != nil {
			return job{}, err
		}
	}
	j.run = func(_ context.Context, out *output) error {
		list, err := patiently(r, func() (wire.FilesPart, error) { return s.List(p.Path) })
		if err != nil {
			return err
		}
		return send(out, list)
	}
	return j, nil
}

func (r *Runner) fetchFile(p wire.FetchFileParams) (job, error) {
	s := r.options.Files
	if s == nil || len(s.Places()) == 0 {
		return job{}, errNoFiles
	}
	seen, err := patiently(r, func() (*files.File, error) { return s.Open(p.Path) })
	if err != nil {
		return job{}, err
	}
	seen.Close() // nobody may have to agree to it before the limits are looked at; it is compared below
	name := "the file “" + oneLine(p.Path, 200) + "”"
	j := job{what: "fetched " + name, wants: "fetch " + name, limit: fetchLimit}
	if err := j.theirs(s, p.Path, seen.Owner); err != nil {
		return job{}, err
	}
	j.run = func(ctx context.Context, out *output) error { return r.sendFile(ctx, out, seen, p) }
	return j, nil
}

func (r *Runner) sendFile(ctx context.Context, out *output, seen *files.File, p wire.FetchFileParams) error {
	if !r.fetching.TryLock() {
		return errOneFile
	}
	defer r.fetching.Unlock()
	s := r.options.Files
	f, err := patiently(r, func() (*files.File, error) { return s.Open(p.Path) })
	if err != nil {
		return err
	}
	defer f.Close()
	if !f.Same(seen) {
		return errSwapped
	}
	name, _ := redact.Text(oneLine(filepath.Base(p.Path), 200))
	if err := sendBytes(out, wire.FilePart{Name: name, Size: f.Size}); err != nil {
		return err
	}
	var offset int64
	told, err := s.Copy(ctx, f, p.Ends, func(chunk []byte) error {
		if err := sendBytes(out, wire.FilePart{Offset: offset, Data: chunk}); err != nil {
			return err
		}
		offset += int64(len(chunk))
		return pause(ctx, filePause)
	})
	if err != nil {
		return err
	}
	return sendBytes(out, wire.FilePart{Fetched: &told})
}

// sendBytes emits a part of a file, whose secrets were taken out and whose length is
// bounded where it was read.
func sendBytes(out *output, p wire.FilePart) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	out.emit(wire.Answer{Part: out.part, Data: b})
	out.part++
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
