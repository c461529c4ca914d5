package device_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/deskbell/deskbell/diagnostics/check"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/device"
	"github.com/deskbell/deskbell/server/synthetic"
)

var operator = auth.Actor{Kind: auth.Staff, Person: "p", Role: auth.Operator}

// shelf is a store in memory, which keeps what it is given as JSON. That of the databases
// is tested with them.
type shelf struct {
	mu       sync.Mutex
	devices  map[string]string
	memories map[string]string
	log      map[string][]device.Line
	audit    []audit.Entry
	away     bool
}

func (s *shelf) Devices(context.Context) (out []device.Row, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, doc := range s.devices {
		r := device.Row{Lines: int64(len(s.log[id]))}
		err = errors.Join(err, json.Unmarshal([]byte(doc), &r.Device))
		if m := s.memories[id]; m != "" {
			err = errors.Join(err, json.Unmarshal([]byte(m), &r.Memory))
		}
		out = append(out, r)
	}
	return out, err
}

func (s *shelf) Log(_ context.Context, id string, _ int) ([]device.Line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log[id], nil
}

func (s *shelf) Update(_ context.Context, f func(device.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errors.New("away")
	}
	return f(s)
}

func (s *shelf) SaveDevice(d device.Device) error {
	doc, err := json.Marshal(d)
	s.devices[d.ID] = string(doc)
	return err
}

func (s *shelf) SaveMemory(id string, m device.Memory) error {
	doc, err := json.Marshal(m)
	s.memories[id] = string(doc)
	return err
}

func (s *shelf) AddLine(id string, l device.Line) error {
	s.log[id] = append(s.log[id], l)
	return nil
}
func (s *shelf) DropLines(string, int64) error { return nil }
func (s *shelf) DeleteDevice(id string) error {
	delete(s.devices, id)
	delete(s.memories, id)
	delete(s.log, id)
	return nil
}
func (s *shelf) Audit(e audit.Entry) error { s.audit = append(s.audit, e); return nil }

// world is a keeper that runs, over devices that are as one likes.
type world struct {
	*device.Keeper
	t       *testing.T
	store   *shelf
	stop    func()
	mu      sync.Mutex
	silent  map[string]bool // hosts
	booted  map[string]time.Time
	ports   map[string][]device.Interface
	trouble string
	asked   map[string]device.Access
	told    map[string]float64
	others  []synthetic.Witness
	under   atomic.Int32
	most    atomic.Int32
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, store: &shelf{devices: map[string]string{}, memories: map[string]string{}, log: map[string][]device.Line{}},
		silent: map[string]bool{}, booted: map[string]time.Time{}, ports: map[string][]device.Interface{}, asked: map[string]device.Access{}, told: map[string]float64{},
	}
	w.start()
	return w
}

// start is the server's; stop ends it as a crash would: what is not stored is gone.
func (w *world) start() {
	w.t.Helper()
	k, err := device.New(device.Options{
		Store: w.store, Key: []byte("key"), Now: time.Now, Log: slog.New(slog.DiscardHandler), Read: w.read,
		Others: func() []synthetic.Witness { return w.others },
		Put: func(name string, _ time.Time, v float64, labels ...string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told[fmt.Sprint(append([]string{name}, labels...))] = v
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := k.Load(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := k.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.Keeper, w.stop = k, func() { cancel(); <-done }
}

func (w *world) read(ctx context.Context, to device.Target) device.Reading {
	w.most.Store(max(w.most.Load(), w.under.Add(1)))
	defer w.under.Add(-1)
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
		return device.Reading{Result: check.Result{Outcome: check.Unable}}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[to.Host] = to.Access
	if w.silent[to.Host] {
		return device.Reading{Result: check.Result{Outcome: check.Failed, Says: "Nothing answers."}}
	}
	r := device.Reading{
		Result: check.Result{Outcome: check.OK, Says: "It answered.", Took: time.Millisecond}, At: time.Now(), Timed: true, Uptime: time.Since(w.booted[to.Host]), Ticks: true,
		Whole: true, Trouble: w.trouble,
	}
	if w.trouble == "" {
		r.Interfaces = append(r.Interfaces, w.ports[to.Host]...)
	}
	return r
}

func (w *world) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// access is how a host was asked last.
func (w *world) access(host string) device.Access {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[host]
}

// value is what was told last; -1: nothing.
func (w *world) value(name string, labels ...string) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v, ok := w.told[fmt.Sprint(append([]string{name}, labels...))]; ok {
		return v
	}
	return -1
}

// add makes a device that runs for a day already.
func (w *world) add(host string, change func(d *device.Device)) string {
	w.t.Helper()
	w.change(func() { w.booted[host] = time.Now().Add(-24 * time.Hour) })
	d := device.Usual()
	d.Name, d.Host, d.Access.Community = "Switch "+host, host, "S3CRET"
	if change != nil {
		change(&d)
	}
	s, err := w.Save(w.t.Context(), operator, d)
	if err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(time.Second)
	return s.ID
}

func (w *world) get(id string) device.Standing {
	w.t.Helper()
	s, _, err := w.Get(w.t.Context(), operator, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestKeeper: a device is silent after three failures in a row, and there again after two
// answers; what it carries is counted, and its interfaces that were up and are down are
// told; all of it over a restart of the server, and not over one of the device.
func TestKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		port := func(in uint64, oper device.Oper) []device.Interface {
			wide := device.Counter{Value: in, Wide: true, OK: true}
			return []device.Interface{
				{Index: 1, Name: "Gi1", Admin: device.IfUp, Oper: oper, Speed: 1_000_000_000, In: wide, Out: wide, InErrors: device.Counter{OK: true}},
				{Index: 2, Name: "Gi2", Admin: device.IfUp, Oper: device.IfDown, In: wide},
			}
		}
		w.change(func() { w.ports["10.0.0.1"] = port(0, device.IfUp) })
		id := w.add("10.0.0.1", nil)
		if w.value("device_up", "network_device", id) != 1 || w.value("device_interface_state", "network_device", id, "interface", "Gi1") != 1 || w.value("device_interface_state", "network_device", id, "interface", "Gi2") != 3 {
			t.Errorf("%v", w.told)
		}
		w.change(func() { w.ports["10.0.0.1"] = port(6_000_000, device.IfUp) })
		time.Sleep(70 * time.Second)
		in := w.value("device_interface_in_bits_per_second", "network_device", id, "interface", "Gi1")
		if in < 700_000 || in > 900_000 || w.value("device_interface_errors_per_second", "network_device", id, "interface", "Gi1") != 0 || w.value("device_interface_in_bits_per_second", "network_device", id, "interface", "Gi2") != -1 {
			t.Errorf("%v", w.told)
		}
		w.change(func() { w.ports["10.0.0.1"] = port(6_000_000, device.IfDown) })
		time.Sleep(70 * time.Second)
		if s := w.get(id); w.value("device_interface_state", "network_device", id, "interface", "Gi1") != 4 || s.Down() != 1 || s.Ports[0].State != device.PortDown || s.Ports[0].Since.IsZero() {
			t.Errorf("%+v", s.Ports)
		}
		// The server is started anew: what was down is so still.
		w.stop()
		w.start()
		time.Sleep(40 * time.Second)
		if s := w.get(id); s.State != synthetic.Up || s.Down() != 1 || !s.Restarted.IsZero() {
			t.Errorf("%+v", s)
		}
		w.change(func() { w.silent["10.0.0.1"] = true })
		time.Sleep(2 * time.Minute)
		if s := w.get(id); s.State != synthetic.Up {
			t.Errorf("after two failures it is %s", s.State)
		}
		time.Sleep(time.Minute)
		if s := w.get(id); s.State != synthetic.Down || w.value("device_up", "network_device", id) != 0 {
			t.Errorf("after three it is %s", s.State)
		}
		w.change(func() {
			w.silent["10.0.0.1"] = false
			w.booted["10.0.0.1"] = time.Now()
			w.ports["10.0.0.1"] = port(60, device.IfUp)[:1]
		})
		time.Sleep(130 * time.Second)
		if s := w.get(id); s.State != synthetic.Up || s.Restarted.IsZero() || w.value("device_restarted", "network_device", id) != 1 || len(s.Ports) != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(15 * time.Minute)
		if w.value("device_restarted", "network_device", id) != 0 {
			t.Error("it begins anew for ever")
		}
		// Its interfaces are not read for once: nothing is told of them, and nothing forgotten.
		w.change(func() { w.trouble = "Its interfaces could not be read: no answer." })
		time.Sleep(70 * time.Second)
		if s := w.get(id); s.State != synthetic.Up || s.Trouble == "" || len(s.Ports) != 1 {
			t.Errorf("%+v", s)
		}
		// It goes, while it was down: nobody waits for it any more.
		w.change(func() { w.trouble, w.ports["10.0.0.1"] = "", port(60, device.IfDown)[:1] })
		time.Sleep(70 * time.Second)
		w.change(func() { w.ports["10.0.0.1"] = port(60, device.IfDown)[1:] })
		time.Sleep(70 * time.Second)
		if v := w.value("device_interface_state", "network_device", id, "interface", "Gi1"); v != 3 {
			t.Errorf("an interface that is gone is told as %v", v)
		}
		var log []string
		for _, l := range w.store.log[id] {
			log = append(log, string(l.Did)+l.Port)
		}
		if got := strings.Join(log, " "); got != "up downGi1 failed down ok restarted upGi1 up downGi1" {
			t.Errorf("its log is %s", got)
		}
		if err := w.Delete(t.Context(), operator, id); err != nil {
			t.Error(err)
		}
		if list, err := w.List(operator); err != nil || len(list) != 0 || len(w.Witnesses()) != 0 {
			t.Error(list, err)
		}
	})
}

// TestAnew: what a device counted before it began anew is not what it counts now, also
// where the number is the larger one.
func TestAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		port := func(in uint64) []device.Interface {
			return []device.Interface{{Index: 1, Name: "Gi1", Admin: device.IfUp, Oper: device.IfUp, In: device.Counter{Value: in, Wide: true, OK: true}}}
		}
		w.change(func() { w.ports["10.0.0.1"] = port(0) })
		id := w.add("10.0.0.1", nil)
		w.change(func() { w.ports["10.0.0.1"], w.booted["10.0.0.1"] = port(60_000), time.Now() })
		for w.get(id).Restarted.IsZero() {
			time.Sleep(time.Second)
		}
		if r := w.get(id).Ports[0].Rates; r.In.OK {
			t.Errorf("%+v", r)
		}
		w.change(func() { w.ports["10.0.0.1"] = port(120_000) })
		time.Sleep(70 * time.Second)
		if r := w.get(id).Ports[0].Rates; !r.In.OK {
			t.Errorf("%+v", r)
		}
	})
}

// TestBlind: when nothing answers, it is rather the server's own line: no device is silent,
// but unknown. One answer, of a service too, ends that.
func TestBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		var ids []string
		hosts := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}
		for _, h := range hosts {
			ids = append(ids, w.add(h, nil))
		}
		w.change(func() {
			for _, h := range hosts {
				w.silent[h] = true
			}
		})
		time.Sleep(5 * time.Minute)
		for _, id := range ids {
			if s := w.get(id); s.State != synthetic.Unknown {
				t.Errorf("it is %s", s.State)
			}
		}
		if w.value("devices_blind") != 1 {
			t.Error("it is not told that the server is blind")
		}
		// A service answers, so that the line works.
		w.stop()
		w.others = []synthetic.Witness{{Host: "intranet", Outcome: check.OK, At: time.Now().Add(time.Hour)}}
		w.start()
		time.Sleep(6 * time.Minute)
		for _, id := range ids {
			if s := w.get(id); s.State != synthetic.Down {
				t.Errorf("it is %s", s.State)
			}
		}
		if w.value("devices_blind") != 0 {
			t.Error("the server is blind while something answers")
		}
	})
}

// TestSecrets: secrets are stored encrypted and told by nothing; a change that leaves them
// out keeps them, and one that leads elsewhere does not send them there.
func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		id := w.add("10.0.0.1", func(d *device.Device) {
			d.Access = device.Access{Version: device.V3, User: "reader", Auth: "SHA256", AuthPassword: "S3CRET one", Priv: "AES", PrivPassword: "S3CRET two"}
		})
		s := w.get(id)
		if s.Access.AuthPassword+s.Access.PrivPassword != "" || strings.Contains(w.store.devices[id], "S3CRET") || strings.Contains(fmt.Sprint(w.store.audit), "S3CRET") {
			t.Error("a secret is told")
		}
		w.stop()
		w.start()
		time.Sleep(time.Minute)
		if a := w.access("10.0.0.1"); a.AuthPassword != "S3CRET one" || a.PrivPassword != "S3CRET two" {
			t.Errorf("after a restart it is asked by %+v", a)
		}
		d := s.Device
		d.Note = "Changed."
		if _, err := w.Save(t.Context(), operator, d); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if a := w.access("10.0.0.1"); a.AuthPassword != "S3CRET one" || a.PrivPassword != "S3CRET two" {
			t.Errorf("after a change it is asked by %+v", a)
		}
		d = w.get(id).Device
		d.Host = "10.6.6.6"
		if _, err := w.Save(t.Context(), operator, d); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("secrets went elsewhere: %v", err)
		}
		if _, err := w.Try(t.Context(), operator, d); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("secrets are tried elsewhere: %v", err)
		}
		// Whoever writes into the database has them sent nowhere else either.
		w.stop()
		w.store.devices[id] = strings.ReplaceAll(w.store.devices[id], "10.0.0.1", "10.6.6.6")
		w.start()
		time.Sleep(time.Minute)
		if a := w.access("10.6.6.6"); a.User != "reader" || a.AuthPassword != "" {
			t.Error("secrets went elsewhere")
		}
	})
}

// TestBounds: there are so many devices and no more, so many of them are looked at at
// once, whoever may not change them does not, and a change of what somebody else has
// changed is refused.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		var first string
		for n := range 200 {
			d := device.Usual()
			d.Name, d.Host, d.Access.Community = "Switch", fmt.Sprintf("10.0.1.%d", n), "public"
			s, err := w.Save(t.Context(), operator, d)
			if err != nil {
				t.Fatal(err)
			}
			first = s.ID
		}
		time.Sleep(5 * time.Minute)
		w.change(func() {
			if n := w.most.Load(); n > 16 || len(w.asked) != 200 {
				t.Errorf("%d at once, %d asked", n, len(w.asked))
			}
		})
		d := device.Usual()
		d.Name, d.Host, d.Access.Community = "Switch", "10.0.2.1", "public"
		if _, err := w.Save(t.Context(), operator, d); fault.CodeOf(err) != fault.Full {
			t.Error(err)
		}
		d = w.get(first).Device
		d.Version--
		if _, err := w.Save(t.Context(), operator, d); fault.CodeOf(err) != fault.Stale {
			t.Error(err)
		}
		technician := auth.Actor{Kind: auth.Staff, Person: "t", Role: auth.Technician}
		if _, err := w.Save(t.Context(), technician, d); fault.CodeOf(err) != fault.Forbidden {
			t.Error(err)
		}
		if _, err := w.RunNow(t.Context(), technician, first); fault.CodeOf(err) != fault.Forbidden {
			t.Error(err)
		}
		for field, change := range map[string]func(d *device.Device){
			"host": func(d *device.Device) { d.Host = "169.254.169.254" }, "port": func(d *device.Device) { d.Port = 0 },
			"every": func(d *device.Device) { d.Every = time.Hour }, "snmp": func(d *device.Device) { d.Access.Version = "1" }, "community": func(d *device.Device) { d.Access.Community = "" },
			"user": func(d *device.Device) { d.Access = device.Access{Version: device.V3} },
			"auth": func(d *device.Device) { d.Access = device.Access{Version: device.V3, User: "u", Priv: "AES"} },
			"auth_password": func(d *device.Device) {
				d.Access = device.Access{Version: device.V3, User: "u", Auth: "SHA", AuthPassword: "short"}
			},
			"priv_password": func(d *device.Device) {
				d.Access = device.Access{Version: device.V3, User: "u", Auth: "SHA", AuthPassword: "long enough", Priv: "AES"}
			},
		} {
			d := device.Usual()
			d.Name, d.Host, d.Access.Community = "Switch", "10.0.2.1", "public"
			change(&d)
			_, err := w.Try(t.Context(), operator, d)
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}
