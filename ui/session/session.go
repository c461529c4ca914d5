// Package session is the line between Deskbell's programs in one desktop session.
// A program that is to run once listens on it; a second start finds it taken,
// says what it was asked to show, and ends.
package session

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
)

// Page names what is to be shown.
type Page string

// The pages.
const (
	Ring    Page = "ring"
	Guide   Page = "guide"
	Tickets Page = "tickets"
	Checkup Page = "checkup"
	Looks   Page = "looks"
	Consent Page = "consent" // who works here from afar; the tray opens it
	// Announcements are known outages.
	Announcements Page = "announcements"
	// Settings is how the person wants it.
	Settings Page = "settings"
	// Renew is no page: it tells the tray that the person's settings are others now.
	Renew Page = "renew"
)

// Pages lists all pages.
func Pages() []Page {
	return []Page{Ring, Guide, Tickets, Checkup, Looks, Announcements, Consent, Settings}
}

// Request asks the program that runs to show something.
type Request struct {
	Show   Page   `json:"show"`
	Ticket string `json:"ticket,omitempty"` // with Tickets: the one to open
}

// Reply says what came of a request.
type Reply struct {
	OK       bool   `json:"ok"`
	Sentence string `json:"sentence,omitempty"` // why not
}

// Programs that listen.
const (
	Tray   = "tray"
	Window = "window"
)

// limits of a line: it carries one small object each way.
const (
	maxLine = 4 << 10
	patient = 5 * time.Second
)

// ErrTaken is why Listen failed when the program runs already.
var ErrTaken = errors.New("the program runs already in this session")

// Listener holds a program's line.
type Listener struct {
	net.Listener
	free func() // lets the next program have the address
}

// Listen takes a program's line in this session; state is the folder of a private
// instance, or "". It returns ErrTaken when the program runs already.
func Listen(program, state string) (*Listener, error) { return listen(program, state) }

// Close gives the line up.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.free()
	return err
}

// Serve answers requests until ctx ends; then it closes the line and returns nil.
// handle is called for one request at a time or several, and may take as long as
// a window needs to be drawn.
func (l *Listener) Serve(ctx context.Context, handle func(context.Context, Request) error) error {
	stop := context.AfterFunc(ctx, func() { l.Listener.Close() })
	defer stop()
	defer l.Close()
	var served sync.WaitGroup
	defer served.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		served.Go(func() {
			defer c.Close()
			answer(ctx, c, handle)
		})
	}
}

func answer(ctx context.Context, c net.Conn, handle func(context.Context, Request) error) {
	if err := mine(c); err != nil {
		return
	}
	c.SetReadDeadline(time.Now().Add(patient))
	var r Request
	line, err := bufio.NewReader(io.LimitReader(c, maxLine)).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &r) != nil {
		return
	}
	reply := Reply{OK: true}
	if err := handle(ctx, r); err != nil {
		reply = Reply{Sentence: fault.TextOf(err).Or(fault.Sentence(err))}
	}
	c.SetWriteDeadline(time.Now().Add(patient))
	json.NewEncoder(c).Encode(reply)
}

// Send asks the program that listens, and waits for its answer as long as ctx
// allows. fault.Unavailable means that it does not run or does not answer.
func Send(ctx context.Context, program, state string, r Request) error {
	away := func(err error) error {
		return fault.Say(fault.Unavailable, "error.no_session").Because(err)
	}
	c, err := dial(ctx, program, state)
	if err != nil {
		return away(err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Now()) })
	defer stop()
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := c.Write(append(b, '\n')); err != nil {
		return away(err)
	}
	var reply Reply
	if err := json.NewDecoder(io.LimitReader(c, maxLine)).Decode(&reply); err != nil {
		return away(err)
	}
	if !reply.OK {
		return fault.New(fault.Internal, reply.Sentence)
	}
	return nil
}
