package hub_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/servertest"
)

// heap returns what lives after a collection, in bytes.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// atOnce runs f(0) to f(n-1), some of them at the same time.
func atOnce(workers, n int, f func(k int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range workers {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= n {
					return
				}
				f(k)
			}
		})
	}
	wg.Wait()
}

// dialerFrom is a dialer of a machine whose connections come from an address.
func dialerFrom(t *testing.T, s *servertest.Server, address string) *uplink.Dialer {
	t.Helper()
	e := s.Enrolment("Berlin", 1)
	d, err := uplink.NewDialer(uplink.Options{
		URL: s.TLS, ServerKey: e.Key, Pin: e.Pin, Agent: "test",
		NetDial: func(ctx context.Context, network, to string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext(ctx, network, to)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestHalfOpenHandshakes opens 2 000 connections that upgrade and say nothing.
// Machines elsewhere come in meanwhile, and whoever is silent goes within the time
// of a handshake.
func TestHalfOpenHandshakes(t *testing.T) {
	const strangers = 2000
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	m.Dialer = dialerFrom(t, s, "127.0.0.2")
	before, goroutines := heap(), runtime.NumGoroutine()
	cache := tls.NewLRUClientSessionCache(1)
	var open sync.WaitGroup
	var late, refused, upgraded, failed atomic.Int64
	atOnce(32, strangers, func(int) {
		i, err := tryKnock(context.Background(), t, s, way{cache: cache, from: "127.0.0.3"})
		if err != nil {
			failed.Add(1)
			return
		}
		if i.status != http.StatusSwitchingProtocols {
			refused.Add(1)
			i.conn.Close()
			return
		}
		upgraded.Add(1)
		began := time.Now()
		open.Go(func() {
			defer i.conn.Close()
			i.ends()
			if d := time.Since(began); d > wire.HandshakeTimeout+5*time.Second {
				late.Add(1)
			}
		})
	})
	t.Logf("%d upgraded, %d refused, %d failed", upgraded.Load(), refused.Load(), failed.Load())
	if n := upgraded.Load(); n < strangers/3 || failed.Load() > 0 {
		t.Errorf("%d of %d strangers came through the upgrade, %d failed", n, strangers, failed.Load())
	}
	// The door is full of them now. A machine from elsewhere comes in at once.
	began := time.Now()
	c := m.Session(t)
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("a legitimate machine had to wait %v", d)
	}
	unharmed(t, func(typ wire.Type, body any) wire.Ack { return servertest.Call[wire.Ack](t, c, typ, body) }, 3*time.Second)
	// One from the very address of the flood comes in too, at the latest when the
	// strangers have been silent for a while: as an agent does, it tries again.
	near := s.Machine("PC-18")
	near.Dialer = dialerFrom(t, s, "127.0.0.3")
	servertest.Wait(t, "a machine from the flood's address to come in", func() bool {
		c, err := near.Connect(t.Context())
		if err != nil {
			return false
		}
		c.Close(1000, "")
		return true
	})
	open.Wait()
	if n := late.Load(); n > 0 {
		t.Errorf("%d were kept longer than a handshake may take", n)
	}
	if n := refusals(t, s, "unavailable"); n < float64(upgraded.Load()) {
		t.Errorf("%v refusals were counted of %d", n, upgraded.Load())
	}
	back(t, before, goroutines)
}

// back shows that memory and goroutines are what they were.
func back(t *testing.T, before uint64, goroutines int) {
	t.Helper()
	servertest.Wait(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines+8 })
	const slack = 16 << 20
	servertest.Wait(t, "the memory to be given back", func() bool { return heap() < before+slack })
	t.Logf("heap %d KiB before, %d KiB after; %d goroutines before, %d after", before>>10, heap()>>10, goroutines, runtime.NumGoroutine())
}

// garbage makes something that is no message, of any kind there is.
func garbage(r *rand.Rand, k int) (first byte, payload []byte) {
	b := make([]byte, r.IntN(200))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	switch k % 5 {
	case 0:
		return fin | opBinary, b
	case 1:
		return fin | opText, b
	case 2:
		return fin | opText, []byte(`{"type":"` + strings.Repeat("x", r.IntN(100)))
	case 3:
		return fin | byte(r.IntN(16))<<4 | byte(r.IntN(16)), b
	}
	return fin | opBinary, append([]byte{wire.FrameHealth}, b...)
}

// TestTenThousandMalformedFrames sends them before the proof, in sessions that they
// end, and in sessions that go on.
func TestTenThousandMalformedFrames(t *testing.T) {
	s := servertest.Start(t)
	good := s.Machine("PC-good").Session(t)
	ask := func(typ wire.Type, body any) wire.Ack { return servertest.Call[wire.Ack](t, good, typ, body) }
	cache := tls.NewLRUClientSessionCache(1)
	machines := make([]*servertest.Machine, 40)
	for k := range machines {
		machines[k] = s.Machine(fmt.Sprint("PC-", k))
	}
	unharmed(t, ask, 3*time.Second)
	before, goroutines := heap(), runtime.NumGoroutine()
	var sent atomic.Int64

	// Before the proof: each costs its sender a connection.
	atOnce(8, 600, func(k int) {
		r := rand.New(rand.NewPCG(7, uint64(k)))
		i, err := tryKnock(context.Background(), t, s, way{cache: cache})
		if err != nil || i.status != 101 {
			t.Errorf("a stranger was not upgraded: %v", err)
			return
		}
		defer i.conn.Close()
		first, payload := garbage(r, k)
		i.frame(first, payload)
		sent.Add(1)
		i.frame(fin|opClose, []byte{3, 232})
		i.ends()
	})
	// In a session: what ends it, after as much as is answered.
	body := json.RawMessage(`{"account":{"uid":7},"title":["<b>"],"findings":"\u0000"}`)
	atOnce(4, len(machines), func(k int) {
		r := rand.New(rand.NewPCG(8, uint64(k)))
		i, err := tryKnock(context.Background(), t, s, way{cache: cache})
		if err != nil {
			t.Error(err)
			return
		}
		defer i.conn.Close()
		i.enter(machines[k])
		var answers sync.WaitGroup
		answers.Go(func() { i.ends() })
		for n := range 150 {
			typ := []wire.Type{wire.TypeTicketOpen, wire.TypeFindings, wire.TypeInventory, wire.TypeTicketAct, "nonsense"}[n%5]
			i.send(typ, ulid.Make().String(), "", body)
			sent.Add(1)
		}
		for range 100 {
			i.frame(fin|opBinary, wire.AppendBlob(nil, "nothing", int64(r.IntN(1<<20)), []byte("x")))
			sent.Add(1)
		}
		first, payload := garbage(r, k)
		i.frame(first, payload)
		sent.Add(1)
		i.frame(fin|opClose, []byte{3, 232})
		answers.Wait()
	})
	if n := sent.Load(); n < 10_000 {
		t.Errorf("only %d malformed frames were sent", n)
	}
	unharmed(t, ask, 3*time.Second)
	servertest.Wait(t, "their sessions to be over", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 1 })
	if s.Log.Contains("panic") {
		t.Error("the server has panicked")
	}
	if n := refusals(t, s, "invalid") + refusals(t, s, "unsupported"); n < 4500 {
		t.Errorf("%v refusals were counted", n)
	}
	back(t, before, goroutines)
}

// TestSlowReaderIsCutOff asks for much and reads nothing of it.
func TestSlowReaderIsCutOff(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	good := s.Machine("PC-good").Session(t)
	ask := func(typ wire.Type, body any) wire.Ack { return servertest.Call[wire.Ack](t, good, typ, body) }
	i, _ := session(t, s)
	account := wire.Account{UID: "1000", Name: "maria"}
	for n := range 20 {
		id := fmt.Sprint("t", n)
		i.send(wire.TypeTicketOpen, id, "", wire.TicketOpen{Account: account, Title: "Long", Body: strings.Repeat("x", 60<<10), RungAt: time.Now()})
		if a := i.ack(id); !a.OK {
			t.Fatalf("%+v", a)
		}
	}
	before := sessionEnds(t, s, "slow") + sessionEnds(t, s, "lost") + refusals(t, s, "internal")
	began := time.Now()
	go func() {
		for k := 0; i.send(wire.TypeTicketsGet, fmt.Sprint("g", k), "", wire.TicketsGet{Account: account}) == nil; k++ {
		}
	}()
	for range time.Tick(250 * time.Millisecond) { // as often as a session may ask
		unharmed(t, ask, 2*time.Second)
		if counted(t, s, "deskbell_hub_sessions", "") == 1 || time.Since(began) > time.Minute {
			break
		}
	}
	if d := time.Since(began); d > wire.WriteTimeout+10*time.Second {
		t.Errorf("it was cut off after %v", d)
	}
	servertest.Wait(t, "it to be counted", func() bool {
		return sessionEnds(t, s, "slow")+sessionEnds(t, s, "lost")+refusals(t, s, "internal") > before
	})
}

// TestLargeAttachmentLeavesRoomForOtherMessages downloads 25 MiB slowly while the
// server has other things to say: neither waits for the other, and the session
// stays.
func TestLargeAttachmentLeavesRoomForOtherMessages(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	i, m := session(t, s)
	account := wire.Account{UID: "1000", Name: "maria"}
	i.send(wire.TypeTicketOpen, "ring", "", wire.TicketOpen{Account: account, Title: "Where is the manual", RungAt: time.Now()})
	ticket := i.ack("ring").Ticket
	sha := attach(t, s, ticket, make([]byte, wire.MaxBlob))
	i.send(wire.TypeBlobGet, "get", "", wire.BlobGet{Account: account, Ticket: ticket, SHA256: sha})
	var got, posts int
	for got < wire.MaxBlob {
		op, b, err := i.next()
		if err != nil {
			t.Fatalf("after %d bytes and %d other messages: %v", got, posts, err)
		}
		switch op {
		case opClose:
			t.Fatalf("closed after %d bytes and %d other messages: %s", got, posts, closing(b))
		case opText:
			posts++
		case opBinary:
			_, at, data, err := wire.DecodeBlob(b)
			if err != nil || at != int64(got) {
				t.Fatalf("a chunk at %d, want %d: %v", at, got, err)
			}
			got += len(data)
			if got%(1<<20) == 0 { // somebody looks at the machine meanwhile
				for range 3 {
					ask(t, s, m.ID)
				}
				time.Sleep(20 * time.Millisecond) // a line of about 50 MB a second
			}
		}
	}
	if posts < 20 {
		t.Errorf("only %d other messages came", posts)
	}
}

// attach puts bytes to a ticket as a technician does.
func attach(t *testing.T, s *servertest.Server, ticket string, data []byte) string {
	t.Helper()
	var put struct{ SHA256 string }
	if code := api(t, s, "POST", "/attachments?name=manual.pdf", strings.NewReader(string(data)), &put); code != 201 {
		t.Fatalf("the bytes were answered %d", code)
	}
	body := map[string]any{"body": "Here it is.", "public": true, "attachments": []map[string]string{{"sha256": put.SHA256, "name": "manual.pdf"}}}
	if code := api(t, s, "POST", "/tickets/"+ticket+"/messages", jsonBody(t, body), nil); code != 201 {
		t.Fatalf("the message was answered %d", code)
	}
	return put.SHA256
}

func ask(t *testing.T, s *servertest.Server, endpoint string) {
	t.Helper()
	if code := api(t, s, "POST", "/endpoints/"+endpoint+"/diagnostics", jsonBody(t, map[string]any{"kind": "services"}), nil); code != 202 {
		t.Fatalf("the question was answered %d", code)
	}
}

// TestHealthOfAnySize sends samples with readings at the ends of what fits.
func TestHealthOfAnySize(t *testing.T) {
	s := servertest.Start(t)
	c := s.Machine("PC-17").Session(t)
	h := wire.Health{Seq: 1, Interval: time.Second, Samples: make([]diagnostics.Sample, wire.MaxSamples)}
	for k := range h.Samples {
		h.Samples[k].At = time.Now().Add(time.Duration(k-wire.MaxSamples) * time.Second).Truncate(time.Second)
		for _, m := range diagnostics.Metrics() {
			h.Samples[k].SetSteps(m, []int32{-1 << 31, 1<<31 - 1, 0}[k%3])
		}
	}
	if err := c.SendHealth(h); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := c.Next(nil, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if m.Frame != nil {
			seq, err := wire.DecodeHealthAck(m.Frame)
			if err != nil || seq != 1 {
				t.Errorf("acknowledged %d, %v", seq, err)
			}
			return
		}
	}
}

// TestServerStopsInSpiteOfStrangers stops it with half-open handshakes and sessions.
func TestServerStopsInSpiteOfStrangers(t *testing.T) {
	s := servertest.Start(t)
	for range 20 {
		knock(t, s, way{})
	}
	i, _ := session(t, s)
	began := time.Now()
	s.Stop()
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	if e := i.ends(); e.code != websocket.CloseGoingAway {
		t.Errorf("the machine was told %d", e.code)
	}
	if _, err := i.conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		t.Logf("then: %v", err)
	}
}
