package probe

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

func (r root) path(p string) string { return string(r) + p }

// text returns at most limit bytes of a regular file. A pipe or a device in its
// place must not hold us.
func (r root) text(p string, limit int64) (string, error) {
	f, err := os.OpenFile(r.path(p), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", os.ErrInvalid
	}
	b, err := io.ReadAll(io.LimitReader(f, limit))
	return string(b), err
}

// line returns a small file as one plain line, or "".
func (r root) line(p string) string {
	s, err := r.text(p, 4096)
	if err != nil {
		return ""
	}
	return plainLine(strings.TrimRight(s, "\x00"), 160)
}

// number returns a file that holds one, or 0.
func (r root) number(p string) int64 {
	n, _ := strconv.ParseInt(r.line(p), 10, 64) // what is not a number is not known
	return n
}

// names lists a folder in order, at most 100 000 entries; none when it cannot be read.
func (r root) names(p string) []string {
	d, err := os.Open(r.path(p))
	if err != nil {
		return nil
	}
	defer d.Close()
	all, _ := d.Readdirnames(100_000) // what came before the error is something
	slices.Sort(all)
	return all
}

// glob lists what fits a pattern, without the root before it.
func (r root) glob(pattern string) []string {
	all, _ := filepath.Glob(r.path(pattern)) // the patterns are well-formed
	for i := range all {
		all[i] = strings.TrimPrefix(all[i], string(r))
	}
	return all
}

// link returns the last name of what a link points to, or "".
func (r root) link(p string) string {
	to, err := os.Readlink(r.path(p))
	if err != nil {
		return ""
	}
	return plainLine(filepath.Base(to), 80)
}

func (r root) exists(p string) bool {
	_, err := os.Lstat(r.path(p))
	return err == nil
}
