package enrol

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/deskbell/deskbell/agent/state"
	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/durable"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// Options are how to enrol.
type Options struct {
	Machine wire.Machine // what this computer says of itself
	Force   bool         // give up the identity that is there; a copy of it is kept
	// Dial changes how the server is reached. Nil changes nothing.
	Dial func(*uplink.Options)
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// attempts is how often the server is asked when the connection is lost after the
// token was sent: the identity may be there, and only its receipt be lost.
const attempts = 3

// Enrol gives this machine its identity: it makes a key, has the server of the
// enrolment string prove itself, and spends the string. Nothing is left in the
// folder unless all of it succeeded. Errors are faults whose sentence says what
// to do.
func Enrol(ctx context.Context, dir state.Dir, s string, o Options) (*Identity, error) {
	e, err := wire.ParseEnrolment(s)
	if err != nil {
		return nil, err
	}
	old, err := Load(dir)
	switch {
	case err == nil && !o.Force:
		return nil, fault.New(fault.Conflict, "This computer is enrolled already, as "+old.Endpoint+" with "+old.URL+". To give that identity up and enrol anew, add --force.")
	case err != nil && !fault.Is(err, fault.NotFound) && !o.Force:
		return nil, err
	}
	place, err := reserve(dir)
	if err != nil {
		return nil, err
	}
	defer place.giveUp()
	id := &Identity{URL: e.URL, ServerKey: e.Key, Pin: e.Pin}
	if _, id.Key, err = ed25519.GenerateKey(nil); err != nil {
		return nil, err
	}
	previous := ""
	if old != nil {
		previous = old.Endpoint
	}
	given, err := ask(ctx, e, id.Key, previous, o)
	if err != nil {
		return nil, err
	}
	id.Endpoint, id.Site, id.Organisation = given.Endpoint, given.Site, given.Organisation
	id.EnrolledAt = time.Now().UTC().Truncate(time.Second)
	if o.Now != nil {
		id.EnrolledAt = o.Now().UTC()
	}
	if err := place.fill(id); err != nil {
		return nil, fault.Wrap(err, fault.Full, "The server has enrolled this computer, but its identity could not be written to "+string(dir)+". Make room there and ask your administrator for a new enrolment string.")
	}
	return id, nil
}

// ask spends the token.
func ask(ctx context.Context, e wire.Enrolment, key ed25519.PrivateKey, previous string, o Options) (wire.Enrolled, error) {
	options := uplink.Options{URL: e.URL, ServerKey: e.Key, Pin: e.Pin, Agent: o.Machine.Agent}
	if o.Dial != nil {
		o.Dial(&options)
	}
	d, err := uplink.NewDialer(options)
	if err != nil {
		return wire.Enrolled{}, err
	}
	for try := 1; ; try++ {
		given, sent, err := d.Enrol(ctx, e.Token, key, o.Machine, previous)
		if err == nil {
			return given, nil
		}
		if !sent || !fault.Is(err, fault.Unavailable) || try == attempts {
			return wire.Enrolled{}, explain(err, e.URL)
		}
		select {
		case <-ctx.Done():
			return wire.Enrolled{}, ctx.Err()
		case <-time.After(time.Duration(try) * time.Second):
		}
	}
}

// explain says what a failure means for whoever holds the enrolment string.
func explain(err error, url string) error {
	if _, ok := errors.AsType[*fault.Error](err); !ok {
		return err
	}
	code := fault.CodeOf(err)
	sentence := map[fault.Code]string{
		fault.Used:            "This enrolment string has been used already. Ask your administrator for a new one.",
		fault.NotFound:        "The server does not know this enrolment string: it was withdrawn, or made by another server. Ask your administrator for a new one.",
		fault.Unauthenticated: "The server does not accept this enrolment string. Ask your administrator for a new one.",
	}[code]
	_, refused := errors.AsType[*uplink.RefusedError](err)
	switch {
	case code == fault.Expired && refused: // else it is the certificate that has
		sentence = "This enrolment string has expired. Ask your administrator for a new one."
	case errors.Is(err, uplink.ErrOtherServer):
		sentence = "This enrolment string is for another server than the one at " + url + ", which shows another identity. Ask your administrator for a new string."
	}
	if sentence == "" {
		return err
	}
	return fault.Wrap(err, code, sentence)
}

// place is room on the disk that is taken before the token is spent, so that the
// identity can be written after it.
type place struct {
	dir  state.Dir
	made bool // the folder was made for it
	file *durable.File
}

func reserve(dir state.Dir) (*place, error) {
	_, err := os.Stat(string(dir))
	p := &place{dir: dir, made: errors.Is(err, os.ErrNotExist)}
	if err := dir.Make(); err != nil {
		return nil, err
	}
	p.file, err = durable.Reserve(string(dir), 0o600, 8<<10)
	if err != nil {
		p.giveUp()
		return nil, dir.Fault(err)
	}
	return p, nil
}

// giveUp leaves the folder as it was. After fill it does nothing.
func (p *place) giveUp() {
	if p.file != nil {
		p.file.Discard()
	}
	if p.made {
		os.Remove(string(p.dir)) // fails when it is not empty
	}
}

// fill writes the identity, and a copy of the one before.
func (p *place) fill(id *Identity) error {
	b, err := json.MarshalIndent(id, "", "  ")
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(p.dir.Identity()); err == nil {
		name := p.dir.Identity() + "." + id.EnrolledAt.Format("20060102T150405Z")
		if err := durable.Write(name, old, 0o600); err != nil {
			return err
		}
	}
	if _, err := p.file.Write(append(b, '\n')); err != nil {
		return err
	}
	return p.file.Commit("identity.json")
}
