// Package script runs reviewed scripts on this machine: those alone whose SHA-256
// the machine's own settings name. The script runs in a process of its own, with the
// rights of the person who rang or with an administrator's, and all that it starts
// ends with it.
package script

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Options are what a Runner works with.
type Options struct {
	// Listed are the SHA-256 of the scripts that this machine runs; Any: all that the
	// server sends.
	Listed map[string]bool
	Any    bool
	// Start makes the process of a hand: this program, which calls RunHand.
	Start func(uid string, administrator bool, most time.Duration) (*exec.Cmd, error)
	Kill  func(*exec.Cmd)
}

// Runner runs scripts.
type Runner struct{ o Options }

// New returns a Runner.
func New(o Options) *Runner { return &Runner{o} }

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ReadList reads the file of scripts that a machine runs: a SHA-256 a line, and after
// a blank a name for people. What begins with # is a remark.
func ReadList(path string) (map[string]bool, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The list of scripts cannot be read.")
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode()&0o022 != 0 {
		return nil, fault.Field("--scripts", "The list of scripts can be written by others than its owner, so it says nothing. Take that right from it (chmod go-w).")
	}
	out := map[string]bool{}
	for l := range strings.Lines(string(b)) {
		sum, _, _ := strings.Cut(strings.TrimSpace(l), " ")
		switch {
		case sum == "" || strings.HasPrefix(sum, "#"):
		case hash.MatchString(sum):
			out[sum] = true
		default:
			return nil, fault.Field("--scripts", "The list of scripts has a line that does not begin with a SHA-256 of 64 small hexadecimal digits.")
		}
	}
	return out, nil
}

var (
	errOther  = fault.New(fault.Forbidden, "The script is not the one that was approved: its SHA-256 is another. Nothing was run.")
	errListed = fault.New(fault.Forbidden, "This machine's own settings do not list this script (deskbell-agent run --scripts). Whoever administers the machine can list its SHA-256 there; no server can.")
	errSilent = fault.New(fault.Unknown, "The script's process ended without a word, so nobody knows how far it came. Look before you run it again.")
	errLong   = fault.New(fault.Unknown, "The script took longer than it may and was ended, with all that it had started.")
)

// Allows says why a script may not run here. The hash is taken of what came, and not
// believed.
func (r *Runner) Allows(p wire.RunScriptParams) error {
	if err := p.Script.Check(); err != nil {
		return err
	}
	if err := p.Script.CheckValues(p.Values); err != nil {
		return err
	}
	sum := p.Script.Hash()
	switch {
	case sum != p.SHA256:
		return errOther
	case !r.o.Any && !r.o.Listed[sum]:
		return errListed
	}
	return nil
}

// order is what a hand is told, and word is what it says: a line of JSON each.
type order struct {
	Interpreter string   `json:"interpreter"`
	Body        string   `json:"body"`
	Env         []string `json:"env"`
	Seconds     int      `json:"seconds"`
}

type word struct {
	Out   []byte `json:"out,omitempty"`
	Ended bool   `json:"ended,omitempty"`
	Exit  int    `json:"exit,omitempty"`
	Late  bool   `json:"late,omitempty"`
	Cause string `json:"cause,omitempty"`
}

// late is how long a hand may take to end everything, before it is ended itself.
const late = 2 * time.Second

// Run runs a script and returns its status. each is given what it says as it comes.
// When Run returns, the script and all that it started have ended.
func (r *Runner) Run(ctx context.Context, uid string, p wire.RunScriptParams, each func([]byte)) (exit int, err error) {
	if err := r.Allows(p); err != nil {
		return 0, err
	}
	cmd, err := r.o.Start(uid, p.Script.Root, time.Duration(p.Script.Seconds)*time.Second+late)
	if err != nil {
		return 0, err
	}
	line, err := json.Marshal(order{p.Script.Interpreter, p.Script.Body, wire.Environment(p.Values), p.Script.Seconds})
	if err != nil {
		return 0, err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		return 0, fault.Wrap(err, fault.Unavailable, "The script could not be started on this machine.")
	}
	stop := context.AfterFunc(ctx, func() { stdin.Close() }) // a hand ends everything then, and itself
	timer := time.AfterFunc(time.Duration(p.Script.Seconds)*time.Second+late, func() { r.o.Kill(cmd) })
	buried := make(chan struct{}) // after it the process's number may be another's
	killer := context.AfterFunc(ctx, func() {
		select {
		case <-buried:
		case <-time.After(late):
			r.o.Kill(cmd)
		}
	})
	defer func() {
		stop()
		stdin.Close()
		io.Copy(io.Discard, stdout)
		cmd.Wait()
		timer.Stop()
		killer()
		close(buried)
	}()
	if _, err := stdin.Write(append(line, '\n')); err != nil {
		return 0, errSilent
	}
	in := bufio.NewReaderSize(stdout, 128<<10)
	for {
		b, err := in.ReadSlice('\n')
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		var w word
		if err != nil || json.Unmarshal(bytes.TrimSpace(b), &w) != nil {
			return 0, errSilent
		}
		switch {
		case w.Cause != "":
			return 0, fault.New(fault.Unavailable, "The script could not be started on this machine.")
		case w.Late:
			return 0, errLong
		case w.Ended:
			return w.Exit, nil
		}
		each(w.Out)
	}
}
