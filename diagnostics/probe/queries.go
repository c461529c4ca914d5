package probe

import (
	"context"
	"time"

	"github.com/deskbell/deskbell/diagnostics"
)

// LogQuery selects the tail of the system's log.
type LogQuery struct {
	Lines  int    // at most; 0 means 200
	Unit   string // only this unit or source
	Level  string // this level and worse: error, warning, info; empty means all
	Filter string // only entries that contain it, whatever the case
}

// Processes measures all processes over the interval.
func (p *Prober) Processes(ctx context.Context, interval time.Duration) (diagnostics.Processes, error) {
	return diagnostics.Processes{}, nil
}

// Services lists every service in Services.All.
func (p *Prober) Services(ctx context.Context) (diagnostics.Services, error) {
	return diagnostics.Services{}, nil
}

// Log reads the tail of the system's log, oldest first.
func (p *Prober) Log(ctx context.Context, q LogQuery) (diagnostics.Log, error) {
	return diagnostics.Log{}, nil
}

// FileSystems lists the mounts and their use.
func (p *Prober) FileSystems(ctx context.Context) ([]diagnostics.FileSystem, error) { return nil, nil }

// Resolvers lists the addresses of the configured DNS servers.
func Resolvers() []string { return nil }

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
	Partial bool        // time or the bound on entries ran out: sizes are lower bounds
}

// Tree sizes up one directory: what its entries hold on the same file system,
// without following symbolic links.
func (p *Prober) Tree(ctx context.Context, path string) (Tree, error) { return Tree{}, nil }
