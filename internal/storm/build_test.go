//go:build linux

package storm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is the folder of the programs, built once.
var bin string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "deskbell-storm-")
	if err != nil {
		panic(err)
	}
	bin = dir
	build("deskbell-server", "./cmd/deskbell-server")
	build("deskbell-agent", "./cmd/deskbell-agent")
	build("deskbell-server-early", "./cmd/deskbell-server", "-tags", "deskbell_ack_early")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(name, pkg string, args ...string) {
	cmd := exec.Command("go", append(append([]string{"build", "-o", filepath.Join(bin, name)}, args...), pkg)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building %s: %v\n%s", name, err, out)
		os.Exit(1)
	}
}

// server is a deskbell-server that is started and ended many times on the same
// data and address.
type server struct {
	t       *testing.T
	program string
	data    string
	address string
	cmd     *exec.Cmd
	log     *buffer
}

func newServer(t *testing.T, program, data string) *server {
	t.Helper()
	s := &server{t: t, program: filepath.Join(bin, program), data: data, address: freeAddress(t)}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() && s.log != nil {
			t.Logf("the server's log ends with:\n%s", s.log.tail())
		}
	})
	return s
}

// freeAddress returns an address that nothing uses and that no client can come
// upon while the server is down: a client's own port may be any of the ephemeral
// ones, so that it could even connect to itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		a := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		l, err := net.Listen("tcp", a)
		if err != nil {
			continue
		}
		l.Close()
		return a
	}
	t.Fatal("no port is free")
	return ""
}

// start starts the server without waiting for it.
func (s *server) start() {
	s.t.Helper()
	s.log = &buffer{}
	s.cmd = exec.Command(s.program, "serve", "--data", s.data, "--listen", s.address)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Env = append(os.Environ(), "DESKBELL_CONFIG=")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// tooLong is how long a start may take at most. What it took is reported.
const tooLong = 10 * time.Second

// ready waits until the server answers and returns how long that took.
func (s *server) ready() time.Duration {
	s.t.Helper()
	start := time.Now()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		resp, err := client.Get("http://" + s.address + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(start)
			}
		}
		if time.Since(start) > tooLong {
			s.t.Fatalf("the server is not ready after %v: %v\n%s", tooLong, err, s.log.tail())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// end ends the server with a signal and waits for it.
func (s *server) end(signal syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	cmd := s.cmd
	s.cmd = nil
	cmd.Process.Signal(signal) // one that is gone already is what we want
	return cmd.Wait()
}

func (s *server) kill() { s.end(syscall.SIGKILL) }

// command runs one of the server's commands beside it and returns its last line.
func (s *server) command(args ...string) string {
	s.t.Helper()
	out, err := run(s.program, append(args, "--data", s.data)...)
	if err != nil {
		s.t.Fatalf("%q: %v", args, err)
	}
	return out
}

// run runs a program to its end and returns the last line that it prints.
func run(program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.Env = append(os.Environ(), "DESKBELL_CONFIG=")
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(errOut.String()))
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1], err
}

// enrolment makes an enrolment string.
func (s *server) enrolment(uses int) string {
	s.t.Helper()
	return s.command("enrolment", "create", "--site", "Storm", "--uses", fmt.Sprint(uses))
}

// buffer is what a program prints, read while it prints. It keeps the end.
type buffer struct {
	mu sync.Mutex
	b  []byte
}

const keepLog = 64 << 10

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.b = append(b.b, p...); len(b.b) > 2*keepLog {
		b.b = append(b.b[:0], b.b[len(b.b)-keepLog:]...)
	}
	return len(p), nil
}

func (b *buffer) tail() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.b[max(0, len(b.b)-4000):])
}

// pause lets a random while pass: when a program dies is left to chance.
func pause(most time.Duration) { time.Sleep(rand.N(most)) }
