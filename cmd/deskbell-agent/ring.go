package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/wire"
)

type ringCmd struct {
	stateFlag
	Title     string   `help:"What is going on, in a few words." required:"" placeholder:"TEXT"`
	Body      string   `help:"More about it." placeholder:"TEXT"`
	Attach    []string `help:"Attach this file. May be given more than once." placeholder:"FILE" type:"path" sep:"none"`
	NoCheckup bool     `help:"Send no check-up of this computer."`
	JSON      bool     `help:"Print JSON." name:"json"`
}

// Help is an example.
func (ringCmd) Help() string {
	return "Example: deskbell-agent ring --title \"No sound\" --body \"Since this morning.\" --attach screenshot.png\n\nIt works without a connection: the message is saved on this computer and sent when there is one."
}

// Run rings.
func (c *ringCmd) Run(ctx context.Context, s settings.Streams) error {
	client := local.NewClient(c.State)
	defer client.Close()
	d := local.Draft{Ref: ulid.Make().String(), Title: c.Title, Body: c.Body}
	for _, name := range c.Attach {
		a, err := attach(ctx, client, name)
		if err != nil {
			return err
		}
		d.Attachments = append(d.Attachments, a)
	}
	if !c.NoCheckup {
		// Without its check-up a message is worth less, and still worth sending.
		err := client.Checkup(ctx, local.CheckupRequest{}, func(x local.Checkup) {
			if x.Done {
				d.Checkup = x.ID
			}
		})
		if err != nil && !fault.Is(err, fault.Unavailable) { // without a service, what follows says so
			fmt.Fprintln(s.Err, "This computer could not be checked, so the message goes without a check-up:", fault.Sentence(err))
		}
	}
	r, err := persist(ctx, func() (local.Receipt, error) { return client.Ring(ctx, d) })
	if err != nil {
		return err
	}
	return tellReceipt(s, c.JSON, r)
}

// attach hands a file over, read with the caller's rights.
func attach(ctx context.Context, client *local.Client, name string) (wire.Attachment, error) {
	f, err := os.Open(name)
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return wire.Attachment{}, fault.Wrap(err, fault.Invalid, "The file "+name+" cannot be read ("+err.Error()+"), so nothing was sent.")
	}
	defer f.Close()
	if i, err := f.Stat(); err == nil && i.Size() > wire.MaxBlob {
		return wire.Attachment{}, fault.New(fault.TooLarge, "The file "+name+" is larger than 25 MiB, so nothing was sent. Send a part of it, or a picture of what it shows.")
	}
	return client.Attach(ctx, filepath.Base(name), f)
}

// persistence is how long the service may be away in the middle of a request, as
// it is while it is updated.
const persistence = 5 * time.Second

// persist asks again while the answer was lost: what is sent has a reference of
// its own, so asking twice has no second effect. A service that does not run at
// all is not waited for.
func persist(ctx context.Context, ask func() (local.Receipt, error)) (local.Receipt, error) {
	for start := time.Now(); ; {
		r, err := ask()
		absent := errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist)
		if err == nil || !fault.Is(err, fault.Unavailable) || absent && time.Since(start) < time.Second/10 || time.Since(start) > persistence {
			return r, err
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(persistence / 25):
		}
	}
}

// tellReceipt says what has become of something that was written.
func tellReceipt(s settings.Streams, asJSON bool, r local.Receipt) error {
	if r.Delivery == local.Refused {
		return &fault.Error{Code: r.Code, Sentence: "The help desk's server did not accept this: " + plain(r.Sentence)}
	}
	if asJSON {
		return s.Print(r)
	}
	switch {
	case r.Delivery == local.Sent && r.Number > 0:
		fmt.Fprintf(s.Out, "Sent. Number %d.\n", r.Number)
	case r.Delivery == local.Sent:
		fmt.Fprintln(s.Out, "Sent.")
	default:
		fmt.Fprintln(s.Out, "Saved. It will be sent when this machine is connected.")
	}
	return nil
}
