// Package files fetches files of this machine for a technician: those alone that
// lie in places which the machine's own settings name, opened so that nobody can put
// another in their place meanwhile, and without the secrets that are known as such.
package files

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Policy is what the machine's own settings let be fetched.
type Policy struct {
	From   []string // absolute patterns: “*” within a name, “**” for folders of any depth
	Binary bool     // files that are no text too, of which secrets cannot be taken out
	Most   int64    // bytes of one file; 0 means wire.MaxFileFrom
}

// Shelf is what may be fetched here. It is safe for concurrent use.
type Shelf struct {
	p     Policy
	flag  string // the setting that names the places
	globs [][]string
	homes func(path string) (home, uid string)
}

// pseudo are places without files on a disk.
var pseudo = []string{"/proc", "/sys", "/dev"}

// New returns a Shelf, or what is wrong with the settings.
func New(p Policy) (*Shelf, error) { return newShelf(p, "--fetch-from") }

func newShelf(p Policy, flag string) (*Shelf, error) {
	s := &Shelf{p: p, flag: flag, homes: homeOf}
	if p.Most == 0 {
		s.p.Most = wire.MaxFileFrom
	}
	if s.p.Most < 1 || s.p.Most > wire.MaxBlob-(64<<10) {
		return nil, fault.Field("--fetch-most", "A fetched file may have up to 24 MiB.")
	}
	for _, g := range p.From {
		parts, ok := split(g)
		switch {
		case !ok:
			return nil, fault.Field(flag, fmt.Sprintf("“%s” is not an absolute path without “.” and “..”.", g))
		case len(parts) == 0 || strings.ContainsAny(parts[0], "*?["):
			return nil, fault.Field(flag, fmt.Sprintf("“%s” begins with a pattern and would name the whole disk. Name at least the first folder.", g))
		}
		for _, q := range pseudo {
			if "/"+parts[0] == q {
				return nil, fault.Field(flag, fmt.Sprintf("There are no files on a disk in %s.", q))
			}
		}
		for _, x := range parts {
			if _, err := path.Match(x, ""); err != nil || strings.Contains(x, "**") && x != "**" {
				return nil, fault.Field(flag, fmt.Sprintf("“%s” is not a pattern: “*” stands for any part of a name, “**” alone for folders of any depth.", g))
			}
		}
		s.globs = append(s.globs, parts)
	}
	return s, nil
}

// Places are the patterns.
func (s *Shelf) Places() []string { return s.p.From }

// split takes an absolute, clean path apart.
func split(p string) ([]string, bool) {
	if len(p) > 4096 || strings.ContainsRune(p, 0) || !utf8.ValidString(p) || !filepath.IsAbs(p) || filepath.Clean(p) != p {
		return nil, false
	}
	p = filepath.ToSlash(p)
	if runtime.GOOS == "windows" {
		p = strings.ToLower(p) // names there do not differ by case
	}
	var parts []string
	for x := range strings.SplitSeq(strings.Trim(p, "/"), "/") {
		if x != "" {
			parts = append(parts, x)
		}
	}
	return parts, true
}

// named reports whether a path is one of a pattern's.
func named(glob, parts []string) bool {
	switch {
	case len(glob) == 0:
		return len(parts) == 0
	case glob[0] == "**":
		return named(glob[1:], parts) || len(parts) > 0 && named(glob, parts[1:])
	case len(parts) == 0:
		return false
	}
	ok, err := path.Match(glob[0], parts[0])
	return ok && err == nil && named(glob[1:], parts[1:])
}

// leads reports whether below a folder there may be one of a pattern's.
func leads(glob, parts []string) bool {
	switch {
	case len(glob) == 0:
		return false
	case len(parts) == 0 || glob[0] == "**":
		return true
	}
	ok, err := path.Match(glob[0], parts[0])
	return ok && err == nil && leads(glob[1:], parts[1:])
}

func (s *Shelf) any(p string, fits func(glob, parts []string) bool) bool {
	parts, ok := split(p)
	if !ok {
		return false
	}
	for _, g := range s.globs {
		if fits(g, parts) {
			return true
		}
	}
	return false
}

// check says why a path cannot be looked at, before the disk is.
func (s *Shelf) check(p string, fits func(glob, parts []string) bool) error {
	if _, ok := split(p); !ok {
		return fault.Field("path", "The parameter “path” is an absolute path without “.” and “..”, of at most 4096 bytes.")
	}
	if !s.any(p, fits) {
		return fault.New(fault.Forbidden, "This machine's own settings do not name this place (deskbell-agent run --fetch-from). The list of files says which they name.")
	}
	return nil
}

// Whose is the person in whose home a path lies; empty for a place of the machine's.
// A home whose owner nobody knows is nobody's to give.
func (s *Shelf) Whose(p string) (uid string, home bool) {
	h, uid := s.homes(p)
	return uid, h != ""
}

// File is an open file that may be fetched.
type File struct {
	f     *os.File
	Name  string
	Size  int64
	Owner string // uid; empty where it is not known
	id    any
}

// Same reports whether both are one file, unchanged in place.
func (f *File) Same(o *File) bool { return f.id == o.id && f.Owner == o.Owner }

// Close closes it.
func (f *File) Close() error { return f.f.Close() }

// Open opens a file that may be fetched. It follows no symbolic link, and opens
// nothing but files on a disk.
func (s *Shelf) Open(p string) (*File, error) {
	if err := s.check(p, named); err != nil {
		return nil, err
	}
	f, err := openBeneath(p, false)
	if err != nil {
		return nil, said(err)
	}
	out, err := about(f, p)
	if err != nil {
		f.Close()
		return nil, said(err)
	}
	return out, nil
}
