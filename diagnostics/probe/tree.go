package probe

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// taskTree sizes up a directory.
const taskTree = "tree"

const (
	treeDeadline   = 10 * time.Second
	maxTreeFiles   = 2_000_000 // looked at
	maxTreeEntries = 5_000     // of the directory itself
	treeProgress   = 500 * time.Millisecond
)

type treeParams struct {
	Path string `json:"path"`
}

// treeResult is one line of the task: what is known of one entry so far. Later
// lines of the same entry replace earlier ones.
type treeResult struct {
	Entry   TreeEntry `json:"entry"`
	Cut     bool      `json:"cut,omitempty"`     // a bound was reached: there is more
	Problem string    `json:"problem,omitempty"` // the directory itself cannot be read
	Code    string    `json:"code,omitempty"`
}

// TreeEntry is one entry of a directory, with all that is in it.
type TreeEntry struct {
	Name  string
	Bytes uint64 // allocated on the disk, hard links once
	Files int
	Dir   bool
}

// Tree is what fills a directory.
type Tree struct {
	Entries []TreeEntry // biggest first
	Partial bool        // time or a bound ran out, or something could not be read: sizes are lower bounds
}

// Tree sizes up one directory: what its entries hold on the same file system,
// without following symbolic links and without looking at other mounts in it. It
// takes ten seconds at most, and returns what it has by then.
func (p *Prober) Tree(ctx context.Context, path string) (Tree, error) {
	if !filepath.IsAbs(path) {
		return Tree{}, fault.Field("path", "The path is not absolute: begin it at the root of the file system.")
	}
	ctx, cancel := context.WithTimeout(ctx, treeDeadline)
	defer cancel()
	var t Tree
	var problem error
	at := map[string]int{}
	err := ask(ctx, p, taskTree, treeParams{Path: filepath.Clean(path)}, func(r treeResult) {
		if r.Problem != "" {
			problem = fault.New(fault.Code(r.Code), r.Problem)
			return
		}
		t.Partial = t.Partial || r.Cut
		if r.Entry.Name == "" {
			return
		}
		i, seen := at[r.Entry.Name]
		if !seen {
			i = len(t.Entries)
			at[r.Entry.Name] = i
			t.Entries = append(t.Entries, r.Entry)
		}
		t.Entries[i] = r.Entry
	})
	switch {
	case problem != nil:
		return Tree{}, problem
	case errors.Is(err, context.DeadlineExceeded):
		t.Partial = true
	case err != nil:
		return Tree{}, err
	}
	for i := range t.Entries {
		t.Entries[i].Name = plainLine(t.Entries[i].Name, 255)
	}
	slices.SortFunc(t.Entries, func(a, b TreeEntry) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	return t, nil
}

func readTree(ctx context.Context, params json.RawMessage, emit func(any) error) error {
	var p treeParams
	if err := json.Unmarshal(params, &p); err != nil {
		return err
	}
	w := &walk{ctx: ctx, emit: emit, mounts: mountsUnder(p.Path), seen: map[fileID]bool{}}
	root, err := os.Lstat(p.Path)
	if err != nil {
		return emit(treeProblem(err))
	}
	if !root.IsDir() {
		return emit(treeResult{Problem: "The path is not a directory; links are not followed.", Code: string(fault.Invalid)})
	}
	w.device = deviceOf(root)
	dir, err := openDir(p.Path)
	if err != nil {
		return emit(treeProblem(err))
	}
	defer dir.Close()
	for range maxTreeEntries {
		entries, err := dir.ReadDir(1)
		if err != nil {
			return nil // the end; what could be read is told
		}
		if err := w.top(p.Path, entries[0]); err != nil {
			return err
		}
	}
	return emit(treeResult{Cut: true})
}

func treeProblem(err error) treeResult {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return treeResult{Problem: "There is no such directory.", Code: string(fault.NotFound)}
	case errors.Is(err, fs.ErrPermission):
		return treeResult{Problem: "The agent may not read this directory.", Code: string(fault.Forbidden)}
	}
	return treeResult{Problem: "The directory cannot be read: " + err.Error() + ".", Code: string(fault.Unavailable)}
}

// fileID names a file whatever its path is.
type fileID struct{ device, inode uint64 }

// walk adds up one directory's entries.
type walk struct {
	ctx     context.Context
	emit    func(any) error
	mounts  map[string]bool // not to be looked at
	device  uint64
	seen    map[fileID]bool // files with several names
	looked  int
	current TreeEntry
	told    time.Time
	cut     bool
}

// top sizes up one entry of the directory and tells the result.
func (w *walk) top(parent string, e fs.DirEntry) error {
	w.current, w.told, w.cut = TreeEntry{Name: e.Name(), Dir: e.IsDir()}, time.Now(), false
	path := filepath.Join(parent, e.Name())
	if w.mounts[path] {
		return nil // another file system: it fills nothing here
	}
	info, err := e.Info()
	if err != nil {
		return nil // gone meanwhile
	}
	if deviceOf(info) != w.device {
		return nil
	}
	w.add(info)
	if e.IsDir() {
		if err := w.below(path); err != nil {
			return err
		}
	}
	return w.emit(treeResult{Entry: w.current, Cut: w.cut})
}

func (w *walk) add(info fs.FileInfo) {
	size, id, links := sizeOf(info)
	if links > 1 && !info.IsDir() {
		if w.seen[id] {
			return
		}
		w.seen[id] = true
	}
	w.current.Bytes += size
	if !info.IsDir() {
		w.current.Files++
	}
}

// below adds up a directory and what is in it. It keeps a stack of its own, so
// that a very deep tree costs nothing but memory.
func (w *walk) below(top string) error {
	stack := []string{top}
	for len(stack) > 0 {
		path := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		dir, err := openDir(path)
		if err != nil {
			w.cut = true // not ours to read
			continue
		}
		for {
			entries, err := dir.ReadDir(256)
			for _, e := range entries {
				child := filepath.Join(path, e.Name())
				if w.mounts[child] {
					continue
				}
				info, err := e.Info()
				if err != nil || deviceOf(info) != w.device {
					continue
				}
				w.add(info)
				if e.IsDir() {
					stack = append(stack, child)
				}
			}
			w.looked += len(entries)
			if w.ctx.Err() != nil {
				dir.Close()
				return w.ctx.Err()
			}
			if w.looked > maxTreeFiles {
				w.cut = true
				dir.Close()
				return nil
			}
			if time.Since(w.told) > treeProgress {
				// So far, in case we are stopped in the middle.
				w.told = time.Now()
				if w.emit(treeResult{Entry: w.current}) != nil {
					dir.Close()
					return context.Canceled
				}
			}
			if err != nil {
				break
			}
		}
		dir.Close()
	}
	return nil
}
