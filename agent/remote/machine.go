package remote

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/diagnostics/probe"
	"github.com/deskbell/deskbell/diagnostics/redact"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

func (r *Runner) snapshot(p wire.SnapshotParams) (job, error) {
	for _, name := range p.Sections {
		if !slices.Contains(diagnostics.SectionNames(), name) {
			return job{}, fault.Field("sections", "There is no section “"+oneLine(string(name), 40)+"” in a snapshot.")
		}
	}
	request := probe.Request{Sections: p.Sections}
	if r.options.Server != nil {
		request.Server = r.options.Server()
	}
	return job{what: "the state of this machine", limit: 10 * time.Second, run: func(ctx context.Context, out *output) error {
		parts := make(chan wire.SnapshotPart, 2*len(diagnostics.SectionNames()))
		var whole diagnostics.Snapshot
		var failed error
		go func() {
			defer close(parts)
			failed = caught(func() {
				whole = r.options.Prober.Collect(ctx, request, func(s diagnostics.Snapshot, pending []diagnostics.SectionName) {
					part := wire.SnapshotPart{Snapshot: s}
					for _, name := range pending {
						part.Pending = append(part.Pending, string(name))
					}
					select {
					case parts <- part:
					default: // nobody reads; the last one has it all
					}
				})
			})
		}()
		for part := range parts {
			if len(parts) > 0 || len(part.Pending) == 0 {
				continue // a newer one is there, or the last one follows with the findings
			}
			if err := send(out, part); err != nil {
				return err
			}
		}
		if err := cmp.Or(ctx.Err(), failed); err != nil {
			return err
		}
		s, _ := redact.Snapshot(whole)
		return send(out, wire.SnapshotPart{Snapshot: s, Findings: diagnostics.Judge(s)})
	}}, nil
}

func (r *Runner) services(struct{}) (job, error) {
	return job{what: "the list of background services", limit: 15 * time.Second, run: func(ctx context.Context, out *output) error {
		s, err := r.options.Prober.Services(ctx)
		if err != nil {
			return err
		}
		return send(out, s)
	}}, nil
}

const maxEntries = 50

func (r *Runner) disk(p wire.DiskParams) (job, error) {
	j := job{what: "how full the disks are", limit: 20 * time.Second}
	if p.Path != "" {
		if err := checkPath(p.Path); err != nil {
			return job{}, err
		}
		j.what = "what fills the folder “" + oneLine(p.Path, 120) + "”"
	}
	j.run = func(ctx context.Context, out *output) error {
		systems, err := r.options.Prober.FileSystems(ctx)
		if err != nil {
			return err
		}
		part := wire.DiskPart{FileSystems: systems}
		if err := send(out, part); err != nil || p.Path == "" {
			return err
		}
		if err := onLocalDisk(systems, p.Path); err != nil {
			return err
		}
		tree, err := r.options.Prober.Tree(ctx, p.Path)
		if err != nil {
			return err
		}
		part.Path, part.Partial = p.Path, tree.Partial
		for _, e := range tree.Entries[:min(len(tree.Entries), maxEntries)] {
			part.Entries = append(part.Entries, wire.DirEntry{Name: e.Name, Bytes: e.Bytes, Files: e.Files, Dir: e.Dir})
		}
		return send(out, part)
	}
	return j, nil
}

func checkPath(path string) error {
	switch {
	case len(path) > 4096 || strings.ContainsRune(path, 0) || !utf8.ValidString(path):
		return fault.Field("path", "The parameter “path” is not the path of a folder.")
	case !filepath.IsAbs(path):
		return fault.Field("path", "The parameter “path” is not absolute: begin it at the root of the file system.")
	}
	for _, pseudo := range []string{"/proc", "/sys", "/dev"} {
		if clean := filepath.ToSlash(filepath.Clean(path)); clean == pseudo || strings.HasPrefix(clean, pseudo+"/") {
			return fault.Field("path", fmt.Sprintf("There are no files on a disk in %s.", pseudo))
		}
	}
	return nil
}

// onLocalDisk refuses a path on a network drive, or on a disk that does not
// answer: nothing could be read there in time.
func onLocalDisk(systems []diagnostics.FileSystem, path string) error {
	path = filepath.ToSlash(filepath.Clean(path))
	var under diagnostics.FileSystem
	for _, fs := range systems {
		at := strings.TrimSuffix(filepath.ToSlash(fs.Mount), "/")
		if (path == at || strings.HasPrefix(path, at+"/")) && len(fs.Mount) > len(under.Mount) {
			under = fs
		}
	}
	switch {
	case under.NoAnswer:
		return fault.Field("path", "The disk or drive at "+oneLine(under.Mount, 120)+" does not answer.")
	case under.Network:
		return fault.Field("path", "The folder is on a network drive; only folders on this machine's own disks are looked into.")
	}
	return nil
}
