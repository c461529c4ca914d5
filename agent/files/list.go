package files

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

const (
	maxEntries = 500
	maxLooked  = 20000 // entries of a folder that are looked at
)

// about reads what is known of an open file.
func about(f *os.File, p string) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	id, owner, names := facts(info)
	if names > 1 {
		return nil, errTwice
	}
	return &File{f: f, Name: filepath.Base(p), Size: info.Size(), Owner: owner, id: id}, nil
}

// List lists what of a folder may be fetched, and the folders that lead to more.
func (s *Shelf) List(p string) (wire.FilesPart, error) {
	out := wire.FilesPart{Path: p, Places: s.p.From}
	if p == "" {
		return out, nil
	}
	if err := s.check(p, leads); err != nil {
		return out, err
	}
	d, err := openBeneath(p, true)
	if err != nil {
		return out, said(err)
	}
	defer d.Close()
	for looked := 0; looked < maxLooked; {
		list, err := d.ReadDir(256)
		looked += len(list)
		for _, e := range list {
			s.list(&out, d, p, e)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return out, said(err)
		}
	}
	slices.SortFunc(out.Entries, func(a, b wire.FileEntry) int { return strings.Compare(a.Name, b.Name) })
	if n := len(out.Entries); n > maxEntries {
		out.Entries, out.More = out.Entries[:maxEntries], n-maxEntries
	}
	return out, nil
}

func (s *Shelf) list(out *wire.FilesPart, d *os.File, folder string, e os.DirEntry) {
	p := filepath.Join(folder, e.Name())
	dir := e.IsDir()
	if !dir && !e.Type().IsRegular() || dir && !s.any(p, leads) || !dir && !s.any(p, named) {
		return
	}
	one := wire.FileEntry{Name: e.Name(), Path: p, Dir: dir}
	if !dir {
		one.Bytes, one.Modified = entry(d, e)
	}
	out.Entries = append(out.Entries, one)
}

// errLong says that a file is longer than is fetched of one.
func (s *Shelf) errLong(size int64) error {
	return fault.New(fault.TooLarge, "The file has "+mib(size)+", and at most "+mib(s.p.Most)+" are fetched of one. Ask for its beginning and its end.")
}
