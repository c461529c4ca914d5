package browsertest

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/servertest"
)

// Machine is an endpoint with a session over the real protocol: it sends health,
// rings, and answers what it is asked.
type Machine struct {
	ID   string
	Name string

	t       testing.TB
	key     ed25519.PrivateKey
	dialer  *uplink.Dialer
	ratchet []byte

	mu     sync.Mutex
	link   *uplink.Session
	waits  map[string]chan wire.Envelope
	answer func(wire.Ask) []any // the parts; nil: the usual ones
	hold   chan struct{}        // answers wait for it, unless nil
	seq    uint64
	live   time.Duration // as the server wants samples
	read   sync.WaitGroup
}

// NewMachine enrols a machine at a site. It is not connected yet.
func NewMachine(t testing.TB, s *servertest.Server, site, name string) *Machine {
	t.Helper()
	m := &Machine{Name: name, t: t, dialer: s.Dialer(), waits: map[string]chan wire.Envelope{}}
	var err error
	if _, m.key, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	about := wire.Machine{Hostname: name, OS: "linux", Arch: "amd64", Platform: "Debian GNU/Linux 12 (bookworm)", Agent: "deskbell-agent/1.0.0 linux/amd64"}
	e, _, err := m.dialer.Enrol(t.Context(), s.Enrolment(site, 1).Token, m.key, about, "")
	if err != nil {
		t.Fatal(err)
	}
	m.ID = e.Endpoint
	t.Cleanup(m.Leave)
	return m
}

// Answer sets what the machine answers.
func (m *Machine) Answer(f func(wire.Ask) []any) { m.mu.Lock(); m.answer = f; m.mu.Unlock() }

// Hold lets the machine answer its first part only, until release is called.
func (m *Machine) Hold() (release func()) {
	ch := make(chan struct{})
	m.mu.Lock()
	m.hold = ch
	m.mu.Unlock()
	return sync.OnceFunc(func() {
		m.mu.Lock()
		m.hold = nil
		m.mu.Unlock()
		close(ch)
	})
}

// Join connects.
func (m *Machine) Join() {
	m.t.Helper()
	link, err := m.dialer.Dial(m.t.Context(), m.key, wire.Prove{
		Endpoint: m.ID, Hostname: m.Name, Boot: "boot-1", BootedAt: time.Now().Add(-26 * time.Hour), Columns: wire.DefaultColumns(), Ratchet: m.ratchet,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.ratchet = link.Welcome.Ratchet
	m.mu.Lock()
	m.link, m.seq = link, 0
	m.mu.Unlock()
	m.read.Go(func() { m.listen(link) })
	m.Call(wire.TypeRatchet, nil)
}

// Leave says that the machine goes to sleep, if it is connected.
func (m *Machine) Leave() { m.Go(wire.ByeSleep) }

// Go says goodbye because of why, if the machine is connected; "" says nothing and
// only ends the connection.
func (m *Machine) Go(why wire.GoodbyeReason) {
	m.mu.Lock()
	link := m.link
	m.link = nil
	m.mu.Unlock()
	if link != nil {
		if why != "" {
			link.Send(wire.TypeGoodbye, "", "", wire.Goodbye{Reason: why}) // the server may be gone
		}
		link.Close(1000, "")
	}
	m.read.Wait()
}

func (m *Machine) listen(link *uplink.Session) {
	for {
		msg, err := link.Next(nil, 10*time.Minute)
		if err != nil {
			return
		}
		if msg.Frame != nil {
			continue
		}
		if msg.Type == wire.TypeAsk {
			var a wire.Ask
			if msg.Into(&a) == nil {
				id := msg.ID
				m.read.Go(func() { m.reply(link, id, a) })
			}
			continue
		}
		if msg.Type == wire.TypeLive {
			var l wire.Live
			if msg.Into(&l) == nil {
				m.mu.Lock()
				m.live = l.Interval
				m.mu.Unlock()
			}
			continue
		}
		m.mu.Lock()
		ch := m.waits[msg.Re]
		m.mu.Unlock()
		if ch != nil {
			ch <- msg.Envelope
		}
	}
}

func (m *Machine) reply(link *uplink.Session, id string, a wire.Ask) {
	m.mu.Lock()
	f, hold := m.answer, m.hold
	m.mu.Unlock()
	if f == nil {
		f = Answers
	}
	parts := f(a)
	for i, part := range parts {
		if err, ok := part.(*fault.Error); ok {
			link.Send(wire.TypeAnswer, "", id, wire.Answer{Part: i, Done: true, Code: err.Code, Sentence: err.Sentence})
			return
		}
		raw, err := json.Marshal(part)
		if err != nil {
			panic(err) // a type of this test's own
		}
		link.Send(wire.TypeAnswer, "", id, wire.Answer{Part: i, Data: raw})
		if i == 0 && hold != nil {
			<-hold
		}
	}
	link.Send(wire.TypeAnswer, "", id, wire.Answer{Part: len(parts), Done: true})
}

// Call sends a message and waits until the server has acknowledged it.
func (m *Machine) Call(typ wire.Type, body any) wire.Ack {
	m.t.Helper()
	id := ulid.Make().String()
	ch := make(chan wire.Envelope, 4)
	m.mu.Lock()
	m.waits[id] = ch
	link := m.link
	m.mu.Unlock()
	if link == nil {
		m.t.Fatalf("%s is not connected", m.Name)
	}
	if err := link.Send(typ, id, "", body); err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	select {
	case e := <-ch:
		var ack wire.Ack
		if err := e.Into(&ack); err != nil || !ack.OK {
			m.t.Fatalf("%s was answered %s %+v (%v)", typ, e.Type, ack, err)
		}
		return ack
	case <-ctx.Done():
		m.t.Fatalf("%s was not answered", typ)
	}
	return wire.Ack{}
}

// Health sends readings: cpu, memory and disk in percent.
func (m *Machine) Health(cpu, memory, disk float64) {
	m.t.Helper()
	m.HealthAt(time.Now(), cpu, memory, disk)
}

// HealthAt sends readings of a moment.
func (m *Machine) HealthAt(at time.Time, cpu, memory, disk float64) {
	m.t.Helper()
	s := diagnostics.Sample{At: at.Truncate(time.Second)}
	for metric, v := range map[diagnostics.Metric]float64{
		diagnostics.CPUBusy: cpu, diagnostics.MemoryUsed: memory, diagnostics.DiskUsed: disk, diagnostics.NetReceived: cpu * 7, diagnostics.NetSent: cpu * 2,
		diagnostics.LoadPerCore: cpu / 60, diagnostics.ServerRTT: 4 + cpu/10, diagnostics.DiskBusy: disk / 3, diagnostics.ProcessCount: 312,
	} {
		s.Set(metric, v)
	}
	m.mu.Lock()
	m.seq++
	seq, link := m.seq, m.link
	m.mu.Unlock()
	if err := link.SendHealth(wire.Health{Seq: seq, Interval: 15 * time.Second, Samples: []diagnostics.Sample{s}}); err != nil {
		m.t.Fatal(err)
	}
}

// History sends the readings of the last while, a quarter of a minute apart.
func (m *Machine) History(long time.Duration, f func(i int) (cpu, memory, disk float64)) {
	m.t.Helper()
	n := int(long / (15 * time.Second))
	start := time.Now().Add(-long).Truncate(time.Second)
	for begin := 0; begin < n; begin += wire.MaxSamples {
		h := wire.Health{Flags: wire.HealthLate, Interval: 15 * time.Second}
		for i := begin; i < min(n, begin+wire.MaxSamples); i++ {
			s := diagnostics.Sample{At: start.Add(time.Duration(i) * 15 * time.Second)}
			cpu, memory, disk := f(i)
			for metric, v := range map[diagnostics.Metric]float64{
				diagnostics.CPUBusy: cpu, diagnostics.MemoryUsed: memory, diagnostics.DiskUsed: disk, diagnostics.NetReceived: cpu * 7, diagnostics.NetSent: cpu * 2,
				diagnostics.LoadPerCore: cpu / 60, diagnostics.ServerRTT: 4 + cpu/10, diagnostics.DiskBusy: disk / 3,
			} {
				s.Set(metric, v)
			}
			h.Samples = append(h.Samples, s)
		}
		m.mu.Lock()
		m.seq++
		h.Seq = m.seq
		link := m.link
		m.mu.Unlock()
		if err := link.SendHealth(h); err != nil {
			m.t.Fatal(err)
		}
	}
}

// Account is an employee at a machine.
func Account(uid, login, full string) wire.Account {
	return wire.Account{UID: uid, Name: login, Full: full}
}

// Ring opens a ticket and returns its number.
func (m *Machine) Ring(who wire.Account, title, body string, findings []diagnostics.Finding, snapshot *diagnostics.Snapshot) int64 {
	m.t.Helper()
	return m.Call(wire.TypeTicketOpen, wire.TicketOpen{
		Account: who, Title: title, Body: body, RungAt: time.Now(), Findings: findings, Snapshot: snapshot,
	}).Number
}

// Asked waits until the server has asked for a sample every interval.
func (m *Machine) Asked(t testing.TB, interval time.Duration) {
	t.Helper()
	servertest.Wait(t, "the server asks for live samples", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.live == interval
	})
}
