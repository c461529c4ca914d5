//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// actor is a program on a machine: it says when it is ready, does its thing at its
// cue, says so, and stays until it is ended.
func actor(args []string) error {
	if args[0] == "swallow" {
		swallow()
		return nil
	}
	begin := map[string]func([]string) error{
		"spin": spin, "grow": grow, "fill": fill, "thrash": touchAll, "burst": burst, "zombies": zombies, "files": openMany, "hang": hang, "answer": answer, "wait": waitFor, "idle": func([]string) error { return nil },
	}[args[0]]
	if begin == nil {
		return fmt.Errorf("there is no actor %q", args[0])
	}
	in := bufio.NewReader(os.Stdin)
	if args[0] == "wait" {
		runtime.LockOSThread() // the first thread is the one whose state is the program's
	}
	fmt.Println("done")
	if _, err := in.ReadString('\n'); errors.Is(err, io.EOF) {
		return nil // the machine is taken down
	} else if err != nil {
		return err
	}
	if err := begin(args[1:]); err != nil {
		fmt.Println(err)
		return err
	}
	fmt.Println("done")
	in.ReadString('\n')
	return nil
}

// spin keeps as many cores busy as it is told.
func spin(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	if len(args) > 1 {
		// Before the other programs of the host, which share the processor.
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, -15); err != nil {
			return err
		}
	}
	runtime.GOMAXPROCS(n + 1)
	for range n {
		go func() {
			for n := uint64(1); n != 0; n++ { // for some centuries
			}
		}()
	}
	time.Sleep(2 * time.Second) // until the kernel's averages have seen it
	return nil
}

var kept [][]byte

// take makes n bytes of memory really used.
func take(n int) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return
	}
	for i := 0; i < n; i += 4096 {
		b[i] = 1
	}
	kept = append(kept, b)
}

// grow has a gigabyte and takes 40 MiB more each second.
func grow([]string) error {
	take(1100 << 20)
	go func() {
		for range 60 {
			take(10 << 20)
			time.Sleep(250 * time.Millisecond)
		}
	}()
	return nil
}

// fill joins a control group and fills it to 97 % of its limit.
func fill(args []string) error {
	if err := os.WriteFile(args[0]+"/cgroup.procs", []byte("0"), 0o644); err != nil {
		return err
	}
	limit, err := readNumber(args[0] + "/memory.limit_in_bytes")
	if err != nil {
		return err
	}
	for range 10_000 {
		used, err := readNumber(args[0] + "/memory.usage_in_bytes")
		if err != nil {
			return err
		}
		if float64(used) >= 0.97*float64(limit) {
			return nil
		}
		take(128 << 10)
	}
	return errors.New("the group did not fill")
}

// touchAll joins a control group and goes through 160 MiB for as long as it lives.
func touchAll(args []string) error {
	if err := os.WriteFile(args[0]+"/cgroup.procs", []byte("0"), 0o644); err != nil {
		return err
	}
	b, err := unix.Mmap(-1, 0, 160<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	go func() {
		for n := byte(0); ; n++ {
			for i := 0; i < len(b); i += 4096 {
				b[i] = n
			}
		}
	}()
	time.Sleep(12 * time.Second) // the kernel's average over ten seconds has to see it
	return nil
}

func readNumber(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

// burst starts a program in a control group that takes more than its limit; the
// kernel ends it.
func burst(args []string) error {
	cmd := exec.Command("sh", "-c", `echo 0 > `+args[0]+`/cgroup.procs; exec "$0" actor swallow`, self())
	if err := cmd.Run(); err == nil {
		return errors.New("nobody was ended")
	}
	return nil
}

// zombies starts children and does not wait for them.
func zombies(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for range n {
		cmd := exec.Command("true")
		if err := cmd.Start(); err != nil {
			return err
		}
		kept = append(kept, []byte{byte(cmd.Process.Pid)})
	}
	time.Sleep(300 * time.Millisecond) // they end by themselves
	return nil
}

// openMany opens files: all that its limit allows, or as many as it is told.
func openMany(args []string) error {
	limit, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	most, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(limit), Max: uint64(limit)}); err != nil {
		return err
	}
	for range most {
		// They stay open.
		if _, err := unix.Open("/dev/null", unix.O_RDONLY, 0); errors.Is(err, unix.EMFILE) {
			break
		} else if err != nil {
			return err
		}
	}
	return nil
}

// silent is a file system whose other side is gone.
type silent struct{ fs.Inode }

// Statfs never answers.
func (*silent) Statfs(ctx context.Context, _ *fuse.StatfsOut) syscall.Errno {
	select {}
}

// Getattr answers, so that it can be mounted.
func (*silent) Getattr(context.Context, fs.FileHandle, *fuse.AttrOut) syscall.Errno { return 0 }

func hang(args []string) error {
	_, err := fs.Mount(args[0], &silent{}, &fs.Options{MountOptions: fuse.MountOptions{Name: args[1], FsName: args[2], DirectMountStrict: true}})
	return err
}

// ready is a file system that answers.
type ready struct{ fs.Inode }

// Statfs says that half is free.
func (*ready) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	*out = fuse.StatfsOut{Blocks: 1 << 28, Bfree: 1 << 27, Bavail: 1 << 27, Bsize: 4096, Frsize: 4096}
	return 0
}

func answer(args []string) error {
	_, err := fs.Mount(args[0], &ready{}, &fs.Options{MountOptions: fuse.MountOptions{Name: args[1], FsName: args[2], DirectMountStrict: true}})
	return err
}

// waitFor asks a dead file system and waits, as a program does that has a file on it.
func waitFor(args []string) error {
	me := unix.Gettid()
	go func() {
		// What is caught by a handler does not end the wait; afterwards it can only be
		// ended by force, which is the state that people know as “stuck”.
		time.Sleep(300 * time.Millisecond)
		unix.Tgkill(os.Getpid(), me, unix.SIGURG)
		time.Sleep(300 * time.Millisecond)
		fmt.Println("done")
	}()
	var s unix.Statfs_t
	return unix.Statfs(args[0], &s)
}

// swallow takes 300 MiB, and is ended for it.
func swallow() {
	for range 300 {
		take(1 << 20)
	}
}
