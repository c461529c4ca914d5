package fleet

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/fleet/machine"
	"github.com/deskbell/deskbell/internal/version"
	"github.com/deskbell/deskbell/internal/wire"
)

// dialers shares one dialer, and with it one TLS configuration, among all
// endpoints of a server and a platform.
type dialers struct {
	stats *stats
	mu    sync.Mutex
	by    map[dialerKey]*uplink.Dialer
}

type dialerKey struct{ url, key, pin, platform string }

// agentName is what the agents of a platform call themselves.
func agentName(platform string) string { return "deskbell-agent/" + version.Number + " " + platform }

func (d *dialers) get(e wire.Enrolment, platform string) (*uplink.Dialer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := dialerKey{e.URL, string(e.Key), string(e.Pin), platform}
	if x := d.by[k]; x != nil {
		return x, nil
	}
	x, err := uplink.NewDialer(uplink.Options{
		URL: e.URL, ServerKey: e.Key, Pin: e.Pin, Agent: agentName(platform),
		NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{Timeout: wire.HandshakeTimeout, KeepAlive: -1}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return counted{c, d.stats}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	if d.by == nil {
		d.by = map[dialerKey]*uplink.Dialer{}
	}
	d.by[k] = x
	return x, nil
}

// enrol makes the endpoints: those that are known, and as many new ones as are
// lacking.
func (f *Fleet) enrol(ctx context.Context, known []*Identity) error {
	var strings []wire.Enrolment
	for _, s := range f.options.Enrolments {
		e, err := wire.ParseEnrolment(s)
		if err != nil {
			return err
		}
		strings = append(strings, e)
	}
	by := map[int]*Identity{}
	for _, i := range known {
		if i.Number >= f.options.Endpoints {
			continue
		}
		// The same server may have moved: the newest string says where it is.
		for _, e := range strings {
			if string(e.Key) == string(i.Key) {
				i.URL, i.Pin = e.URL, e.Pin
			}
		}
		if len(strings) > 0 && string(strings[0].Key) != string(i.Key) {
			return fault.New(fault.WrongServer, "The folder "+f.options.State+" keeps endpoints of another server. Give this server's fleet a --state of its own.")
		}
		by[i.Number] = i
	}
	lacking, fresh := map[int][]int{}, map[int]bool{} // lacking: numbers by the enrolment they use
	for n := range f.options.Endpoints {
		if by[n] == nil {
			if len(strings) == 0 {
				return fault.Field("--enrolment", "Give an enrolment string with --enrolment: “deskbell-server enrolment create --site NAME --uses 100” prints one.")
			}
			lacking[n%len(strings)], fresh[n] = append(lacking[n%len(strings)], n), true
		}
	}
	var mu sync.Mutex
	for s, numbers := range lacking {
		// The first one learns the site's name, from which the others have theirs.
		first, err := f.enrolOne(ctx, strings[s], numbers[0], "PC")
		if err != nil {
			return err
		}
		by[first.Number] = first
		err = each(numbers[1:], maxDoors/2, func(n int) error {
			i, err := f.enrolOne(ctx, strings[s], n, machine.Code(first.Site))
			if err == nil {
				mu.Lock()
				by[n] = i
				mu.Unlock()
			}
			return err
		})
		if err != nil {
			return err
		}
		f.enrolled += len(numbers)
		f.log.Info("enrolled", "site", first.Site, "endpoints", len(numbers))
	}
	now := time.Now()
	for n := range f.options.Endpoints {
		if err := f.populate(by[n], fresh[n], now); err != nil {
			return err
		}
	}
	return nil
}

// populate adds an endpoint to the fleet; fresh says that the server knows nothing
// of it yet.
func (f *Fleet) populate(i *Identity, fresh bool, now time.Time) error {
	began := now
	if f.options.past && fresh {
		began = now.Add(-keepSamples * f.options.Interval)
	}
	e, err := f.newEndpoint(i, began)
	if err != nil {
		return err
	}
	if ill, given := f.options.ills[i.Number]; given {
		e.machine.WithIll(ill)
	}
	e.health.begin(f.options, now)
	for at := began; at.Before(now); at = at.Add(f.options.Interval) {
		e.health.keep(e.machine.Sample(at))
	}
	f.endpoints = append(f.endpoints, e)
	return nil
}

// each calls do for every number, some at a time, until one fails.
func each(numbers []int, atOnce int, do func(n int) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	next := make(chan int)
	for range min(atOnce, len(numbers)) {
		wg.Go(func() {
			for n := range next {
				if err := do(n); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	for _, n := range numbers {
		mu.Lock()
		stop := failed != nil
		mu.Unlock()
		if stop {
			break
		}
		next <- n
	}
	close(next)
	wg.Wait()
	return failed
}

// attempts is how often one endpoint asks for its identity while the server is busy.
const attempts = 10

// enrolOne gives one endpoint its identity and keeps it.
func (f *Fleet) enrolOne(ctx context.Context, e wire.Enrolment, number int, code string) (*Identity, error) {
	i := &Identity{Number: number, Seed: make([]byte, ed25519.SeedSize), URL: e.URL, Key: e.Key, Pin: e.Pin}
	rand.Read(i.Seed)
	m := machine.New(salt(e), number, code, time.Now())
	s := m.System(time.Now())
	d, err := f.dialers.get(e, s.OS+"/"+s.Arch)
	if err != nil {
		return nil, err
	}
	about := wire.Machine{Hostname: m.Hostname(), OS: s.OS, Arch: s.Arch, Platform: s.Platform, Agent: agentName(s.OS + "/" + s.Arch)}
	for try := 1; ; try++ {
		given, _, err := d.Enrol(ctx, e.Token, i.key(), about, "")
		if err == nil {
			i.Endpoint, i.Site = given.Endpoint, given.Site
			return i, f.roster.add(i)
		}
		if !fault.Is(err, fault.Unavailable) || try == attempts {
			return nil, err
		}
		wait := time.Duration(try) * 200 * time.Millisecond
		if r, ok := errors.AsType[*uplink.RefusedError](err); ok {
			wait = max(wait, r.RetryAfter)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// salt keeps the machines of two servers apart: it is the server's, so that the
// same state is the same fleet.
func salt(e wire.Enrolment) uint64 {
	var v uint64
	for _, b := range e.Key {
		v = v*31 + uint64(b)
	}
	return v
}
