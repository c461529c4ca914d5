package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// part is a program that runs until it is told to stop.
type part struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended, once done is closed
}

// start starts one of our programs with its output in a log of its own. It gets
// its own process group, so that Ctrl-C reaches us alone and parts end in order.
func (r *run) start(name, program string, args ...string) error {
	p := &part{name: name, log: filepath.Join(r.dir, "log", name+".log"), done: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd = exec.Command(filepath.Join(r.bin, program), args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("starting the %s: %w", name, err)
	}
	r.parts = append(r.parts, p)
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
		r.failed <- p
	}()
	return nil
}

// stop ends the parts, the last first, and waits for each.
func (r *run) stop() {
	for _, p := range slices.Backward(r.parts) {
		p.cmd.Process.Signal(syscall.SIGTERM) // one that has ended already says so, which is all the same
		select {
		case <-p.done:
		case <-time.After(15 * time.Second):
			fmt.Fprintf(os.Stderr, "deskbell: the %s does not stop; it is ended by force\n", p.name)
			p.cmd.Process.Kill()
			<-p.done
		}
	}
}

// tail returns the last lines of the part's log.
func (p *part) tail() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
