package uplink

import (
	"context"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// call is a message that waits for its answer.
type call struct {
	answer chan wire.Envelope // has room for two: blob.wanted and ack
	chunks func(offset int64, data []byte) error
}

// AnswerError is the server's answer to a message that did not have the effect it
// asked for.
type AnswerError struct {
	Err        *fault.Error
	Final      bool          // it is refused for good; else it may come again
	RetryAfter time.Duration // unless Final; 0: the sender's choice
}

// Error returns the fault's text.
func (f *AnswerError) Error() string { return f.Err.Error() }

// Unwrap returns the fault.
func (f *AnswerError) Unwrap() error { return f.Err }

// Call sends a message and returns its answer. id is the message's for ever; empty
// means a new one. Errors are a *AnswerError where the server said No, an Unavailable
// fault when the session ended first, and ctx's. A server that does not answer
// within wire.AckTimeout is taken for gone, and the session ends.
func (l *Link) Call(ctx context.Context, t wire.Type, id string, body any) (wire.Envelope, error) {
	if id == "" {
		id = ulid.Make().String()
	}
	c, err := l.register(id)
	if err != nil {
		return wire.Envelope{}, err
	}
	defer l.forget(id)
	if err := l.Send(t, id, "", body); err != nil {
		l.cancel(err)
		return wire.Envelope{}, errLost
	}
	return l.await(ctx, c)
}

func (l *Link) register(id string) (*call, error) {
	c := &call{answer: make(chan wire.Envelope, 2)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls[id] != nil {
		return nil, fmt.Errorf("the message %s is under way already", id)
	}
	l.calls[id] = c
	return c, nil
}

func (l *Link) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.calls, id)
}

// await waits for a call's next answer.
func (l *Link) await(ctx context.Context, c *call) (wire.Envelope, error) {
	sent := time.Now()
	timer := time.NewTimer(wire.AckTimeout)
	defer timer.Stop()
	for {
		select {
		case e := <-c.answer:
			return e, failureOf(e)
		case <-ctx.Done():
			return wire.Envelope{}, ctx.Err()
		case <-l.ctx.Done():
			return wire.Envelope{}, errLost
		case <-timer.C:
			left := l.left(sent)
			if left <= 0 {
				l.cancel(errSilent)
				return wire.Envelope{}, errSilent
			}
			timer.Reset(left)
		}
	}
}

// failureOf returns the failure that an answer tells of, or nil.
func failureOf(e wire.Envelope) error {
	switch e.Type {
	case wire.TypeError:
		var f wire.Error
		if err := e.Into(&f); err != nil {
			return err
		}
		return &AnswerError{Err: fault.New(f.Code, f.Sentence), RetryAfter: time.Duration(max(f.RetryAfter, 0)) * time.Millisecond}
	case wire.TypeAck:
		var a wire.Ack
		if err := e.Into(&a); err != nil {
			return err
		}
		if !a.OK {
			f := fault.New(a.Code, a.Sentence)
			f.Field = a.Field
			return &AnswerError{Err: f, Final: true}
		}
	}
	return nil
}
