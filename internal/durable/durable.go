// Package durable writes files that are whole or not there: to a temporary file,
// flushed to the disk, renamed into place, and the folder flushed after it. A
// reader never sees half a file, whenever the power goes.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
)

// tempPrefix starts the names of files that are being written. Sweep removes what
// a crash left of them.
const tempPrefix = ".new-"

// Write puts data into the file at path, which is replaced if it is there. When
// it returns nil the file survives a power cut. When it returns an error the old
// file is in place, unless the error is an *UnsureError.
func Write(path string, data []byte, perm fs.FileMode) error {
	f, err := Create(filepath.Dir(path), perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit(filepath.Base(path))
}

// File is a file that is being written. It belongs to one goroutine.
type File struct {
	f    *os.File
	dir  string
	done bool

	reserved bool // what is beyond the last byte written is filler
}

// Create begins a file in dir. The caller ends it with Commit or Discard.
func Create(dir string, perm fs.FileMode) (*File, error) {
	f, err := os.CreateTemp(dir, tempPrefix+"*")
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	return &File{f: f, dir: dir}, nil
}

// Reserve is Create that takes size bytes of the disk beforehand, so that a file
// up to that size is unlikely to find the disk full.
func Reserve(dir string, perm fs.FileMode, size int) (*File, error) {
	f, err := Create(dir, perm)
	if err != nil {
		return nil, err
	}
	if _, err = f.f.Write(make([]byte, size)); err == nil {
		err = f.f.Sync()
	}
	if err == nil {
		_, err = f.f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Discard()
		return nil, err
	}
	f.reserved = true
	return f, nil
}

// Write adds to the file.
func (f *File) Write(p []byte) (int, error) { return f.f.Write(p) }

// Commit gives the file its name, within its folder, and makes it durable.
func (f *File) Commit(name string) error {
	if f.reserved {
		end, err := f.f.Seek(0, io.SeekCurrent)
		if err == nil {
			err = f.f.Truncate(end)
		}
		if err != nil {
			return err
		}
	}
	if err := f.f.Sync(); err != nil {
		return err
	}
	if err := f.f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.f.Name(), filepath.Join(f.dir, name)); err != nil {
		return err
	}
	f.done = true
	if err := SyncDir(f.dir); err != nil {
		return &UnsureError{err}
	}
	return nil
}

// Discard removes the file unless it was committed. It may be called always.
func (f *File) Discard() {
	if !f.done {
		f.f.Close()
		os.Remove(f.f.Name())
		f.done = true
	}
}

// UnsureError says that the file is in place, and that a power cut may undo it.
type UnsureError struct{ err error }

// Error returns the cause's text.
func (e *UnsureError) Error() string { return fmt.Sprintf("flushing the folder: %v", e.err) }

// Unwrap returns the cause.
func (e *UnsureError) Unwrap() error { return e.err }

// Sweep removes from dir the files that were never finished.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// Temporary reports whether a file of this name is one that was never finished.
func Temporary(name string) bool { return strings.HasPrefix(name, tempPrefix) }

// Fault turns a failed write into what a person is told: Full with the sentence
// that nothing was saved, when the disk or a quota is full. Other errors and nil
// are returned as they are.
func Fault(err error) error {
	if err != nil && NoSpace(err) {
		return fault.Say(fault.Full, "error.disk_full").Because(err)
	}
	return err
}

// Copy is io.Copy that stops with TooLarge after limit bytes. It exists because a
// reader that is cut off at the limit looks like one that has ended.
func Copy(dst io.Writer, src io.Reader, limit int64) (int64, error) {
	n, err := io.Copy(dst, io.LimitReader(src, limit+1))
	if err == nil && n > limit {
		err = fault.Newf(fault.TooLarge, "That is larger than %d MiB.", limit>>20)
	}
	return n, err
}
