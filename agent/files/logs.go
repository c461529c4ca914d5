package files

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
)

// Logs are the log files that may be read and followed from afar: those alone that
// the machine's own settings name. It is safe for concurrent use.
type Logs struct{ shelf *Shelf }

// NewLogs returns the logs that patterns name, or what is wrong with the patterns.
func NewLogs(globs []string) (*Logs, error) {
	s, err := newShelf(Policy{From: globs}, "--log-file")
	if err != nil {
		return nil, err
	}
	return &Logs{s}, nil
}

var errTheirs = fault.New(fault.Forbidden, "That file is somebody's own, so it is not read as a log. It can be fetched with their consent, where this machine's settings allow that.")

// Open opens a log as it is now. It follows no symbolic link, and opens nothing but
// files on a disk of this machine that are no person's own. A log is opened again and
// again while it is followed, since another may be put in its place.
func (l *Logs) Open(path string) (*os.File, error) {
	if _, ok := split(path); !ok {
		return nil, fault.Field("file", "The parameter “file” is an absolute path without “.” and “..”, of at most 4096 bytes.")
	}
	if l == nil || !l.shelf.any(path, named) {
		return nil, fault.New(fault.Forbidden, "This machine's own settings do not name this log file (deskbell-agent run --log-file). "+l.told())
	}
	if _, home := l.shelf.Whose(path); home {
		return nil, errTheirs
	}
	f, err := openBeneath(path, false)
	if err != nil {
		return nil, said(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, said(err)
	}
	_, owner, names := facts(info)
	switch n, err := strconv.Atoi(owner); {
	case names > 1:
		f.Close()
		return nil, errTwice
	case err == nil && n >= firstPerson && n < 65534:
		f.Close()
		return nil, errTheirs
	}
	return f, nil
}

// told says which files are named: who may ask for one may know its name.
func (l *Logs) told() string {
	if l == nil || len(l.shelf.p.From) == 0 {
		return "They name none."
	}
	const most = 5
	all := l.shelf.p.From
	if len(all) > most {
		return fmt.Sprintf("They name %s and %d more.", strings.Join(all[:most], ", "), len(all)-most)
	}
	return "They name " + strings.Join(all, ", ") + "."
}
