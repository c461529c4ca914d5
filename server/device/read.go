package device

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/synthetic"
)

// PortView is an interface, and how it does.
type PortView struct {
	Interface
	State State
	Since time.Time // it is so; zero: since before anybody looked
	Rates Rates
}

// Standing is a device and how it does. It never has a secret.
type Standing struct {
	Device
	State     synthetic.State // up, down, unknown, new or paused
	Life      synthetic.Life
	Since     time.Time // it is up or down; zero: nobody knows
	System    System
	Uptime    time.Duration // as it was told last, and when; zero: never
	UptimeAt  time.Time
	Restarted time.Time
	Ports     []PortView
	PortsAt   time.Time // they were read last
	More      bool      // there are more than are looked at
	Trouble   string    // why they were not read the last time; empty: they were
}

// Address is where it stands, in one line.
func (s *Standing) Address() string { return s.at() }

// Down counts the interfaces that are down and were up.
func (s *Standing) Down() int {
	n := 0
	for _, p := range s.Ports {
		if p.State == PortDown {
			n++
		}
	}
	return n
}

// Traffic is what all interfaces carry, in and out together.
func (s *Standing) Traffic() Rate {
	var out Rate
	for _, p := range s.Ports {
		out = sum(out, sum(p.Rates.In, p.Rates.Out))
	}
	return out
}

// standing is a device as it is now. The caller holds mu.
func (k *Keeper) standing(l *look) Standing {
	s := Standing{
		Device: l.d, State: l.m.Life.State(), Life: l.m.Life, Since: l.m.Life.Since, System: l.m.System, Uptime: l.m.Uptime, UptimeAt: l.m.UptimeAt,
		Restarted: l.m.Restarted, PortsAt: l.readAt, More: l.more, Trouble: l.trouble,
	}
	s.Access, s.Sealed = s.Access.public(), nil
	if s.Paused {
		s.State = synthetic.Paused
	}
	if s.State != synthetic.Up && s.State != synthetic.Down {
		s.Since = time.Time{}
	}
	for _, p := range l.ports {
		is := l.m.Ports[p.Name]
		s.Ports = append(s.Ports, PortView{Interface: p.Interface, State: is.State, Since: is.Since, Rates: p.Rates})
	}
	return s
}

// urgency puts first what needs somebody.
func urgency(s *Standing) int {
	if s.State == synthetic.Up && s.Down() > 0 {
		return 1
	}
	return 2 * slices.Index([]synthetic.State{synthetic.Down, synthetic.Unknown, synthetic.Awaited, synthetic.Up, synthetic.Paused}, s.State)
}

// List returns all devices, what is silent first.
func (k *Keeper) List(actor auth.Actor) ([]Standing, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	k.mu.Lock()
	out := make([]Standing, 0, len(k.looks))
	for _, l := range k.looks {
		out = append(out, k.standing(l))
	}
	k.mu.Unlock()
	slices.SortFunc(out, func(a, b Standing) int {
		if c := urgency(&a) - urgency(&b); c != 0 {
			return c
		}
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return out, nil
}

// Get returns one, and what became of it.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (Standing, []Line, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return Standing{}, nil, err
	}
	k.mu.Lock()
	l := k.looks[id]
	var s Standing
	if l != nil {
		s = k.standing(l)
	}
	k.mu.Unlock()
	if l == nil {
		return Standing{}, nil, errNone
	}
	lines, err := k.o.Store.Log(ctx, id, keepLines)
	return s, lines, err
}

// Each tells of all devices that are looked at, for whoever raises alerts about them.
func (k *Keeper) Each(tell func(id, name, site, says string)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, l := range k.looks {
		if !l.d.Paused {
			tell(id, l.d.Name, l.d.Site, l.m.Life.Last.Says)
		}
	}
}
