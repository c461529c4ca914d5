// Package courier carries what stands in the outbox to the server: each person's
// entries in their order, everybody's at the same time, attachments first.
package courier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/outbox"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Link is the session that an entry goes over. *uplink.Link is one.
type Link interface {
	Call(ctx context.Context, t wire.Type, id string, body any) (wire.Envelope, error)
	PutBlob(ctx context.Context, a wire.Attachment, data io.ReaderAt) error
}

// Courier serves one outbox.
type Courier struct {
	box      *outbox.Box
	endpoint string
	log      *slog.Logger

	mu     sync.Mutex
	losses map[string]int // how often in a row a session ended under an entry
}

// New returns a courier of the endpoint's.
func New(box *outbox.Box, endpoint string, log *slog.Logger) *Courier {
	return &Courier{box: box, endpoint: endpoint, log: log, losses: map[string]int{}}
}

// Run delivers over one session until ctx ends.
func (c *Courier) Run(ctx context.Context, l Link) {
	var wg sync.WaitGroup
	defer wg.Wait()
	busy, done := map[string]bool{}, make(chan string)
	for {
		changed := c.box.Changed()
		for _, owner := range c.box.Owners() {
			if busy[owner] {
				continue
			}
			busy[owner] = true
			wg.Go(func() {
				c.serve(ctx, l, owner)
				select {
				case done <- owner:
				case <-ctx.Done():
				}
			})
		}
		select {
		case <-changed:
		case owner := <-done:
			delete(busy, owner)
		case <-ctx.Done():
			return
		}
	}
}

// serve delivers one person's entries until there are none that can go.
func (c *Courier) serve(ctx context.Context, l Link, owner string) {
	for ctx.Err() == nil {
		changed := c.box.Changed()
		i, wait, ok := c.box.Next(owner)
		switch {
		case ok:
			c.deliver(ctx, l, i)
		case wait == 0:
			return
		default:
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-changed:
			case <-ctx.Done():
			}
			timer.Stop()
		}
	}
}

// deliver sends one entry and notes what became of it.
func (c *Courier) deliver(ctx context.Context, l Link, i outbox.Item) {
	e, err := c.box.Read(i.ID)
	if err != nil {
		return // it is refused now, and its writer is told
	}
	ack, err := c.send(ctx, l, e)
	if f, ok := errors.AsType[*uplink.AnswerError](err); ok && f.Final {
		ack, err = wire.Ack{Code: f.Err.Code, Sentence: f.Err.Sentence, Field: f.Err.Field}, nil
	}
	if err == nil {
		c.count(i.ID, 0)
		c.log.Info("delivered", "id", i.ID, "type", i.Type, "ok", ack.OK, "number", ack.Number)
		if err := c.box.Settle(i.ID, c.endpoint, ack); err != nil {
			c.log.Warn("what the server said of an entry cannot be stored; it will be sent again after a restart", "id", i.ID, "error", err)
		}
		return
	}
	if ctx.Err() != nil || fault.Is(err, fault.Unavailable) && !failed(err) { // the session is over
		if c.count(i.ID, 1) >= 3 {
			// Whatever it is about this entry that ends sessions, others are not to wait for it.
			c.box.Failed(i.ID, time.Minute)
		}
		return
	}
	c.log.Warn("not delivered, will be tried again", "id", i.ID, "error", err)
	c.box.Failed(i.ID, later(err))
}

func failed(err error) bool {
	_, ok := errors.AsType[*uplink.AnswerError](err)
	return ok
}

// later is when the server wants to be asked again, and up to half as long more.
func later(err error) time.Duration {
	f, ok := errors.AsType[*uplink.AnswerError](err)
	if !ok || f.RetryAfter <= 0 {
		return 0
	}
	return f.RetryAfter + rand.N(f.RetryAfter/2+1)
}

func (c *Courier) count(id string, more int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if more == 0 {
		delete(c.losses, id)
		return 0
	}
	c.losses[id] += more
	return c.losses[id]
}

func (c *Courier) send(ctx context.Context, l Link, e outbox.Entry) (wire.Ack, error) {
	for _, a := range e.Attachments {
		if err := c.put(ctx, l, e.Owner, a); err != nil {
			return wire.Ack{}, err
		}
	}
	answer, err := l.Call(ctx, e.Type, e.ID, e.Body)
	if err != nil {
		return wire.Ack{}, err
	}
	var ack wire.Ack
	if answer.Type != wire.TypeAck {
		return ack, errors.New("the server answers " + string(answer.Type) + " to " + string(e.Type))
	}
	return ack, answer.Into(&ack)
}

// put sends an attachment, unless it is not what it was when it was written.
func (c *Courier) put(ctx context.Context, l Link, owner string, a wire.Attachment) error {
	f, _, err := c.box.Attachment(owner, a.SHA256)
	if err == nil {
		defer f.Close()
		err = intact(f, a)
	}
	if err != nil {
		c.log.Error("an attachment is damaged", "sha256", a.SHA256, "error", err)
		return &uplink.AnswerError{Final: true, Err: fault.Wrap(err, fault.Internal,
			"The attachment “"+a.Name+"” cannot be read back from this computer's disk, so the message was not sent. Please send it again.")}
	}
	return l.PutBlob(ctx, a, f)
}

func intact(f *os.File, a wire.Attachment) error {
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	if n != a.Size || hex.EncodeToString(sum.Sum(nil)) != a.SHA256 {
		return errors.New("its content has changed")
	}
	return nil
}
