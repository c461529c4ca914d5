package hub_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The opcodes of websocket frames (RFC 6455, section 11.8).
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xa
)

// intruder is a client that writes websocket frames byte by byte, over real TLS:
// no library keeps it from being wrong.
type intruder struct {
	t      testing.TB
	conn   net.Conn
	r      *bufio.Reader
	status int         // of the upgrade
	header http.Header // the upgrade's answer
	tr     wire.Transcript
	key    []byte // the server's, as it showed it
}

// way is how an intruder connects; the zero way is as an agent does.
type way struct {
	header  http.Header
	from    string // an address of this machine's
	cache   tls.ClientSessionCache
	upgrade string // in place of the whole request
}

// knock connects and asks for the upgrade.
func knock(t testing.TB, s *servertest.Server, how way) *intruder {
	t.Helper()
	i, err := tryKnock(t.Context(), t, s, how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.conn.Close() })
	return i
}

func tryKnock(ctx context.Context, t testing.TB, s *servertest.Server, how way) (*intruder, error) {
	d := &net.Dialer{Timeout: 20 * time.Second}
	if how.from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(how.from)}
	}
	raw, err := d.DialContext(ctx, "tcp", s.Addr().String())
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}, ClientSessionCache: how.cache, ServerName: "deskbell"}) //nolint:gosec // an intruder
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	i := &intruder{t: t, conn: conn, r: bufio.NewReader(conn)}
	state := conn.ConnectionState()
	if i.tr.Binding, err = wire.Binding(&state); err != nil {
		return nil, err
	}
	if how.upgrade == "" {
		h := http.Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {base64.StdEncoding.EncodeToString(make([]byte, 16))}, "Sec-Websocket-Protocol": {wire.Subprotocol},
		}
		for name, values := range how.header {
			h[name] = values
		}
		var b strings.Builder
		fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", wire.ConnectPath, s.Addr())
		for name, values := range h {
			for _, v := range values {
				fmt.Fprintf(&b, "%s: %s\r\n", name, v)
			}
		}
		how.upgrade = b.String() + "\r\n"
	}
	if _, err := io.WriteString(conn, how.upgrade); err != nil {
		conn.Close()
		return nil, err
	}
	resp, err := http.ReadResponse(i.r, nil)
	if err != nil {
		conn.Close()
		return nil, err
	}
	i.status, i.header = resp.StatusCode, resp.Header
	return i, nil
}

// frame writes one frame, masked as a client's has to be. first is the first byte:
// the flags and the opcode.
func (i *intruder) frame(first byte, payload []byte) error {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	var mask [4]byte
	rand.Read(mask[:])
	b = append(b, mask[:]...)
	at := len(b)
	b = append(b, payload...)
	for j := range payload {
		b[at+j] ^= mask[j%4]
	}
	_, err := i.conn.Write(b)
	return err
}

const fin = 0x80

// text sends a whole text message.
func (i *intruder) text(s string) error { return i.frame(fin|opText, []byte(s)) }

// send sends a message of the protocol.
func (i *intruder) send(t wire.Type, id, re string, body any) error {
	b, err := wire.Encode(t, id, re, body)
	if err != nil {
		i.t.Fatal(err)
	}
	return i.frame(fin|opText, b)
}

// next reads the next frame.
func (i *intruder) next() (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(i.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1] & 0x7f)
	switch n {
	case 126:
		var b [2]byte
		if _, err := io.ReadFull(i.r, b[:]); err != nil {
			return 0, nil, err
		}
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		if _, err := io.ReadFull(i.r, b[:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(b[:])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(i.r, payload)
	return head[0] & 0xf, payload, err
}

// message reads the next text message and fails the test when there is none.
func (i *intruder) message() wire.Envelope {
	i.t.Helper()
	for {
		op, b, err := i.next()
		if err != nil {
			i.t.Fatalf("no message: %v", err)
		}
		if op == opClose {
			i.t.Fatalf("closed: %s", closing(b))
		}
		if op != opText {
			continue
		}
		e, err := wire.Decode(b)
		if err != nil {
			i.t.Fatal(err)
		}
		return e
	}
}

func closing(payload []byte) string {
	if len(payload) < 2 {
		return "without a code"
	}
	return fmt.Sprintf("%d %q", binary.BigEndian.Uint16(payload), payload[2:])
}

// end is how a connection ended.
type end struct {
	code    int // of the close frame; 0: none came
	refused wire.Refused
	after   time.Duration
}

// ends reads until the other side closes, and closes too.
func (i *intruder) ends() (e end) {
	began := time.Now()
	defer func() { e.after = time.Since(began) }()
	for {
		op, b, err := i.next()
		if err != nil {
			if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
				e.code = -1
			}
			return e
		}
		switch op {
		case opClose:
			if len(b) >= 2 {
				e.code = int(binary.BigEndian.Uint16(b))
			}
			i.conn.Close()
			return e
		case opText:
			if m, err := wire.Decode(b); err == nil && m.Type == wire.TypeRefused {
				m.Into(&e.refused)
			}
		}
	}
}

// wantEnd fails the test unless the connection ends with the code, and soon.
func (i *intruder) wantEnd(code int) end {
	i.t.Helper()
	e := i.ends()
	if e.code != code {
		i.t.Errorf("it ended with %d %+v after %v, want %d", e.code, e.refused, e.after, code)
	}
	return e
}

// hello starts the handshake and reads the challenge.
func (i *intruder) hello() wire.Challenge {
	i.t.Helper()
	i.tr.AgentNonce = wire.NewNonce()
	i.send(wire.TypeHello, "", "", wire.Hello{Versions: []int{wire.Version}, Nonce: i.tr.AgentNonce, Agent: "intruder"})
	var c wire.Challenge
	if e := i.message(); e.Type != wire.TypeChallenge || e.Into(&c) != nil {
		i.t.Fatalf("hello was answered %+v", e)
	}
	i.tr.ServerNonce, i.key = c.Nonce, c.Key
	return c
}

// proof is what a machine proves itself with on this connection.
func (i *intruder) proof(m *servertest.Machine) wire.Prove {
	p := m.Prove()
	p.Proof = i.tr.EndpointProof(m.Key, m.ID)
	return p
}

// enter opens a session as a machine: an intruder with a real identity.
func (i *intruder) enter(m *servertest.Machine) wire.Welcome {
	i.t.Helper()
	i.hello()
	i.send(wire.TypeProve, "", "", i.proof(m))
	var w wire.Welcome
	if e := i.message(); e.Type != wire.TypeWelcome || e.Into(&w) != nil {
		i.t.Fatalf("the proof was answered %s %s", e.Type, e.Body)
	}
	m.Ratchet = w.Ratchet
	i.send(wire.TypeRatchet, "ratchet", "", nil)
	i.answer("ratchet")
	return w
}

// answer reads the answer to an id.
func (i *intruder) answer(id string) wire.Envelope {
	i.t.Helper()
	for {
		if e := i.message(); e.Re == id {
			return e
		}
	}
}

// ack reads the ack of an id.
func (i *intruder) ack(id string) (a wire.Ack) {
	i.t.Helper()
	e := i.answer(id)
	if e.Type != wire.TypeAck || json.Unmarshal(e.Body, &a) != nil {
		i.t.Fatalf("%s was answered %s %s", id, e.Type, e.Body)
	}
	return a
}

// session is an intruder with a session of a new machine.
func session(t testing.TB, s *servertest.Server) (*intruder, *servertest.Machine) {
	t.Helper()
	m := s.Machine("PC-" + strconv.Itoa(int(time.Now().UnixNano()%1000)))
	i := knock(t, s, way{})
	i.enter(m)
	return i, m
}

// counted returns what /metrics says of a counter with a label.
func counted(t testing.TB, s *servertest.Server, name, label string) float64 {
	t.Helper()
	resp, err := s.Client().Get(s.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
		line := scan.Text()
		if rest, ok := strings.CutPrefix(line, name+"{"+label+"} "); ok || label == "" {
			if label == "" {
				if rest, ok = strings.CutPrefix(line, name+" "); !ok {
					continue
				}
			}
			v, err := strconv.ParseFloat(rest, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	return 0
}

// refusals returns how often the hub has refused with a code.
func refusals(t testing.TB, s *servertest.Server, code string) float64 {
	return counted(t, s, "deskbell_hub_refused_total", `code="`+code+`"`)
}

// ends returns how many sessions have ended for a reason.
func sessionEnds(t testing.TB, s *servertest.Server, reason string) float64 {
	return counted(t, s, "deskbell_hub_session_ends_total", `reason="`+reason+`"`)
}

// unharmed shows that a legitimate machine works, and fails the test when it takes
// longer than patience.
func unharmed(t testing.TB, c func(wire.Type, any) wire.Ack, patience time.Duration) {
	t.Helper()
	began := time.Now()
	ack := c(wire.TypeTicketOpen, wire.TicketOpen{Account: wire.Account{UID: "1000", Name: "maria"}, Title: "I am still here", RungAt: began})
	if d := time.Since(began); !ack.OK || d > patience {
		t.Errorf("a legitimate machine was answered %+v after %v", ack, d)
	}
}
