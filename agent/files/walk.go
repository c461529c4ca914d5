package files

import (
	"os"
	"path/filepath"
	"strings"
)

// openByWalk opens a file or a folder where the kernel cannot be told to follow no
// link: folder by folder, each opened within the one before and compared with what
// was seen there, so that what is swapped meanwhile is noticed.
func openByWalk(path string, dir bool) (*os.File, error) {
	volume := filepath.VolumeName(path)
	root, err := os.OpenRoot(volume + string(filepath.Separator))
	if err != nil {
		return nil, err
	}
	defer func() { root.Close() }()
	rel := strings.Trim(path[len(volume):], string(filepath.Separator))
	names := strings.Split(rel, string(filepath.Separator))
	for _, name := range names[:len(names)-1] {
		next, err := into(root, name)
		if err != nil {
			return nil, err
		}
		root.Close()
		root = next
	}
	last := names[len(names)-1]
	if last == "" {
		last = "."
	}
	seen, err := root.Lstat(last)
	switch {
	case err != nil:
		return nil, err
	case seen.Mode()&os.ModeSymlink != 0:
		return nil, errLink
	case dir && !seen.IsDir():
		return nil, errNotDir
	case !dir && !seen.Mode().IsRegular():
		return nil, errNoFile
	}
	f, err := root.OpenFile(last, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	if got, err := f.Stat(); err != nil || !os.SameFile(seen, got) {
		f.Close()
		return nil, errChanged
	}
	return f, nil
}

func into(root *os.Root, name string) (*os.Root, error) {
	seen, err := root.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case seen.Mode()&os.ModeSymlink != 0:
		return nil, errLink
	case !seen.IsDir():
		return nil, errNotDir
	}
	next, err := root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if got, err := next.Stat("."); err != nil || !os.SameFile(seen, got) {
		next.Close()
		return nil, errChanged
	}
	return next, nil
}
