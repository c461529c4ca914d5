package files

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/deskbell/deskbell/internal/fault"
)

var (
	errLink    = fault.New(fault.Forbidden, "There is a symbolic link on the way to it, and links are not followed. Say the true path.")
	errNoFile  = fault.New(fault.Forbidden, "That is not a file on a disk, so it is not opened.")
	errPseudo  = fault.New(fault.Forbidden, "That is no file on a disk of this machine: it lies on a network drive or is made up by the system.")
	errTwice   = fault.New(fault.Forbidden, "That file has more than one name (hard links), so nobody can tell whose it is. It is not fetched.")
	errNotDir  = fault.New(fault.Invalid, "That is not a folder.")
	errChanged = fault.New(fault.Stale, "Another file was put in its place meanwhile. Nothing was fetched; look at it again.")
)

// said makes what the system says a sentence.
func said(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "There is no such file.")
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.Forbidden, "Deskbell may not read that on this machine.")
	case errors.Is(err, syscall.ENAMETOOLONG):
		return fault.Wrap(err, fault.Invalid, "A name in that path is longer than names may be on this machine.")
	case errors.Is(err, syscall.ENOTDIR):
		return fault.Wrap(err, fault.Invalid, "A part of that path is not a folder.")
	}
	return fault.Wrap(err, fault.Unavailable, "It could not be read on this machine.")
}
