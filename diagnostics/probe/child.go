package probe

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A task is a reading that can hang. It runs in a child process, or in this one
// when there is no command for a child: with its parameters as JSON, handing over
// its results one by one, so that what came before it hung is not lost.
type task func(ctx context.Context, params json.RawMessage, emit func(any) error) error

func taskByName(name string) (task, bool) {
	switch name {
	case taskFileSystems:
		return readFileSystems, true
	case taskTree:
		return readTree, true
	case taskInventory:
		return readStock, true
	case taskProxies:
		return readProxies, true
	case taskPAC:
		return runPAC, true
	}
	return nil, false
}

// maxLine bounds one result of a child, maxLines how many there are: a child is
// our own program, but what it reads is not.
const (
	maxLine  = 1 << 20
	maxLines = 10_000
)

// RunChild is the other end of Options.Child: a program that was started as a
// collector's child calls it with the arguments after Options.Child and its
// standard streams, and exits with the status it returns: 0, 1 when the reading
// failed, 2 when the arguments or the parameters are wrong.
//
// The first line on stdin is the parameters. When stdin ends, nobody waits for
// the answer any more, and RunChild returns even though the reading still hangs;
// so the program must exit with os.Exit and not wait for its goroutines.
func RunChild(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "This command is started by the agent itself, with the name of one reading.")
		return 2
	}
	run, ok := taskByName(args[0])
	if !ok {
		fmt.Fprintf(stderr, "There is no reading %q.\n", args[0])
		return 2
	}
	in := bufio.NewReaderSize(stdin, 64<<10)
	params, err := in.ReadBytes('\n')
	if err != nil || !json.Valid(params) {
		fmt.Fprintln(stderr, "The parameters are not a line of JSON.")
		return 2
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		io.Copy(io.Discard, in)
		cancel()
	}()
	lines := json.NewEncoder(stdout)
	done := make(chan error, 1)
	go func() { done <- guarded(ctx, run, params, lines.Encode) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// guarded runs a task and makes an error of a panic.
func guarded(ctx context.Context, run task, params json.RawMessage, emit func(any) error) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("panic: %v", e)
		}
	}()
	return run(ctx, params, emit)
}

// ask runs a task and hands each of its results to each, in this goroutine. When
// the context is done it returns at once with its error: a child is killed, and
// nobody waits for one that even then does not die, which the kernel does to
// processes that wait for a dead disk.
func ask[R any](ctx context.Context, p *Prober, name string, params any, each func(R)) error {
	line, err := json.Marshal(params)
	if err != nil {
		return err
	}
	if len(p.options.Child) == 0 {
		return askHere(ctx, name, line, each)
	}
	return askChild(ctx, p.options.Child, name, line, each)
}

type unhurried struct{}

// Unhurried marks readings that nobody waits for: children run at the lowest
// priority, and one at a time.
func Unhurried(ctx context.Context) context.Context { return context.WithValue(ctx, unhurried{}, true) }

func isUnhurried(ctx context.Context) bool { return ctx.Value(unhurried{}) != nil }

func askHere[R any](ctx context.Context, name string, params json.RawMessage, each func(R)) error {
	run, ok := taskByName(name)
	if !ok {
		return fmt.Errorf("no task %q", name)
	}
	results, done := make(chan json.RawMessage, 64), make(chan error, 1)
	go func() {
		done <- guarded(ctx, run, params, func(v any) error {
			b, err := json.Marshal(v) // as from a child, so that nothing is shared with a task that was given up
			if err != nil {
				return err
			}
			select {
			case results <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	take := func(b json.RawMessage) {
		var r R
		if json.Unmarshal(b, &r) == nil {
			each(r)
		}
	}
	for {
		select {
		case b := <-results:
			take(b)
		case err := <-done:
			for len(results) > 0 {
				take(<-results)
			}
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func askChild[R any](ctx context.Context, command []string, name string, params json.RawMessage, each func(R)) error {
	c, err := startChild(append(command[1:len(command):len(command)], name), command[0])
	if err != nil {
		return err
	}
	defer c.abandon()
	if isUnhurried(ctx) {
		yieldTo(c.cmd.Process.Pid) // before it is told what to do: programs that it starts are alike
	}
	if _, err := c.stdin.Write(append(params, '\n')); err != nil {
		return cmp.Or(c.outcome(ctx), err) // it has ended already; why says more than a broken pipe
	}
	lines := make(chan []byte, 64)
	go c.read(lines)
	for {
		select {
		case line, more := <-lines:
			if !more {
				return c.outcome(ctx)
			}
			var r R
			if json.Unmarshal(line, &r) == nil {
				each(r)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// child is a process that we may have to leave behind.
type child struct {
	cmd    *exec.Cmd
	stdin  *os.File // open as long as somebody waits: its end tells the child to stop
	stdout *os.File
	stderr tail
	ended  chan error // what Wait said
	gone   chan struct{}
}

// startChild starts the process with pipes of our own: those of exec.Cmd are
// closed by its Wait, which does not return while the process is stuck.
func startChild(args []string, path string) (*child, error) {
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		inR.Close()
		inW.Close()
		return nil, err
	}
	c := &child{cmd: exec.Command(path, args...), stdin: inW, stdout: outR, ended: make(chan error, 1), gone: make(chan struct{})} //nolint:noctx // it serves many calls, and is killed with its group
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr, c.cmd.WaitDelay = inR, outW, &c.stderr, grace
	detach(c.cmd)
	err = c.cmd.Start()
	inR.Close()
	outW.Close()
	if err != nil {
		inW.Close()
		outR.Close()
		return nil, fmt.Errorf("start a collector: %w", err)
	}
	go func() { c.ended <- c.cmd.Wait() }()
	return c, nil
}

// read sends the child's lines until it ends or is abandoned.
func (c *child) read(lines chan<- []byte) {
	defer close(lines)
	s := bufio.NewScanner(c.stdout)
	s.Buffer(make([]byte, 0, 4096), maxLine)
	for n := 0; n < maxLines && s.Scan(); n++ {
		select {
		case lines <- bytes.Clone(s.Bytes()):
		case <-c.gone:
			return
		}
	}
}

// outcome is what became of a child whose output has ended.
func (c *child) outcome(ctx context.Context) error {
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err := <-c.ended:
		if err != nil {
			return c.failed(err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return errors.New("the collector closed its output and did not end")
	}
}

func (c *child) failed(err error) error {
	if said := c.stderr.String(); said != "" {
		return fmt.Errorf("collector: %s", said)
	}
	return fmt.Errorf("collector: %w", err)
}

// abandon ends our side of it, and the process if it still runs.
func (c *child) abandon() {
	close(c.gone)
	c.cmd.Process.Kill() // of one that has ended it is an error that says so
	c.stdin.Close()
	c.stdout.Close()
}
