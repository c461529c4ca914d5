package hub_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/hub"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestDoorRefusesWhoeverIsNoAgent shows that nothing of a browser's or a person's
// opens the agents' door, and that each refusal is counted.
func TestDoorRefusesWhoeverIsNoAgent(t *testing.T) {
	s := servertest.Start(t)
	for _, c := range []struct {
		name   string
		how    way
		status int
		code   string
	}{
		{"no subprotocol", way{header: http.Header{"Sec-Websocket-Protocol": nil}}, 400, "unsupported"},
		{"another subprotocol", way{header: http.Header{"Sec-Websocket-Protocol": {"deskbell.v9, chat"}}}, 400, "unsupported"},
		{"an origin", way{header: http.Header{"Origin": {"https://" + s.Addr().String()}}}, 403, "forbidden"},
		{"no origin in words", way{header: http.Header{"Origin": {"null"}}}, 403, "forbidden"},
		{"a cookie", way{header: http.Header{"Cookie": {"__Host-deskbell=" + s.Session("technician")}}}, 403, "forbidden"},
		{"a token", way{header: http.Header{"Authorization": {"Bearer " + s.Token("admin")}}}, 403, "forbidden"},
		{"no websocket", way{header: http.Header{"Upgrade": nil, "Connection": nil}}, 400, "invalid"},
		{"an old websocket", way{header: http.Header{"Sec-Websocket-Version": {"8"}}}, 400, "invalid"},
		{"no key", way{header: http.Header{"Sec-Websocket-Key": {"short"}}}, 400, "invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := refusals(t, s, c.code)
			i := knock(t, s, c.how)
			if i.status != c.status {
				t.Errorf("it was answered %d, want %d", i.status, c.status)
			}
			if n := refusals(t, s, c.code) - before; n != 1 {
				t.Errorf("it was counted %v times as %s", n, c.code)
			}
		})
	}
	// A POST finds nothing.
	resp, err := s.Client().Post(s.TLS+wire.ConnectPath, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed && resp.StatusCode != http.StatusNotFound {
		t.Errorf("a POST was answered %d", resp.StatusCode)
	}
}

// TestWithoutTLSOnlyFromHere asks the hub as a machine elsewhere would: the test
// has no second machine.
func TestWithoutTLSOnlyFromHere(t *testing.T) {
	h := hub.New(hub.Options{Stats: hub.NewStats(prometheus.NewRegistry())})
	for address, want := range map[string]int{
		"192.0.2.7:4711": 403, "[2001:db8::7]:4711": 403, "10.0.0.1:1": 403, "nonsense": 403,
		"127.0.0.1:4711": 400, "[::1]:4711": 400, // let in, and refused for not asking for a websocket
	} {
		r := httptest.NewRequest(http.MethodGet, "http://server"+wire.ConnectPath, nil)
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("from %s without TLS: %d, want %d", address, w.Code, want)
		}
	}
	h.Close()
}

// TestCompressionIsNotNegotiated offers it, and then uses it all the same.
func TestCompressionIsNotNegotiated(t *testing.T) {
	s := servertest.Start(t)
	i := knock(t, s, way{header: http.Header{"Sec-Websocket-Extensions": {"permessage-deflate; client_max_window_bits"}}})
	if i.status != 101 || i.header.Get("Sec-Websocket-Extensions") != "" {
		t.Fatalf("the offer was answered %d with %q", i.status, i.header.Get("Sec-Websocket-Extensions"))
	}
	if got := i.header.Get("Sec-Websocket-Protocol"); got != wire.Subprotocol {
		t.Errorf("the subprotocol is %q", got)
	}
	i.hello() // the connection is good
	i.frame(fin|0x40|opText, []byte("\xaaVJ,\xcaTP*.-\xc8\xccKW\xaa\x05\x00"))
	i.wantEnd(1002)
}

// TestHandshakeInTheWrongOrder is wrong in many ways before both sides are proven.
func TestHandshakeInTheWrongOrder(t *testing.T) {
	s := servertest.Start(t)
	m := s.Machine("PC-17")
	hello := wire.Hello{Versions: []int{wire.Version}, Nonce: wire.NewNonce(), Agent: "intruder"}
	for _, c := range []struct {
		name string
		do   func(t *testing.T, i *intruder)
		end  int
		code string
	}{
		{"prove first", func(_ *testing.T, i *intruder) { i.send(wire.TypeProve, "", "", m.Prove()) }, wire.CloseMalformed, "invalid"},
		{"a ticket first", func(_ *testing.T, i *intruder) {
			i.send(wire.TypeTicketOpen, "1", "", wire.TicketOpen{Title: "free of charge"})
		}, wire.CloseMalformed, "invalid"},
		{"welcome first", func(_ *testing.T, i *intruder) { i.send(wire.TypeWelcome, "", "", wire.Welcome{}) }, wire.CloseMalformed, "invalid"},
		{"hello twice", func(_ *testing.T, i *intruder) { i.hello(); i.send(wire.TypeHello, "", "", hello) }, wire.CloseMalformed, "invalid"},
		{"a frame", func(_ *testing.T, i *intruder) { i.frame(fin|opBinary, []byte{wire.FrameHealth}) }, wire.CloseMalformed, "invalid"},
		{"no JSON", func(_ *testing.T, i *intruder) { i.text(`{"type":`) }, wire.CloseMalformed, "invalid"},
		{"JSON of another form", func(_ *testing.T, i *intruder) { i.text(`["hello"]`) }, wire.CloseMalformed, "invalid"},
		{"no type", func(_ *testing.T, i *intruder) { i.text(`{}`) }, wire.CloseMalformed, "invalid"},
		{"no body", func(_ *testing.T, i *intruder) { i.text(`{"type":"hello"}`) }, wire.CloseMalformed, "invalid"},
		{"a body of another form", func(_ *testing.T, i *intruder) { i.text(`{"type":"hello","body":{"versions":"1"}}`) }, wire.CloseMalformed, "invalid"},
		{"no nonce", func(_ *testing.T, i *intruder) { i.send(wire.TypeHello, "", "", wire.Hello{Versions: []int{1}}) }, wire.CloseMalformed, "invalid"},
		{"a short nonce", func(_ *testing.T, i *intruder) {
			i.send(wire.TypeHello, "", "", wire.Hello{Versions: []int{1}, Nonce: make([]byte, 31)})
		}, wire.CloseMalformed, "invalid"},
		{"a version of tomorrow", func(_ *testing.T, i *intruder) {
			i.send(wire.TypeHello, "", "", wire.Hello{Versions: []int{2, 99}, Nonce: wire.NewNonce()})
		}, wire.CloseVersion, "unsupported"},
		{"no version", func(_ *testing.T, i *intruder) { i.send(wire.TypeHello, "", "", wire.Hello{Nonce: wire.NewNonce()}) }, wire.CloseVersion, "unsupported"},
		{"a proof of nothing", func(_ *testing.T, i *intruder) { i.hello(); i.send(wire.TypeProve, "", "", m.Prove()) }, wire.CloseUnproven, "unauthenticated"},
		{"a proof of another key", func(t *testing.T, i *intruder) {
			i.hello()
			_, key, _ := ed25519.GenerateKey(nil)
			p := m.Prove()
			p.Proof = i.tr.EndpointProof(key, m.ID)
			i.send(wire.TypeProve, "", "", p)
		}, wire.CloseUnproven, "unauthenticated"},
		{"a proof for another endpoint", func(t *testing.T, i *intruder) {
			other := s.Machine("PC-18")
			i.hello()
			p := other.Prove()
			p.Proof = i.tr.EndpointProof(m.Key, other.ID)
			i.send(wire.TypeProve, "", "", p)
		}, wire.CloseUnproven, "unauthenticated"},
		{"an endpoint that is none", func(_ *testing.T, i *intruder) {
			i.hello()
			p := i.proof(m)
			p.Endpoint = ulid.Make().String()
			i.send(wire.TypeProve, "", "", p)
		}, wire.CloseUnproven, "unauthenticated"},
		{"an enrolment proof in a proof's place", func(_ *testing.T, i *intruder) {
			i.hello()
			p := m.Prove()
			p.Proof = i.tr.EnrolProof(m.Key, m.ID)
			i.send(wire.TypeProve, "", "", p)
		}, wire.CloseUnproven, "unauthenticated"},
		{"an unknown health column twice is no matter, a known one is", func(_ *testing.T, i *intruder) {
			i.hello()
			p := i.proof(m)
			p.Columns = append(p.Columns, p.Columns[0])
			i.send(wire.TypeProve, "", "", p)
		}, wire.CloseMalformed, "invalid"},
		{"no columns", func(_ *testing.T, i *intruder) {
			i.hello()
			p := i.proof(m)
			p.Columns = nil
			i.send(wire.TypeProve, "", "", p)
		}, wire.CloseMalformed, "invalid"},
		{"a name that is too long", func(_ *testing.T, i *intruder) {
			i.hello()
			p := i.proof(m)
			p.Hostname = strings.Repeat("x", 257)
			i.send(wire.TypeProve, "", "", p)
		}, wire.CloseMalformed, "invalid"},
		{"an enrolment without a proof", func(_ *testing.T, i *intruder) {
			i.hello()
			i.send(wire.TypeEnrol, "", "", wire.Enrol{Token: s.Enrolment("Berlin", 1).Token, Key: m.Key.Public().(ed25519.PublicKey), Proof: make([]byte, 64)})
		}, wire.CloseUnproven, "unauthenticated"},
		{"an enrolment with a token that nobody made", func(_ *testing.T, i *intruder) {
			i.hello()
			_, key, _ := ed25519.GenerateKey(nil)
			i.send(wire.TypeEnrol, "", "", wire.Enrol{Token: "x", Key: key.Public().(ed25519.PublicKey), Proof: i.tr.EnrolProof(key, "x")})
		}, wire.CloseUnproven, "not_found"},
		{"an enrolment without a key", func(_ *testing.T, i *intruder) { i.hello(); i.send(wire.TypeEnrol, "", "", wire.Enrol{Token: "x"}) }, wire.CloseUnproven, "unauthenticated"},
		{"too large before the proof", func(_ *testing.T, i *intruder) {
			i.text(`{"type":"hello","body":{"x":"` + strings.Repeat("x", wire.MaxUnproven) + `"}}`)
		}, 1009, "too_large"},
		{"too large in fragments", func(_ *testing.T, i *intruder) {
			i.frame(opText, bytes.Repeat([]byte(" "), 4000))
			i.frame(opContinue, bytes.Repeat([]byte(" "), 4000))
		}, 1009, "too_large"},
		{"too large by its word alone", func(_ *testing.T, i *intruder) {
			i.conn.Write([]byte{fin | opText, 0x80 | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
		}, 1009, "too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := refusals(t, s, c.code)
			i := knock(t, s, way{})
			c.do(t, i)
			e := i.wantEnd(c.end)
			if e.after > 5*time.Second {
				t.Errorf("it took %v", e.after)
			}
			if c.end != 1009 && (string(e.refused.Code) != c.code || e.refused.Sentence == "") {
				t.Errorf("it was refused with %+v", e.refused)
			}
			servertest.Wait(t, "it to be counted once", func() bool { return refusals(t, s, c.code) == before+1 })
		})
	}
	if n := counted(t, s, "deskbell_hub_sessions", ""); n != 0 {
		t.Errorf("%v sessions came of it", n)
	}
}

// TestFramesThatBreakTheSession are wrong so that only the end helps; another
// machine's session goes on.
func TestFramesThatBreakTheSession(t *testing.T) {
	s := servertest.Start(t)
	good := s.Machine("PC-good").Session(t)
	ask := func(typ wire.Type, body any) wire.Ack { return servertest.Call[wire.Ack](t, good, typ, body) }
	big := strings.Repeat("x", wire.MaxMessage)
	for _, c := range []struct {
		name   string
		do     func(i *intruder)
		end    int
		metric string // "refused code" or "ended reason"
	}{
		{"half a document", func(i *intruder) { i.text(`{"type":"findings","id":"1"`) }, wire.CloseMalformed, "refused invalid"},
		{"another document", func(i *intruder) { i.text(`7`) }, wire.CloseMalformed, "refused invalid"},
		{"nothing", func(i *intruder) { i.text(``) }, wire.CloseMalformed, "refused invalid"},
		{"an id that is too long", func(i *intruder) {
			i.send(wire.TypeTicketsGet, strings.Repeat("x", 65), "", wire.TicketsGet{})
		}, wire.CloseMalformed, "refused invalid"},
		{"no id", func(i *intruder) { i.send(wire.TypeTicketsGet, "", "", wire.TicketsGet{}) }, wire.CloseMalformed, "refused invalid"},
		{"no id, of an unknown type with a long “name”", func(i *intruder) { i.send(wire.Type(strings.Repeat("“", 60)), "", "", nil) }, wire.CloseMalformed, "refused invalid"},
		{"a goodbye of another form", func(i *intruder) { i.text(`{"type":"goodbye","body":7}`) }, wire.CloseMalformed, "refused invalid"},
		{"no UTF-8", func(i *intruder) { i.text("{\"type\":\"\xff\"}") }, 1007, "ended malformed"},
		{"an empty frame", func(i *intruder) { i.frame(fin|opBinary, nil) }, wire.CloseMalformed, "refused invalid"},
		{"a frame of an unknown kind", func(i *intruder) { i.frame(fin|opBinary, []byte{0x7f, 1, 2, 3}) }, wire.CloseMalformed, "refused invalid"},
		{"a frame of the server's", func(i *intruder) { i.frame(fin|opBinary, wire.AppendHealthAck(nil, 1)) }, wire.CloseMalformed, "refused invalid"},
		{"health cut off", func(i *intruder) { i.frame(fin|opBinary, []byte{wire.FrameHealth, 0, 1}) }, wire.CloseMalformed, "refused invalid"},
		{"health of too many samples", func(i *intruder) {
			i.frame(fin|opBinary, []byte{wire.FrameHealth, 0, 1, 1, 15, 0xff, 0xff, 0xff, 0xff, 0x0f, 1})
		}, wire.CloseMalformed, "refused invalid"},
		{"a chunk cut off", func(i *intruder) { i.frame(fin|opBinary, []byte{wire.FrameBlob, 64, 'x'}) }, wire.CloseMalformed, "refused invalid"},
		{"a chunk that is too large", func(i *intruder) {
			i.frame(fin|opBinary, wire.AppendBlob(nil, "1", 0, make([]byte, wire.MaxBlobChunk+1)))
		}, wire.CloseMalformed, "refused invalid"},
		{"a frame that is too large", func(i *intruder) { i.frame(fin|opBinary, make([]byte, wire.MaxBinary+1)) }, 1009, "ended too_large"},
		{"a text that is too large", func(i *intruder) { i.text(`{"type":"findings","id":"1","body":"` + big + `"}`) }, 1009, "ended too_large"},
		{"a text that is too large in fragments", func(i *intruder) {
			for k := range len(big)/(512<<10) + 1 {
				first := byte(opContinue)
				if k == 0 {
					first = opText
				}
				i.frame(first, []byte(big[:512<<10]))
			}
		}, 1009, "ended too_large"},
		{"compressed", func(i *intruder) { i.frame(fin|0x40|opText, []byte("\xaaVJ,\xcaTP*.-\xc8\xccKW\xaa\x05\x00")) }, 1002, "ended lost"},
		{"another reserved bit", func(i *intruder) { i.frame(fin|0x20|opText, []byte("{}")) }, 1002, "ended lost"},
		{"an unknown opcode", func(i *intruder) { i.frame(fin|0x3, []byte("{}")) }, 1002, "ended lost"},
		{"a continuation of nothing", func(i *intruder) { i.frame(fin|opContinue, []byte("{}")) }, 1002, "ended lost"},
		{"a message within a message", func(i *intruder) { i.frame(opText, []byte("{")); i.frame(fin|opText, []byte("}")) }, 1002, "ended lost"},
		{"a ping in fragments", func(i *intruder) { i.frame(opPing, []byte("x")) }, 1002, "ended lost"},
		{"a ping that is too large", func(i *intruder) { i.frame(fin|opPing, make([]byte, 126)) }, 1002, "ended lost"},
		{"not masked", func(i *intruder) { i.conn.Write([]byte{fin | opText, 2, '{', '}'}) }, 1002, "ended lost"},
		{"a close without sense", func(i *intruder) { i.frame(fin|opClose, []byte{1}) }, 0, "ended lost"},
		{"a close with a code that is none", func(i *intruder) { i.frame(fin|opClose, []byte{0, 1}) }, 1002, "ended lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			how, what, _ := strings.Cut(c.metric, " ")
			count := func() float64 {
				if how == "refused" {
					return refusals(t, s, what)
				}
				return sessionEnds(t, s, what)
			}
			before := count()
			i, _ := session(t, s)
			c.do(i)
			if e := i.wantEnd(c.end); e.after > 5*time.Second {
				t.Errorf("it took %v", e.after)
			}
			servertest.Wait(t, "it to be counted as "+c.metric, func() bool { return count() == before+1 })
		})
	}
	unharmed(t, ask, 2*time.Second)
	servertest.Wait(t, "their sessions to be over", func() bool { return counted(t, s, "deskbell_hub_sessions", "") == 1 })
}

// TestMessagesThatAreWrongAreAnswered are wrong so that the session goes on.
func TestMessagesThatAreWrongAreAnswered(t *testing.T) {
	s := servertest.Start(t)
	i, _ := session(t, s)
	long := strings.Repeat("x", wire.MaxBody+1)
	account := wire.Account{UID: "1000", Name: "maria"}
	for _, c := range []struct {
		name  string
		typ   wire.Type
		body  any
		code  string
		field string
	}{
		{"an unknown type", "ticket.burn", nil, "unsupported", ""},
		{"a type of the server's", wire.TypeWelcome, wire.Welcome{}, "unsupported", ""},
		{"a question of the server's", wire.TypeAsk, wire.Ask{Kind: wire.AskLog}, "unsupported", ""},
		{"hello again", wire.TypeHello, wire.Hello{}, "unsupported", ""},
		{"no body", wire.TypeTicketOpen, nil, "invalid", "body"},
		{"a body of another form", wire.TypeTicketOpen, []int{1}, "invalid", ""},
		{"a field of another form", wire.TypeTicketOpen, json.RawMessage(`{"title":{}}`), "invalid", ""},
		{"nobody's ticket", wire.TypeTicketOpen, wire.TicketOpen{Title: "a"}, "invalid", "account"},
		{"an account that is too long", wire.TypeTicketOpen, wire.TicketOpen{Account: wire.Account{UID: strings.Repeat("1", 257)}, Title: "a"}, "invalid", "account"},
		{"a body that is too long", wire.TypeTicketOpen, wire.TicketOpen{Account: account, Title: "a", Body: long}, "invalid", "body"},
		{"a finding without a code", wire.TypeFindings, wire.Findings{Findings: make([]diagnostics.Finding, 1)}, "invalid", "findings"},
		{"a finding that says too much", wire.TypeFindings, wire.Findings{Findings: []diagnostics.Finding{{Code: "a.b", Severity: diagnostics.Info, Said: diagnostics.Said{Sentence: tongue.Of("a", tongue.Sub("b", tongue.Of("c", tongue.Name("d", strings.Repeat("x", 70_000)))))}}}}, "invalid", "findings"},
		{"too many findings", wire.TypeFindings, wire.Findings{Findings: make([]diagnostics.Finding, 1000)}, "invalid", "findings"},
		{"an inventory without a hash", wire.TypeInventory, wire.Inventory{}, "invalid", "inventory"},
		{"a reply to no ticket", wire.TypeTicketReply, wire.TicketReply{Account: account, Ticket: "x", Body: "a"}, "not_found", ""},
		{"an act that is none", wire.TypeTicketAct, wire.TicketAct{Account: account, Ticket: "x", Act: "explode"}, "invalid", "act"},
		{"an attachment that is too large", wire.TypeBlobPut, wire.BlobPut{SHA256: strings.Repeat("0", 64), Size: wire.MaxBlob + 1}, "too_large", ""},
		{"an attachment without a name", wire.TypeBlobPut, wire.BlobPut{SHA256: "x", Size: 1}, "invalid", "sha256"},
		{"somebody else's attachment", wire.TypeBlobGet, wire.BlobGet{Account: account, Ticket: "x", SHA256: strings.Repeat("0", 64)}, "not_found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			i.t = t
			before := refusals(t, s, c.code)
			id := ulid.Make().String()
			i.send(c.typ, id, "", c.body)
			a := i.ack(id)
			if a.OK || string(a.Code) != c.code || a.Field != c.field || a.Sentence == "" {
				t.Errorf("it was answered %+v", a)
			}
			if n := refusals(t, s, c.code) - before; n != 1 {
				t.Errorf("it was counted %v times as %s", n, c.code)
			}
		})
	}
	i.t = t
	// Answers to what nobody asked, and chunks of what nobody announced.
	i.send(wire.TypeAnswer, "", "nothing", wire.Answer{Done: true})
	i.frame(fin|opBinary, wire.AppendBlob(nil, "blob", 0, []byte("x")))
	if e := i.answer("blob"); e.Type != wire.TypeError {
		t.Errorf("a chunk of nothing was answered %+v", e)
	}
	i.send(wire.TypeTicketOpen, "last", "", wire.TicketOpen{Account: account, Title: "All is well"})
	if a := i.ack("last"); !a.OK {
		t.Errorf("the session does not go on: %+v", a)
	}
	if n := counted(t, s, "deskbell_hub_messages_total", `type="unknown"`); n != 4 {
		t.Errorf("%v messages of unknown types were counted, want 4", n)
	}
}

// TestOneByteFrames sends a whole ticket in frames of one byte, with a ping now
// and then: it is slow, and it is allowed.
func TestOneByteFrames(t *testing.T) {
	s := servertest.Start(t)
	i, _ := session(t, s)
	b, err := wire.Encode(wire.TypeTicketOpen, "one", "", wire.TicketOpen{Account: wire.Account{UID: "1000", Name: "maria"}, Title: "Byte by byte", Body: strings.Repeat("ü", 5000)})
	if err != nil {
		t.Fatal(err)
	}
	for k := range b {
		first := byte(opContinue)
		if k == 0 {
			first = opText
		}
		if k == len(b)-1 {
			first |= fin
		}
		if err := i.frame(first, b[k:k+1]); err != nil {
			t.Fatal(err)
		}
		if k%500 == 499 {
			i.frame(fin|opPing, []byte("here"))
		}
	}
	if a := i.ack("one"); !a.OK {
		t.Errorf("it was answered %+v", a)
	}
}

// TestFloods are more than a peer may send.
func TestFloods(t *testing.T) {
	s := servertest.Start(t)
	good := s.Machine("PC-good").Session(t)
	ask := func(typ wire.Type, body any) wire.Ack { return servertest.Call[wire.Ack](t, good, typ, body) }
	for _, c := range []struct {
		name string
		do   func(i *intruder) error
		most int // how many are let through
	}{
		{"pings", func(i *intruder) error { return i.frame(fin|opPing, []byte("x")) }, 32},
		{"pongs", func(i *intruder) error { return i.frame(fin|opPong, []byte("x")) }, 32},
		{"messages", func(i *intruder) error { return i.send("noise", "n", "", nil) }, 400},
		{"frames", func(i *intruder) error { return i.frame(fin|opBinary, wire.AppendBlob(nil, "n", 0, []byte("x"))) }, 6000},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, _ := session(t, s)
			go func() { // the answers have to be read meanwhile
				for range 20_000 {
					if c.do(i) != nil {
						return
					}
				}
			}()
			answers := 0
			for {
				op, b, err := i.next()
				if err != nil {
					t.Fatalf("after %d answers: %v", answers, err)
				}
				if op == opClose {
					if got := closing(b); !strings.HasPrefix(got, fmt.Sprint(wire.CloseTooMany)) {
						t.Errorf("it ended with %s", got)
					}
					break
				}
				answers++
			}
			if answers > c.most {
				t.Errorf("%d were answered before the end, want at most %d", answers, c.most)
			}
			i.conn.Close()
		})
	}
	unharmed(t, ask, 2*time.Second)
	if n := refusals(t, s, "too_many") + sessionEnds(t, s, "too_many"); n < 4 {
		t.Errorf("%v floods were counted, want 4", n)
	}
}

// TestSilentStrangersAreSentAway waits as long as a stranger may be silent, in every
// place where there is something to wait for.
func TestSilentStrangersAreSentAway(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	var wg sync.WaitGroup
	within := func(name string, wait func()) {
		wg.Go(func() {
			began := time.Now()
			wait()
			if d := time.Since(began); d > wire.HandshakeTimeout+3*time.Second {
				t.Errorf("silent %s: sent away after %v", name, d)
			}
		})
	}
	for name, speak := range map[string]func(*intruder){
		"from the beginning":    func(*intruder) {},
		"after hello":           func(i *intruder) { i.hello() },
		"within a message":      func(i *intruder) { i.frame(opText, []byte(`{"type":`)) },
		"within a frame":        func(i *intruder) { i.conn.Write([]byte{fin | opText, 0x80 | 100, 1, 2, 3, 4, 'x'}) },
		"but for a byte a time": func(i *intruder) { wg.Go(func() { trickle(i) }) },
	} {
		i := knock(t, s, way{})
		speak(i)
		within(name, func() { i.ends() })
	}
	// Below the websocket: no TLS, TLS that does not end, a request that does not end.
	for name, bytes := range map[string]string{"without a byte": "", "in TLS": "\x16\x03\x01", "in HTTP": "GET / HTTP/1.1\r\nHost: x\r\n"} {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetReadDeadline(time.Now().Add(time.Minute))
		io.WriteString(c, bytes)
		within(name, func() { io.Copy(io.Discard, c) })
	}
	wg.Wait()
}

// trickle sends a message one byte a second, so that no read ever waits long.
func trickle(i *intruder) {
	for k := range 60 {
		first := byte(opContinue)
		if k == 0 {
			first = opText
		}
		if i.frame(first, []byte(" ")) != nil {
			return
		}
		time.Sleep(time.Second)
	}
}
