//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// bench is where everything is measured.
type bench struct {
	scale
	log   *slog.Logger
	dir   string // of data and logs
	bin   string // of the programs
	self  string
	procs []*process
	n     int
}

// newBench builds the programs that are measured.
func newBench(ctx context.Context, s scale, log *slog.Logger) (*bench, error) {
	dir, err := os.MkdirTemp("", "deskbell-bench-")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &bench{scale: s, log: log, dir: dir, bin: filepath.Join(dir, "bin"), self: self}
	if err := os.Mkdir(b.bin, 0o755); err != nil {
		return nil, err
	}
	return b, b.build(ctx, nil, "deskbell-server", "deskbell-agent", "deskbell-tray", "deskbell-fleet")
}

// build builds programs as make build does.
func (b *bench) build(ctx context.Context, env []string, args ...string) error {
	full := []string{"build", "-trimpath", "-o", b.bin + "/"}
	for _, a := range args {
		if strings.HasPrefix(a, "deskbell-") {
			a = "github.com/deskbell/deskbell/cmd/" + a
		}
		full = append(full, a)
	}
	cmd := exec.CommandContext(ctx, "go", full...)
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %v: %w\n%s", args, err, out)
	}
	return nil
}

func (b *bench) close(keep bool) {
	b.stopAll()
	if keep {
		b.log.Info("kept", "folder", b.dir)
		return
	}
	os.RemoveAll(b.dir)
}

// process is a program that is measured, or that puts load on one.
type process struct {
	name string
	cmd  *exec.Cmd
	out  *printed
	log  string
	done chan struct{}
	err  error
}

// printed is what a program prints, read while it prints.
type printed struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

// String returns what has been printed so far.
func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// cores says on which processors a process may run: "" is any.
type cores string

// serverCore and loadCores keep a server that is saturated apart from its load.
func serverCore() cores { return "0" }

func loadCores() cores {
	if n := runtime.NumCPU(); n > 1 {
		return cores("1-" + strconv.Itoa(n-1))
	}
	return "0"
}

// start starts a program in the background. Its standard output is kept, its
// standard error goes to a log.
func (b *bench) start(on cores, nice int, program string, args ...string) (*process, error) {
	b.n++
	p := &process{name: filepath.Base(program), out: &printed{}, done: make(chan struct{})}
	p.log = filepath.Join(b.dir, fmt.Sprintf("%02d-%s.log", b.n, p.name))
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	argv := append([]string{program}, args...)
	if on != "" {
		argv = append([]string{"taskset", "-c", string(on)}, argv...)
	}
	if nice != 0 {
		argv = append([]string{"nice", "-n", strconv.Itoa(nice)}, argv...)
	}
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, log
	p.cmd.Env = append(os.Environ(), "DESKBELL_CONFIG=")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	b.procs = append(b.procs, p)
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end ends the process and waits for it.
func (p *process) end(s syscall.Signal) error {
	p.cmd.Process.Signal(s) // one that has ended says so, which is all the same
	select {
	case <-p.done:
	case <-time.After(60 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
	return p.err
}

// wait waits for a process that ends by itself.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		p.end(syscall.SIGTERM)
		return ctx.Err()
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.tail())
	}
	return nil
}

func (p *process) tail() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

// stopAll ends what is left, the last first.
func (b *bench) stopAll() {
	for i := len(b.procs) - 1; i >= 0; i-- {
		b.procs[i].end(syscall.SIGTERM)
	}
	b.procs = nil
}

// output runs a program to its end and returns what it prints.
func (b *bench) output(ctx context.Context, program string, args ...string) (string, error) {
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.Env = append(os.Environ(), "DESKBELL_CONFIG=")
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		err = fmt.Errorf("%s: %s", filepath.Base(program), strings.TrimSpace(errOut.String()))
	}
	return strings.TrimSpace(out.String()), err
}

// answer runs a hidden command of this program in a process of its own, and reads
// what it prints.
func (b *bench) answer(ctx context.Context, into any, args ...string) error {
	out, err := b.output(ctx, b.self, args...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), into)
}

// freeAddress is one that no client's own port can be.
func freeAddress() (string, error) {
	for range 100 {
		a := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		l, err := net.Listen("tcp", a)
		if err != nil {
			continue
		}
		return a, l.Close()
	}
	return "", errors.New("no port is free")
}

// Memory is what a process holds, in bytes (proc(5)).
type Memory struct {
	RSS  int64 `json:"rss"`
	Anon int64 `json:"anonymous"` // of it: its own
	File int64 `json:"file"`      // of it: mapped files, which the system can take back
	Peak int64 `json:"peak"`
}

func memoryOf(pid int) (m Memory, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, err
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			m.RSS = n << 10
		case "RssAnon":
			m.Anon = n << 10
		case "RssFile":
			m.File = n << 10
		case "VmHWM":
			m.Peak = n << 10
		}
	}
	return m, nil
}

// ticks is how many of /proc's clock ticks make a second: USER_HZ is 100 on every
// architecture that Linux runs on today.
const ticks = 100

// cpuOf is the processor time that a process and its ended children have used.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return 0, errors.New("/proc shows no times")
	}
	var sum int64
	for _, f := range fields[11:15] { // user, system, and both of children
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticks, nil
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// until waits until ok holds.
func until(ctx context.Context, what string, most time.Duration, ok func() bool) error {
	for deadline := time.Now().Add(most); !ok(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s did not come within %v", what, most)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// fetch reads a JSON answer of a server's.
func fetch(url string, into any) error {
	client := http.Client{Timeout: 10 * time.Second, Transport: insecure}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}
