package fix

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/tongue"
)

// Hands carry out steps. uid is the person who asked.
type Hands interface {
	Plan(ctx context.Context, uid string, s Step) (Plan, error)
	Do(ctx context.Context, uid string, s Step, p Plan) (Done, error)
	Undo(ctx context.Context, uid string, s Step, d Done) (Done, error)
}

// Child are hands that are a process of their own for each step, with the step's
// rights. Command is how this program is started as one; it hands its standard
// streams to RunHand.
type Child struct{ Command []string }

// act is what hands are told to do with a step.
type act string

const (
	toPlan act = "plan"
	toDo   act = "do"
	toUndo act = "undo"
)

// order is what hands are told, report what they answer: a line of JSON each.
type order struct {
	Act     act             `json:"act"`
	Kind    string          `json:"kind"`
	Step    json.RawMessage `json:"step"`
	Plan    Plan            `json:"plan,omitzero"`
	Done    Done            `json:"done,omitzero"`
	Seconds float64         `json:"seconds"` // how long it may take
}

type report struct {
	Plan     Plan        `json:"plan,omitzero"`
	Done     Done        `json:"done,omitzero"`
	Code     fault.Code  `json:"code,omitempty"` // when it failed
	Sentence string      `json:"sentence,omitempty"`
	Said     tongue.Text `json:"said,omitzero"`   // the sentence for readers of other languages
	Cause    string      `json:"cause,omitempty"` // for the log
}

// Bounds of a child.
const (
	planWithin = 20 * time.Second
	undoWithin = time.Minute
	// safely is how long hands may take to leave things whole after they were told
	// to stop: a link that is off must be switched on again.
	safely = 12 * time.Second
)

// Plan is for Hands.
func (c Child) Plan(ctx context.Context, uid string, s Step) (Plan, error) {
	ctx, cancel := context.WithTimeout(ctx, planWithin)
	defer cancel()
	r, err := c.order(ctx, uid, s, order{Act: toPlan})
	return r.Plan, err
}

// Do is for Hands.
func (c Child) Do(ctx context.Context, uid string, s Step, p Plan) (Done, error) {
	r, err := c.order(ctx, uid, s, order{Act: toDo, Plan: p})
	return r.Done, err
}

// Undo is for Hands.
func (c Child) Undo(ctx context.Context, uid string, s Step, d Done) (Done, error) {
	ctx, cancel := context.WithTimeout(ctx, undoWithin)
	defer cancel()
	r, err := c.order(ctx, uid, s, order{Act: toUndo, Done: d})
	return r.Done, err
}

// errLost is what became of hands that ended without a word: nobody knows how far
// they came.
func errLost() error { return fault.Say(fault.Unknown, "error.fix_half") }

func (c Child) order(ctx context.Context, uid string, s Step, o order) (report, error) {
	var err error
	if o.Step, err = json.Marshal(s); err != nil {
		return report{}, err
	}
	o.Kind = kindOf(s)
	if end, ok := ctx.Deadline(); ok {
		o.Seconds = time.Until(end).Seconds()
	}
	line, err := json.Marshal(o)
	if err != nil {
		return report{}, err
	}
	cmd, err := c.command(s.Rights(), uid, time.Duration(o.Seconds*float64(time.Second))+safely)
	if err != nil {
		return report{}, err
	}
	out, err := converse(ctx, cmd, append(line, '\n'))
	if err != nil {
		return report{}, err
	}
	var r report
	if json.Unmarshal(out, &r) != nil {
		if ctx.Err() != nil {
			return report{}, ctx.Err()
		}
		return report{}, errLost()
	}
	if r.Code != "" {
		return r, &fault.Error{Code: r.Code, Sentence: r.Sentence, Text: r.Said, Err: errors.New(r.Cause)}
	}
	return r, nil
}

// converse starts the process, tells it the order and returns its report. When ctx
// ends the process is told to stop by the end of its input, and is killed only if
// it does not come to an end.
func converse(ctx context.Context, cmd *exec.Cmd, order []byte) ([]byte, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out := &bounded{}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, io.Discard, lateEnd
	if err := cmd.Start(); err != nil {
		return nil, fault.Say(fault.Unavailable, "error.fix_not_started").Because(err)
	}
	if _, err := in.Write(order); err != nil {
		in.Close()
		cmd.Wait()
		return nil, errLost()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() // what it says counts, not how it exits
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		in.Close()
		late := time.NewTimer(safely)
		defer late.Stop()
		select {
		case <-ended:
		case <-late.C:
			kill(cmd)
			<-ended
		}
	}
	in.Close()
	return out.b.Bytes(), nil
}

// RunHand is the other end of Child: a program that was started as hands calls it
// with its standard streams, and exits with the status that it returns.
func RunHand(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) int {
	in := bufio.NewReaderSize(stdin, 64<<10)
	b, err := in.ReadSlice('\n')
	var o order
	if err != nil || json.Unmarshal(b, &o) != nil {
		fmt.Fprintln(stderr, "This command is started by the agent itself.")
		return 2
	}
	step, err := unpack(o.Kind, o.Step)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if o.Seconds <= 0 || o.Seconds > 3600 {
		o.Seconds = 60
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(o.Seconds*float64(time.Second)))
	defer cancel()
	go func() { // who asked has gone, or wants it to stop
		io.Copy(io.Discard, in)
		cancel()
	}()
	r := carryOut(ctx, step, o)
	out, err := json.Marshal(r)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if _, err := stdout.Write(append(out, '\n')); err != nil {
		return 1
	}
	return 0
}

// carryOut does what was ordered, and makes a report of an accident too.
func carryOut(ctx context.Context, s Step, o order) (r report) {
	defer func() {
		if e := recover(); e != nil {
			r = report{Code: fault.Internal, Sentence: fault.Sentence(errors.New("")), Cause: fmt.Sprint("panic: ", e)}
		}
	}()
	var err error
	d, here := s.(Doer)
	switch {
	case !here:
		err = errElsewhere()
	case o.Act == toPlan:
		r.Plan, err = d.Plan(ctx)
	case o.Act == toDo:
		r.Done, err = d.Do(ctx, o.Plan)
	case o.Act == toUndo:
		u, ok := s.(Undoer)
		if !ok {
			err = fault.Say(fault.Unsupported, "error.fix_no_undo")
			break
		}
		r.Done, err = u.Undo(ctx, o.Done)
	default:
		err = fmt.Errorf("there is no act %q", o.Act)
	}
	if err == nil {
		return r
	}
	r.Code, r.Sentence, r.Said, r.Cause = fault.CodeOf(err), fault.Sentence(err), fault.TextOf(err), line(err.Error(), 400)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		late := fault.Say(fault.Unavailable, "error.fix_too_long")
		r.Code, r.Sentence, r.Said = late.Code, late.Sentence, late.Text
	}
	return r
}

// plainly is a hand's process with this program's own rights.
func (c Child) plainly() *exec.Cmd {
	cmd := exec.Command(c.Command[0], c.Command[1:]...) //nolint:noctx // it is told to stop by the end of its input
	cmd.Env, cmd.Dir = []string{"LC_ALL=C", "PATH=/usr/bin:/usr/sbin:/bin:/sbin"}, "/"
	alone(cmd)
	cmd.Cancel = nil // only for exec.CommandContext
	return cmd
}
