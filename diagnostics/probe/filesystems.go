package probe

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// taskFileSystems lists the mounts, then asks each how full it is.
const taskFileSystems = "filesystems"

type fileSystemsParams struct {
	Skip []string `json:"skip,omitempty"` // keys of mounts that are listed and not asked
}

// fileSystemsResult is one line of the task: first all mounts, then one mount's
// answer after the other. A mount that was listed and has none did not answer.
type fileSystemsResult struct {
	Listed []mount                 `json:"listed,omitempty"`
	Key    string                  `json:"key,omitempty"`
	Answer *diagnostics.FileSystem `json:"answer,omitempty"`
	Gone   bool                    `json:"gone,omitempty"` // it is not for us, or unmounted meanwhile
}

// mount is a mounted file system before it was asked anything.
type mount struct {
	Key string                 `json:"key"` // names this very mount: a new one at the same place has another
	FS  diagnostics.FileSystem `json:"fs"`
}

// maxMounts is how many file systems are asked; each takes a thread while it is silent.
const maxMounts = 200

func readFileSystems(ctx context.Context, params json.RawMessage, emit func(any) error) error {
	var p fileSystemsParams
	if err := json.Unmarshal(params, &p); err != nil {
		return err
	}
	mounts, err := listMounts(ctx)
	if err != nil {
		return err
	}
	mounts = mounts[:min(len(mounts), maxMounts)]
	if err := emit(fileSystemsResult{Listed: mounts}); err != nil {
		return err
	}
	answers := make(chan fileSystemsResult, len(mounts)) // so that a late one can end
	asked := 0
	for _, m := range mounts {
		if slices.Contains(p.Skip, m.Key) {
			continue
		}
		asked++
		go func() {
			fs, ok := askMount(m.FS)
			answers <- fileSystemsResult{Key: m.Key, Answer: &fs, Gone: !ok}
		}()
	}
	for range asked {
		select {
		case a := <-answers:
			if err := emit(a); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// fileSystems lists the mounts and how full they are. Those that do not answer
// before the context is done are marked, and silent lists them; an error means
// that not even the list could be had.
func (p *Prober) fileSystems(ctx context.Context) (found []diagnostics.FileSystem, silent []string, err error) {
	resting := p.mounts.resting(time.Now())
	var mounts []mount
	answers := map[string]fileSystemsResult{}
	err = ask(ctx, p, taskFileSystems, fileSystemsParams{Skip: resting}, func(r fileSystemsResult) {
		if r.Key == "" {
			mounts = r.Listed
			return
		}
		answers[r.Key] = r
	})
	if mounts == nil && err != nil {
		return nil, nil, err
	}
	listed := map[string]bool{}
	for _, m := range mounts {
		listed[m.Key] = true
		switch a, answered := answers[m.Key]; {
		case answered && a.Gone:
			p.mounts.answered(m.Key)
		case answered && a.Answer != nil:
			p.mounts.answered(m.Key)
			found = append(found, *a.Answer)
		case slices.Contains(resting, m.Key):
			m.FS.NoAnswer = true
			silent = append(silent, m.FS.Mount)
			found = append(found, m.FS)
		case ctx.Err() == context.DeadlineExceeded:
			p.mounts.silent(m.Key, time.Now())
			m.FS.NoAnswer = true
			silent = append(silent, m.FS.Mount)
			found = append(found, m.FS)
		default: // the task itself failed or was cancelled: nothing is known of the mount
			found = append(found, m.FS)
		}
	}
	p.mounts.keep(listed)
	if ctx.Err() != nil {
		return found, silent, nil
	}
	return found, silent, err
}
