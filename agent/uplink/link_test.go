package uplink_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/uplink"
	"github.com/deskbell/deskbell/agent/uplink/uplinktest"
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// connect runs an endpoint over real sockets and waits for its session.
func connect(t *testing.T, s *uplinktest.Server, change func(*uplink.Config)) (*machine, *uplink.Link) {
	t.Helper()
	m := begin(t, s, func(c *uplink.Config) {
		c.Random = func() float64 { return rand.Float64() / 100 }
		if change != nil {
			change(c)
		}
	})
	m.set(func() { m.network.Out = netip.MustParseAddr("127.0.0.1") })
	return m, m.await(t)
}

// await waits until the endpoint is connected.
func (m *machine) await(t *testing.T) *uplink.Link {
	t.Helper()
	for deadline := time.After(30 * time.Second); ; {
		changed := m.Changed()
		if l := m.Link(); l != nil {
			return l
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatal("it does not connect")
		}
	}
}

func TestCall(t *testing.T) {
	s := uplinktest.New(t)
	_, l := connect(t, s, nil)
	e, err := l.Call(t.Context(), wire.TypeTicketOpen, "01A", wire.TicketOpen{Title: "No sound"})
	var a wire.Ack
	if err != nil || e.Into(&a) != nil || a.Number != 1000 {
		t.Fatalf("%+v, %v", e, err)
	}
	s.Behave(uplinktest.Behaviour{React: func(r uplinktest.Received) uplinktest.Reaction {
		switch r.ID {
		case "refused":
			return uplinktest.Reaction{Do: uplinktest.Refuse, Code: fault.Invalid, Sentence: "No."}
		case "failed":
			return uplinktest.Reaction{Do: uplinktest.Fail, Code: fault.Unavailable, Sentence: "Later."}
		case "twice":
			return uplinktest.Reaction{Do: uplinktest.AckTwice}
		case "dropped":
			return uplinktest.Reaction{Do: uplinktest.Drop}
		}
		return uplinktest.Reaction{}
	}})
	for id, want := range map[string]struct {
		code  fault.Code
		final bool
	}{"refused": {fault.Invalid, true}, "failed": {fault.Unavailable, false}} {
		_, err := l.Call(t.Context(), wire.TypeTicketOpen, id, wire.TicketOpen{Title: "x"})
		if f, ok := errors.AsType[*uplink.AnswerError](err); !ok || f.Final != want.final || !fault.Is(err, want.code) {
			t.Errorf("%s: %v", id, err)
		}
	}
	for range 3 { // the second ack of the first does not answer the second call
		if _, err := l.Call(t.Context(), wire.TypeTicketOpen, "twice", wire.TicketOpen{Title: "x"}); err != nil {
			t.Errorf("twice: %v", err)
		}
	}
	if _, err := l.Call(t.Context(), wire.TypeTicketOpen, "dropped", wire.TicketOpen{Title: "x"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("dropped: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Call(ctx, wire.TypeTicketOpen, "cancelled", wire.TicketOpen{Title: "x"}); err == nil {
		t.Error("a call on a dead link succeeded")
	}
}

// Many calls at once get each their own answer.
func TestCallsAtOnce(t *testing.T) {
	s := uplinktest.New(t)
	_, l := connect(t, s, nil)
	var wg sync.WaitGroup
	var seen sync.Map
	for range 100 {
		wg.Go(func() {
			e, err := l.Call(t.Context(), wire.TypeTicketOpen, "", wire.TicketOpen{Title: "x"})
			var a wire.Ack
			if err != nil || e.Into(&a) != nil {
				t.Error(err)
				return
			}
			if _, twice := seen.LoadOrStore(a.Ticket, true); twice {
				t.Errorf("two calls got ticket %s", a.Ticket)
			}
		})
	}
	wg.Wait()
}

// blob returns random bytes and their attachment.
func blob(n int) ([]byte, wire.Attachment) {
	b := make([]byte, n)
	c := rand.NewChaCha8([32]byte{byte(n)})
	c.Read(b)
	sum := sha256.Sum256(b)
	return b, wire.Attachment{SHA256: hex.EncodeToString(sum[:]), Size: int64(n)}
}

func TestPutBlob(t *testing.T) {
	s := uplinktest.New(t)
	m, l := connect(t, s, nil)
	for _, n := range []int{1, 64 << 10, 64<<10 + 1, 5 << 20} {
		data, a := blob(n)
		for range 2 { // the second time the server has it already
			if err := l.PutBlob(t.Context(), a, bytes.NewReader(data)); err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
		}
		if got, puts := s.Blob(a.SHA256); !bytes.Equal(got, data) || puts != 1 {
			t.Errorf("%d bytes: the server has %d, put %d times", n, len(got), puts)
		}
	}
	data, a := blob(4 << 20)
	cut := &cutter{r: bytes.NewReader(data), at: 2 << 20, cut: s.Drop}
	if err := l.PutBlob(t.Context(), a, cut); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("cut off: %v", err)
	}
	for m.Link() == l {
		time.Sleep(time.Millisecond)
	}
	l = m.await(t)
	cut.read.Store(0)
	if err := l.PutBlob(t.Context(), a, cut); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Blob(a.SHA256); !bytes.Equal(got, data) {
		t.Error("the server has other bytes")
	}
	if n := cut.read.Load(); n >= 4<<20 {
		t.Errorf("it started from the beginning: %d bytes read again", n)
	}
}

// cutter is a file; when so much of it is read something happens, once.
type cutter struct {
	r    io.ReaderAt
	at   int64
	cut  func()
	once sync.Once
	read atomic.Int64
}

func (c *cutter) ReadAt(p []byte, off int64) (int, error) {
	if off >= c.at {
		c.once.Do(c.cut)
	}
	c.read.Add(int64(len(p)))
	return c.r.ReadAt(p, off)
}

func TestGetBlob(t *testing.T) {
	s := uplinktest.New(t)
	_, l := connect(t, s, nil)
	for _, n := range []int{0, 1, 64 << 10, 3 << 20} {
		data, a := blob(n)
		if n > 0 {
			if err := l.PutBlob(t.Context(), a, bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
		} else {
			s.AddBlob(nil)
		}
		var got bytes.Buffer
		if err := l.GetBlob(t.Context(), wire.BlobGet{SHA256: a.SHA256}, &got); err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("%d bytes: got %d, %v", n, got.Len(), err)
		}
	}
	if err := l.GetBlob(t.Context(), wire.BlobGet{SHA256: "none"}, io.Discard); !fault.Is(err, fault.NotFound) {
		t.Errorf("none: %v", err)
	}
	_, a := blob(1 << 20)
	full := errors.New("disk full")
	if err := l.GetBlob(t.Context(), wire.BlobGet{SHA256: a.SHA256}, io.Discard); !fault.Is(err, fault.NotFound) {
		t.Errorf("never put: %v", err)
	}
	spoilt := s.AddBlob([]byte("spoilt"))
	s.SpoilBlob(spoilt)
	if err := l.GetBlob(t.Context(), wire.BlobGet{SHA256: spoilt}, io.Discard); !fault.Is(err, fault.Internal) {
		t.Errorf("spoilt: %v", err)
	}
	_, a = blob(3 << 20)
	if err := l.GetBlob(t.Context(), wire.BlobGet{SHA256: a.SHA256}, failing{full}); !errors.Is(err, full) {
		t.Errorf("our own disk: %v", err)
	}
	if _, err := l.Call(t.Context(), wire.TypeTicketOpen, "", wire.TicketOpen{Title: "x"}); err != nil {
		t.Errorf("the session did not live on: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestAsk(t *testing.T) {
	s := uplinktest.New(t)
	var running atomic.Int32
	tidied := make(chan struct{}) // what is answered whole takes up nobody's place while it tidies up
	_, _ = connect(t, s, func(c *uplink.Config) {
		c.Ask = func(ctx context.Context, id string, a wire.Ask, answer func(wire.Answer)) {
			running.Add(1)
			defer running.Add(-1)
			answer(wire.Answer{Part: 0, Data: json.RawMessage(`"` + a.Kind + `"`)})
			if a.Kind == wire.AskProcesses {
				<-ctx.Done()
			}
			answer(wire.Answer{Part: 1, Done: true})
			select {
			case <-tidied:
			case <-ctx.Done():
			}
		}
	})
	s.Wait("a session", func() bool { return s.Open() != nil })
	x := s.Open()
	id := x.Ask(wire.Ask{Kind: wire.AskLog})
	s.Wait("an answer", func() bool { return len(s.Answers(id)) == 2 })
	if a := s.Answers(id); string(a[0].Data) != `"log"` || !a[1].Done {
		t.Errorf("answers %+v", a)
	}
	long := x.Ask(wire.Ask{Kind: wire.AskProcesses})
	s.Wait("the first part", func() bool { return len(s.Answers(long)) == 1 })
	x.Send(wire.TypeAsk, long, "", wire.Ask{Kind: wire.AskProcesses}) // the same again does nothing
	x.Send(wire.TypeAskCancel, "", long, nil)
	s.Wait("the last part", func() bool { return len(s.Answers(long)) == 2 })
	var ids []string
	for range 20 {
		ids = append(ids, x.Ask(wire.Ask{Kind: wire.AskProcesses}))
	}
	s.Wait("answers to all", func() bool {
		n, refused := 0, 0
		for _, id := range ids {
			for _, a := range s.Answers(id) {
				if n++; a.Code == fault.TooMany {
					refused++
				}
			}
		}
		return n == 20 && refused == 4
	})
	close(tidied)
	s.Drop() // whoever asks is gone: nothing goes on for them
	for deadline := time.Now().Add(time.Minute); running.Load() > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d diagnostics go on", running.Load())
		}
		time.Sleep(time.Millisecond)
	}
}

// What a hostile or broken server sends ends the session at most.
func TestBadServer(t *testing.T) {
	s := uplinktest.New(t)
	m, _ := connect(t, s, nil)
	for name, send := range map[string]func(*uplinktest.Session){
		"an unknown type":     func(x *uplinktest.Session) { x.Send("weather.report", "1", "", 42) },
		"an unknown answer":   func(x *uplinktest.Session) { x.Send(wire.TypeAck, "", "nobody", wire.Ack{}) },
		"no body":             func(x *uplinktest.Session) { x.Send(wire.TypeTicketChanged, "1", "", nil) },
		"a wrong body":        func(x *uplinktest.Session) { x.Send(wire.TypeAsk, "1", "", []int{1}) },
		"an empty frame":      func(x *uplinktest.Session) { x.SendFrame(nil) },
		"an unknown frame":    func(x *uplinktest.Session) { x.SendFrame([]byte{9, 9, 9}) },
		"a cut off ack":       func(x *uplinktest.Session) { x.SendFrame([]byte{wire.FrameHealthAck, 0xff}) },
		"a chunk for nobody":  func(x *uplinktest.Session) { x.SendFrame(wire.AppendBlob(nil, "nobody", 0, []byte("x"))) },
		"an ack from nowhere": func(x *uplinktest.Session) { x.SendFrame(wire.AppendHealthAck(nil, 1<<60)) },
	} {
		s.Wait(name+": a session", func() bool { return s.Open() != nil })
		send(s.Open())
		var err error
		for range 3 { // the session may end under the first call
			if _, err = m.await(t).Call(t.Context(), wire.TypeTicketOpen, "", wire.TicketOpen{Title: "x"}); err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
