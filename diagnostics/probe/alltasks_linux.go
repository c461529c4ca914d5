package probe

import (
	"bytes"
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// taskReader reads all processes over and over through one open /proc, into buffers
// that are used again. It belongs to one goroutine.
type taskReader struct {
	proc        file
	names, text []byte
	path        []byte
	said        map[int32]string // names as the kernel has them
	one         taskNow
}

func newTaskReader() *taskReader {
	return &taskReader{proc: file{path: "/proc"}, names: make([]byte, 32<<10), text: make([]byte, 1<<10), said: map[int32]string{}}
}

func (r *taskReader) close() { r.proc.close() }

// read hands each process to see, and returns how much processor time that took.
func (r *taskReader) read(ctx context.Context, see func(*taskNow)) (time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime()
	n := 0
	err := eachPID(&r.proc, r.names, func(fd int, pid int32, name []byte) bool {
		if n++; n%64 == 0 && ctx.Err() != nil {
			return false
		}
		if r.readOne(fd, pid, name) {
			see(&r.one)
		}
		return true
	})
	if len(r.said) > 4*n+1024 { // of processes that are long gone
		clear(r.said)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return threadTime() - start, err
}

// readOne reads a process; one that has ended meanwhile is left out.
func (r *taskReader) readOne(proc int, pid int32, name []byte) bool {
	b := r.small(proc, name, "/stat")
	t, ok := parseTask(b)
	if !ok {
		return false
	}
	said := r.said[pid]
	if said != string(t.name) {
		said = string(t.name)
		r.said[pid] = said
	}
	r.one = taskNow{pid: pid, parent: t.parent, state: t.state, seconds: float64(t.ticks) / userHz, started: t.started, rss: t.rss, name: said}
	if t.parent == kthreadd || pid == kthreadd {
		return true // the kernel's threads read and write for others
	}
	if b := r.small(proc, name, "/io"); len(b) > 0 {
		for line := range bytes.Lines(b) {
			word, rest := fieldAfter(line)
			switch string(word) {
			case "read_bytes:", "write_bytes:":
				n, _ := numberAfter(rest)
				r.one.io += n
				r.one.hasIO = true
			}
		}
	}
	return true
}

// small reads a small file of a process.
func (r *taskReader) small(proc int, pid []byte, name string) []byte {
	r.path = append(append(r.path[:0], pid...), name...)
	fd, err := unix.Openat(proc, string(r.path), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	n, err := unix.Read(fd, r.text)
	unix.Close(fd)
	if err != nil || n <= 0 {
		return nil
	}
	return r.text[:n]
}
